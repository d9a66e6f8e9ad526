/* Keys: who may use the gateway, and how much of it they used. */
#include <math.h>
#include <stdio.h>

#include "tui/screens.h"
#include "tui/show.h"
#include "tui/upstream_columns.h"

static size_t count(const struct app *app)
{
	return app->snapshot->key_count;
}

static const void *row(const struct app *app, size_t index)
{
	return &app->snapshot->keys[index];
}

static const char *id(const void *row_)
{
	const struct key_view *k = row_;

	return k->id;
}

static const char *name(const void *row_)
{
	const struct key_view *k = row_;

	return k->name;
}

static void cell_name(const struct app *app, const void *row_, struct cell_text *out)
{
	(void)app;
	str_copy(out->text, sizeof out->text, name(row_));
}

static void cell_id(const struct app *app, const void *row_, struct cell_text *out)
{
	(void)app;
	str_copy(out->text, sizeof out->text, id(row_));
}

static void cell_state(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct key_view *k = row_;
	char text[SHOW_BYTES];

	if (k->expires_ms > app->now_wall_ms && str_eq(k->state, "active")) {
		snprintf(out->text, sizeof out->text, "+ for %s",
			 show_left(k->expires_ms - app->now_wall_ms, text));
	} else {
		str_copy(out->text, sizeof out->text, show_state(k->state, text));
	}
	out->style = state_style(k->state);
}

static void cell_permissions(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct key_view *k = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, k->permissions);
}

static void cell_requests(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct key_view *k = row_;

	(void)app;
	cell_number(out, k->traffic.requests, show_number);
}

static void cell_tokens(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct key_view *k = row_;

	(void)app;
	cell_number(out, k->traffic.tokens_in + k->traffic.tokens_out, show_count);
}

static void cell_budget(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct key_view *k = row_;
	char text[SHOW_BYTES];

	(void)app;
	if (k->budget_usd > 0) {
		snprintf(out->text, sizeof out->text, "%s %%",
			 show_percent(isnan(k->spent_usd) ? 0 : k->spent_usd, k->budget_usd,
				      text));
		out->sort = k->spent_usd / k->budget_usd;
		out->style = out->sort > 0.9 ? STYLE_WARN : STYLE_NONE;
	} else {
		str_copy(out->text, sizeof out->text, "-");
	}
}

static void cell_models(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct key_view *k = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, *k->models ? k->models : "all");
}

static const struct column columns[] = {
	{ .title = "NAME", .width = 12, .grows = true, .cell = cell_name },
	{ .title = "ID", .width = 14, .drop = 5, .cell = cell_id },
	{ .title = "STATE", .width = 11, .cell = cell_state },
	{ .title = "MAY", .width = 11, .drop = 4, .cell = cell_permissions },
	{ .title = "REQUESTS", .width = 8, .is_right = true, .drop = 2, .cell = cell_requests },
	{ .title = "TOKENS", .width = 6, .is_right = true, .drop = 3, .cell = cell_tokens },
	{ .title = "BUDGET", .width = 7, .is_right = true, .drop = 6, .cell = cell_budget },
	{ .title = "MODELS", .width = 8, .drop = 7, .grows = true, .cell = cell_models },
};

static const struct list_source source = {
	.noun = "keys",
	.count = count,
	.row = row,
	.id = id,
	.name = name,
	.columns = columns,
	.column_count = ARRAY_LEN(columns),
};

static int draw_limits(struct pane p, int y, const struct key_view *k)
{
	for (size_t i = 0; i < LIMIT_KINDS; i++) {
		char used[SHOW_BYTES];
		char limit[SHOW_BYTES];
		char bar[32];

		if (k->limits[i].limit > 0) {
			y = detail_line(p, y, k->limits[i].name, STYLE_NONE, "%s of %s  %s",
					show_count(k->limits[i].used, used),
					show_count(k->limits[i].limit, limit),
					show_bar(k->limits[i].used / k->limits[i].limit, 12, bar,
						 sizeof bar));
		}
	}
	return y;
}

static void draw_detail(const struct app *app, struct pane p, const void *row_)
{
	const struct key_view *k = row_;
	char a[SHOW_BYTES];
	char b[SHOW_BYTES];
	char c[SHOW_BYTES];
	char bar[32];
	int y = -app->detail_top;

	y = detail_line(p, y, "ID", STYLE_NONE, "%s", k->id);
	y = detail_line(p, y, "May", STYLE_NONE, "%s", k->permissions);
	y = detail_line(p, y, "Models", STYLE_NONE, "%s", *k->models ? k->models : "all");
	y = detail_line(p, y, "Expires", STYLE_NONE, "%s",
			k->expires_ms ? show_date(k->expires_ms, a) : "never");
	y = draw_limits(p, y, k);
	if (k->budget_usd > 0) {
		y = detail_line(p, y, "Budget", STYLE_NONE, "%s of %s USD today  %s",
				show_usd(k->spent_usd, a), show_usd(k->budget_usd, b),
				show_bar(k->spent_usd / k->budget_usd, 12, bar, sizeof bar));
	}
	y = detail_line(p, y, "Traffic", STYLE_NONE, "%s requests  %s failed  p95 %s",
			show_number(k->traffic.requests, a), show_number(k->traffic.errors, b),
			show_ms(k->traffic.total_p95, c));
	y = detail_line(p, y, "Cost", STYLE_NONE, "%s USD", show_usd(k->traffic.cost_usd, a));
	pane_text(p, 1, y + 1, STYLE_DIM, "Revoking a key needs its name typed in full.");
}

static void draw(struct app *app, struct pane p)
{
	const struct key_view *k = list_selected(&app->lists[SCREEN_KEYS], &source, app);
	const struct list_detail view = {
		.list_title = "Gateway keys", .title = k ? k->name : "", .row = k,
		.list_width = p.w * 5 / 8, .draw = draw_detail,
	};

	screen_list_detail(app, p, &view);
}

static void status(const struct app *app, struct buf *out)
{
	buf_addf(out, "%zu gateway keys. A key's text shows once, when it is made.",
		 app->snapshot->key_count);
}

const struct screen_ops screen_keys = {
	.name = "Keys",
	.source = &source,
	.draw = draw,
	.status = status,
};
