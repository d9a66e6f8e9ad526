/*
 * Runs the dashboard without a terminal: reads a script from stdin, one
 * command a line, and prints what it asks for. The clock stands still unless
 * told otherwise, and calls to the gateway wait for the script's answer.
 *
 *	snapshot FILE   log JSON        link live|offline|connecting
 *	size WxH        tier ascii|blocks|braille       plain   own
 *	key NAME        type TEXT       paste TEXT      click X,Y
 *	time MS         jobs            answer JSON     fail WORDS
 *	dump            styles          wishes          line N
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/app.h"
#include "tui/fields.h"
#include "tui/keys.h"
#include "tui/snapshot.h"

#define START_WALL_MS 1795248156000 /* 2026-11-21T08:02:36Z */

struct session {
	struct app app;
	struct canvas *canvas;
	struct vec jobs; /* struct job, waiting for the script */
	int64_t wall_ms;
	uint64_t mono_ms;
};

static bool submit(void *ctx, struct job *job)
{
	struct session *s = ctx;

	vec_push(&s->jobs, job);
	return true;
}

static void set_time(struct session *s, int64_t by_ms)
{
	s->wall_ms += by_ms;
	s->mono_ms += (uint64_t)by_ms;
	app_set_time(&s->app, s->wall_ms, s->mono_ms);
}

static void load_snapshot(struct session *s, const char *path)
{
	struct buf text = BUF_INIT(MAX_CONTROL_BYTES);
	struct err err = ERR_INIT;
	struct snapshot *snapshot;

	if (!file_read(path, &text, &err) ||
	    !(snapshot = snapshot_read(slice_trim(buf_slice(&text)), &err))) {
		fprintf(stderr, "%s: %s\n", path, err.msg);
		exit(1);
	}
	snapshot_add_requests(snapshot, field_value(slice_trim(buf_slice(&text)), "requests"));
	app_take_snapshot(&s->app, snapshot);
	snapshot_unref(snapshot);
	app_set_link(&s->app, FEED_LIVE, s->mono_ms, s->app.o.interval_ms);
	buf_release(&text);
}

static void draw(struct session *s)
{
	app_settle(&s->app);
	app_draw(&s->app, s->canvas);
}

static void resize(struct session *s, const char *size)
{
	char *rest;
	long width = strtol(size, &rest, 10);
	long height = *rest ? strtol(rest + 1, NULL, 10) : 24;

	canvas_destroy(s->canvas);
	s->canvas = canvas_create((int)width, (int)height, s->app.o.tier);
	app_resize(&s->app, (int)width, (int)height);
}

static void set_tier(struct session *s, const char *name)
{
	s->app.o.tier = str_eq(name, "ascii")    ? GLYPH_ASCII
			: str_eq(name, "blocks") ? GLYPH_BLOCK
						 : GLYPH_BRAILLE;
	s->canvas->tier = s->app.o.tier;
}

static void type(struct session *s, const char *text, void (*give)(struct app *, int))
{
	size_t left = strlen(text);
	uint32_t code;
	size_t bytes;

	while (left && (bytes = utf8_decode(text, left, &code))) {
		give(&s->app, (int)code);
		draw(s);
		text += bytes;
		left -= bytes;
	}
}

static void press(struct session *s, const char *name)
{
	int key = key_by_name(name);

	if (key == KEY_NOTHING) {
		fprintf(stderr, "no key is called %s\n", name);
		exit(1);
	}
	app_key(&s->app, key);
	draw(s);
}

static void print_jobs(const struct session *s)
{
	for (size_t i = 0; i < s->jobs.len; i++) {
		const struct job *j = s->jobs.items[i];

		printf("%s %s %s = llm-gateway %s\n", j->method, j->path, buf_text(&j->body), j->twin);
	}
}

static void answer(struct session *s, const char *json, const char *failure)
{
	struct job *job;

	if (!s->jobs.len) {
		fprintf(stderr, "nothing waits for an answer\n");
		exit(1);
	}
	job = s->jobs.items[0];
	vec_remove(&s->jobs, 0);
	job->is_done = true;
	job->ok = !failure;
	if (failure) {
		err_setf(&job->err, ERR_INVALID, "%s", failure);
	} else {
		buf_adds(&job->answer, json);
	}
	app_take_job(&s->app, job);
	draw(s);
}

static void set_link(struct session *s, const char *name)
{
	app_set_link(&s->app,
		     str_eq(name, "live")      ? FEED_LIVE
		     : str_eq(name, "offline") ? FEED_OFFLINE
					       : FEED_CONNECTING,
		     s->app.heard_ms, s->app.o.interval_ms);
}

static void print_grid(struct session *s, void (*dump)(const struct canvas *, struct buf *))
{
	struct buf text = BUF_INIT(16 * MIB);

	draw(s);
	dump(s->canvas, &text);
	fwrite(buf_text(&text), 1, text.len, stdout);
	buf_release(&text);
}

static void print_line(struct session *s, long number)
{
	struct buf text = BUF_INIT(16 * MIB);
	struct slice rest;
	struct slice line = SLICE_NULL;

	draw(s);
	canvas_dump(s->canvas, &text);
	rest = buf_slice(&text);
	number = number < 0 ? s->canvas->height + number : number;
	for (long i = 0; i <= number; i++) {
		slice_next(&rest, '\n', &line);
	}
	printf("%.*s\n", (int)line.len, line.ptr);
	buf_release(&text);
}

static void print_wishes(struct session *s)
{
	const struct wishes *w = &s->app.wishes;

	printf("quit=%d keep=%d redraw=%d suspend=%d edit=%d copy=%s open=%s run=%s\n", w->quit,
	       w->keep_running, w->redraw, w->suspend, w->edit_config, buf_text(&w->copy),
	       buf_text(&w->open), buf_text(&w->run));
}

static bool look(struct session *s, const char *word, const char *rest)
{
	if (str_eq(word, "dump")) {
		print_grid(s, canvas_dump);
	} else if (str_eq(word, "styles")) {
		print_grid(s, canvas_dump_styles);
	} else if (str_eq(word, "line")) {
		print_line(s, strtol(rest, NULL, 10));
	} else if (str_eq(word, "jobs")) {
		print_jobs(s);
	} else if (str_eq(word, "wishes")) {
		print_wishes(s);
	} else {
		return false;
	}
	return true;
}

static bool give(struct session *s, const char *word, const char *rest)
{
	if (str_eq(word, "key")) {
		press(s, rest);
	} else if (str_eq(word, "type")) {
		type(s, rest, app_key);
	} else if (str_eq(word, "paste")) {
		type(s, rest, app_paste);
	} else if (str_eq(word, "click")) {
		char *y;
		long x = strtol(rest, &y, 10);

		app_click(&s->app, (int)x, (int)strtol(y + 1, NULL, 10));
	} else if (str_eq(word, "answer")) {
		answer(s, rest, NULL);
	} else if (str_eq(word, "fail")) {
		answer(s, NULL, rest);
	} else {
		return false;
	}
	return true;
}

static bool set(struct session *s, const char *word, const char *rest)
{
	if (str_eq(word, "snapshot")) {
		load_snapshot(s, rest);
	} else if (str_eq(word, "log")) {
		app_take_line(&s->app, slice_of(rest));
	} else if (str_eq(word, "link")) {
		set_link(s, rest);
	} else if (str_eq(word, "size")) {
		resize(s, rest);
	} else if (str_eq(word, "tier")) {
		set_tier(s, rest);
	} else if (str_eq(word, "plain")) {
		s->app.o.is_plain = true;
	} else if (str_eq(word, "own")) {
		s->app.o.is_own = true;
	} else if (str_eq(word, "time")) {
		set_time(s, strtol(rest, NULL, 10));
	} else {
		return false;
	}
	return true;
}

static void run(struct session *s, char *line)
{
	char *rest = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (rest) {
		*rest++ = '\0';
	}
	if (*line && *line != '#' && !set(s, line, rest ? rest : "") &&
	    !give(s, line, rest ? rest : "") && !look(s, line, rest ? rest : "")) {
		fprintf(stderr, "no command is called %s\n", line);
		exit(1);
	}
}

int main(void)
{
	static struct session s;
	const struct app_options options = {
		.tier = GLYPH_ASCII, .interval_ms = 1000, .home = "/home/u/.llm-gateway",
		.submit = submit, .ctx = &s,
	};
	char line[64 * 1024];

	setlocale(LC_CTYPE, "C.UTF-8");
	app_init(&s.app, &options);
	s.wall_ms = START_WALL_MS;
	s.mono_ms = 1000000;
	set_time(&s, 0);
	s.canvas = canvas_create(80, 24, GLYPH_ASCII);
	while (fgets(line, sizeof line, stdin)) {
		run(&s, line);
	}
	canvas_destroy(s.canvas);
	for (size_t i = 0; i < s.jobs.len; i++) {
		job_destroy(s.jobs.items[i]);
	}
	vec_release(&s.jobs);
	app_release(&s.app);
	return 0;
}
