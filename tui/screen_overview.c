/* Overview: is it healthy, what is slow, what cools down, what is running. */
#include <math.h>
#include <stdio.h>

#include "tui/graph.h"
#include "tui/screens.h"
#include "tui/show.h"
#include "tui/upstream_columns.h"

static const struct column columns[] = {
	{ .title = "UPSTREAM", .width = 14, .grows = true, .cell = upstream_cell_name },
	{ .title = "TYPE",
	  .width = 10,
	  .drop = 9,
	  .wide_only = 100,
	  .cell = upstream_cell_provider },
	{ .title = "STATE", .width = 11, .cell = upstream_cell_state },
	{ .title = "PRIO",
	  .width = 4,
	  .is_right = true,
	  .drop = 8,
	  .wide_only = 100,
	  .cell = upstream_cell_priority },
	{ .title = "IN",
	  .width = 3,
	  .is_right = true,
	  .drop = 3,
	  .cell = upstream_cell_in_flight },
	{ .title = "R/MIN",
	  .width = 6,
	  .is_right = true,
	  .drop = 4,
	  .cell = upstream_cell_per_minute },
	{ .title = "ERR%",
	  .width = 6,
	  .is_right = true,
	  .drop = 5,
	  .cell = upstream_cell_errors },
	{ .title = "TTFT",
	  .width = 6,
	  .is_right = true,
	  .drop = 9,
	  .wide_only = 100,
	  .cell = upstream_cell_ttft },
	{ .title = "P50", .width = 5, .is_right = true, .drop = 7, .cell = upstream_cell_p50 },
	{ .title = "P95", .width = 5, .is_right = true, .drop = 6, .cell = upstream_cell_p95 },
	{ .title = "LIMIT / COOLDOWN",
	  .width = 16,
	  .drop = 1,
	  .grows = true,
	  .cell = upstream_cell_note },
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

/* --- graphs --- */

struct graph_kind {
	const char *title;
	const char *short_title;
	enum history_value what, lower;
	double scale; /* of a value a second */
	const char *(*show)(double value, char *out);
};

static const struct graph_kind kinds[] = {
	{ "Requests/s", "Requests/s", HISTORY_REQUESTS, HISTORY_REQUESTS, 1, show_rate },
	{ "Latency p50 / p95", "Latency p95", HISTORY_P95, HISTORY_P50, 1, show_ms },
	{ "Tokens/min", "Tokens/min", HISTORY_TOKENS, HISTORY_TOKENS, 60, show_count },
	{ "Errors/min", "Errors/min", HISTORY_ERRORS, HISTORY_ERRORS, 60, show_rate },
};

static void graph_data(const struct app *app, const struct graph_kind *kind,
		       enum history_value what, int step, double *values, int count)
{
	int64_t end = history_end_s(&app->history, app->now_wall_ms / 1000);

	history_values(&app->history.total, what, end, step, values, count);
	for (int i = 0; i < count; i++) {
		values[i] *= kind->scale;
	}
}

static void draw_spark(const struct app *app, struct pane p, int y, const struct graph_kind *kind)
{
	double values[MAX_GRAPH_VALUES];
	char now[SHOW_BYTES];
	char peak[SHOW_BYTES];
	int count = p.w - 34 < 60 ? p.w - 34 : 60;
	double top;

	graph_data(app, kind, kind->what, 1, values, count > 0 ? count : 0);
	top = count > 0 ? graph_peak(values, count) : 0;
	pane_text(pane_sub(p, 0, y, 12, 1), 0, 0, STYLE_TITLE, kind->short_title);
	pane_textf(p, 13, y, STYLE_NONE, "%-5s now",
		   kind->show(count > 0 ? values[count - 1] : NAN, now));
	if (count > 10) {
		pane_textf(p, 22, y, STYLE_DIM, "%6s peak", top > 0 ? kind->show(top, peak) : "-");
		pane_put(p, 33, y, STYLE_DIM, '|');
		graph_line(p, 34, y, values, count, graph_round(top));
	}
}

static void draw_graph_box(const struct app *app, struct pane p, const struct graph_kind *kind)
{
	double values[MAX_GRAPH_VALUES];
	double lower[MAX_GRAPH_VALUES];
	char now[SHOW_BYTES];
	char peak[SHOW_BYTES];
	char right[80];
	struct pane in;
	int count = p.w - 8;
	int step = count > 0 && HISTORY_SECONDS / count > 0 ? HISTORY_SECONDS / count : 1;
	double top;

	if (count < 4) {
		return;
	}
	count = count > HISTORY_SECONDS / step ? HISTORY_SECONDS / step : count;
	graph_data(app, kind, kind->what, step, values, count);
	graph_data(app, kind, kind->lower, step, lower, count);
	top = graph_round(graph_peak(values, count));
	if (kind->what == kind->lower) {
		snprintf(right, sizeof right, "now %s  peak %s",
			 kind->show(values[count - 1], now),
			 kind->show(graph_peak(values, count), peak));
	} else {
		snprintf(right, sizeof right, "now %s / %s", kind->show(lower[count - 1], now),
			 kind->show(values[count - 1], peak));
	}
	in = pane_box(p, kind->title, right);
	pane_text(in, 1, 0, STYLE_DIM, kind->show(top, peak));
	pane_text(in, 1, in.h - 2, STYLE_DIM, "0");
	graph_columns(pane_sub(in, 6, 0, in.w - 6, in.h - 1), values, lower, count, top);
	pane_textf(in, 6, in.h - 1, STYLE_DIM, "-%d min", (count * step + 30) / 60);
	pane_text_right(in, in.w, in.h - 1, STYLE_DIM, "now");
}

/* "60 s       -60 s                now" */
static void draw_axis(struct pane p, int y)
{
	int count = p.w - 34 < 60 ? p.w - 34 : 60;
	char begin[16];

	if (count > 20) {
		snprintf(begin, sizeof begin, "-%d s", count);
		pane_text(p, 34, y, STYLE_DIM, begin);
		pane_text_right(p, 34 + count, y, STYLE_DIM, "now");
	}
}

/* Returns the rows used. */
static int draw_graphs(const struct app *app, struct pane p)
{
	if (app->hides_graphs || app->o.is_plain || p.h < 14) {
		return 0;
	}
	if (p.h + 4 >= GRAPHS_HEIGHT && p.w >= 78) {
		int boxes = p.w >= 120 ? 3 : 2;
		int width = p.w / boxes;

		for (int i = 0; i < boxes; i++) {
			int last = i == boxes - 1 ? p.w - i * width : width;

			draw_graph_box(app, pane_sub(p, i * width, 0, last, 10), &kinds[i]);
		}
		return 10;
	}
	for (int i = 0; i < 4; i++) {
		draw_spark(app, p, i, &kinds[i]);
	}
	draw_axis(p, 4);
	return 5;
}

static const char *trend(const struct app *app, enum history_value what)
{
	int64_t end = history_end_s(&app->history, app->now_wall_ms / 1000);
	double now = history_rate(&app->history.total, what, end, 30);
	double before = history_rate(&app->history.total, what, end - 30, 30);

	return now > before * 1.2 ? "rising" : now < before * 0.8 ? "falling" : "steady";
}

/* Plain mode: the graphs in words. */
static int draw_words(const struct app *app, struct pane p)
{
	for (int i = 0; i < 4; i++) {
		double value;
		char text[SHOW_BYTES];

		graph_data(app, &kinds[i], kinds[i].what, 10, &value, 1);
		pane_textf(p, 0, i, STYLE_NONE, "%s: %s, %s", kinds[i].title,
			   kinds[i].show(value, text), trend(app, kinds[i].what));
	}
	return 4;
}

/* --- what runs, what is wrong --- */

/* "1,204 out", "~88 tok/s": how far a stream is. */
static void tokens_note(const struct request_view *r, char *out, size_t size)
{
	char text[SHOW_BYTES];

	out[0] = '\0';
	if (!isnan(r->tokens_out)) {
		snprintf(out, size, "%s%s out", r->is_estimate ? "~" : "",
			 show_number(r->tokens_out, text));
	} else if (r->status == 499) {
		str_copy(out, size, "client gone");
	}
}

static void draw_running(const struct app *app, struct pane p, int y,
			 const struct request_view *r)
{
	char at[SHOW_BYTES];
	char ttft[SHOW_BYTES];
	char age[SHOW_BYTES];
	const char *phase = *r->phase ? r->phase : r->is_running ? "running" : "";
	char status[16];
	char tokens[SHOW_BYTES + 8];
	bool is_wide = p.w >= 90;

	snprintf(status, sizeof status, "%.0f%s", r->status, r->attempts > 1 ? " >>" : "");
	tokens_note(r, tokens, sizeof tokens);
	pane_textf(p, 2, y, r->is_running ? STYLE_NONE : status_style(r->status),
		   is_wide ? "%-9s %-8.8s %-18.18s %-14.14s %-10s %6s %6s %12s" :
			     "%-8s %-9.9s %-17.17s %-14.14s %-10s %5s %6s",
		   show_clock(r->at_ms, at), r->key, r->model, r->upstream,
		   r->is_running ? phase : status, show_ms(r->ttft_ms, ttft),
		   show_ms(r->is_running ? (double)(app->now_wall_ms - r->at_ms) : r->total_ms,
			   age),
		   tokens);
}

static void running_head(struct pane p)
{
	bool is_wide = p.w >= 90;

	pane_textf(p, 2, 0, STYLE_TITLE,
		   is_wide ? "%-9s %-8s %-18s %-14s %-10s %6s %6s %12s" :
			     "%-8s %-9s %-17s %-14s %-10s %5s %6s",
		   "STARTED", "KEY", "MODEL", "UPSTREAM", "PHASE", "TTFT", "AGE", "TOKENS");
}

/* Running requests first, then what has just finished. */
static void draw_requests(const struct app *app, struct pane p)
{
	const struct request_view *rows[64];
	int count = in_flight_rows(app, rows, p.h - 1 < 64 ? p.h - 1 : 64);
	int y = 1;

	running_head(p);
	for (int i = 0; i < count && y < p.h; i++) {
		draw_running(app, p, y++, rows[i]);
	}
	if (p.h >= 12 && (size_t)count < app->snapshot->request_count) {
		pane_text(p, 2, y + 1, STYLE_TITLE, "JUST FINISHED");
		y += 2;
	}
	for (size_t i = 0; i < app->snapshot->request_count && y < p.h; i++) {
		if (!app->snapshot->requests[i].is_running) {
			draw_running(app, p, y++, &app->snapshot->requests[i]);
		}
	}
	if (y == 1) {
		pane_text(p, 2, 1, STYLE_DIM, "no requests yet");
	}
}

static int draw_problem(struct pane p, int y, unsigned style, const char *sign, const char *text)
{
	pane_text(p, 1, y, style, sign);
	pane_text(p, 3, y, STYLE_NONE, text);
	return y + 1;
}

/* A reason that only repeats what a cooldown says. */
static bool is_cooldown_reason(const struct app *app, const char *reason)
{
	for (size_t i = 0; i < app->snapshot->upstream_count; i++) {
		const struct upstream_view *u = &app->snapshot->upstreams[i];
		size_t len = strlen(u->name);

		if (u->cooldown_count && strncmp(reason, u->name, len) == 0 && reason[len] == ':') {
			return true;
		}
	}
	return false;
}

/* What the gateway names as reasons, and every cooldown. */
static int draw_problems(const struct app *app, struct pane p)
{
	const struct snapshot *s = app->snapshot;
	int y = 0;

	if (*s->config_error) {
		y = draw_problem(p, y, STYLE_BAD, "!", s->config_error);
	}
	for (size_t i = 0; i < s->reason_count && y < p.h; i++) {
		if (!is_cooldown_reason(app, s->reasons[i])) {
			y = draw_problem(p, y, STYLE_WARN, "!", s->reasons[i]);
		}
	}
	for (size_t i = 0; i < s->upstream_count && y < p.h; i++) {
		const struct upstream_view *u = &s->upstreams[i];
		char note[160];
		char text[256];

		if (u->cooldown_count) {
			upstream_note(app, u, note, sizeof note);
			snprintf(text, sizeof text, "%s: %s (%s)", u->name, note,
				 u->cooldowns[0].source);
			y = draw_problem(p, y, STYLE_WARN, "~", text);
		}
	}
	if (!y) {
		y = draw_problem(p, y, STYLE_OK, "+", "nothing is wrong");
	}
	return y;
}

static int problem_count(const struct app *app)
{
	int count = *app->snapshot->config_error != '\0';

	for (size_t i = 0; i < app->snapshot->reason_count; i++) {
		count += !is_cooldown_reason(app, app->snapshot->reasons[i]);
	}
	for (size_t i = 0; i < app->snapshot->upstream_count; i++) {
		count += app->snapshot->upstreams[i].cooldown_count > 0;
	}
	return count;
}

static void counts(const struct app *app, char *out, size_t size)
{
	static const char *const names[] = { "ready", "partly", "cooldown", "disabled",
					     "attention" };
	size_t len = 0;

	out[0] = '\0';
	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		int count = 0;

		for (size_t i = 0; i < app->snapshot->upstream_count; i++) {
			const char *state = app->snapshot->upstreams[i].state;

			count += str_eq(state, names[n]) || (str_eq(names[n], "attention") &&
							     str_eq(state, "needs_attention"));
		}
		if (count && len < size) {
			len += (size_t)snprintf(out + len, size - len, "%s%d %s", len ? ", " : "",
						count, names[n]);
		}
	}
}

/* --- the screen --- */

static void draw_wide(struct app *app, struct pane p, int y)
{
	char title[48];
	char right[64];
	int list_h = (int)app->snapshot->upstream_count + 3;
	int rest;
	int left = p.w * 3 / 5;
	struct pane box;

	list_h = list_h > (p.h - y) / 2 ? (p.h - y) / 2 : list_h;
	snprintf(title, sizeof title, "Upstreams (%zu)", app->snapshot->upstream_count);
	counts(app, right, sizeof right);
	box = screen_box(app, pane_sub(p, 0, y, p.w, list_h), title, right);
	list_draw(&app->lists[SCREEN_OVERVIEW], &source, app,
		  pane_sub(box, 1, 0, box.w - 2, box.h));
	y += list_h;
	rest = p.h - y;
	snprintf(right, sizeof right, "%.0f running",
		 isnan(app->snapshot->totals.in_flight) ? 0 : app->snapshot->totals.in_flight);
	draw_requests(app, screen_box(app, pane_sub(p, 0, y, left, rest),
				      "In flight, just finished", right));
	snprintf(right, sizeof right, "%d open", problem_count(app));
	box = screen_box(app, pane_sub(p, left + 1, y, p.w - left - 1, rest), "Problems", right);
	y = draw_problems(app, box) + 1;
	if (y < box.h) {
		pane_text(box, 1, y, STYLE_DIM,
			  "Legend: + ready  ~ cooldown  x down  - disabled  ! login");
	}
}

static void draw_narrow(struct app *app, struct pane p, int y)
{
	int rows = (int)app->snapshot->upstream_count + 1;
	int problems = problem_count(app);
	int most = (p.h - y) / 2 > 3 ? (p.h - y) / 2 : p.h - y;

	rows = rows > most ? most : rows;
	list_draw(&app->lists[SCREEN_OVERVIEW], &source, app, pane_sub(p, 0, y, p.w, rows));
	y += rows + 1;
	problems = problems > 3 ? 3 : problems;
	if (p.h - y - problems - 2 >= 3) {
		draw_requests(app, pane_sub(p, 0, y, p.w, p.h - y - problems - 2));
	}
	if (problems && p.h - y > problems) {
		y = p.h - problems - 1;
		pane_text(p, 2, y, STYLE_TITLE, "PROBLEMS");
		draw_problems(app, pane_sub(p, 1, y + 1, p.w - 1, problems));
	}
}

static void draw(struct app *app, struct pane p)
{
	int y = app->o.is_plain ? draw_words(app, p) : draw_graphs(app, p);

	if (p.w >= SPLIT_WIDTH && p.h - y >= 16 && !app->o.is_plain) {
		draw_wide(app, p, y);
	} else {
		draw_narrow(app, p, y);
	}
}

static void status(const struct app *app, struct buf *out)
{
	char text[128];

	counts(app, text, sizeof text);
	buf_addf(out, "%s; %zu upstreams: %s", app->snapshot->health,
		 app->snapshot->upstream_count, text);
	if (app->snapshot->needs_restart) {
		buf_adds(out, "; some settings wait for a restart");
	}
}

const struct screen_ops screen_overview = {
	.name = "Overview",
	.source = &source,
	.draw = draw,
	.status = status,
};
