#include "tui/overlay.h"

#include <stdio.h>

#include "base/limits.h"
#include "tui/actions.h"
#include "tui/keys.h"
#include "tui/screens.h"

/* Headings and blank lines have no action. */
struct help_line {
	const struct action *action;
	const char *text;
};

#define MAX_HELP_LINES (MAX_ACTIONS + 16)

/* --- the keys --- */

static bool is_wanted(const struct app *app, const struct action *a)
{
	const char *words = app->overlay_filter;

	return !*words || str_ifind(a->help, strlen(a->help), words) ||
	       str_ifind(a->id, strlen(a->id), words);
}

static size_t add_group(const struct app *app, bool everywhere, struct help_line *lines)
{
	size_t count = 0;

	for (size_t i = 0; i < action_count; i++) {
		const struct action *a = &actions[i];

		if ((a->screens & ON(app->screen)) && (a->screens == ON_ALL) == everywhere &&
		    app->keymap.keys[i][0] && is_wanted(app, a)) {
			lines[count++].action = a;
		}
	}
	return count;
}

static size_t help_lines(const struct app *app, struct help_line *lines)
{
	static const char *const notes[] = {
		"",
		"States: + ready  ~ cooldown  x down  - disabled  ! needs login",
		"Behind : any llm-gateway command works too; :!command has the terminal.",
		"Each action's message names the command that does the same.",
	};
	size_t count = 0;

	memset(lines, 0, MAX_HELP_LINES * sizeof *lines);
	lines[count++].text = "THIS SCREEN";
	count += add_group(app, false, lines + count);
	lines[count++].text = "";
	lines[count++].text = "EVERYWHERE";
	count += add_group(app, true, lines + count);
	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		lines[count++].text = notes[i];
	}
	return count;
}

static void draw_action(const struct app *app, struct pane p, int y, const struct action *a)
{
	char names[64] = "";
	size_t at = (size_t)(a - actions);

	for (size_t i = 0; i < ACTION_KEYS && app->keymap.keys[at][i]; i++) {
		char name[KEY_NAME_BYTES];

		snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
			 *names ? " " : "", key_label(app->keymap.keys[at][i], name));
	}
	pane_text(p, 2, y, STYLE_KEY, names);
	pane_text(p, 17, y, STYLE_NONE, a->help);
}

/* --- columns to sort by --- */

static size_t sort_lines(const struct app *app)
{
	const struct list_source *source = screen_of(app->screen)->source;

	return source ? source->column_count + 1 : 1;
}

static void draw_column(const struct app *app, struct pane p, int y, size_t line)
{
	const struct list_source *source = screen_of(app->screen)->source;
	const struct list *list = &app->lists[app->screen];
	bool is_chosen = list->sort == (int)line - 1;

	pane_textf(p, 2, y, is_chosen ? STYLE_VALUE : STYLE_NONE, "%s%s",
		   line ? source->columns[line - 1].title : "as it comes",
		   is_chosen ? "  (now)" : "");
}

static void take_column(struct app *app, size_t line)
{
	struct list *list = &app->lists[app->screen];
	const struct list_source *source = screen_of(app->screen)->source;

	list->sort = (int)line - 1;
	app_say(app, "sorted by %s", line ? source->columns[line - 1].title : "nothing");
}

/* --- both --- */

void overlay_open_help(struct app *app)
{
	app->overlay_at = 1;
	app->overlay_top = 0;
	app->overlay_filter[0] = '\0';
	app->is_overlay_typing = false;
	app->mode = MODE_HELP;
}

void overlay_open_sort(struct app *app)
{
	if (screen_of(app->screen)->source) {
		app->overlay_at = (size_t)(app->lists[app->screen].sort + 1);
		app->overlay_top = 0;
		app->mode = MODE_SORT;
	}
}

static size_t line_count(const struct app *app)
{
	struct help_line lines[MAX_HELP_LINES];

	return app->mode == MODE_SORT ? sort_lines(app) : help_lines(app, lines);
}

static void choose(struct app *app)
{
	struct help_line lines[MAX_HELP_LINES];
	bool is_sort = app->mode == MODE_SORT;

	app->mode = MODE_NORMAL;
	if (is_sort) {
		take_column(app, app->overlay_at);
	} else if (app->overlay_at < help_lines(app, lines) && lines[app->overlay_at].action) {
		action_start(app, lines[app->overlay_at].action);
	}
}

static void type_filter(struct app *app, int key)
{
	size_t len = strlen(app->overlay_filter);

	if (key == KEY_CODE_ENTER || key == KEY_CODE_ESC) {
		app->is_overlay_typing = false;
		if (key == KEY_CODE_ESC) {
			app->overlay_filter[0] = '\0';
		}
	} else if (key == KEY_CODE_BACKSPACE) {
		app->overlay_filter[len ? len - 1 : 0] = '\0';
	} else if (key >= ' ' && key < KEY_CODE_BACKSPACE &&
		   len + 1 < sizeof app->overlay_filter) {
		app->overlay_filter[len] = (char)key;
		app->overlay_filter[len + 1] = '\0';
	}
	app->overlay_at = 1;
}

static void move(struct app *app, long by)
{
	long at = (long)app->overlay_at + by;
	long last = (long)line_count(app) - 1;

	app->overlay_at = (size_t)(at < 0 ? 0 : at > last ? last : at);
}

void overlay_key(struct app *app, int key)
{
	if (app->is_overlay_typing) {
		type_filter(app, key);
	} else if (key == 'j' || key == KEY_CODE_DOWN) {
		move(app, 1);
	} else if (key == 'k' || key == KEY_CODE_UP) {
		move(app, -1);
	} else if (key == KEY_CODE_PGDN || key == ' ') {
		move(app, app->height - 8);
	} else if (key == KEY_CODE_PGUP) {
		move(app, 8 - app->height);
	} else if (key == '/' && app->mode == MODE_HELP) {
		app->is_overlay_typing = true;
	} else if (key == KEY_CODE_ENTER) {
		choose(app);
	} else {
		app->mode = MODE_NORMAL;
	}
}

static void draw_line(const struct app *app, struct pane p, int y, size_t line,
		      const struct help_line *lines)
{
	if (app->mode == MODE_SORT) {
		draw_column(app, p, y, line);
	} else if (lines[line].action) {
		draw_action(app, p, y, lines[line].action);
	} else {
		pane_text(p, 1, y, STYLE_TITLE, lines[line].text);
	}
	if (line == app->overlay_at) {
		pane_put(p, 0, y, STYLE_NONE, '>');
		pane_select_row(p, y);
		pane_cursor(p, 0, y, false);
	}
}

static void keep_in_view(struct app *app, size_t rows)
{
	if (app->overlay_at < app->overlay_top) {
		app->overlay_top = app->overlay_at;
	} else if (app->overlay_at >= app->overlay_top + rows) {
		app->overlay_top = app->overlay_at - rows + 1;
	}
}

void overlay_draw(struct app *app, struct pane p)
{
	struct help_line lines[MAX_HELP_LINES];
	bool is_sort = app->mode == MODE_SORT;
	size_t count = is_sort ? sort_lines(app) : help_lines(app, lines);
	int width = is_sort ? 40 : p.w > 104 ? 100 : p.w - 2;
	int height = (int)count + 2 < p.h ? (int)count + 2 : p.h;
	char title[128];
	struct pane box = pane_sub(p, (p.w - width) / 2, 0, width, height);

	snprintf(title, sizeof title, is_sort ? "Sort %s" : "Help: %s%s%s%s",
		 screen_of(app->screen)->name,
		 app->is_overlay_typing || *app->overlay_filter ? "  /" : "", app->overlay_filter,
		 app->is_overlay_typing ? "_" : "");
	pane_fill(box, STYLE_NONE, ' ');
	box = screen_box(app, box, title, is_sort ? "Enter takes it" :
			 "Enter does it, / searches, Esc closes");
	keep_in_view(app, box.h > 0 ? (size_t)box.h : 1);
	for (int y = 0; y < box.h && app->overlay_top + (size_t)y < count; y++) {
		draw_line(app, box, y, app->overlay_top + (size_t)y, lines);
	}
}
