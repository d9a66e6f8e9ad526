/*
 * Tables that fit the terminal: a column is as wide as its content, the
 * widest give way first, and when that is not enough the columns marked as
 * dispensable leave. Without a terminal nothing is cut.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What stdout can show. */
struct screen {
	size_t width;           /* columns; 0: not a terminal, no limit */
	bool color;
};

void screen_init(struct screen *s, bool no_color);

/* Meaning, not colour: how a word is drawn where colours are allowed. The
 * word alone always says the same. */
enum tint { TINT_NONE, TINT_TITLE, TINT_GOOD, TINT_WARN, TINT_BAD, TINT_DIM };

/* The tint of a state word: "ready", "cooldown", "disabled"... */
enum tint tint_of_state(const char *state);

/* Appends the text, coloured when `color`. */
void tint_add(struct buf *out, bool color, enum tint tint, const char *text);

struct column {
	const char *title;      /* NULL ends an array */
	bool is_right;          /* numbers */
	bool is_sparse;         /* leaves when no row has anything in it */
	unsigned char drop;     /* 0: stays; otherwise the highest leaves first */
};

struct table;

/* `columns` must outlive the table. */
struct table *table_create(const struct column *columns);
void table_destroy(struct table *t);

/* The next cell, row by row. Text is copied and cleaned (cli/text.h). */
void table_cell(struct table *t, enum tint tint, const char *text);
void table_cellf(struct table *t, enum tint tint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

size_t table_rows(const struct table *t);

void table_render(const struct table *t, const struct screen *screen, struct buf *out);

#endif
