/* Logs: the same events as the log file, newest first. */
#include <stdio.h>

#include "tui/screens.h"
#include "tui/show.h"

static size_t count(const struct app *app)
{
	return app->logs.count;
}

static const void *row(const struct app *app, size_t index)
{
	return log_ring_at(&app->logs, index);
}

static const char *id(const void *row_)
{
	const struct log_entry *e = row_;

	return e->id;
}

static bool hides(const struct app *app, const void *row_)
{
	const struct log_entry *e = row_;

	return e->level < app->log_level || (app->errors_only && e->level < 3);
}

static void cell_time(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct log_entry *e = row_;
	char text[SHOW_BYTES];

	(void)app;
	str_copy(out->text, sizeof out->text, show_clock_ms(e->at_ms, text));
	out->sort = (double)e->number;
}

static void cell_level(const struct app *app, const void *row_, struct cell_text *out)
{
	static const char *const names[] = { "DBG", "INF", "WRN", "ERR" };
	static const enum style styles[] = { STYLE_DIM, STYLE_NONE, STYLE_WARN, STYLE_BAD };
	const struct log_entry *e = row_;
	int level = e->level < 0 || e->level > 3 ? 1 : e->level;

	(void)app;
	str_copy(out->text, sizeof out->text, names[level]);
	out->style = styles[level];
	out->sort = level;
}

static void cell_area(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct log_entry *e = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, e->area);
}

static void cell_text(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct log_entry *e = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, e->text);
}

static const struct column columns[] = {
	{ .title = "TIME", .width = 12, .drop = 2, .cell = cell_time },
	{ .title = "LVL", .width = 3, .cell = cell_level },
	{ .title = "AREA", .width = 8, .drop = 3, .cell = cell_area },
	{ .title = "EVENT", .width = 10, .grows = true, .cell = cell_text },
};

static const struct list_source source = {
	.noun = "lines",
	.count = count,
	.row = row,
	.id = id,
	.name = id,
	.columns = columns,
	.column_count = ARRAY_LEN(columns),
	.hides = hides,
};

#define PREFIX_COLUMNS 28

/* One line with as many rows as it needs; returns them. */
static int draw_wrapped(const struct app *app, struct pane p, int y, const struct log_entry *e,
			bool is_selected)
{
	struct cell_text level = { .text = "" };
	char time[SHOW_BYTES];
	size_t len = strlen(e->text);
	int room = p.w - PREFIX_COLUMNS > 10 ? p.w - PREFIX_COLUMNS : 10;
	int rows = (int)(len / (size_t)room) + 1;

	cell_level(app, e, &level);
	pane_textf(p, 0, y, STYLE_NONE, "%s %-12s %s %-8.8s", is_selected ? ">" : " ",
		   show_clock_ms(e->at_ms, time), level.text, e->area);
	for (int i = 0; i < rows; i++) {
		pane_textf(p, PREFIX_COLUMNS, y + i, level.style, "%.*s", room,
			   e->text + (size_t)i * (size_t)room);
	}
	for (int i = 0; is_selected && i < rows; i++) {
		pane_select_row(p, y + i);
	}
	return rows;
}

/* From the cursor's row on when it would not be in view. */
static void draw_all_wrapped(struct app *app, struct pane p)
{
	struct list *l = &app->lists[SCREEN_LOGS];
	int y = 0;

	l->page = (size_t)(p.h > 2 ? p.h / 2 : 1);
	if (l->index < l->top || l->index >= l->top + l->page) {
		l->top = l->index;
	}
	for (size_t i = l->top; i < l->count && y < p.h; i++) {
		y += draw_wrapped(app, p, y, row(app, l->order[i]), i == l->index);
	}
}

static void draw(struct app *app, struct pane p)
{
	if (app->wraps) {
		draw_all_wrapped(app, p);
		return;
	}
	list_draw(&app->lists[SCREEN_LOGS], &source, app, p);
}

static void status(const struct app *app, struct buf *out)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	const struct list *l = &app->lists[SCREEN_LOGS];

	buf_addf(out, "level >= %s   filter: %s%s   %zu of %llu lines   follow %s",
		 names[app->log_level], *l->filter ? l->filter : "(none)",
		 app->errors_only ? " errors only" : "", l->count,
		 (unsigned long long)app->logs.taken, l->follows ? "on" : "off");
}

const struct screen_ops screen_logs = {
	.name = "Logs",
	.source = &source,
	.draw = draw,
	.status = status,
};
