#include "tui/app.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/percent.h"
#include "tui/actions.h"
#include "tui/answers.h"
#include "tui/form.h"
#include "tui/frame.h"
#include "tui/keys.h"
#include "tui/overlay.h"
#include "tui/prompt.h"
#include "tui/screens.h"
#include "tui/wizard.h"

#define MESSAGE_MS 6000
#define MAX_TEXT_BYTES MAX_CONFIG_BYTES

static const struct screen_ops *const screens[SCREEN_COUNT] = {
	&screen_overview, &screen_upstreams, &screen_requests, &screen_keys,
	&screen_models,	  &screen_logs,	     &screen_config,
};

const struct screen_ops *screen_of(enum screen_id id)
{
	return screens[id];
}

void app_init(struct app *app, const struct app_options *options)
{
	*app = (struct app){ .o = *options, .width = 80, .height = 24, .log_level = 1 };
	keymap_init(&app->keymap);
	history_init(&app->history);
	for (int i = 0; i < SCREEN_COUNT; i++) {
		list_init(&app->lists[i]);
	}
	app->lists[SCREEN_REQUESTS].follows = true;
	app->lists[SCREEN_LOGS].follows = true;
	buf_init(&app->wishes.copy, MAX_TEXT_BYTES);
	buf_init(&app->wishes.open, 16 * KIB);
	buf_init(&app->wishes.run, 16 * KIB);
	buf_init(&app->detail, MAX_CONTROL_BYTES);
	buf_init(&app->resolve, MAX_CONTROL_BYTES);
	buf_init(&app->order, MAX_CONTROL_BYTES);
	buf_init(&app->config, MAX_CONTROL_BYTES);
	buf_init(&app->text, MAX_TEXT_BYTES);
	arena_init(&app->config_arena, 16 * KIB);
}

void app_release(struct app *app)
{
	snapshot_unref(app->snapshot);
	history_release(&app->history);
	log_ring_release(&app->logs);
	for (int i = 0; i < SCREEN_COUNT; i++) {
		list_release(&app->lists[i]);
	}
	line_history_release(&app->filters);
	line_history_release(&app->commands);
	line_edit_release(&app->line);
	form_destroy(app->form);
	wizard_destroy(app->wizard);
	buf_wipe(&app->wishes.copy);
	buf_wipe(&app->wishes.open);
	buf_wipe(&app->wishes.run);
	buf_release(&app->detail);
	buf_release(&app->resolve);
	buf_release(&app->order);
	buf_release(&app->config);
	arena_release(&app->config_arena);
	buf_wipe(&app->text);
}

void app_resize(struct app *app, int width, int height)
{
	app->width = width;
	app->height = height;
}

void app_set_time(struct app *app, int64_t wall_ms, uint64_t mono_ms)
{
	app->now_wall_ms = wall_ms;
	app->now_mono_ms = mono_ms;
	if (app->message_until_ms && mono_ms >= app->message_until_ms) {
		app->message[0] = '\0';
		app->message_until_ms = 0;
	}
}

static const struct request_view *request_by_id(const struct snapshot *s, const char *id)
{
	for (size_t i = 0; s && i < s->request_count; i++) {
		if (str_eq(s->requests[i].id, id)) {
			return &s->requests[i];
		}
	}
	return NULL;
}

/* A request that has ended has another id, of its record: the cursor that was
 * on it stays on it. */
static void follow_finished(struct app *app, const struct snapshot *s)
{
	char *selected = app->lists[SCREEN_REQUESTS].selected;
	const struct request_view *was = request_by_id(app->snapshot, selected);

	if (!was || !was->is_running || request_by_id(s, selected)) {
		return;
	}
	for (size_t i = 0; i < s->request_count; i++) {
		const struct request_view *r = &s->requests[i];

		if (!r->is_running && r->at_ms == was->at_ms && str_eq(r->trace, was->trace)) {
			str_copy(selected, LIST_ID_BYTES, r->id);
			break;
		}
	}
}

void app_take_snapshot(struct app *app, struct snapshot *s)
{
	history_add(&app->history, s, app->now_wall_ms / 1000);
	if (app->is_paused && app->snapshot) {
		return;
	}
	if (app->snapshot == s) {
		return;
	}
	follow_finished(app, s);
	snapshot_unref(app->snapshot);
	app->snapshot = snapshot_ref(s);
	app->eventful_ms = app->now_wall_ms;
	app->is_detail_old = true;
	app->is_order_old = true;
}

void app_set_link(struct app *app, enum feed_link link, uint64_t heard_ms, int64_t pace_ms)
{
	app->link = link;
	app->heard_ms = heard_ms;
	app->pace_ms = pace_ms;
}

void app_take_line(struct app *app, struct slice json)
{
	log_ring_add(&app->logs, json);
}

void app_take_job(struct app *app, struct job *job)
{
	answer_take(app, job);
	job_destroy(job);
}

bool app_is_stale(const struct app *app)
{
	return app->link == FEED_LIVE && app->heard_ms &&
	       app->now_mono_ms > app->heard_ms + 3 * (uint64_t)app->pace_ms;
}

/* --- messages and jobs --- */

static void vmessage(struct app *app, bool is_error, const char *fmt, va_list ap)
{
	vsnprintf(app->message, sizeof app->message, fmt, ap);
	app->is_error = is_error;
	app->message_until_ms = is_error ? 0 : app->now_mono_ms + MESSAGE_MS;
	log_ring_say(&app->logs, app->now_wall_ms, is_error ? 3 : 1, app->message);
}

void app_say(struct app *app, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage(app, false, fmt, ap);
	va_end(ap);
}

void app_complain(struct app *app, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage(app, true, fmt, ap);
	va_end(ap);
}

void app_send(struct app *app, struct job *job, const char *object, const char *twin_fmt, ...)
{
	struct buf twin = BUF_INIT(4 * KIB);
	va_list ap;

	va_start(ap, twin_fmt);
	buf_vaddf(&twin, twin_fmt, ap);
	va_end(ap);
	job->object = xstrdup(object);
	job->twin = buf_detach(&twin);
	if (app->link == FEED_OFFLINE && !str_eq(job->method, "RUN")) {
		app_complain(app,
			     "offline: nothing was done; try again when the gateway is back");
		job_destroy(job);
	} else if (!app->o.submit(app->o.ctx, job)) {
		app_complain(app, "too many calls wait for the gateway");
	}
}

char *app_path(const char *noun, const char *name, const char *action)
{
	struct buf path = BUF_INIT(4 * KIB);

	buf_addf(&path, "/v1/%s/", noun);
	percent_add(&path, slice_of(name));
	if (*action) {
		buf_addf(&path, "/%s", action);
	}
	return buf_detach(&path);
}

void app_go(struct app *app, enum screen_id screen)
{
	if (screen != app->screen) {
		app->last_screen = app->screen;
		app->screen = screen;
		app->is_detail = false;
		app->is_detail_focused = false;
		app->detail_top = 0;
	}
}

void app_show_text(struct app *app, const char *title, struct slice text)
{
	buf_wipe(&app->text);
	buf_init(&app->text, MAX_TEXT_BYTES);
	buf_add(&app->text, text.ptr, text.len);
	app->text_copied = 0;
	str_copy(app->text_title, sizeof app->text_title, title);
	app->mode = MODE_TEXT;
	app->detail_top = 0;
}

/* --- keys --- */

void app_key(struct app *app, int key)
{
	if (key == KEY_NOTHING) {
		return;
	}
	app->eventful_ms = app->now_wall_ms;
	if (app->is_error && app->mode == MODE_NORMAL) {
		app->message[0] = '\0';
		app->is_error = false;
	}
	if (app->mode == MODE_NORMAL) {
		const struct action *action = action_for_key(&app->keymap, key, app->screen);

		if (action) {
			action_start(app, action);
		}
	} else if (app->mode == MODE_FORM) {
		form_key(app, key);
	} else if (app->mode == MODE_WIZARD) {
		wizard_key(app, key);
	} else if (app->mode == MODE_HELP || app->mode == MODE_SORT) {
		overlay_key(app, key);
	} else {
		prompt_key(app, key);
	}
}

void app_paste(struct app *app, int key)
{
	bool takes_text = app->mode == MODE_FILTER || app->mode == MODE_COMMAND ||
			  app->mode == MODE_NAME || app->mode == MODE_FORM ||
			  app->mode == MODE_WIZARD || app->mode == MODE_SEARCH ||
			  app->mode == MODE_SAVE || app->mode == MODE_VALUE;

	if (takes_text && key_is_text(key)) {
		app->is_pasting = true;
		app_key(app, key);
		app->is_pasting = false;
	}
}

static void click_tab(struct app *app, int x)
{
	int screen = frame_tab_at(app, x);

	if (screen >= 0) {
		app_go(app, (enum screen_id)screen);
	}
}

void app_click(struct app *app, int x, int y)
{
	const struct list_source *source = screen_of(app->screen)->source;
	struct list *list = &app->lists[app->screen];
	size_t index;

	if (app->mode != MODE_NORMAL) {
		return;
	}
	if (y == 1) {
		click_tab(app, x);
	} else if (y == app->height - 1) {
		app_key(app, frame_hint_at(app, x));
	} else if (source && list_index_at(list, y - list->drawn_y, &index)) {
		if (index == list->index) {
			app_key(app, KEY_CODE_ENTER);
		} else {
			list_go(list, source, app, index);
		}
	}
}

void app_wheel(struct app *app, int step)
{
	if (app->mode == MODE_NORMAL) {
		app_key(app, step < 0 ? KEY_CODE_UP : KEY_CODE_DOWN);
	}
}

/* --- time --- */

static bool has_countdown(const struct snapshot *s)
{
	for (size_t i = 0; i < s->upstream_count; i++) {
		if (s->upstreams[i].cooldown_count) {
			return true;
		}
	}
	return s->totals.in_flight > 0;
}

int64_t app_next_tick_ms(const struct app *app)
{
	int64_t tick = 60000;

	if (app->message_until_ms) {
		tick = (int64_t)(app->message_until_ms - app->now_mono_ms);
	}
	if (app->mode == MODE_WIZARD || app->link != FEED_LIVE || app_is_stale(app)) {
		return 1000;
	}
	if (app->heard_ms) {
		int64_t stale = (int64_t)(app->heard_ms + 3 * (uint64_t)app->pace_ms + 1) -
				(int64_t)app->now_mono_ms;

		tick = stale < tick ? stale : tick;
	}
	if (app->is_paused || !app->snapshot) {
		return tick;
	}
	if (has_countdown(app->snapshot) ||
	    history_end_s(&app->history, app->now_wall_ms / 1000) == app->now_wall_ms / 1000) {
		int64_t pace = app->o.is_plain ? 10000 : 1000;

		tick = tick < pace ? tick : pace;
	}
	return tick < 100 ? 100 : tick;
}

/* --- drawing --- */

/* The record of the request under the cursor, where its detail shows; of one
 * that runs again and again. */
static void want_detail(struct app *app)
{
	const struct list *list = &app->lists[SCREEN_REQUESTS];
	const struct request_view *r = request_by_id(app->snapshot, list->selected);
	bool is_other = r && !str_eq(app->detail_id, r->id);
	char *path;

	if (!r || app->is_detail_asked || app->link != FEED_LIVE || app->mode != MODE_NORMAL ||
	    !(is_other || (r->is_running && app->is_detail_old))) {
		return;
	}
	if (is_other) {
		buf_clear(&app->detail);
		str_copy(app->detail_id, sizeof app->detail_id, r->id);
	}
	app->is_detail_asked = true;
	app->is_detail_old = false;
	path = app_path("requests", r->id, "");
	app_send(app, job_create(JOB_DETAIL, "GET", path), r->id, "request show %s", r->id);
	free(path);
}

/* What clients asked for last, or the first alias. */
static const char *next_model(const struct snapshot *s)
{
	for (size_t i = 0; i < s->request_count; i++) {
		if (*s->requests[i].model) {
			return s->requests[i].model;
		}
	}
	return s->model_count ? s->models[0].name : "";
}

static void want_order(struct app *app)
{
	const char *model = next_model(app->snapshot);
	struct buf path = BUF_INIT(4 * KIB);

	if (!*model || app->is_order_asked || !app->is_order_old || app->link != FEED_LIVE) {
		return;
	}
	buf_adds(&path, "/v1/resolve?name=");
	percent_add(&path, slice_of(model));
	str_copy(app->order_name, sizeof app->order_name, model);
	app->is_order_asked = true;
	app->is_order_old = false;
	app_send(app, job_create(JOB_ORDER, "GET", buf_text(&path)), model, "model resolve %s",
		 model);
	buf_release(&path);
}

void app_settle(struct app *app)
{
	bool has_room = app->width >= SPLIT_WIDTH && !app->o.is_plain;

	if (app->snapshot && app->screen == SCREEN_UPSTREAMS && has_room &&
	    app->height >= GRAPHS_HEIGHT) {
		want_order(app);
	}
	if (app->snapshot && app->screen == SCREEN_REQUESTS && (app->is_detail || has_room)) {
		list_update(&app->lists[SCREEN_REQUESTS], screen_requests.source, app);
		want_detail(app);
	}
}

static void draw_body(struct app *app, struct pane p)
{
	const struct screen_ops *screen = screen_of(app->screen);

	if (screen->source) {
		list_update(&app->lists[app->screen], screen->source, app);
	}
	screen->draw(app, p);
}

static bool covers_all(const struct app *app)
{
	return app->mode == MODE_TEXT;
}

void app_draw(struct app *app, struct canvas *c)
{
	struct pane all = pane_all(c);

	canvas_clear(c);
	app_resize(app, c->width, c->height);
	if (covers_all(app)) {
		frame_text(app, all);
		return;
	}
	if (c->width < 40 || c->height < 10) {
		pane_text(all, 0, 0, STYLE_WARN, "needs 40x10; q quits");
		return;
	}
	frame_head(app, pane_sub(all, 0, 0, all.w, 2));
	if (app->snapshot) {
		draw_body(app, pane_sub(all, 0, 2, all.w, all.h - 4));
	} else {
		frame_waiting(app, pane_sub(all, 0, 2, all.w, all.h - 4));
	}
	frame_foot(app, pane_sub(all, 0, all.h - 2, all.w, 2));
	if (app->mode == MODE_HELP || app->mode == MODE_SORT) {
		overlay_draw(app, pane_sub(all, 0, 2, all.w, all.h - 4));
	} else if (app->mode == MODE_FORM) {
		form_draw(app, pane_sub(all, 0, 2, all.w, all.h - 4));
	} else if (app->mode == MODE_WIZARD) {
		wizard_draw(app, pane_sub(all, 0, 2, all.w, all.h - 4));
	}
}
