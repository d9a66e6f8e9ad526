/* The screens, one file each; the table is in app.c. */
#ifndef TUI_SCREENS_H
#define TUI_SCREENS_H

#include "tui/app.h"

struct screen_ops {
	const char *name;
	const struct list_source *source; /* NULL: no list */
	void (*draw)(struct app *app, struct pane p);
	/* What the message line says when there is nothing else. */
	void (*status)(const struct app *app, struct buf *out);
};

extern const struct screen_ops screen_overview;
extern const struct screen_ops screen_upstreams;
extern const struct screen_ops screen_requests;
extern const struct screen_ops screen_keys;
extern const struct screen_ops screen_models;
extern const struct screen_ops screen_logs;
extern const struct screen_ops screen_config;

const struct screen_ops *screen_of(enum screen_id id);

/* Is there room for list and detail side by side? */
#define SPLIT_WIDTH 120

/* Is there room for graph boxes? */
#define GRAPHS_HEIGHT 34

bool screen_is_split(const struct app *app, struct pane p);

/* A box with a title, or in plain mode a heading; returns what is inside. */
struct pane screen_box(const struct app *app, struct pane p, const char *title,
		       const char *right);

/* A list and the detail of its selected row, as there is room: side by side,
 * one below the other, or the detail alone. */
struct list_detail {
	const char *list_title;
	const char *title;      /* of the detail */
	const char *right;      /* at its right; NULL: nothing */
	const void *row;        /* selected; NULL: none */
	int list_width;         /* side by side */
	void (*draw)(const struct app *app, struct pane p, const void *row);
	/* Below the list, where it stands beside the detail; NULL: nothing. */
	const char *below_title;
	void (*draw_below)(const struct app *app, struct pane p);
};

void screen_list_detail(struct app *app, struct pane p, const struct list_detail *d);

/* The candidates of a /v1/resolve answer in their order, then those passed
 * over; returns the next line. */
int screen_order(const struct app *app, struct pane p, int y, struct slice json);

/* "label     value" lines; each returns the next line. */
int detail_line(struct pane p, int y, const char *label, unsigned style, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
int detail_heading(struct pane p, int y, const char *text);

/* Shared by Overview and the others. */
int in_flight_rows(const struct app *app, const struct request_view **rows, int most);

/* "5h 62% 7d 41%", "429 back in 0:41", "off": limit or cooldown in few words. */
void upstream_note(const struct app *app, const struct upstream_view *u, char *out, size_t size);

/* Requests a minute over the last one; NAN: not known. */
double upstream_per_minute(const struct app *app, const struct upstream_view *u);

#endif
