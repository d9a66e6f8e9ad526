/*
 * Finding words in text: in the bare text view, in a request's detail, and
 * among log lines. What is found becomes the top line, or the cursor's row.
 */
#ifndef TUI_SEARCH_H
#define TUI_SEARCH_H

#include "tui/app.h"

/* Is there a text here that is searched, not a list that is filtered? */
bool search_applies(const struct app *app);

/* To the first place from here on that has app->search. */
void search_begin(struct app *app);

/* To the next (1) or previous (-1) place that has app->search, or says that
 * there is none. */
void search_step(struct app *app, int step);

/* A request's whole detail as text. */
void search_detail_text(const struct app *app, struct buf *out);

#endif
