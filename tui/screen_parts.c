/* Parts that several screens share; see screens.h. */
#include "tui/screens.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "tui/fields.h"
#include "tui/show.h"

#define LABEL_WIDTH 11

bool screen_is_split(const struct app *app, struct pane p)
{
	return p.w >= SPLIT_WIDTH && !app->is_detail && !app->o.is_plain;
}

struct pane screen_box(const struct app *app, struct pane p, const char *title, const char *right)
{
	int x;

	if (!app->o.is_plain) {
		return pane_box(p, title, right);
	}
	x = pane_text(p, 0, 0, STYLE_TITLE, title);
	if (right) {
		pane_textf(p, x, 0, STYLE_NONE, ", %s", right);
	}
	return pane_sub(p, 0, 1, p.w, p.h - 1);
}

static void draw_split(struct app *app, struct pane p, const struct list_detail *d)
{
	int rows = (int)app->lists[app->screen].count + 3;
	int height = !d->draw_below || p.h < 24 ? p.h : rows > p.h / 2 ? rows : p.h / 2;
	struct pane box = pane_sub(p, 0, 0, d->list_width, height > p.h - 8 ? p.h : height);

	if (box.h < p.h) {
		d->draw_below(app, screen_box(app, pane_sub(p, 0, box.h, d->list_width,
							    p.h - box.h),
					      d->below_title, NULL));
	}
	box = screen_box(app, box, d->list_title, NULL);
	list_draw(&app->lists[app->screen], screen_of(app->screen)->source, app,
		  pane_sub(box, 1, 0, box.w - 2, box.h));
	box = screen_box(app, pane_sub(p, d->list_width + 1, 0, p.w - d->list_width - 1, p.h),
			 d->title, d->right);
	if (d->row) {
		d->draw(app, box, d->row);
	}
}

static void draw_stacked(struct app *app, struct pane p, const struct list_detail *d)
{
	struct list *list = &app->lists[app->screen];
	int rows = (int)list->count + 1;

	rows = p.h < 10 ? p.h : rows > p.h / 2 ? p.h / 2 : rows < 2 ? 2 : rows;
	list_draw(list, screen_of(app->screen)->source, app, pane_sub(p, 0, 0, p.w, rows));
	if (d->row && rows + 2 < p.h) {
		pane_hline(p, 0, rows + 1, app->o.is_plain ? 0 : p.w, STYLE_DIM);
		pane_textf(p, 3, rows + 1, STYLE_TITLE, " %s ", d->title);
		d->draw(app, pane_sub(p, 0, rows + 2, p.w, p.h - rows - 2), d->row);
	}
}

static const char *state_now(const struct app *app, const char *upstream, char *out,
			     enum style *style)
{
	const struct upstream_view *u = snapshot_upstream(app->snapshot, upstream);

	*style = u ? state_style(u->state) : STYLE_BAD;
	return u ? show_state(u->state, out) : "";
}

int screen_order(const struct app *app, struct pane p, int y, struct slice json)
{
	struct json_scan scan;
	struct json_member m;
	struct arena a;
	char state[SHOW_BYTES];
	enum style style;
	int number = 0;

	arena_init(&a, 4 * KIB);
	json_scan_init(&scan, field_value(json, "candidates"));
	while (json_scan_next(&scan, &m)) {
		const char *upstream = field_str(m.value, "upstream", &a);
		const char *now = state_now(app, upstream, state, &style);

		pane_textf(p, 1, y++, number ? STYLE_NONE : STYLE_OK, "%d  %-16s %-20s %-12s %s",
			   number + 1, upstream, field_str(m.value, "model", &a), now,
			   number ? "fallback" : "<- would be picked");
		number++;
	}
	json_scan_init(&scan, field_value(json, "skipped"));
	while (json_scan_next(&scan, &m)) {
		pane_textf(p, 1, y++, STYLE_DIM, "-  %-16s %-20s %s",
			   field_str(m.value, "upstream", &a), field_str(m.value, "model", &a),
			   field_str(m.value, "reason", &a));
	}
	arena_release(&a);
	return y;
}

void screen_list_detail(struct app *app, struct pane p, const struct list_detail *d)
{
	if (app->is_detail && d->row) {
		d->draw(app, screen_box(app, p, d->title, d->right), d->row);
	} else if (screen_is_split(app, p)) {
		draw_split(app, p, d);
	} else {
		draw_stacked(app, p, d);
	}
}

int detail_line(struct pane p, int y, const char *label, unsigned style, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	pane_text(pane_sub(p, 0, y, LABEL_WIDTH, 1), 1, 0, STYLE_DIM, label);
	pane_text(p, LABEL_WIDTH + 1, y, style, text);
	return y + 1;
}

int detail_heading(struct pane p, int y, const char *text)
{
	pane_text(p, 1, y, STYLE_TITLE, text);
	return y + 1;
}

int in_flight_rows(const struct app *app, const struct request_view **rows, int most)
{
	const struct snapshot *s = app->snapshot;
	int count = 0;

	for (size_t i = 0; i < s->request_count && count < most; i++) {
		if (s->requests[i].is_running) {
			rows[count++] = &s->requests[i];
		}
	}
	return count;
}

static void cooldown_note(const struct app *app, const struct upstream_view *u, char *out,
			  size_t size)
{
	const struct cooldown_view *c = &u->cooldowns[0];
	char left[SHOW_BYTES];
	char status[16] = "";

	if (!isnan(c->status) && c->status > 0) {
		snprintf(status, sizeof status, "%.0f", c->status);
	}
	if (c->until_ms) {
		snprintf(out, size, "%s back in %s%s%s", *status ? status : c->class,
			 show_left(c->until_ms - app->now_wall_ms, left), *c->model ? " " : "",
			 c->model);
	} else {
		snprintf(out, size, "%s until signed in or tested", *status ? status : c->class);
	}
}

static void add_note(char *out, size_t size, const char *name, double fraction)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s%s %.0f%%", len ? "  " : "", name, 100 * fraction);
}

void upstream_note(const struct app *app, const struct upstream_view *u, char *out, size_t size)
{
	out[0] = '\0';
	if (str_eq(u->state, "disabled")) {
		str_copy(out, size, "disabled by you");
		return;
	}
	if (*u->problem) {
		str_copy(out, size, u->problem);
		return;
	}
	if (u->cooldown_count) {
		cooldown_note(app, u, out, size);
		return;
	}
	for (size_t i = 0; i < u->quota_count && i < 3; i++) {
		if (!isnan(u->quotas[i].used)) {
			add_note(out, size, u->quotas[i].window, u->quotas[i].used);
		}
	}
	for (size_t i = 0; i < LIMIT_KINDS && !u->quota_count; i++) {
		if (u->limits[i].limit > 0 && !isnan(u->limits[i].used)) {
			add_note(out, size, u->limits[i].name,
				 u->limits[i].used / u->limits[i].limit);
		}
	}
	if (!*out) {
		str_copy(out, size, "-");
	}
}

double upstream_per_minute(const struct app *app, const struct upstream_view *u)
{
	const struct series *s = history_upstream(&app->history, u->name);
	int64_t end = history_end_s(&app->history, app->now_wall_ms / 1000);

	return s ? 60 * history_rate(s, HISTORY_REQUESTS, end, 60) : (double)NAN;
}
