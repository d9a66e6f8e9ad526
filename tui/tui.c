#include "tui/tui.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "control/client.h"
#include "tui/actions.h"
#include "tui/app.h"
#include "tui/crash.h"
#include "tui/fields.h"
#include "tui/wizard.h"

#define MAX_FRAMES_PER_SECOND 10

struct tui {
	const struct tui_options *o;
	struct term *term;
	struct feed *feed;
	struct agent *agent;
	struct canvas *canvas;
	struct app *app;
	int signal_fd;
	enum tui_end end;
	bool is_over;
	bool is_dirty;
	uint64_t drawn_ms;
};

/* --- setting up --- */

/* The process speaks UTF-8 inside whatever the terminal understands; what the
 * person's own locale says decides about the terminal. */
static bool terminal_has_utf8(void)
{
	locale_t own = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool yes;

	if (!own) {
		return false;
	}
	yes = str_ieq(nl_langinfo_l(CODESET, own), "UTF-8");
	freelocale(own);
	return yes;
}

static bool submit(void *ctx, struct job *job)
{
	const struct tui *t = ctx;

	return agent_submit(t->agent, job);
}

static void complete(void *ctx, const char *line, struct buf *out)
{
	const struct tui *t = ctx;

	t->o->complete(t->o->ctx, line, out);
}

static void bind_keys(struct app *app, struct slice keys, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, keys);
	while (json_scan_next(&scan, &m)) {
		const char *id = arena_strndup(a, m.key.ptr, m.key.len);
		const char *key = member_text(&m, a);

		if (!keymap_bind(&app->keymap, id, key)) {
			app_complain(app, "tui.keys: %s cannot have the key %s", id, key);
		}
	}
}

/* The tui: part of the configuration. A gateway that does not tell it has the
 * defaults. */
static void read_settings(struct tui *t, struct slice tui, struct arena *a)
{
	struct app *app = t->app;
	double interval = field_num(tui, "interval");

	if (interval >= 0.25 && interval <= 10) {
		app->o.interval_ms = (int64_t)(interval * 1000);
	}
	app->o.mouse = field_is(tui, "mouse");
	app->o.theme = term_theme_by_name(t->o->theme ? t->o->theme : field_str(tui, "theme", a));
	app->o.is_plain = app->o.is_plain || field_is(tui, "accessible");
	if (str_eq(field_str(tui, "glyphs", a), "braille") && app->o.tier != GLYPH_ASCII) {
		app->o.tier = GLYPH_BRAILLE;
	} else if (str_eq(field_str(tui, "glyphs", a), "ascii")) {
		app->o.tier = GLYPH_ASCII;
	}
	bind_keys(app, field_value(tui, "keys"), a);
}

static void load_settings(struct tui *t)
{
	struct control_client *client = control_client_create(t->o->home, t->o->config_path);
	struct buf answer = BUF_INIT(MAX_CONTROL_BYTES);
	struct arena a;

	arena_init(&a, 4 * KIB);
	if (control_call(client, "GET", "/v1/config", SLICE_NULL, &answer, NULL)) {
		read_settings(t, field_value(slice_trim(buf_slice(&answer)), "effective.tui"),
			      &a);
	}
	arena_release(&a);
	buf_release(&answer);
	control_client_destroy(client);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGCONT);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void set_time(struct tui *t)
{
	app_set_time(t->app, clock_wall_ms(), clock_mono_ms());
}

static bool begin(struct tui *t, struct err *err)
{
	bool is_ascii = t->o->is_ascii || !terminal_has_utf8();
	const struct app_options options = {
		.is_own = t->o->is_own,
		.is_plain = t->o->is_plain,
		.is_demo = t->o->is_demo,
		.tier = is_ascii ? GLYPH_ASCII : GLYPH_BLOCK,
		.interval_ms = 1000,
		.home = t->o->home,
		.submit = submit,
		.complete = t->o->complete ? complete : NULL,
		.ctx = t,
	};

	app_init(t->app, &options);
	set_time(t);
	load_settings(t);
	t->term = term_open(
		&(struct term_options){ t->o->no_color, t->app->o.theme, t->app->o.mouse }, err);
	if (!t->term) {
		return false;
	}
	t->signal_fd = open_signals();
	t->feed = feed_create(t->o->home, t->o->config_path, t->app->o.interval_ms);
	t->agent = agent_create(t->o->home, t->o->config_path, t->o->run_command, t->o->ctx);
	return true;
}

/* --- what comes in --- */

static void set_link(struct tui *t)
{
	app_set_link(t->app, feed_link(t->feed), feed_heard_ms(t->feed), feed_pace_ms(t->feed));
}

static void take_news(struct tui *t)
{
	struct snapshot *s = feed_take(t->feed);
	char *line;

	crash_doing("reading a snapshot");
	set_time(t);
	set_link(t);
	if (s) {
		app_take_snapshot(t->app, s);
		snapshot_unref(s);
	}
	while ((line = feed_take_line(t->feed))) {
		app_take_line(t->app, slice_of(line));
		free(line);
	}
	t->is_dirty = true;
}

static void take_jobs(struct tui *t)
{
	struct job *job;

	while ((job = agent_take(t->agent))) {
		app_take_job(t->app, job);
		t->is_dirty = true;
	}
}

static void over(struct tui *t, enum tui_end end)
{
	t->is_over = true;
	t->end = end;
}

static void take_signals(struct tui *t)
{
	struct signalfd_siginfo info;

	while (read(t->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGWINCH || info.ssi_signo == SIGCONT) {
			term_resized(t->term);
			t->is_dirty = true;
		} else {
			over(t, TUI_ENDED);
		}
	}
}

static void take_event(struct tui *t, const struct term_event *event)
{
	t->is_dirty = true;
	switch (event->kind) {
	case TERM_KEY:
		app_key(t->app, event->key);
		break;
	case TERM_PASTE:
		app_paste(t->app, event->key);
		break;
	case TERM_CLICK:
		app_click(t->app, event->x, event->y);
		break;
	case TERM_WHEEL:
		app_wheel(t->app, event->key);
		break;
	default:
		over(t, TUI_ENDED);
		break;
	}
}

/* --- what goes out --- */

static void edit_config(struct tui *t)
{
	struct err err = ERR_INIT;
	bool ok;

	if (!t->o->edit_config) {
		app_complain(t->app, "the file cannot be edited from here");
		return;
	}
	term_leave(t->term);
	ok = t->o->edit_config(t->o->ctx, &err);
	term_return(t->term);
	set_time(t);
	if (ok) {
		app_say(t->app, "edited = llm-gateway config edit");
	} else {
		app_complain(t->app, "%s", err.msg);
	}
}

/* With the terminal, and time to read what it said. */
static void run_command(struct tui *t, const char *line)
{
	struct err err = ERR_INIT;
	char key;
	bool ok;

	if (!t->o->run_command) {
		app_complain(t->app, "commands cannot run here");
		return;
	}
	term_leave(t->term);
	ok = t->o->run_command(t->o->ctx, line, NULL, &err);
	dprintf(STDOUT_FILENO, "\nEnter goes back to the dashboard.");
	while (read(STDIN_FILENO, &key, 1) == 1 && key != '\n') {
	}
	term_return(t->term);
	set_time(t);
	if (ok) {
		app_say(t->app, "done = llm-gateway %s", line);
	} else {
		app_complain(t->app, "llm-gateway %s: %s", line, err.msg);
	}
}

static void suspend(struct tui *t)
{
	term_leave(t->term);
	raise(SIGSTOP);
	term_return(t->term);
}

static void do_texts(struct tui *t, struct wishes *w)
{
	if (w->copy.len) {
		term_copy(t->term, buf_slice(&w->copy));
		buf_wipe(&w->copy);
		buf_init(&w->copy, MAX_CONFIG_BYTES);
	}
	if (w->open.len) {
		if (!t->o->open_url || !t->o->open_url(buf_text(&w->open))) {
			app_complain(t->app,
				     "no browser could be started; open the address by hand");
		}
		buf_wipe(&w->open);
		buf_init(&w->open, 16 * KIB);
	}
}

static void do_wishes(struct tui *t)
{
	struct wishes *w = &t->app->wishes;

	do_texts(t, w);
	if (w->redraw) {
		term_redraw(t->term);
	}
	if (w->new_mouse) {
		term_set_mouse(t->term, t->app->o.mouse);
	}
	if (w->new_theme) {
		term_set_theme(t->term, t->app->o.theme);
	}
	if (w->new_interval || w->look_now) {
		feed_set_interval(t->feed, t->app->o.interval_ms);
	}
	if (w->edit_config) {
		edit_config(t);
	}
	if (w->run.len) {
		run_command(t, buf_text(&w->run));
		buf_clear(&w->run);
	}
	if (w->suspend) {
		suspend(t);
	}
	if (w->quit) {
		over(t, w->keep_running ? TUI_KEEP : TUI_QUIT);
	}
	w->redraw = w->new_mouse = w->new_theme = w->new_interval = w->look_now = false;
	w->edit_config = w->suspend = w->quit = w->keep_running = false;
}

static void take_keys(struct tui *t)
{
	struct term_event event;

	set_time(t);
	crash_doing("taking a key");
	while (!t->is_over && (event = term_read(t->term)).kind != TERM_NONE) {
		take_event(t, &event);
		do_wishes(t);
	}
	crash_doing(NULL);
}

static const char *const drawing[SCREEN_COUNT] = {
	"drawing Overview", "drawing Upstreams", "drawing Requests", "drawing Keys",
	"drawing Models",   "drawing Logs",	 "drawing Config",
};

static void draw(struct tui *t)
{
	int width;
	int height;

	set_time(t);
	term_size(t->term, &width, &height);
	if (!t->canvas || t->canvas->width != width || t->canvas->height != height ||
	    t->canvas->tier != t->app->o.tier) {
		canvas_destroy(t->canvas);
		t->canvas = canvas_create(width, height, t->app->o.tier);
	}
	app_settle(t->app);
	crash_doing(t->app->mode == MODE_NORMAL ? drawing[t->app->screen] : "drawing a question");
	app_draw(t->app, t->canvas);
	if (t->app->o.is_plain) {
		t->canvas->cursor_shown = true;
	}
	crash_doing("writing to the terminal");
	term_show(t->term, t->canvas);
	crash_doing(NULL);
	t->is_dirty = false;
	t->drawn_ms = clock_mono_ms();
}

/* News wait for the next frame; keys never do. */
static int wait_ms(const struct tui *t, bool was_key)
{
	int64_t next = app_next_tick_ms(t->app);
	int64_t since = (int64_t)(clock_mono_ms() - t->drawn_ms);

	if (t->is_dirty) {
		int64_t frame = 1000 / MAX_FRAMES_PER_SECOND;

		return was_key || since >= frame ? 0 : (int)(frame - since);
	}
	return next < 0 ? -1 : (int)(next > since ? next - since : 0);
}

static bool is_gone(const struct pollfd *input)
{
	return input->revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* One round: waits, takes what is there, draws when it is time. */
static void turn(struct tui *t)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = t->signal_fd, .events = POLLIN },
		{ .fd = feed_fd(t->feed), .events = POLLIN },
		{ .fd = agent_fd(t->agent), .events = POLLIN },
	};
	int ready = poll(fds, ARRAY_LEN(fds), wait_ms(t, false));
	bool was_key = fds[0].revents & POLLIN;

	if (is_gone(&fds[0])) {
		over(t, TUI_ENDED);
		return;
	}
	if (was_key) {
		take_keys(t);
	}
	if (fds[1].revents) {
		take_signals(t);
	}
	if (fds[2].revents) {
		take_news(t);
	}
	if (fds[3].revents) {
		take_jobs(t);
	}
	if (ready <= 0) {
		set_link(t);
	}
	wizard_look(t->app);
	if (!t->is_over && (ready <= 0 || wait_ms(t, was_key) == 0)) {
		draw(t);
	}
}

enum tui_end tui_main(const struct tui_options *options, struct err *err)
{
	struct app *app = xcalloc(1, sizeof *app);
	struct tui t = { .o = options, .app = app, .signal_fd = -1, .end = TUI_FAILED };

	if (begin(&t, err)) {
		draw(&t);
		while (!t.is_over) {
			turn(&t);
		}
	}
	term_close(t.term);
	feed_destroy(t.feed);
	agent_destroy(t.agent);
	canvas_destroy(t.canvas);
	app_release(app);
	free(app);
	if (t.signal_fd >= 0) {
		close(t.signal_fd);
	}
	return t.end;
}
