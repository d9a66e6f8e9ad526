/* Requests: newest first, one row a client request; its detail beside or
 * instead (request_detail.c). */
#include <math.h>
#include <stdio.h>

#include "tui/request_detail.h"
#include "tui/screens.h"
#include "tui/show.h"
#include "tui/upstream_columns.h"

static size_t count(const struct app *app)
{
	return app->snapshot->request_count;
}

static const void *row(const struct app *app, size_t index)
{
	return &app->snapshot->requests[index];
}

static const char *id(const void *row_)
{
	const struct request_view *r = row_;

	return r->id;
}

static bool hides(const struct app *app, const void *row_)
{
	const struct request_view *r = row_;

	return app->errors_only && !(r->status >= 400);
}

static void cell_time(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;
	char text[SHOW_BYTES];

	(void)app;
	str_copy(out->text, sizeof out->text, show_clock(r->at_ms, text));
	out->sort = (double)r->at_ms;
}

static void cell_tries(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	if (r->is_running) {
		str_copy(out->text, sizeof out->text, ">");
		out->style = STYLE_KEY;
	} else if (r->attempts > 1) {
		snprintf(out->text, sizeof out->text, "%.0f", r->attempts);
		out->style = STYLE_WARN;
	}
	out->sort = r->attempts;
}

static void cell_key(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, r->key);
}

static void cell_model(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, *r->model ? r->model : r->path);
}

static void cell_upstream(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, *r->upstream ? r->upstream : "-");
}

static void cell_status(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	if (r->is_running) {
		str_copy(out->text, sizeof out->text, "...");
	} else {
		cell_number(out, r->status, show_count);
		snprintf(out->text, sizeof out->text, "%.0f", r->status);
		out->style = status_style(r->status);
	}
}

static void cell_ttft(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	cell_number(out, r->ttft_ms, show_ms);
}

static void cell_total(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	cell_number(out, r->is_running ? (double)(app->now_wall_ms - r->at_ms) : r->total_ms,
		    show_ms);
}

static void cell_in(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	cell_number(out, r->tokens_in, show_count);
}

static void cell_out(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	cell_number(out, r->tokens_out, show_count);
	if (r->is_estimate) {
		char text[SHOW_BYTES];

		snprintf(out->text, sizeof out->text, "~%s", show_count(r->tokens_out, text));
	}
}

static void cell_pace(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	cell_number(out, r->per_second, show_rate);
}

static void cell_cost(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct request_view *r = row_;

	(void)app;
	cell_number(out, r->cost_usd, show_usd);
}

static const struct column columns[] = {
	{ .title = "TIME", .width = 8, .cell = cell_time },
	{ .title = "T", .width = 1, .drop = 7, .cell = cell_tries },
	{ .title = "KEY", .width = 8, .drop = 6, .grows = true, .cell = cell_key },
	{ .title = "MODEL", .width = 15, .grows = true, .cell = cell_model },
	{ .title = "UPSTREAM", .width = 13, .drop = 2, .grows = true, .cell = cell_upstream },
	{ .title = "ST", .width = 3, .cell = cell_status },
	{ .title = "TTFT", .width = 5, .is_right = true, .drop = 5, .cell = cell_ttft },
	{ .title = "TOTAL", .width = 6, .is_right = true, .drop = 3, .cell = cell_total },
	{ .title = "IN", .width = 5, .is_right = true, .drop = 8, .cell = cell_in },
	{ .title = "OUT", .width = 5, .is_right = true, .drop = 8, .cell = cell_out },
	{ .title = "TOK/S",
	  .width = 5,
	  .is_right = true,
	  .drop = 9,
	  .wide_only = 88,
	  .cell = cell_pace },
	{ .title = "USD",
	  .width = 7,
	  .is_right = true,
	  .drop = 9,
	  .wide_only = 100,
	  .cell = cell_cost },
};

static const struct list_source source = {
	.noun = "requests",
	.count = count,
	.row = row,
	.id = id,
	.name = id,
	.columns = columns,
	.column_count = ARRAY_LEN(columns),
	.hides = hides,
};

static void draw(struct app *app, struct pane p)
{
	struct list *list = &app->lists[SCREEN_REQUESTS];
	const struct request_view *r = list_selected(list, &source, app);
	char title[48];
	int left = p.w * 4 / 7;
	struct pane box;

	if (app->is_detail && r) {
		request_detail_draw(app,
				    app->o.is_plain || p.w < SPLIT_WIDTH ?
					    p :
					    screen_box(app, p, r->id, NULL),
				    r);
		return;
	}
	if (!screen_is_split(app, p)) {
		list_draw(list, &source, app, p);
		return;
	}
	snprintf(title, sizeof title, "Requests (%zu)", app->snapshot->request_count);
	box = screen_box(app, pane_sub(p, 0, 0, left, p.h), title, NULL);
	list_draw(list, &source, app, pane_sub(box, 1, 0, box.w - 2, box.h));
	box = screen_box(app, pane_sub(p, left + 1, 0, p.w - left - 1, p.h), r ? r->id : "",
			 NULL);
	if (r) {
		request_detail_draw(app, box, r);
	}
}

static void status(const struct app *app, struct buf *out)
{
	const struct list *l = &app->lists[SCREEN_REQUESTS];
	char total[SHOW_BYTES];
	double known = app->snapshot->request_total + app->snapshot->totals.in_flight;

	buf_addf(out, "filter: %s%s   %zu of %s shown   %s", *l->filter ? l->filter : "(none)",
		 app->errors_only ? " errors only" : "", l->count,
		 show_number(isnan(known) ? (double)app->snapshot->request_count : known, total),
		 l->sort < 0 && !l->is_reversed ? "newest first" : "sorted");
	if (l->follows) {
		buf_adds(out, "   following");
	}
	buf_adds(out, "   T: attempts, > = running");
}

const struct screen_ops screen_requests = {
	.name = "Requests",
	.source = &source,
	.draw = draw,
	.status = status,
};
