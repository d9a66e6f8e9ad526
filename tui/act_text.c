/* Taking text out of the dashboard: searching it, writing it to a file; and
 * what is typed for the command line or for a setting. */
#include "tui/acts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "tui/prompt.h"
#include "tui/screens.h"
#include "tui/search.h"

/* --- search --- */

void act_search(struct app *app)
{
	app->searches_text = false;
	prompt_open(app, MODE_SEARCH, "");
}

/* In a text that is read, "/" searches; everywhere else it filters. */
void act_filter_or_search(struct app *app)
{
	if (search_applies(app)) {
		act_search(app);
	} else {
		act_filter(app);
	}
}

void act_search_next(struct app *app)
{
	search_step(app, 1);
}

void act_search_previous(struct app *app)
{
	search_step(app, -1);
}

/* --- saving --- */

void act_save(struct app *app)
{
	char name[128];

	snprintf(name, sizeof name, "llm-gateway-%s.txt", screen_of(app->screen)->name);
	for (char *c = name; *c; c++) {
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	}
	prompt_open(app, MODE_SAVE, name);
}

static void log_text(struct app *app, struct buf *out)
{
	struct list *list = &app->lists[SCREEN_LOGS];

	list_update(list, screen_logs.source, app);
	for (size_t i = list->count; i > 0; i--) {
		const struct log_entry *e = screen_logs.source->row(app, list->order[i - 1]);

		buf_addf(out, "%s %s\n", e->area, e->text);
	}
}

/* Any other screen as it stands, with all its rows. */
static void screen_text(struct app *app, struct buf *out)
{
	const struct list *list = &app->lists[app->screen];
	int width = app->width;
	int height = app->height;
	int rows = (int)(list->count < 400 ? list->count : 350) + 40;
	struct canvas *c = canvas_create(width > 80 ? width : 80, rows, GLYPH_ASCII);

	app_draw(app, c);
	canvas_dump(c, out);
	canvas_destroy(c);
	app_resize(app, width, height);
}

static void collect(struct app *app, struct buf *out)
{
	if (app->text.len) {
		buf_add(out, app->text.ptr, app->text.len);
	} else if (app->screen == SCREEN_LOGS) {
		log_text(app, out);
	} else if (app->screen == SCREEN_REQUESTS && app->is_detail) {
		search_detail_text(app, out);
	} else {
		screen_text(app, out);
	}
}

/* Nothing that is there already is written over. */
void save_text(struct app *app, const char *path)
{
	struct buf text = BUF_INIT(16 * MIB);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0) {
		app_complain(app, "%s: %s", path, strerror(errno));
		return;
	}
	collect(app, &text);
	ok = write(fd, buf_text(&text), text.len) == (ssize_t)text.len;
	ok = close(fd) == 0 && ok;
	if (ok) {
		app_say(app, "wrote %zu bytes to %s", text.len, path);
	} else {
		app_complain(app, "%s: %s", path, strerror(errno));
	}
	buf_wipe(&text);
}

/* --- settings --- */

static const struct config_row *target_setting(const struct app *app)
{
	for (size_t i = 0; i < app->config_row_count; i++) {
		if (str_eq(app->config_rows[i].path, app->target)) {
			return &app->config_rows[i];
		}
	}
	return NULL;
}

void act_setting(struct app *app)
{
	const struct config_row *row = target_setting(app);

	if (row) {
		prompt_open(app, MODE_VALUE, row->value);
	}
}

void set_setting(struct app *app, const char *value)
{
	struct job *job = job_create(JOB_SAY, "PATCH", "/v1/config");
	struct json_writer w;

	json_open(&w, &job->body);
	json_object(&w);
	json_kstr(&w, "key", app->target);
	json_kstr(&w, "value", value);
	json_end(&w);
	app_send(app, job, app->target, "config set %s %s", app->target, value);
	app_send(app, job_create(JOB_CONFIG, "GET", "/v1/config"), "", "config show --effective");
}

/* --- commands --- */

/* These talk with a person. */
static bool needs_terminal(const char *line)
{
	return str_starts(line, "run ") || str_starts(line, "oauth start") ||
	       str_starts(line, "config edit") || str_starts(line, "tui") ||
	       str_starts(line, "server start") || strstr(line, " -f") || strstr(line, "--watch") ||
	       strstr(line, "=-");
}

void run_command_line(struct app *app, const char *line)
{
	if (*line == '!' || needs_terminal(line)) {
		buf_clear(&app->wishes.run);
		buf_adds(&app->wishes.run, line + (*line == '!'));
		return;
	}
	/* Its place in the queue keeps the order of what was asked for. */
	app_say(app, "running llm-gateway %s ...", line);
	app_send(app, job_create(JOB_COMMAND, "RUN", line), line, "%s", line);
}
