/* Upstreams: the accounts, and everything about the selected one. */
#include <math.h>
#include <stdio.h>

#include "tui/graph.h"
#include "tui/screens.h"
#include "tui/show.h"
#include "tui/upstream_columns.h"

static const struct column columns[] = {
	{ .title = "NAME", .width = 14, .grows = true, .cell = upstream_cell_name },
	{ .title = "TYPE", .width = 9, .drop = 5, .cell = upstream_cell_provider },
	{ .title = "STATE", .width = 10, .cell = upstream_cell_state },
	{ .title = "PRIO",
	  .width = 4,
	  .is_right = true,
	  .drop = 7,
	  .cell = upstream_cell_priority },
	{ .title = "AUTH", .width = 5, .drop = 8, .cell = upstream_cell_auth },
	{ .title = "IN",
	  .width = 3,
	  .is_right = true,
	  .drop = 3,
	  .cell = upstream_cell_in_flight },
	{ .title = "R/MIN",
	  .width = 5,
	  .is_right = true,
	  .drop = 4,
	  .cell = upstream_cell_per_minute },
	{ .title = "ERR%",
	  .width = 5,
	  .is_right = true,
	  .drop = 6,
	  .cell = upstream_cell_errors },
	{ .title = "P50",
	  .width = 5,
	  .is_right = true,
	  .drop = 9,
	  .wide_only = 84,
	  .cell = upstream_cell_p50 },
	{ .title = "P95", .width = 5, .is_right = true, .drop = 9, .cell = upstream_cell_p95 },
	{ .title = "MORE", .width = 8, .drop = 2, .grows = true, .cell = upstream_cell_note },
};

static const struct list_source source = {
	.noun = "upstreams",
	.count = upstream_count,
	.row = upstream_row,
	.id = upstream_id,
	.name = upstream_name,
	.columns = columns,
	.column_count = ARRAY_LEN(columns),
};

static int draw_cooldown(const struct app *app, struct pane p, int y,
			 const struct cooldown_view *c)
{
	char at[SHOW_BYTES];
	char left[SHOW_BYTES];
	char bar[32];
	double whole = (double)(c->until_ms - c->since_ms);

	if (c->until_ms) {
		double gone = whole > 0 ? (double)(app->now_wall_ms - c->since_ms) / whole : 0;

		y = detail_line(p, y, "Cooldown", STYLE_WARN, "until %s  %s left  %s%s%s",
				show_clock(c->until_ms, at),
				show_left(c->until_ms - app->now_wall_ms, left),
				show_bar(gone, 12, bar, sizeof bar), *c->model ? "  only " : "",
				c->model);
	} else {
		y = detail_line(p, y, "Attention", STYLE_BAD, "until signed in or tested again");
	}
	y = detail_line(p, y, "  reason", STYLE_NONE, "%s",
			*c->explanation ? c->explanation : c->class);
	return detail_line(p, y, "  since", STYLE_NONE, "%s, %s end", show_clock(c->since_ms, at),
			   c->source);
}

static int draw_quotas(const struct app *app, struct pane p, int y, const struct upstream_view *u)
{
	for (size_t i = 0; i < u->quota_count; i++) {
		const struct quota_view *q = &u->quotas[i];
		char bar[32];
		char left[SHOW_BYTES];
		char forecast[SHOW_BYTES];

		y = detail_line(
			p, y, q->window, q->is_spent ? STYLE_BAD : STYLE_NONE,
			"%s %3.0f %% used  resets in %s%s%s",
			show_bar(q->used, 12, bar, sizeof bar), 100 * q->used,
			q->reset_ms ? show_left(q->reset_ms - app->now_wall_ms, left) : "-",
			q->forecast_ms ? "  spent in about " : "",
			q->forecast_ms ? show_left(q->forecast_ms - app->now_wall_ms, forecast) :
					 "");
	}
	return y;
}

static int draw_limits(struct pane p, int y, const struct limit_view limits[LIMIT_KINDS])
{
	for (size_t i = 0; i < LIMIT_KINDS; i++) {
		const struct limit_view *l = &limits[i];
		char used[SHOW_BYTES];
		char limit[SHOW_BYTES];
		char bar[32];

		if (l->limit > 0) {
			y = detail_line(p, y, l->name, STYLE_NONE, "%s of %s  %s",
					show_count(l->used, used), show_count(l->limit, limit),
					show_bar(l->used / l->limit, 12, bar, sizeof bar));
		}
	}
	return y;
}

static int draw_traffic(struct pane p, int y, const struct traffic *t)
{
	char a[SHOW_BYTES];
	char b[SHOW_BYTES];
	char c[SHOW_BYTES];
	char d[SHOW_BYTES];

	y = detail_line(p, y, "Requests", STYLE_NONE, "%s in all  %s failed  %s in flight",
			show_number(t->requests, a), show_number(t->errors, b),
			show_count(t->in_flight, c));
	y = detail_line(p, y, "Latency", STYLE_NONE, "ttft p50 %s p95 %s   total p50 %s p95 %s",
			show_ms(t->ttft_p50, a), show_ms(t->ttft_p95, b),
			show_ms(t->total_p50, c), show_ms(t->total_p95, d));
	y = detail_line(p, y, "Tokens", STYLE_NONE, "in %s  out %s  cached %s   %s/s",
			show_count(t->tokens_in, a), show_count(t->tokens_out, b),
			show_count(t->cache_read, c), show_rate(t->tokens_per_second, d));
	return detail_line(p, y, "Cost", STYLE_NONE, "%s USD", show_usd(t->cost_usd, a));
}

static int draw_sparks(const struct app *app, struct pane p, int y, const struct upstream_view *u)
{
	const struct series *s = history_upstream(&app->history, u->name);
	int64_t end = history_end_s(&app->history, app->now_wall_ms / 1000);
	double values[60];
	int count = p.w - 24 < 60 ? p.w - 24 : 60;

	if (!s || app->o.is_plain || app->hides_graphs || count < 10) {
		return y;
	}
	for (int i = 0; i < 2; i++) {
		history_values(s, i ? HISTORY_ERRORS : HISTORY_REQUESTS, end, 10, values, count);
		detail_line(p, y, i ? "Failures" : "Requests", STYLE_NONE, "%s", "");
		graph_line(p, 12, y, values, count, graph_peak(values, count));
		pane_textf(p, 13 + count, y, STYLE_DIM, "%d min", (count + 3) / 6);
		y++;
	}
	return y;
}

static int draw_recent(const struct app *app, struct pane p, int y, const struct upstream_view *u)
{
	bool has_any = false;

	for (size_t i = 0; i < app->snapshot->request_count && y < p.h; i++) {
		const struct request_view *r = &app->snapshot->requests[i];
		char at[SHOW_BYTES];

		if (r->status >= 400 && str_eq(r->upstream, u->name)) {
			detail_line(p, y++, has_any ? "" : "Errors", STYLE_NONE, "%s %.0f %s",
				    show_clock(r->at_ms, at), r->status, r->error);
			has_any = true;
		}
	}
	return y;
}

static int draw_routes(const struct app *app, struct pane p, int y, const struct upstream_view *u)
{
	char names[256] = "";

	for (size_t i = 0; i < app->snapshot->model_count; i++) {
		const struct model_view *m = &app->snapshot->models[i];

		for (size_t k = 0; k < m->route_count; k++) {
			size_t len = strlen(names);

			if (str_eq(m->routes[k].upstream, u->name)) {
				snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "",
					 m->name);
				break;
			}
		}
	}
	return *names ? detail_line(p, y, "Aliases", STYLE_NONE, "%s", names) : y;
}

static void draw_detail(const struct app *app, struct pane p, const void *row)
{
	const struct upstream_view *u = row;
	int y = -app->detail_top;

	y = detail_line(p, y, "Type", STYLE_NONE, "%s  %s%s%s", u->provider, u->type,
			*u->format ? "  format " : "", u->format);
	if (*u->base_url) {
		y = detail_line(p, y, "URL", STYLE_NONE, "%s", u->base_url);
	}
	y = detail_line(p, y, "Models", STYLE_NONE, "%s", *u->models ? u->models : "all");
	y = detail_line(p, y, "Order", STYLE_NONE, "priority %.0f  weight %.0f", u->priority,
			u->weight);
	if (*u->key_env) {
		y = detail_line(p, y, "Key", STYLE_NONE, "from the environment: %s", u->key_env);
	}
	if (*u->problem) {
		y = detail_line(p, y, "Problem", STYLE_BAD, "%s", u->problem);
	}
	for (size_t i = 0; i < u->cooldown_count; i++) {
		y = draw_cooldown(app, p, y, &u->cooldowns[i]);
	}
	y = draw_quotas(app, p, y, u);
	y = draw_limits(p, y, u->limits);
	y = draw_traffic(p, y, &u->traffic);
	y = draw_routes(app, p, y, u);
	y = draw_sparks(app, p, y, u);
	draw_recent(app, p, y, u);
}

static void draw_order(const struct app *app, struct pane p)
{
	if (app->order.len) {
		screen_order(app, p, 0, buf_slice(&app->order));
	} else {
		pane_text(p, 1, 0, STYLE_DIM, "no request has named a model yet");
	}
}

static void draw(struct app *app, struct pane p)
{
	const struct upstream_view *u = list_selected(&app->lists[SCREEN_UPSTREAMS], &source, app);
	char state[SHOW_BYTES] = "";
	char title[48];
	char order[LIST_ID_BYTES + 64];
	const struct list_detail view = {
		.list_title = title, .title = u ? u->name : "", .right = state, .row = u,
		.list_width = p.w * 4 / 7, .draw = draw_detail,
		.below_title = order, .draw_below = draw_order,
	};

	snprintf(title, sizeof title, "Upstreams (%zu)", app->snapshot->upstream_count);
	snprintf(order, sizeof order, *app->order_name ? "Selection order for the next request "
						       "to \"%s\"" : "Selection order",
		 app->order_name);
	if (u) {
		show_state(u->state, state);
	}
	screen_list_detail(app, p, &view);
}

static void status(const struct app *app, struct buf *out)
{
	const struct list *l = &app->lists[SCREEN_UPSTREAMS];

	buf_addf(out, "%zu upstreams", app->snapshot->upstream_count);
	if (*l->filter) {
		buf_addf(out, "   filter: %s   %zu shown", l->filter, l->count);
	}
	if (l->mark_count) {
		buf_addf(out, "   %zu marked", l->mark_count);
	}
}

const struct screen_ops screen_upstreams = {
	.name = "Upstreams",
	.source = &source,
	.draw = draw,
	.status = status,
};
