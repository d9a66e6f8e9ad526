/* Models: the aliases, and what would happen to a request for one now. */
#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "tui/fields.h"
#include "tui/screens.h"
#include "tui/show.h"
#include "tui/upstream_columns.h"

static size_t count(const struct app *app)
{
	return app->snapshot->model_count;
}

static const void *row(const struct app *app, size_t index)
{
	return &app->snapshot->models[index];
}

static const char *name(const void *row_)
{
	const struct model_view *m = row_;

	return m->name;
}

static void cell_name(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct model_view *m = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, m->name);
	out->style = m->enabled ? STYLE_NONE : STYLE_DIM;
}

static void cell_model(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct model_view *m = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, m->route_count ? m->routes[0].model : "-");
}

static bool is_usable(const struct app *app, const struct route_view *r)
{
	const struct upstream_view *u = snapshot_upstream(app->snapshot, r->upstream);

	return u && (str_eq(u->state, "ready") || str_eq(u->state, "partly"));
}

static size_t usable_routes(const struct app *app, const struct model_view *m)
{
	size_t usable = 0;

	for (size_t i = 0; i < m->route_count; i++) {
		usable += is_usable(app, &m->routes[i]);
	}
	return usable;
}

static void cell_usable(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct model_view *m = row_;
	size_t usable = usable_routes(app, m);

	out->sort = (double)usable;
	if (!m->enabled) {
		str_copy(out->text, sizeof out->text, "off");
		out->style = STYLE_DIM;
	} else if (!m->route_count) {
		str_copy(out->text, sizeof out->text, "-");
	} else {
		snprintf(out->text, sizeof out->text, "%s%zu/%zu",
			 usable == m->route_count ? "ok " :
			 usable			  ? "" :
						    "DOWN ",
			 usable, m->route_count);
		out->style = usable == m->route_count ? STYLE_OK :
			     usable		      ? STYLE_WARN :
							STYLE_BAD;
	}
}

static void cell_requests(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct model_view *m = row_;

	(void)app;
	cell_number(out, m->traffic.requests, show_number);
}

static void cell_p50(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct model_view *m = row_;

	(void)app;
	cell_number(out, m->traffic.total_p50, show_ms);
}

static void cell_routes(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct model_view *m = row_;
	size_t len = 0;

	(void)app;
	for (size_t i = 0; i < m->route_count && len < sizeof out->text; i++) {
		len += (size_t)snprintf(out->text + len, sizeof out->text - len, "%s%s",
					i ? ", " : "", m->routes[i].upstream);
	}
}

static const struct column columns[] = {
	{ .title = "ALIAS", .width = 12, .grows = true, .cell = cell_name },
	{ .title = "MODEL", .width = 18, .drop = 4, .grows = true, .cell = cell_model },
	{ .title = "USABLE", .width = 8, .cell = cell_usable },
	{ .title = "REQUESTS", .width = 8, .is_right = true, .drop = 3, .cell = cell_requests },
	{ .title = "P50", .width = 5, .is_right = true, .drop = 5, .cell = cell_p50 },
	{ .title = "UPSTREAMS", .width = 14, .drop = 2, .grows = true, .cell = cell_routes },
};

static const struct list_source source = {
	.noun = "aliases",
	.count = count,
	.row = row,
	.id = name,
	.name = name,
	.columns = columns,
	.column_count = ARRAY_LEN(columns),
};

static int draw_routes(const struct app *app, struct pane p, int y, const struct model_view *m)
{
	for (size_t i = 0; i < m->route_count; i++) {
		const struct upstream_view *u = snapshot_upstream(app->snapshot,
								  m->routes[i].upstream);
		char state[SHOW_BYTES];
		char note[80] = "";

		if (u && !str_eq(u->state, "ready")) {
			upstream_note(app, u, note, sizeof note);
		}
		pane_textf(p, 2, y++, u ? state_style(u->state) : STYLE_BAD,
			   "%-16s %-22s prio %-4.0f %-12s %s", m->routes[i].upstream,
			   m->routes[i].model, m->routes[i].priority,
			   u ? show_state(u->state, state) : "x no such upstream", note);
	}
	return y;
}

static void draw_detail(const struct app *app, struct pane p, const void *row_)
{
	const struct model_view *m = row_;
	int y = detail_heading(p, -app->detail_top, "ROUTES");

	y = draw_routes(app, p, y, m);
	if (*m->fallback) {
		y = detail_line(p, y, "Fallback", STYLE_NONE, "%s", m->fallback);
	}
	if (m->rule_count) {
		y = detail_line(p, y, "Rules", STYLE_NONE, "%zu, the first match decides",
				m->rule_count);
	}
	if (*m->system_prompt) {
		y = detail_line(p, y, "Prompt", STYLE_NONE, "%s", m->system_prompt);
	}
	if (app->resolve.len && str_eq(app->resolve_name, m->name)) {
		y = detail_heading(p, y + 1, "NOW A REQUEST WOULD TRY, IN ORDER");
		screen_order(app, p, y, buf_slice(&app->resolve));
	} else {
		pane_text(p, 1, y + 1, STYLE_DIM, "Enter or T: what would happen now");
	}
}

static void draw(struct app *app, struct pane p)
{
	const struct model_view *m = list_selected(&app->lists[SCREEN_MODELS], &source, app);
	const struct list_detail view = {
		.list_title = "Aliases", .title = m ? m->name : "", .row = m,
		.list_width = p.w * 4 / 7, .draw = draw_detail,
	};

	screen_list_detail(app, p, &view);
}

static void status(const struct app *app, struct buf *out)
{
	size_t dead = 0;

	for (size_t i = 0; i < app->snapshot->model_count; i++) {
		const struct model_view *m = &app->snapshot->models[i];

		dead += m->enabled && m->route_count && !usable_routes(app, m);
	}
	buf_addf(out, "%zu aliases", app->snapshot->model_count);
	if (dead) {
		buf_addf(out, ", %zu without any usable upstream", dead);
	}
	if (!app->snapshot->model_count) {
		buf_adds(out, "; clients reach models as upstream/model, or by the name alone");
	}
}

const struct screen_ops screen_models = {
	.name = "Models",
	.source = &source,
	.draw = draw,
	.status = status,
};
