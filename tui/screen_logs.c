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

static void draw(struct app *app, struct pane p)
{
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
