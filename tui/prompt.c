#include "tui/prompt.h"

#include <stdio.h>

#include "base/limits.h"
#include "tui/actions.h"
#include "tui/acts.h"
#include "tui/keys.h"
#include "tui/screens.h"
#include "tui/search.h"

void prompt_open(struct app *app, enum mode mode, const char *text)
{
	app->mode = mode;
	line_edit_init(&app->line, text);
	app->message[0] = '\0';
	app->is_error = false;
}

void prompt_question(struct app *app, const char *question)
{
	const char *name = strstr(question, "%s");

	if (name) {
		snprintf(app->text_title, sizeof app->text_title, "%.*s%s%s",
			 (int)(name - question), question, app->target_name, name + 2);
	} else {
		str_copy(app->text_title, sizeof app->text_title, question);
	}
	if (app->mode == MODE_ASK) {
		size_t len = strlen(app->text_title);

		snprintf(app->text_title + len, sizeof app->text_title - len, " [y/N]");
	}
}

static void close_prompt(struct app *app)
{
	app->mode = MODE_NORMAL;
	line_edit_release(&app->line);
}

/* --- filter --- */

static void set_filter(struct app *app, const char *text)
{
	str_copy(app->lists[app->screen].filter, LIST_FILTER_BYTES, text);
}

static void filter_key(struct app *app, int key)
{
	if (key == KEY_CODE_ESC) {
		set_filter(app, "");
		close_prompt(app);
	} else if (key == KEY_CODE_ENTER) {
		line_history_add(&app->filters, app->line.text);
		close_prompt(app);
	} else if (key == KEY_CODE_UP || key == KEY_CODE_DOWN) {
		line_history_move(&app->filters, &app->line, key == KEY_CODE_UP ? -1 : 1);
		set_filter(app, app->line.text);
	} else if (line_edit_key(&app->line, key)) {
		set_filter(app, app->line.text);
	}
}

/* --- command --- */

static void command_key(struct app *app, int key)
{
	char line[MAX_LINE_EDIT_BYTES];

	if (key == KEY_CODE_ESC || (key == KEY_CODE_BACKSPACE && !app->line.len)) {
		close_prompt(app);
	} else if (key == KEY_CODE_TAB) {
		command_complete(app);
	} else if (key == KEY_CODE_UP || key == KEY_CODE_DOWN) {
		line_history_move(&app->commands, &app->line, key == KEY_CODE_UP ? -1 : 1);
	} else if (key == KEY_CODE_ENTER) {
		str_copy(line, sizeof line, app->line.text);
		line_history_add(&app->commands, line);
		close_prompt(app);
		command_run(app, line);
	} else {
		line_edit_key(&app->line, key);
	}
}

/* --- questions --- */

static void ask_key(struct app *app, int key)
{
	app->mode = MODE_NORMAL;
	if (key == 'y' || key == 'Y') {
		action_confirmed(app);
	} else {
		app_say(app, "not done");
	}
}

static void name_key(struct app *app, int key)
{
	if (key == KEY_CODE_ESC) {
		close_prompt(app);
		app_say(app, "not done");
	} else if (key != KEY_CODE_ENTER) {
		line_edit_key(&app->line, key);
	} else if (str_eq(app->line.text, app->target_name)) {
		close_prompt(app);
		action_confirmed(app);
	} else {
		close_prompt(app);
		app_say(app, "not done: that is not its name");
	}
}

static void quit_key(struct app *app, int key)
{
	if (key == 's' || key == 'S') {
		app->wishes.quit = true;
	} else if (key == 'k' || key == 'K') {
		app->wishes.quit = true;
		app->wishes.keep_running = true;
	}
	app->mode = MODE_NORMAL;
}

static void search_key(struct app *app, int key)
{
	char words[sizeof app->search];
	enum mode back = app->searches_text ? MODE_TEXT : MODE_NORMAL;

	if (key == KEY_CODE_ESC) {
		close_prompt(app);
		app->mode = back;
	} else if (key == KEY_CODE_ENTER) {
		str_copy(words, sizeof words, app->line.text);
		close_prompt(app);
		app->mode = back;
		if (*words) {
			str_copy(app->search, sizeof app->search, words);
		}
		if (*app->search) {
			search_begin(app);
		}
	} else {
		line_edit_key(&app->line, key);
	}
}

/* A name or a value: Enter takes it. */
static void typed_key(struct app *app, int key, void (*take)(struct app *app, const char *text))
{
	char text[MAX_LINE_EDIT_BYTES];

	if (key == KEY_CODE_ESC) {
		close_prompt(app);
		app->mode = app->text.len ? MODE_TEXT : MODE_NORMAL;
		app_say(app, "not done");
	} else if (key == KEY_CODE_ENTER) {
		str_copy(text, sizeof text, app->line.text);
		close_prompt(app);
		app->mode = app->text.len ? MODE_TEXT : MODE_NORMAL;
		take(app, text);
	} else {
		line_edit_key(&app->line, key);
	}
}

static void text_key(struct app *app, int key)
{
	if (key == 'j' || key == KEY_CODE_DOWN) {
		app->detail_top++;
	} else if (key == 'k' || key == KEY_CODE_UP) {
		app->detail_top -= app->detail_top > 0;
	} else if (key == 'y') {
		buf_clear(&app->wishes.copy);
		buf_add(&app->wishes.copy, app->text.ptr,
			app->text_copied ? app->text_copied : app->text.len);
		app_say(app, "copied");
	} else if (key == '/') {
		app->searches_text = true;
		prompt_open(app, MODE_SEARCH, "");
	} else if (key == 'n' || key == 'N') {
		search_step(app, key == 'n' ? 1 : -1);
	} else if (key == 'w' && !app->text_copied) {
		act_save(app);
	} else if (key == KEY_CODE_PGDN || key == ' ') {
		app->detail_top += app->height - 5;
	} else if (key == KEY_CODE_PGUP) {
		app->detail_top -= app->detail_top > app->height - 5 ? app->height - 5 :
								       app->detail_top;
	} else {
		buf_wipe(&app->text);
		buf_init(&app->text, MAX_CONFIG_BYTES);
		app->detail_top = 0;
		app->mode = app->wizard ? MODE_WIZARD : app->form ? MODE_FORM : MODE_NORMAL;
	}
}

void prompt_key(struct app *app, int key)
{
	switch (app->mode) {
	case MODE_FILTER:
		filter_key(app, key);
		break;
	case MODE_COMMAND:
		command_key(app, key);
		break;
	case MODE_ASK:
		ask_key(app, key);
		break;
	case MODE_NAME:
		name_key(app, key);
		break;
	case MODE_QUIT:
		quit_key(app, key);
		break;
	case MODE_SEARCH:
		search_key(app, key);
		break;
	case MODE_SAVE:
		typed_key(app, key, save_text);
		break;
	case MODE_VALUE:
		typed_key(app, key, set_setting);
		break;
	case MODE_TEXT:
		text_key(app, key);
		break;
	default:
		break;
	}
}

/* --- drawing --- */

static void draw_line(struct app *app, struct pane p, const char *label, const char *hints)
{
	struct buf shown = BUF_INIT(2 * MAX_LINE_EDIT_BYTES);
	size_t cursor = line_edit_shown(&app->line, &shown);
	int x = pane_text(p, 0, 0, STYLE_PROMPT, label);
	int room = p.w - x - 1;
	char before[MAX_LINE_EDIT_BYTES];
	int column;
	int skip;

	str_copy(before, sizeof before, buf_text(&shown));
	before[cursor < sizeof before ? cursor : sizeof before - 1] = '\0';
	column = text_columns(before, p.canvas->tier);
	skip = column > room ? column - room : 0;
	pane_text(p, x, 0, STYLE_FIELD, buf_text(&shown) + (skip < (int)shown.len ? skip : 0));
	pane_text(p, 0, 1, STYLE_DIM, hints);
	pane_cursor(p, x + column - skip, 0, true);
	buf_release(&shown);
}

static void draw_question(struct app *app, struct pane p)
{
	pane_text(p, 0, 0, STYLE_PROMPT, app->text_title);
	pane_text(p, 0, 1, STYLE_DIM, "y yes   any other key: no");
}

bool prompt_draw(struct app *app, struct pane p)
{
	char label[256];

	switch (app->mode) {
	case MODE_FILTER:
		draw_line(app, p, "/",
			  "words must occur, !word must not   Enter keep  Esc clear");
		return true;
	case MODE_COMMAND:
		draw_line(app, p, ":", *app->message ? app->message :
			  "Tab completes  Enter runs  Esc cancel; any llm-gateway command works");
		return true;
	case MODE_SEARCH:
		draw_line(app, p, "/", "Enter finds it, n N the next and previous  Esc cancel");
		return true;
	case MODE_SAVE:
		draw_line(app, p, "write to: ", "Enter writes a new file  Esc cancel");
		return true;
	case MODE_VALUE:
		snprintf(label, sizeof label, "%.100s: ", app->target);
		draw_line(app, p, label, "Enter sets it in the file, in force at once  Esc cancel");
		return true;
	case MODE_ASK:
		draw_question(app, p);
		return true;
	case MODE_NAME:
		snprintf(label, sizeof label, "%.180s ", app->text_title);
		draw_line(app, p, label, "type the name in full, Enter does it  Esc cancel");
		return true;
	case MODE_QUIT:
		pane_text(p, 0, 0, STYLE_PROMPT,
			  "Gateway runs in this window: s stop  k keep it in the background  "
			  "Esc stay");
		pane_text(p, 0, 1, STYLE_DIM, "stop: running requests get 30 s to finish");
		return true;
	default:
		return false;
	}
}
