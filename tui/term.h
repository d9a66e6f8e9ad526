/*
 * The terminal, and its one owner: the only file with curses. Puts canvases
 * on it (only what changed), reads keys and the mouse, and gives it back as
 * it was: after term_close(), and after a crash. One thread.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>

#include "base/err.h"
#include "tui/canvas.h"

enum term_theme {
	THEME_DEFAULT, /* the terminal's own colours */
	THEME_MONO,
	THEME_HIGH_CONTRAST,
	THEME_BLUE_ORANGE, /* without red against green */
	THEME_LIGHT,	   /* nothing pale: for a white background */
	THEME_COUNT,
};

enum term_event_kind {
	TERM_NONE, /* nothing is waiting */
	TERM_KEY,
	TERM_PASTE, /* term_event.key is one of its characters */
	TERM_CLICK,
	TERM_WHEEL, /* key is -1 up, 1 down */
	TERM_GONE,
};

struct term_event {
	enum term_event_kind kind;
	int key; /* tui/keys.h */
	int x, y;
};

struct term_options {
	bool no_color;
	enum term_theme theme;
	bool mouse;
};

struct term;

/* Takes the terminal of stdin and stdout. NULL + ERR_FAILED when its type is
 * not known even under the usual names; nothing has changed then. What others
 * write to stderr is kept and shown after term_close(). */
struct term *term_open(const struct term_options *options, struct err *err);
void term_close(struct term *t); /* NULL is fine */

void term_size(const struct term *t, int *width, int *height);

/* After SIGWINCH: asks for the size anew. */
void term_resized(struct term *t);

/* Shows the canvas; a frame like the last one writes nothing. */
void term_show(struct term *t, const struct canvas *c);

/* Everything anew, for Ctrl-l. */
void term_redraw(struct term *t);

/* The next event, without waiting. Poll stdin before. */
struct term_event term_read(struct term *t);

/* Gives the terminal to a child and takes it back. */
void term_leave(struct term *t);
void term_return(struct term *t);

void term_set_mouse(struct term *t, bool on);
void term_set_theme(struct term *t, enum term_theme theme);
bool term_has_color(const struct term *t);

/* Puts the text into the terminal's clipboard (OSC 52). */
void term_copy(struct term *t, struct slice text);

const char *term_theme_name(enum term_theme theme);
/* THEME_DEFAULT when there is none of that name. */
enum term_theme term_theme_by_name(const char *name);

#endif
