/* Graphs of numbers on a pane; gaps (NAN) stay empty, zeros show as '_'. */
#ifndef TUI_GRAPH_H
#define TUI_GRAPH_H

#include "tui/canvas.h"

#define MAX_GRAPH_VALUES 600

/* One row of height levels, `count` columns from (x, y) on; `top` is the value
 * of a full column. */
void graph_line(struct pane p, int x, int y, const double *values, int count, double top);

/* Columns over the whole pane, the last value at the right; the upper edge is
 * `top`. With `lower` not NULL its part of each column is drawn stronger. */
void graph_columns(struct pane p, const double *values, const double *lower, int count,
		   double top);

double graph_peak(const double *values, int count); /* 0 without values */

/* The next round number that is not below `value`: 1, 2, 5, 10, 20 … */
double graph_round(double value);

#endif
