/* What surrounds every screen: status line, tabs, messages, hints, help. */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include "tui/app.h"

void frame_head(const struct app *app, struct pane p); /* rows 0 and 1 */
void frame_foot(struct app *app, struct pane p);       /* the last two */
void frame_text(struct app *app, struct pane p);	  /* MODE_TEXT */
void frame_waiting(const struct app *app, struct pane p); /* no snapshot yet */

int frame_tab_at(const struct app *app, int x);	 /* -1: none */
int frame_hint_at(const struct app *app, int x); /* its key */

#endif
