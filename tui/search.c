#include "tui/search.h"

#include "base/limits.h"
#include "tui/request_detail.h"
#include "tui/screens.h"

#define DETAIL_WIDTH 160
#define MAX_DETAIL_LINES 400    /* headers, attempts and the begin of the bodies */

bool search_applies(const struct app *app)
{
	return app->mode == MODE_TEXT || app->screen == SCREEN_LOGS ||
	       (app->screen == SCREEN_REQUESTS && app->is_detail);
}

void search_detail_text(const struct app *app, struct buf *out)
{
	struct list *list = (struct list *)&app->lists[SCREEN_REQUESTS];
	const struct request_view *r = list_selected(list, screen_requests.source, app);
	struct canvas *c;

	if (!r) {
		return;
	}
	c = canvas_create(DETAIL_WIDTH, MAX_DETAIL_LINES, GLYPH_ASCII);
	request_detail_draw_from(app, pane_all(c), r, 0);
	canvas_dump(c, out);
	canvas_destroy(c);
}

/* The first row from `from` on, in the direction of `step`, whose line has the
 * words; lines longer than `width` take several rows. -1: none. */
static int find_row(const struct app *app, struct slice text, int width, int from, int step)
{
	struct slice line;
	int found = -1;

	for (int y = 0; slice_next(&text, '\n', &line); y += (int)line.len / width + 1) {
		bool has = line.len && str_ifind(line.ptr, line.len, app->search);

		if (has && step > 0 && y >= from) {
			return y;
		}
		if (has && step < 0 && y <= from) {
			found = y;
		}
	}
	return found;
}

static bool search_text(struct app *app, struct slice text, int width, int from, int step)
{
	int at = find_row(app, text, width, from, step);

	if (at >= 0) {
		app->detail_top = at;
	}
	return at >= 0;
}

static bool search_detail(struct app *app, int from, int step)
{
	struct buf text = BUF_INIT(4 * MIB);
	bool found;

	search_detail_text(app, &text);
	found = search_text(app, buf_slice(&text), 2 * DETAIL_WIDTH, from, step);
	buf_release(&text);
	return found;
}

/* Newest first: the next one is below. */
static bool search_lines(struct app *app, int step)
{
	struct list *list = &app->lists[SCREEN_LOGS];
	const struct list_source *source = screen_logs.source;

	list_update(list, source, app);
	for (size_t i = 1; i <= list->count; i++) {
		size_t at = (list->index + (step > 0 ? i : 2 * list->count - i)) % list->count;
		const struct log_entry *e = source->row(app, list->order[at]);

		if (str_ifind(e->text, strlen(e->text), app->search) ||
		    str_ifind(e->area, strlen(e->area), app->search)) {
			list->follows = false;
			list_go(list, source, app, at);
			return true;
		}
	}
	return false;
}

static void search(struct app *app, int from, int step)
{
	int width = app->width > 0 ? app->width : 1;
	bool found = app->mode == MODE_TEXT ?
			     search_text(app, buf_slice(&app->text), width, from, step) :
		     app->screen == SCREEN_LOGS ? search_lines(app, step) :
						  search_detail(app, from, step);

	if (!found) {
		app_complain(app, "%s: not found", app->search);
	}
}

void search_begin(struct app *app)
{
	search(app, app->detail_top, 1);
}

void search_step(struct app *app, int step)
{
	if (*app->search) {
		search(app, app->detail_top + step, step);
	} else {
		app_complain(app, "nothing is searched for yet; / asks");
	}
}
