#include "tui/list.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"

#define MARGIN 2 /* "> " or "* " before each row */
#define MAX_COLUMNS 16

void list_init(struct list *l)
{
	*l = (struct list){ .sort = -1 };
}

void list_release(struct list *l)
{
	free(l->order);
	*l = (struct list){ .sort = -1 };
}

/* --- which rows, in which order --- */

bool filter_matches(const char *filter, const char *text)
{
	struct slice rest = slice_of(filter);
	struct slice word;
	char needle[LIST_FILTER_BYTES];

	while (slice_next(&rest, ' ', &word)) {
		bool is_not = word.len > 1 && *word.ptr == '!';

		if (!word.len || word.len >= sizeof needle) {
			continue;
		}
		memcpy(needle, word.ptr + is_not, word.len - is_not);
		needle[word.len - is_not] = '\0';
		if ((str_ifind(text, strlen(text), needle) != NULL) == is_not) {
			return false;
		}
	}
	return true;
}

static void row_text(const struct list_source *s, const struct app *app, const void *row,
		     struct buf *out)
{
	if (s->name) {
		buf_adds(out, s->name(row));
	}
	for (size_t i = 0; i < s->column_count; i++) {
		struct cell_text cell = { .sort = NAN };

		s->columns[i].cell(app, row, &cell);
		buf_addc(out, ' ');
		buf_adds(out, cell.text);
	}
}

static bool is_shown(const struct list *l, const struct list_source *s, const struct app *app,
		     const void *row)
{
	struct buf text = BUF_INIT(16 * KIB);
	bool shown;

	if (s->hides && s->hides(app, row)) {
		return false;
	}
	if (!*l->filter) {
		return true;
	}
	row_text(s, app, row, &text);
	shown = filter_matches(l->filter, buf_text(&text));
	buf_release(&text);
	return shown;
}

struct sort_key {
	struct cell_text cell;
	size_t index;
};

static int compare_cells(const struct cell_text *a, const struct cell_text *b)
{
	if (isnan(a->sort) && isnan(b->sort)) {
		return strcmp(a->text, b->text);
	}
	if (isnan(a->sort) || isnan(b->sort)) {
		return isnan(a->sort) ? 1 : -1;
	}
	return a->sort < b->sort ? -1 : a->sort > b->sort;
}

static int compare_keys(const void *one, const void *other)
{
	const struct sort_key *a = one;
	const struct sort_key *b = other;
	int order = compare_cells(&a->cell, &b->cell);

	return order ? order : a->index < b->index ? -1 : 1;
}

static void sort_rows(struct list *l, const struct list_source *s, const struct app *app)
{
	struct sort_key *keys = xcalloc(l->count + 1, sizeof *keys);

	for (size_t i = 0; i < l->count; i++) {
		keys[i].index = l->order[i];
		keys[i].cell.sort = NAN;
		s->columns[l->sort].cell(app, s->row(app, l->order[i]), &keys[i].cell);
	}
	qsort(keys, l->count, sizeof *keys, compare_keys);
	for (size_t i = 0; i < l->count; i++) {
		l->order[l->is_reversed ? l->count - 1 - i : i] = keys[i].index;
	}
	free(keys);
}

static void find_selected(struct list *l, const struct list_source *s, const struct app *app)
{
	if (l->follows) {
		l->index = 0;
	}
	for (size_t i = 0; !l->follows && i < l->count; i++) {
		if (str_eq(s->id(s->row(app, l->order[i])), l->selected)) {
			l->index = i;
			return;
		}
	}
	if (l->index >= l->count) {
		l->index = l->count ? l->count - 1 : 0;
	}
	str_copy(l->selected, sizeof l->selected,
		 l->count ? s->id(s->row(app, l->order[l->index])) : "");
}

void list_update(struct list *l, const struct list_source *s, const struct app *app)
{
	size_t total = s->count(app);

	total = total < MAX_LIST_ROWS ? total : MAX_LIST_ROWS;
	l->order = xrealloc(l->order, (total + 1) * sizeof *l->order);
	l->count = 0;
	for (size_t i = 0; i < total; i++) {
		if (is_shown(l, s, app, s->row(app, i))) {
			l->order[l->count++] = i;
		}
	}
	if (l->sort >= 0 && (size_t)l->sort < s->column_count) {
		sort_rows(l, s, app);
	} else if (l->is_reversed) {
		for (size_t i = 0; i < l->count / 2; i++) {
			size_t other = l->order[l->count - 1 - i];

			l->order[l->count - 1 - i] = l->order[i];
			l->order[i] = other;
		}
	}
	find_selected(l, s, app);
}

const void *list_selected(const struct list *l, const struct list_source *s,
			  const struct app *app)
{
	return l->index < l->count ? s->row(app, l->order[l->index]) : NULL;
}

void list_go(struct list *l, const struct list_source *s, const struct app *app, size_t index)
{
	if (!l->count) {
		return;
	}
	l->index = index < l->count ? index : l->count - 1;
	l->follows = l->follows && l->index == 0;
	str_copy(l->selected, sizeof l->selected, s->id(s->row(app, l->order[l->index])));
}

void list_move(struct list *l, const struct list_source *s, const struct app *app, long by)
{
	long to = (long)l->index + by;

	list_go(l, s, app, to < 0 ? 0 : (size_t)to);
}

bool list_is_marked(const struct list *l, const char *id)
{
	for (size_t i = 0; i < l->mark_count; i++) {
		if (str_eq(l->marks[i], id)) {
			return true;
		}
	}
	return false;
}

void list_toggle_mark(struct list *l)
{
	for (size_t i = 0; i < l->mark_count; i++) {
		if (str_eq(l->marks[i], l->selected)) {
			memmove(l->marks[i], l->marks[i + 1],
				(l->mark_count - i - 1) * sizeof l->marks[0]);
			l->mark_count--;
			return;
		}
	}
	if (l->mark_count < MAX_MARKS && *l->selected) {
		str_copy(l->marks[l->mark_count++], LIST_ID_BYTES, l->selected);
	}
}

/* --- drawing --- */

struct layout {
	int width[MAX_COLUMNS]; /* 0: not shown */
};

static int total_width(const struct layout *layout, size_t count)
{
	int width = MARGIN;

	for (size_t i = 0; i < count; i++) {
		width += layout->width[i] ? layout->width[i] + 1 : 0;
	}
	return width;
}

static bool drop_one(struct layout *layout, const struct list_source *s)
{
	size_t worst = 0;
	int most = 0;

	for (size_t i = 0; i < s->column_count; i++) {
		if (layout->width[i] && s->columns[i].drop > most) {
			most = s->columns[i].drop;
			worst = i;
		}
	}
	if (!most) {
		return false;
	}
	layout->width[worst] = 0;
	return true;
}

static struct layout lay_out(const struct list *l, const struct list_source *s, int width)
{
	struct layout layout = { { 0 } };
	int growing = 0;
	int spare;

	for (size_t i = 0; i < s->column_count && i < MAX_COLUMNS; i++) {
		bool fits = l->is_wide || width >= s->columns[i].wide_only;

		layout.width[i] = fits ? s->columns[i].width : 0;
	}
	while (!l->is_wide && total_width(&layout, s->column_count) > width + 1 &&
	       drop_one(&layout, s)) {
	}
	for (size_t i = 0; i < s->column_count; i++) {
		growing += layout.width[i] && s->columns[i].grows;
	}
	spare = width + 1 - total_width(&layout, s->column_count);
	for (size_t i = 0; i < s->column_count && growing; i++) {
		if (layout.width[i] && s->columns[i].grows && spare > 0) {
			layout.width[i] += spare / growing;
			spare -= spare / growing;
			growing--;
		}
	}
	return layout;
}

static void draw_cell(struct pane p, const struct column *column, int x, int width, int y,
		      const struct cell_text *cell)
{
	struct pane box = pane_sub(p, x, y, width, 1);

	if (box.w < width && x < 0) {
		return;
	}
	if (column->is_right) {
		pane_text_right(box, box.w, 0, cell->style, cell->text);
	} else {
		pane_text(box, 0, 0, cell->style, cell->text);
	}
}

static void draw_header(const struct list *l, const struct list_source *s,
			const struct layout *layout, struct pane p)
{
	int x = MARGIN - l->scroll_x;

	for (size_t i = 0; i < s->column_count; i++) {
		struct cell_text cell = { .style = STYLE_TITLE };

		if (!layout->width[i]) {
			continue;
		}
		str_copy(cell.text, sizeof cell.text, s->columns[i].title);
		if (l->sort == (int)i && strlen(cell.text) < (size_t)layout->width[i]) {
			size_t len = strlen(cell.text);

			cell.text[len] = l->is_reversed ? 'v' : '^';
			cell.text[len + 1] = '\0';
		}
		draw_cell(p, &s->columns[i], x, layout->width[i], 0, &cell);
		x += layout->width[i] + 1;
	}
}

static void draw_row(const struct list *l, const struct list_source *s, const struct app *app,
		     const struct layout *layout, struct pane p, size_t index)
{
	const void *row = s->row(app, l->order[index]);
	int y = (int)(index - l->top) + 1;
	int x = MARGIN - l->scroll_x;
	bool is_selected = index == l->index;

	for (size_t i = 0; i < s->column_count; i++) {
		struct cell_text cell = { .sort = NAN };

		if (layout->width[i]) {
			s->columns[i].cell(app, row, &cell);
			draw_cell(p, &s->columns[i], x, layout->width[i], y, &cell);
			x += layout->width[i] + 1;
		}
	}
	if (list_is_marked(l, s->id(row))) {
		pane_put(p, 1, y, STYLE_KEY, '*');
	}
	if (is_selected) {
		pane_put(p, 0, y, STYLE_TITLE, '>');
		pane_select_row(p, y);
		pane_cursor(p, 0, y, false);
	}
}

void list_draw(struct list *l, const struct list_source *s, const struct app *app, struct pane p)
{
	struct layout layout = lay_out(l, s, p.w);

	l->page = p.h > 1 ? (size_t)p.h - 1 : 1;
	l->drawn_y = p.y;
	if (l->index < l->top) {
		l->top = l->index;
	} else if (l->index >= l->top + l->page) {
		l->top = l->index - l->page + 1;
	}
	if (l->top + l->page > l->count) {
		l->top = l->count > l->page ? l->count - l->page : 0;
	}
	draw_header(l, s, &layout, p);
	for (size_t i = l->top; i < l->count && i < l->top + l->page; i++) {
		draw_row(l, s, app, &layout, p, i);
	}
	if (!l->count) {
		pane_textf(p, MARGIN, 1, STYLE_DIM,
			   *l->filter ? "no %s match the filter" : "no %s", s->noun);
	}
}

bool list_index_at(const struct list *l, int line, size_t *index)
{
	if (line < 1 || (size_t)line > l->page || l->top + (size_t)line - 1 >= l->count) {
		return false;
	}
	*index = l->top + (size_t)line - 1;
	return true;
}
