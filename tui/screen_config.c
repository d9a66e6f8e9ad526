/* Config: what is in force, with its defaults, and is the file valid. */
#include <stdio.h>

#include "base/limits.h"
#include "tui/fields.h"
#include "tui/screens.h"
#include "tui/show.h"

static size_t count(const struct app *app)
{
	return app->config_row_count;
}

static const void *row(const struct app *app, size_t index)
{
	return &app->config_rows[index];
}

static const char *id(const void *row_)
{
	const struct config_row *r = row_;

	return r->path;
}

static void cell_path(const struct app *app, const void *row_, struct cell_text *out)
{
	(void)app;
	str_copy(out->text, sizeof out->text, id(row_));
}

static void cell_value(const struct app *app, const void *row_, struct cell_text *out)
{
	const struct config_row *r = row_;

	(void)app;
	str_copy(out->text, sizeof out->text, r->value);
}

static const struct column columns[] = {
	{ .title = "SETTING", .width = 20, .grows = true, .cell = cell_path },
	{ .title = "VALUE", .width = 16, .grows = true, .cell = cell_value },
};

static const struct list_source source = {
	.noun = "settings",
	.count = count,
	.row = row,
	.id = id,
	.name = id,
	.columns = columns,
	.column_count = ARRAY_LEN(columns),
};

static void draw_about(const struct app *app, struct pane p)
{
	const struct list *list = &app->lists[SCREEN_CONFIG];
	const struct config_row *r = list_selected(list, &source, app);
	const struct snapshot *s = app->snapshot;
	struct arena a;
	const char *warnings;
	int y = 0;

	arena_init(&a, 4 * KIB);
	warnings = field_joined(buf_slice(&app->config), "warnings", &a);
	if (r) {
		y = detail_line(p, y, "Setting", STYLE_VALUE, "%s", r->path);
		y = detail_line(p, y, "Value", STYLE_NONE, "%s",
				*r->value ? r->value : "(empty)");
		y = detail_line(p, y, "Change", STYLE_DIM, "llm-gateway config set %s VALUE",
				r->path);
	}
	y = detail_line(p, y, "File", s->config_valid ? STYLE_OK : STYLE_BAD, "%s: %s",
			s->config_path, s->config_valid ? "valid, in force" : s->config_error);
	y = detail_line(p, y, "Home", STYLE_NONE, "%s", s->home);
	if (*warnings) {
		detail_line(p, y, "Warnings", STYLE_WARN, "%s", warnings);
	}
	arena_release(&a);
}

static void draw(struct app *app, struct pane p)
{
	int about = p.h >= 14 ? 7 : 0;
	int left = p.w / 2;

	if (!app->config.len) {
		pane_text(p, 2, 1, STYLE_DIM,
			  "The gateway has not told its settings yet; Ctrl-r asks.");
		return;
	}
	if (screen_is_split(app, p)) {
		struct pane box = screen_box(app, pane_sub(p, 0, 0, left, p.h),
					     "Effective settings", NULL);

		list_draw(&app->lists[SCREEN_CONFIG], &source, app,
			  pane_sub(box, 1, 0, box.w - 2, box.h));
		draw_about(app, screen_box(app, pane_sub(p, left + 1, 0, p.w - left - 1, p.h),
					   "Setting and file", NULL));
		return;
	}
	list_draw(&app->lists[SCREEN_CONFIG], &source, app, pane_sub(p, 0, 0, p.w, p.h - about));
	if (about) {
		pane_hline(p, 0, p.h - about, app->o.is_plain ? 0 : p.w, STYLE_DIM);
		draw_about(app, pane_sub(p, 0, p.h - about + 1, p.w, about - 1));
	}
}

static void status(const struct app *app, struct buf *out)
{
	const struct snapshot *s = app->snapshot;

	buf_addf(out, "%s: %s%s", s->config_path, s->config_valid ? "valid" : s->config_error,
		 s->needs_restart ? "; some settings wait for a restart" : "");
}

const struct screen_ops screen_config = {
	.name = "Config",
	.source = &source,
	.draw = draw,
	.status = status,
};
