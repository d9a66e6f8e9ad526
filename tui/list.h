/*
 * A table of objects that a person walks through: the cursor belongs to an
 * id, not to a row, so sorting and new rows never move it to something else.
 * Filter, sort, marks and scrolling; columns leave in a declared order when
 * the pane is narrow. One table type serves all screens.
 */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/canvas.h"

#define LIST_ID_BYTES 128
#define LIST_FILTER_BYTES 128
#define MAX_LIST_ROWS 4000 /* as many log lines as are kept */
#define MAX_MARKS 64

struct app;

/* What one cell says; `sort` orders numbers, NAN: the text does. */
struct cell_text {
	char text[160];
	unsigned style;
	double sort;
};

struct column {
	const char *title;
	int width;
	bool is_right;
	int drop;      /* 0: stays; the highest leaves first */
	bool grows;    /* takes what is left over */
	int wide_only; /* least width of the pane that shows it; 0: any */
	void (*cell)(const struct app *app, const void *row, struct cell_text *out);
};

struct list_source {
	const char *noun; /* "upstreams" */
	size_t (*count)(const struct app *app);
	const void *(*row)(const struct app *app, size_t index);
	const char *(*id)(const void *row);
	const char *(*name)(const void *row); /* for filters and questions */
	const struct column *columns;
	size_t column_count;
	bool (*hides)(const struct app *app, const void *row); /* NULL: nothing */
};

struct list {
	char selected[LIST_ID_BYTES];
	size_t index; /* of the selected row in `order` */
	size_t top;
	int sort; /* column; -1: as it comes */
	bool is_reversed;
	bool follows; /* the cursor stays on the first row */
	bool is_wide; /* no column leaves */
	int scroll_x; /* sideways */
	char filter[LIST_FILTER_BYTES];
	char marks[MAX_MARKS][LIST_ID_BYTES];
	size_t mark_count;
	size_t *order; /* owned: indexes of the rows shown */
	size_t count;
	size_t page; /* rows drawn last time */
	int drawn_y; /* screen line of its header then */
};

void list_init(struct list *l);
void list_release(struct list *l);

/* Applies filter and sort to what the source has now, and finds the cursor's
 * object again; when it is gone the cursor goes to its neighbour. */
void list_update(struct list *l, const struct list_source *s, const struct app *app);

/* The object under the cursor; NULL in an empty list. */
const void *list_selected(const struct list *l, const struct list_source *s,
			  const struct app *app);

/* Moves the cursor by rows, or to an index. */
void list_move(struct list *l, const struct list_source *s, const struct app *app, long by);
void list_go(struct list *l, const struct list_source *s, const struct app *app, size_t index);

void list_toggle_mark(struct list *l);
bool list_is_marked(const struct list *l, const char *id);

/* Header and rows; the cursor's row is in view afterwards. */
void list_draw(struct list *l, const struct list_source *s, const struct app *app, struct pane p);

/* The row of the list at this line of the pane that list_draw() drew, for the
 * mouse; false: none. */
bool list_index_at(const struct list *l, int line, size_t *index);

/* Does text match a filter: all its words, "!word" must not occur. */
bool filter_matches(const char *filter, const char *text);

#endif
