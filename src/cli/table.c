#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "cli/text.h"

#define NOTHING "-"             /* an empty cell */
#define GAP 2                   /* blanks between columns */
#define MIN_WIDTH 6             /* a column that gives way keeps this much */
#define FAIR_WIDTH 20           /* so much of it before another column leaves */
#define MAX_COLUMNS 24
#define MAX_CELL_BYTES (64 * KIB)

struct cell {
	enum tint tint;
	size_t width;
	char text[];
};

struct table {
	const struct column *columns;
	size_t column_count;
	struct vec cells;       /* struct cell, row after row */
};

void screen_init(struct screen *s, bool no_color)
{
	const char *off = getenv("NO_COLOR");
	struct winsize size;

	*s = (struct screen){ .width = 0 };
	if (!isatty(STDOUT_FILENO)) {
		return;
	}
	s->color = !no_color && str_empty(off) && !str_eq(getenv("TERM"), "dumb");
	s->width = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col) {
		s->width = size.ws_col;
	}
}

static const struct {
	const char *state;
	enum tint tint;
} states[] = {
	{ "ready", TINT_GOOD },     { "healthy", TINT_GOOD },   { "active", TINT_GOOD },
	{ "ok", TINT_GOOD },        { "yes", TINT_GOOD },       { "signed in", TINT_GOOD },
	{ "cooldown", TINT_WARN },  { "cooling", TINT_WARN },   { "degraded", TINT_WARN },
	{ "limited", TINT_WARN },   { "exhausted", TINT_WARN }, { "warn", TINT_WARN },
	{ "probing", TINT_WARN },   { "expired", TINT_BAD },    { "down", TINT_BAD },
	{ "attention", TINT_BAD }, { "draining", TINT_WARN },
	{ "no key", TINT_BAD },     { "failed", TINT_BAD },     { "error", TINT_BAD },
	{ "disabled", TINT_DIM },   { "debug", TINT_DIM },
};

enum tint tint_of_state(const char *state)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if (str_eq(states[i].state, state)) {
			return states[i].tint;
		}
	}
	return TINT_NONE;
}

/* Only the terminal's own named colours, and neither yellow nor plain blue:
 * those vanish on light and on dark backgrounds. */
void tint_add(struct buf *out, bool color, enum tint tint, const char *text)
{
	static const char *const codes[] = {
		[TINT_NONE] = NULL, [TINT_TITLE] = "1", [TINT_GOOD] = "32",
		[TINT_WARN] = "35", [TINT_BAD] = "1;31", [TINT_DIM] = "2",
	};

	if (color && codes[tint]) {
		buf_addf(out, "\033[%sm%s\033[0m", codes[tint], text);
	} else {
		buf_adds(out, text);
	}
}

struct table *table_create(const struct column *columns)
{
	struct table *t = xcalloc(1, sizeof *t);

	t->columns = columns;
	while (columns[t->column_count].title && t->column_count < MAX_COLUMNS) {
		t->column_count++;
	}
	assert(t->column_count > 0);
	return t;
}

void table_destroy(struct table *t)
{
	if (!t) {
		return;
	}
	for (size_t i = 0; i < t->cells.len; i++) {
		free(t->cells.items[i]);
	}
	vec_release(&t->cells);
	free(t);
}

void table_cell(struct table *t, enum tint tint, const char *text)
{
	struct buf clean = BUF_INIT(MAX_CELL_BYTES);
	struct cell *cell;

	text_clean(&clean, str_empty(text) ? NOTHING : text);
	cell = xmalloc(sizeof *cell + clean.len + 1);
	cell->tint = tint;
	memcpy(cell->text, buf_text(&clean), clean.len + 1);
	cell->width = text_width(cell->text);
	vec_push(&t->cells, cell);
	buf_release(&clean);
}

void table_cellf(struct table *t, enum tint tint, const char *fmt, ...)
{
	struct buf text = BUF_INIT(MAX_CELL_BYTES);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	table_cell(t, tint, buf_text(&text));
	buf_release(&text);
}

size_t table_rows(const struct table *t)
{
	return t->cells.len / t->column_count;
}

/* Widths of the columns as drawn; a dropped one has 0. */
struct layout {
	size_t width[MAX_COLUMNS];
	size_t count;
};

static bool is_blank_column(const struct table *t, size_t column)
{
	for (size_t i = column; i < t->cells.len; i += t->column_count) {
		const struct cell *cell = t->cells.items[i];

		if (!str_eq(cell->text, NOTHING)) {
			return false;
		}
	}
	return true;
}

static void natural_widths(const struct table *t, struct layout *l)
{
	l->count = t->column_count;
	assert(l->count > 0);
	for (size_t i = 0; i < l->count; i++) {
		l->width[i] = text_width(t->columns[i].title);
	}
	for (size_t i = 0; i < t->cells.len; i++) {
		const struct cell *cell = t->cells.items[i];
		size_t column = i % l->count;

		if (cell->width > l->width[column]) {
			l->width[column] = cell->width;
		}
	}
	for (size_t i = 0; i < l->count; i++) {
		if (t->columns[i].is_sparse && is_blank_column(t, i)) {
			l->width[i] = 0;
		}
	}
}

static size_t total_width(const struct layout *l)
{
	size_t total = 0;

	for (size_t i = 0; i < l->count; i++) {
		total += l->width[i] ? l->width[i] + GAP : 0;
	}
	return total ? total - GAP : 0;
}


/* Removes the most dispensable column; false when none is left. */
static bool drop_column(const struct table *t, struct layout *l)
{
	size_t victim = l->count;

	for (size_t i = 0; i < l->count; i++) {
		if (l->width[i] && t->columns[i].drop &&
		    (victim == l->count || t->columns[i].drop >= t->columns[victim].drop)) {
			victim = i;
		}
	}
	if (victim == l->count) {
		return false;
	}
	l->width[victim] = 0;
	return true;
}

/* Takes one column of width from the widest that can spare it; numbers are
 * never cut. */
static bool narrow_widest(const struct table *t, struct layout *l)
{
	size_t widest = l->count;

	for (size_t i = 0; i < l->count; i++) {
		if (!t->columns[i].is_right && l->width[i] > MIN_WIDTH &&
		    (widest == l->count || l->width[i] > l->width[widest])) {
			widest = i;
		}
	}
	if (widest == l->count) {
		return false;
	}
	l->width[widest]--;
	return true;
}

/* Is a column cut so far that dropping another one is the better choice? */
static bool is_squeezed(const struct layout *natural, const struct layout *l)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->width[i] && l->width[i] < natural->width[i] && l->width[i] < FAIR_WIDTH) {
			return true;
		}
	}
	return false;
}

static void fit(const struct table *t, size_t width, struct layout *l)
{
	struct layout natural;

	natural_widths(t, &natural);
	*l = natural;
	if (!width) {
		return;
	}
	for (;;) {
		struct layout attempt = *l;

		while (total_width(&attempt) > width && narrow_widest(t, &attempt)) {
		}
		if ((total_width(&attempt) <= width && !is_squeezed(&natural, &attempt)) ||
		    !drop_column(t, l)) {
			*l = attempt;
			return;
		}
	}
}

static void add_cell(struct buf *out, const struct table *t, const struct layout *l,
		     size_t column, const char *text, enum tint tint, bool color)
{
	struct buf shown = BUF_INIT(MAX_CELL_BYTES);
	size_t used = text_cut(&shown, text, l->width[column]);
	size_t pad = l->width[column] - used;

	if (t->columns[column].is_right) {
		buf_addf(out, "%*s", (int)pad, "");
		tint_add(out, color, tint, buf_text(&shown));
	} else {
		tint_add(out, color, tint, buf_text(&shown));
		buf_addf(out, "%*s", (int)pad, "");
	}
	buf_release(&shown);
}

static void end_row(struct buf *out)
{
	while (out->len && out->ptr[out->len - 1] == ' ') {
		out->ptr[--out->len] = '\0';
	}
	buf_addc(out, '\n');
}

/* Row 0 is the head. */
static void add_row(struct buf *out, const struct table *t, const struct layout *l, size_t row,
		    bool color)
{
	bool is_first = true;

	for (size_t i = 0; i < l->count; i++) {
		const struct cell *cell =
			row ? t->cells.items[(row - 1) * l->count + i] : NULL;

		if (!l->width[i]) {
			continue;
		}
		buf_addf(out, "%*s", is_first ? 0 : GAP, "");
		add_cell(out, t, l, i, cell ? cell->text : t->columns[i].title,
			 cell ? cell->tint : TINT_TITLE, color);
		is_first = false;
	}
	end_row(out);
}

void table_render(const struct table *t, const struct screen *screen, struct buf *out)
{
	struct layout l;

	fit(t, screen->width, &l);
	for (size_t row = 0; row <= table_rows(t); row++) {
		add_row(out, t, &l, row, screen->color);
	}
}
