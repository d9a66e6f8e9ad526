/*
 * Signing in to a subscription account (OAuth) from the dashboard: the page's
 * address as bare text, a browser where there is one, a field to paste the
 * code into. The gateway keeps the state; nothing is stored before the end.
 */
#ifndef TUI_WIZARD_H
#define TUI_WIZARD_H

#include "tui/app.h"

/* For app->target_name, an account of type oauth. */
void wizard_open(struct app *app);
void wizard_destroy(struct wizard *w); /* NULL is fine; wiped */

void wizard_key(struct app *app, int key);
void wizard_draw(struct app *app, struct pane p);
const char *wizard_hints(void);

/* True: the job was the wizard's. */
bool wizard_take_job(struct app *app, const struct job *job);

/* Asks the gateway whether the browser came back; call each second. */
void wizard_look(struct app *app);

#endif
