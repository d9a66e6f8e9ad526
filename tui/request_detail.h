/* One request in full: attempts on a time axis, tokens, cost, route, headers. */
#ifndef TUI_REQUEST_DETAIL_H
#define TUI_REQUEST_DETAIL_H

#include "tui/app.h"

/* `r` is what the list knows; app->detail, the record, when it is about `r`. */
void request_detail_draw(const struct app *app, struct pane p, const struct request_view *r);
/* The same scrolled by `top` lines. */
void request_detail_draw_from(const struct app *app, struct pane p, const struct request_view *r,
			      int top);

#endif
