/*
 * A grid of cells that knows no terminal: what is drawn here can be tested,
 * dumped and compared. Drawing goes through panes, rectangles that clip, so
 * nothing is ever written outside. Text from elsewhere (model names, error
 * bodies, log lines) loses its power here: control characters show as ^X,
 * directional and zero-width characters are left out, bytes that are no UTF-8
 * show as "?". One thread.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "tui/style.h"

/* Larger terminals show a frame of this size. */
#define MAX_CANVAS_WIDTH 1000
#define MAX_CANVAS_HEIGHT 400

struct cell {
	uint32_t code; /* 0: right half of the wide character before it */
	uint8_t style; /* enum style, maybe with STYLE_SELECTED */
};

struct canvas {
	int width;
	int height;
	enum glyph_tier tier;
	int cursor_x; /* where the hardware cursor is parked */
	int cursor_y;
	bool cursor_shown;
	struct cell *cells; /* owned, row by row */
};

/* A rectangle of a canvas; (0, 0) is its upper left corner. */
struct pane {
	struct canvas *canvas; /* borrowed */
	int x, y, w, h;
};

struct canvas *canvas_create(int width, int height, enum glyph_tier tier);
void canvas_destroy(struct canvas *c); /* NULL is fine */
void canvas_clear(struct canvas *c);

/* Grid as text, each row with exactly its width in columns, without trailing
 * blanks; and the styles as letters, '.' being STYLE_NONE. */
void canvas_dump(const struct canvas *c, struct buf *out);
void canvas_dump_styles(const struct canvas *c, struct buf *out);

struct pane pane_all(struct canvas *c);

/* The part of `p` at (x, y); whatever lies outside `p` is cut off. */
struct pane pane_sub(struct pane p, int x, int y, int w, int h);

/* Writes text from column x on; what does not fit ends with "..". Returns the
 * columns used. */
int pane_text(struct pane p, int x, int y, unsigned style, const char *text);
int pane_textf(struct pane p, int x, int y, unsigned style, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The same so that it ends before column `end`; returns the columns used. */
int pane_text_right(struct pane p, int end, int y, unsigned style, const char *text);

/* One character as it is; for chrome. */
void pane_put(struct pane p, int x, int y, unsigned style, uint32_t code);

void pane_fill(struct pane p, unsigned style, uint32_t code);
void pane_hline(struct pane p, int x, int y, int w, unsigned style);

/* Adds STYLE_SELECTED to a whole row. */
void pane_select_row(struct pane p, int y);

/* Parks the hardware cursor; shown only in fields and for screen readers. */
void pane_cursor(struct pane p, int x, int y, bool shown);

/* A frame with a title at the left and one at the right of its upper edge
 * (NULL: none); returns what is inside. */
struct pane pane_box(struct pane p, const char *title, const char *right);

/* Columns that the text takes when it is drawn. */
int text_columns(const char *text, enum glyph_tier tier);

#endif
