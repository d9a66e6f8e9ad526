/* Moving and looking: what changes nothing but the picture. */
#include "tui/acts.h"

#include <stdlib.h>

#include "base/limits.h"
#include "tui/overlay.h"
#include "tui/prompt.h"
#include "tui/screens.h"

static const struct list_source *source_of(const struct app *app)
{
	return app->snapshot ? screen_of(app->screen)->source : NULL;
}

static struct list *list_of(struct app *app)
{
	return &app->lists[app->screen];
}

/* In a detail that fills the screen the keys scroll it. */
static void move_by(struct app *app, long by)
{
	const struct list_source *source = source_of(app);

	if (app->is_detail || app->is_detail_focused) {
		app->detail_top += (int)by;
		app->detail_top = app->detail_top < 0 ? 0 : app->detail_top;
	} else if (source) {
		list_move(list_of(app), source, app, by);
	}
}

static long page(struct app *app)
{
	return app->is_detail || app->is_detail_focused ? app->height - 5 :
							 (long)list_of(app)->page;
}

void act_down(struct app *app)
{
	move_by(app, 1);
}

void act_up(struct app *app)
{
	move_by(app, -1);
}

void act_first(struct app *app)
{
	move_by(app, -MAX_LIST_ROWS);
}

void act_last(struct app *app)
{
	move_by(app, app->is_detail ? 1000 : MAX_LIST_ROWS);
}

void act_half_down(struct app *app)
{
	move_by(app, page(app) / 2);
}

void act_half_up(struct app *app)
{
	move_by(app, -page(app) / 2);
}

void act_page_down(struct app *app)
{
	move_by(app, page(app));
}

void act_page_up(struct app *app)
{
	move_by(app, -page(app));
}

void act_left(struct app *app)
{
	struct list *list = list_of(app);

	list->scroll_x = list->scroll_x > 8 ? list->scroll_x - 8 : 0;
}

void act_right(struct app *app)
{
	struct list *list = list_of(app);

	list->scroll_x += list->scroll_x < 400 ? 8 : 0;
}

void act_screen_1(struct app *app)
{
	app_go(app, SCREEN_OVERVIEW);
}

void act_screen_2(struct app *app)
{
	app_go(app, SCREEN_UPSTREAMS);
}

void act_screen_3(struct app *app)
{
	app_go(app, SCREEN_REQUESTS);
}

void act_screen_4(struct app *app)
{
	app_go(app, SCREEN_KEYS);
}

void act_screen_5(struct app *app)
{
	app_go(app, SCREEN_MODELS);
}

void act_screen_6(struct app *app)
{
	app_go(app, SCREEN_LOGS);
}

static void ask_config(struct app *app)
{
	app_send(app, job_create(JOB_CONFIG, "GET", "/v1/config"), "", "config show --effective");
}

void act_screen_7(struct app *app)
{
	app_go(app, SCREEN_CONFIG);
	ask_config(app);
}

static void go_by(struct app *app, int step)
{
	enum screen_id to = (enum screen_id)(((int)app->screen + SCREEN_COUNT + step) %
					     SCREEN_COUNT);

	if (to == SCREEN_CONFIG) {
		act_screen_7(app);
	} else {
		app_go(app, to);
	}
}

/* Beside an open detail Tab goes to it and back, screens have their digits. */
static bool has_two_panes(const struct app *app)
{
	bool has_detail = app->screen != SCREEN_OVERVIEW && app->screen != SCREEN_LOGS;

	return has_detail && !app->is_detail && !app->o.is_plain && app->width >= SPLIT_WIDTH;
}

static void tab(struct app *app, int step)
{
	if (has_two_panes(app)) {
		app->is_detail_focused = !app->is_detail_focused;
		app_say(app, app->is_detail_focused ? "keys scroll the detail; Tab goes back" :
						      "keys move in the list");
	} else {
		go_by(app, step);
	}
}

void act_next_screen(struct app *app)
{
	tab(app, 1);
}

void act_previous_screen(struct app *app)
{
	tab(app, -1);
}

/* Its record is asked for when the detail is drawn. */
static void open_request(struct app *app)
{
	/* What is open stays open, whatever comes meanwhile. */
	str_copy(app->lists[SCREEN_REQUESTS].selected, LIST_ID_BYTES, app->target);
	app->followed = app->followed || app->lists[SCREEN_REQUESTS].follows;
	app->lists[SCREEN_REQUESTS].follows = false;
	app->is_detail = true;
	app->detail_top = 0;
	app->is_detail_old = true;
	app_say(app, "%s = llm-gateway request show %s", app->target, app->target);
}

/* Requests are known by their own ids, log lines by the trace's. */
static const char *request_of_trace(const struct app *app, const char *trace)
{
	for (size_t i = 0; i < app->snapshot->request_count; i++) {
		if (str_eq(app->snapshot->requests[i].trace, trace)) {
			return app->snapshot->requests[i].id;
		}
	}
	return trace;
}

/* From a log line to its request. */
static void open_line(struct app *app)
{
	const struct log_entry *e = list_selected(list_of(app), source_of(app), app);

	if (!*e->trace_id) {
		act_log_line(app);
		return;
	}
	str_copy(app->target, sizeof app->target, request_of_trace(app, e->trace_id));
	str_copy(app->lists[SCREEN_REQUESTS].selected, LIST_ID_BYTES, app->target);
	app->lists[SCREEN_REQUESTS].follows = false;
	app_go(app, SCREEN_REQUESTS);
	open_request(app);
}

/* Of the key under the cursor. */
static void open_requests_of(struct app *app)
{
	app_go(app, SCREEN_REQUESTS);
	str_copy(app->lists[SCREEN_REQUESTS].filter, LIST_FILTER_BYTES, app->target_name);
	app_say(app, "requests of %s = llm-gateway request list --key=%s", app->target_name,
		app->target_name);
}

void act_open(struct app *app)
{
	if (!*app->target) {
		return;
	}
	switch (app->screen) {
	case SCREEN_OVERVIEW:
		str_copy(app->lists[SCREEN_UPSTREAMS].selected, LIST_ID_BYTES, app->target);
		app_go(app, SCREEN_UPSTREAMS);
		break;
	case SCREEN_REQUESTS:
		open_request(app);
		break;
	case SCREEN_LOGS:
		open_line(app);
		break;
	case SCREEN_MODELS:
		act_model_try(app);
		break;
	case SCREEN_KEYS:
		open_requests_of(app);
		break;
	case SCREEN_CONFIG:
		act_setting(app);
		break;
	default:
		app->is_detail = !app->is_detail;
		app->detail_top = 0;
		app_say(app, "%s = llm-gateway upstream show %s", app->target_name,
			app->target_name);
		break;
	}
}

/* One step out: detail, filter, marks, screen; at last the dashboard. */
void act_back(struct app *app)
{
	struct list *list = list_of(app);

	if (app->is_detail) {
		app->is_detail = false;
		list->follows = list->follows || (app->followed && app->screen == SCREEN_REQUESTS);
		app->followed = false;
	} else if (app->is_detail_focused) {
		app->is_detail_focused = false;
	} else if (*list->filter) {
		list->filter[0] = '\0';
	} else if (list->mark_count) {
		list->mark_count = 0;
	} else if (app->screen != SCREEN_OVERVIEW) {
		app_go(app, SCREEN_OVERVIEW);
	} else {
		act_quit(app);
	}
}

void act_quit(struct app *app)
{
	if (app->o.is_own && !app->o.is_demo) {
		prompt_open(app, MODE_QUIT, "");
	} else {
		app->wishes.quit = true;
	}
}

void act_help(struct app *app)
{
	overlay_open_help(app);
}

void act_command(struct app *app)
{
	prompt_open(app, MODE_COMMAND, "");
}

void act_filter(struct app *app)
{
	prompt_open(app, MODE_FILTER, list_of(app)->filter);
}

void act_errors(struct app *app)
{
	app->errors_only = !app->errors_only;
	app_say(app, app->errors_only ? "errors only" : "everything");
}

static void say_order(struct app *app)
{
	const struct list *list = list_of(app);

	if (list->sort < 0) {
		app_say(app, "order: as it comes");
	} else {
		app_say(app, "sorted by %s%s", source_of(app)->columns[list->sort].title,
			list->is_reversed ? ", largest first" : "");
	}
}

static void sort_by(struct app *app, int step)
{
	const struct list_source *source = source_of(app);
	struct list *list = list_of(app);
	int count = source ? (int)source->column_count : 0;

	if (!count) {
		return;
	}
	list->sort += step;
	list->sort = list->sort >= count ? -1 : list->sort < -1 ? count - 1 : list->sort;
	say_order(app);
}

void act_sort(struct app *app)
{
	overlay_open_sort(app);
}

void act_sort_next(struct app *app)
{
	sort_by(app, 1);
}

void act_sort_previous(struct app *app)
{
	sort_by(app, -1);
}

void act_reverse(struct app *app)
{
	if (source_of(app)) {
		list_of(app)->is_reversed = !list_of(app)->is_reversed;
		say_order(app);
	}
}

void act_follow(struct app *app)
{
	struct list *list = list_of(app);

	list->follows = !list->follows;
	app_say(app, list->follows ? "following the newest" : "not following");
}

void act_pause(struct app *app)
{
	app->is_paused = !app->is_paused;
	app_say(app, app->is_paused ? "paused; data is still counted" : "live again");
}

static void set_interval(struct app *app, int64_t interval_ms)
{
	app->o.interval_ms = interval_ms < 250 ? 250 : interval_ms > 10000 ? 10000 : interval_ms;
	app->wishes.new_interval = true;
	app_say(app, "interval %.2f s = llm-gateway config set tui.interval %.2fs",
		(double)app->o.interval_ms / 1000, (double)app->o.interval_ms / 1000);
}

void act_slower(struct app *app)
{
	set_interval(app, app->o.interval_ms * 2);
}

void act_faster(struct app *app)
{
	set_interval(app, app->o.interval_ms / 2);
}

void act_refresh(struct app *app)
{
	app->wishes.look_now = true;
	if (app->screen == SCREEN_CONFIG) {
		ask_config(app);
	}
}

void act_mark(struct app *app)
{
	if (*list_of(app)->selected) {
		list_toggle_mark(list_of(app));
		move_by(app, 1);
	}
}

void act_wide(struct app *app)
{
	list_of(app)->is_wide = !list_of(app)->is_wide;
	app_say(app, list_of(app)->is_wide ? "all columns; h l scroll" : "columns that fit");
}

void act_zoom(struct app *app)
{
	app->is_detail = !app->is_detail;
	app->detail_top = 0;
}

void act_graphs(struct app *app)
{
	app->hides_graphs = !app->hides_graphs;
}

void act_copy(struct app *app)
{
	if (!*app->target) {
		return;
	}
	buf_clear(&app->wishes.copy);
	buf_adds(&app->wishes.copy, app->target);
	app_say(app, "copied %s (u shows it as bare text)", app->target);
}

/* The detail of a request as the control API tells it, else the id. */
void act_plain_text(struct app *app)
{
	if (!*app->target) {
		return;
	}
	if (app->screen == SCREEN_REQUESTS && app->detail.len &&
	    str_eq(app->detail_id, app->target)) {
		app_show_text(app, app->target, buf_slice(&app->detail));
	} else if (app->screen == SCREEN_LOGS) {
		act_log_line(app);
	} else {
		struct buf text = BUF_INIT(4 * KIB);

		buf_addf(&text, "%s\n%s\n", app->target_name, app->target);
		app_show_text(app, app->target_name, buf_slice(&text));
		buf_release(&text);
	}
}

void act_mouse(struct app *app)
{
	app->o.mouse = !app->o.mouse;
	app->wishes.new_mouse = true;
	app_say(app, "mouse %s = llm-gateway config set tui.mouse %s",
		app->o.mouse ? "on" : "off", app->o.mouse ? "true" : "false");
}

void act_theme(struct app *app)
{
	app->o.theme = (enum term_theme)((app->o.theme + 1) % THEME_COUNT);
	app->wishes.new_theme = true;
	app_say(app, "theme %s = llm-gateway config set tui.theme %s",
		term_theme_name(app->o.theme), term_theme_name(app->o.theme));
}

void act_redraw(struct app *app)
{
	app->wishes.redraw = true;
}

void act_suspend(struct app *app)
{
	if (app->o.is_own) {
		app_complain(
			app,
			"suspending would stop the gateway too; Q, then k, keeps it running");
	} else {
		app->wishes.suspend = true;
	}
}
