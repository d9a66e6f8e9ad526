/*
 * Boxes with lines to choose from, over a screen: the keys that work here
 * (Enter does what the line says, / narrows) and the columns to sort by.
 */
#ifndef TUI_OVERLAY_H
#define TUI_OVERLAY_H

#include "tui/app.h"

void overlay_open_help(struct app *app);
void overlay_open_sort(struct app *app);

/* MODE_HELP and MODE_SORT. */
void overlay_key(struct app *app, int key);
void overlay_draw(struct app *app, struct pane p);

#endif
