#include "tui/canvas.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

#define LINE_TEXT_BYTES 2048 /* one formatted line; the widest canvas is shorter */

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

struct canvas *canvas_create(int width, int height, enum glyph_tier tier)
{
	struct canvas *c = xcalloc(1, sizeof *c);

	c->width = clamp(width, 1, MAX_CANVAS_WIDTH);
	c->height = clamp(height, 1, MAX_CANVAS_HEIGHT);
	c->tier = tier;
	c->cells = xcalloc((size_t)c->width * (size_t)c->height, sizeof *c->cells);
	canvas_clear(c);
	return c;
}

void canvas_destroy(struct canvas *c)
{
	if (c) {
		free(c->cells);
		free(c);
	}
}

void canvas_clear(struct canvas *c)
{
	size_t count = (size_t)c->width * (size_t)c->height;

	for (size_t i = 0; i < count; i++) {
		c->cells[i] = (struct cell){ .code = ' ' };
	}
	c->cursor_x = 0;
	c->cursor_y = c->height - 1;
	c->cursor_shown = false;
}

static struct cell *cell_at(const struct canvas *c, int x, int y)
{
	assert(x >= 0 && y >= 0 && x < c->width && y < c->height);
	return &c->cells[(size_t)y * (size_t)c->width + (size_t)x];
}

static void dump_row(const struct canvas *c, int y, struct buf *out)
{
	size_t end = out->len;

	for (int x = 0; x < c->width; x++) {
		uint32_t code = cell_at(c, x, y)->code;

		if (code) {
			utf8_encode(out, code);
		}
		if (code > ' ') {
			end = out->len;
		}
	}
	out->len = end;
	buf_addc(out, '\n');
}

void canvas_dump(const struct canvas *c, struct buf *out)
{
	for (int y = 0; y < c->height; y++) {
		dump_row(c, y, out);
	}
}

void canvas_dump_styles(const struct canvas *c, struct buf *out)
{
	static const char letters[STYLE_COUNT + 1] = ".owbdtkvgfpa";

	for (int y = 0; y < c->height; y++) {
		for (int x = 0; x < c->width; x++) {
			unsigned style = cell_at(c, x, y)->style;
			char letter = letters[style & ~(unsigned)STYLE_SELECTED];

			if (style & STYLE_SELECTED) {
				letter = letter == '.' ? 'S' : (char)(letter - 'a' + 'A');
			}
			buf_addc(out, letter);
		}
		buf_addc(out, '\n');
	}
}

struct pane pane_all(struct canvas *c)
{
	return (struct pane){ c, 0, 0, c->width, c->height };
}

struct pane pane_sub(struct pane p, int x, int y, int w, int h)
{
	struct pane sub = { p.canvas, p.x, p.y, 0, 0 };
	int left = clamp(x, 0, p.w);
	int top = clamp(y, 0, p.h);

	sub.x += left;
	sub.y += top;
	sub.w = clamp(x + w, left, p.w) - left;
	sub.h = clamp(y + h, top, p.h) - top;
	return sub;
}

/* Both halves of a wide character go when one of them is overwritten. */
static void forget_halves(struct canvas *c, int x, int y)
{
	if (cell_at(c, x, y)->code == 0 && x > 0) {
		cell_at(c, x - 1, y)->code = ' ';
	}
	if (x + 1 < c->width && cell_at(c, x + 1, y)->code == 0) {
		cell_at(c, x + 1, y)->code = ' ';
	}
}

static void put(struct pane p, int x, int y, unsigned style, uint32_t code, int columns)
{
	if (x < 0 || y < 0 || y >= p.h || x + columns > p.w) {
		return;
	}
	for (int i = 0; i < columns; i++) {
		forget_halves(p.canvas, p.x + x + i, p.y + y);
		*cell_at(p.canvas, p.x + x + i, p.y + y) = (struct cell){ i ? 0 : code,
									  (uint8_t)style };
	}
}

void pane_put(struct pane p, int x, int y, unsigned style, uint32_t code)
{
	put(p, x, y, style, code, 1);
}

/* Marks, joiners and direction changes that a name could hide behind. */
static bool is_invisible(uint32_t code)
{
	return code == 0xad || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
	       code == 0xfeff || (code >= 0xe0000 && code <= 0xe0fff);
}

/* One character of foreign text as up to two safe ones. */
struct glyph {
	uint32_t code[2];
	int count;
	int columns;
};

static struct glyph glyph_of(uint32_t code, enum glyph_tier tier)
{
	int columns;

	if (code < ' ') {
		return (struct glyph){ { '^', code + '@' }, 2, 2 };
	}
	if (code < 0x7f) {
		return (struct glyph){ { code, 0 }, 1, 1 };
	}
	if (code < 0xa0) {
		return (struct glyph){ { '^', '?' }, 2, 2 };
	}
	if (is_invisible(code)) {
		return (struct glyph){ { 0, 0 }, 0, 0 };
	}
	columns = wcwidth((wchar_t)code);
	if (columns == 0) {
		return (struct glyph){ { 0, 0 }, 0, 0 };
	}
	if (columns < 0 || tier == GLYPH_ASCII) {
		return (struct glyph){ { '?', 0 }, 1, 1 };
	}
	return (struct glyph){ { code, 0 }, 1, columns };
}

/* The next glyph of the text; false at its end. */
static bool next_glyph(const char **text, size_t *left, enum glyph_tier tier, struct glyph *g)
{
	uint32_t code;
	size_t bytes;

	if (!*left) {
		return false;
	}
	bytes = utf8_decode(*text, *left, &code);
	*g = bytes ? glyph_of(code, tier) : (struct glyph){ { '?', 0 }, 1, 1 };
	bytes = bytes ? bytes : 1;
	*text += bytes;
	*left -= bytes;
	return true;
}

static int columns_up_to(const char *text, enum glyph_tier tier, int enough)
{
	size_t left = strlen(text);
	struct glyph g;
	int columns = 0;

	while (columns <= enough && next_glyph(&text, &left, tier, &g)) {
		columns += g.columns;
	}
	return columns;
}

int text_columns(const char *text, enum glyph_tier tier)
{
	return columns_up_to(text, tier, MAX_CANVAS_WIDTH);
}

static int draw_glyph(struct pane p, int x, int y, unsigned style, const struct glyph *g)
{
	if (g->count == 2) {
		put(p, x, y, style, g->code[0], 1);
		put(p, x + 1, y, style, g->code[1], 1);
	} else if (g->count == 1) {
		put(p, x, y, style, g->code[0], g->columns);
	}
	return g->columns;
}

int pane_text(struct pane p, int x, int y, unsigned style, const char *text)
{
	int room = p.w - x;
	bool is_cut = columns_up_to(text, p.canvas->tier, room) > room;
	int limit = is_cut ? room - (room > 3 ? 2 : 0) : room;
	size_t left = strlen(text);
	struct glyph g;
	int used = 0;

	if (room <= 0 || y < 0 || y >= p.h) {
		return 0;
	}
	while (next_glyph(&text, &left, p.canvas->tier, &g) && used + g.columns <= limit) {
		used += draw_glyph(p, x + used, y, style, &g);
	}
	for (; is_cut && room > 3 && used < room; used++) {
		pane_put(p, x + used, y, style, used >= limit ? '.' : ' ');
	}
	return used;
}

int pane_textf(struct pane p, int x, int y, unsigned style, const char *fmt, ...)
{
	char line[LINE_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	return pane_text(p, x, y, style, line);
}

int pane_text_right(struct pane p, int end, int y, unsigned style, const char *text)
{
	int columns = columns_up_to(text, p.canvas->tier, end);

	return pane_text(pane_sub(p, 0, 0, end, p.h), columns > end ? 0 : end - columns, y, style,
			 text);
}

void pane_fill(struct pane p, unsigned style, uint32_t code)
{
	for (int y = 0; y < p.h; y++) {
		for (int x = 0; x < p.w; x++) {
			pane_put(p, x, y, style, code);
		}
	}
}

void pane_hline(struct pane p, int x, int y, int w, unsigned style)
{
	uint32_t line = p.canvas->tier == GLYPH_ASCII ? '-' : 0x2500;

	for (int i = 0; i < w; i++) {
		pane_put(p, x + i, y, style, line);
	}
}

void pane_select_row(struct pane p, int y)
{
	for (int x = 0; y >= 0 && y < p.h && x < p.w; x++) {
		cell_at(p.canvas, p.x + x, p.y + y)->style |= STYLE_SELECTED;
	}
}

void pane_cursor(struct pane p, int x, int y, bool shown)
{
	if (p.w > 0 && p.h > 0) {
		p.canvas->cursor_x = p.x + clamp(x, 0, p.w - 1);
		p.canvas->cursor_y = p.y + clamp(y, 0, p.h - 1);
		p.canvas->cursor_shown = shown;
	}
}

static void draw_corners(struct pane p)
{
	static const uint32_t ascii[4] = { '+', '+', '+', '+' };
	static const uint32_t lines[4] = { 0x250c, 0x2510, 0x2514, 0x2518 };
	const uint32_t *corner = p.canvas->tier == GLYPH_ASCII ? ascii : lines;

	pane_put(p, 0, 0, STYLE_DIM, corner[0]);
	pane_put(p, p.w - 1, 0, STYLE_DIM, corner[1]);
	pane_put(p, 0, p.h - 1, STYLE_DIM, corner[2]);
	pane_put(p, p.w - 1, p.h - 1, STYLE_DIM, corner[3]);
}

static void draw_edges(struct pane p)
{
	uint32_t side = p.canvas->tier == GLYPH_ASCII ? '|' : 0x2502;

	pane_hline(p, 1, 0, p.w - 2, STYLE_DIM);
	pane_hline(p, 1, p.h - 1, p.w - 2, STYLE_DIM);
	for (int y = 1; y < p.h - 1; y++) {
		pane_put(p, 0, y, STYLE_DIM, side);
		pane_put(p, p.w - 1, y, STYLE_DIM, side);
	}
}

static void draw_titles(struct pane p, const char *title, const char *right)
{
	struct pane edge = pane_sub(p, 2, 0, p.w - 4, 1);
	int left_end = 0;

	if (title) {
		char text[256];

		snprintf(text, sizeof text, " %s ", title);
		left_end = pane_text(edge, 0, 0, STYLE_TITLE, text);
	}
	if (right && left_end + text_columns(right, p.canvas->tier) + 4 < edge.w) {
		char text[256];

		snprintf(text, sizeof text, " %s ", right);
		pane_text_right(edge, edge.w, 0, STYLE_NONE, text);
	}
}

struct pane pane_box(struct pane p, const char *title, const char *right)
{
	if (p.w >= 2 && p.h >= 2) {
		draw_edges(p);
		draw_corners(p);
		if (*title) {
			draw_titles(p, title, right);
		}
	}
	return pane_sub(p, 1, 1, p.w - 2, p.h - 2);
}
