#include "tui/frame.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "tui/actions.h"
#include "tui/form.h"
#include "tui/keys.h"
#include "tui/prompt.h"
#include "tui/screens.h"
#include "tui/show.h"
#include "tui/wizard.h"

#define WIDE 120

/* --- status line --- */

static unsigned link_text(const struct app *app, char *out, size_t size)
{
	char left[SHOW_BYTES];
	int64_t age_ms = (int64_t)(app->now_mono_ms - app->heard_ms);

	if (app->link == FEED_OFFLINE) {
		snprintf(out, size, "OFFLINE%s%s", app->heard_ms ? " " : "",
			 app->heard_ms ? show_left(age_ms, left) : "");
		return STYLE_BAD;
	}
	if (app->link == FEED_CONNECTING) {
		str_copy(out, size, "CONNECTING");
		return STYLE_WARN;
	}
	if (app->is_paused) {
		str_copy(out, size, "PAUSED");
		return STYLE_WARN;
	}
	if (app_is_stale(app)) {
		snprintf(out, size, "STALE %s", show_left(age_ms, left));
		return STYLE_WARN;
	}
	if (app->o.interval_ms % 1000 == 0) {
		snprintf(out, size, "LIVE %ds", (int)(app->o.interval_ms / 1000));
	} else {
		snprintf(out, size, "LIVE %.2fs", (double)app->o.interval_ms / 1000);
	}
	return STYLE_OK;
}

static double error_percent(const struct app *app)
{
	int64_t end = history_end_s(&app->history, app->now_wall_ms / 1000);
	double requests = history_rate(&app->history.total, HISTORY_REQUESTS, end, 300);
	double errors = history_rate(&app->history.total, HISTORY_ERRORS, end, 300);

	return requests > 0 ? 100 * errors / requests : requests;
}

static void status_wide(const struct app *app, int64_t end, struct buf *out)
{
	const struct history *h = &app->history;
	char a[SHOW_BYTES];
	double p50, p95;

	history_values(&h->total, HISTORY_P50, end, 60, &p50, 1);
	history_values(&h->total, HISTORY_P95, end, 60, &p95, 1);
	buf_addf(out, "   p50 %s", show_ms(p50, a));
	buf_addf(out, "   p95 %s", show_ms(p95, a));
	buf_addf(out, "   err %s %%", show_rate(error_percent(app), a));
	buf_addf(out, "   %s tok/min",
		 show_count(60 * history_rate(&h->total, HISTORY_TOKENS, end, 60), a));
}

static void add_part(struct buf *out, int room, const char *before, const char *value,
		     const char *after)
{
	char part[64];

	snprintf(part, sizeof part, "  %s%s%s", before, value, after);
	if ((int)(out->len + strlen(part)) <= room) {
		buf_adds(out, part);
	}
}

static void status_text(const struct app *app, struct buf *out, bool is_wide, int room)
{
	const struct snapshot *s = app->snapshot;
	int64_t end = history_end_s(&app->history, app->now_wall_ms / 1000);
	char up[SHOW_BYTES];
	char flight[SHOW_BYTES];
	char rate[SHOW_BYTES];
	char errors[SHOW_BYTES];

	/* As old as the picture: by itself it would change a screen that rests. */
	show_up(app->eventful_ms - s->started_ms, up);
	show_count(s->totals.in_flight, flight);
	show_rate(history_rate(&app->history.total, HISTORY_REQUESTS, end, 10), rate);
	show_rate(error_percent(app), errors);
	if (is_wide) {
		buf_addf(out, " %s  %s  %s pid %.0f  up %s | %s in flight   %s req/s", s->version,
			 s->listen, app->o.is_own ? "own" : "attached to", s->pid, up, flight,
			 rate);
		status_wide(app, end, out);
		return;
	}
	/* What does not fit is left out whole. */
	buf_addf(out, " %s up %s | %s in flight", s->listen, up, flight);
	add_part(out, room, "", rate, " req/s");
	add_part(out, room, "err ", errors, "%");
}

static void draw_status(const struct app *app, struct pane p)
{
	struct buf text = BUF_INIT(KIB);
	char link[48];
	unsigned style = link_text(app, link, sizeof link);
	int right = p.w - text_columns(link, p.canvas->tier) - 1;
	int x = pane_text(p, 0, 0, STYLE_TITLE, "llm-gateway");

	if (app->o.is_demo || (app->snapshot && app->snapshot->is_demo)) {
		x += pane_text(p, x + 1, 0, STYLE_ACTIVE, "DEMO") + 1;
	}
	if (app->snapshot) {
		status_text(app, &text, p.w >= WIDE, right - x);
		pane_text(pane_sub(p, 0, 0, right, 1), x, 0, STYLE_NONE, buf_text(&text));
	}
	pane_text(p, right + 1, 0, style, link);
	buf_release(&text);
}

/* --- tabs --- */

/* Draws (or only measures, without a canvas) the tabs; `find_x` >= 0 looks for
 * the one there. */
static int walk_tabs(const struct app *app, struct pane p, int find_x)
{
	bool is_short = app->width < 80;
	int x = 0;

	for (int i = 0; i < SCREEN_COUNT; i++) {
		bool is_active = i == (int)app->screen;
		const char *name = screen_of((enum screen_id)i)->name;
		char text[32];
		int begin = x;

		if (is_short && !is_active) {
			snprintf(text, sizeof text, " %d ", i + 1);
		} else {
			snprintf(text, sizeof text, is_active ? "[%d %s]" : " %d %s ", i + 1,
				 name);
		}
		if (p.canvas) {
			pane_text(p, x, 1, is_active ? STYLE_ACTIVE : STYLE_NONE, text);
		}
		x += (int)strlen(text) + (app->width >= WIDE ? 1 : 0);
		if (find_x >= begin && find_x < x) {
			return i;
		}
	}
	return find_x >= 0 ? -1 : x;
}

int frame_tab_at(const struct app *app, int x)
{
	return walk_tabs(app, (struct pane){ 0 }, x);
}

void frame_head(const struct app *app, struct pane p)
{
	const char *help = app->width >= WIDE ? "? help  :cmd" : "?=help";
	int end;

	draw_status(app, p);
	end = walk_tabs(app, p, -1);
	if (end + (int)strlen(help) <= p.w) {
		pane_text_right(p, p.w, 1, STYLE_DIM, help);
	}
}

/* --- foot --- */

/* Cut at a word; the key of help is never cut. */
static int walk_hints(const struct app *app, struct pane p, int find_x)
{
	const char *help = app->width >= WIDE ? "? help  q back" : "? more";
	int limit = app->width - (int)strlen(help);
	int x = 0;

	for (size_t i = 0; i < action_count; i++) {
		const struct action *a = &actions[i];
		int key = action_key(&app->keymap, a);
		char name[KEY_NAME_BYTES];
		const char *shown = key_label(key, name);
		char text[64];

		if (!a->label || !(a->screens & ON(app->screen)) || !key) {
			continue;
		}
		snprintf(text, sizeof text, "%s %s", shown, a->label);
		if (x + (int)strlen(text) + 2 > limit) {
			break;
		}
		if (p.canvas) {
			int used = pane_text(p, x, 1, STYLE_KEY, shown);

			pane_text(p, x + used + 1, 1, STYLE_NONE, a->label);
		}
		if (find_x >= x && find_x < x + (int)strlen(text)) {
			return key;
		}
		x += (int)strlen(text) + 2;
	}
	if (p.canvas) {
		pane_text(p, x, 1, STYLE_NONE, help);
	}
	return find_x >= x ? '?' : KEY_NOTHING;
}

int frame_hint_at(const struct app *app, int x)
{
	return walk_hints(app, (struct pane){ 0 }, x);
}

static void draw_message(const struct app *app, struct pane p)
{
	struct buf text = BUF_INIT(4 * KIB);

	if (*app->message) {
		pane_text(p, 0, 0, app->is_error ? STYLE_BAD : STYLE_NONE, app->message);
	} else if (app->snapshot) {
		screen_of(app->screen)->status(app, &text);
		pane_text(p, 0, 0, STYLE_DIM, buf_text(&text));
	}
	buf_release(&text);
}

void frame_foot(struct app *app, struct pane p)
{
	if (prompt_draw(app, p)) {
		return;
	}
	draw_message(app, p);
	if (app->mode == MODE_FORM) {
		pane_text(p, 0, 1, STYLE_NONE, form_hints(app));
	} else if (app->mode == MODE_WIZARD) {
		pane_text(p, 0, 1, STYLE_NONE, wizard_hints());
	} else {
		walk_hints(app, p, -1);
	}
}

/* --- bare text --- */

/* Long lines go on in the next row from the first column, so that a mouse can
 * take an address in one piece. */
static void draw_folded(struct app *app, struct pane p)
{
	const char *at = buf_text(&app->text);
	int y = -app->detail_top;

	while (*at && y < p.h) {
		size_t len = strcspn(at, "\n");
		size_t part = len > (size_t)p.w ? (size_t)p.w : len;

		while (part < len && part > 1 && ((unsigned char)at[part] & 0xc0) == 0x80) {
			part--;
		}
		if (y >= 0) {
			pane_textf(p, 0, y, STYLE_NONE, "%.*s", (int)part, at);
		}
		at += part + (part == len && at[part] == '\n');
		y++;
	}
}

void frame_text(struct app *app, struct pane p)
{
	pane_text(p, 0, 0, STYLE_TITLE, app->text_title);
	draw_folded(app, pane_sub(p, 0, 2, p.w, p.h - 4));
	pane_text(p, 0, p.h - 1, STYLE_DIM,
		  *app->message ? app->message : "y copy  w write  / n N search  j k scroll  "
						 "any other key closes");
}

void frame_waiting(const struct app *app, struct pane p)
{
	pane_text(p, 2, 1, STYLE_NONE,
		  app->link == FEED_OFFLINE ?
			  "The gateway does not answer. It is asked again every few seconds." :
			  "Waiting for the gateway ...");
	if (app->link == FEED_OFFLINE) {
		pane_text(p, 2, 3, STYLE_DIM, "start one: llm-gateway server start --detach");
	}
}
