/*
 * One line of text being edited: UTF-8, cursor in characters, readline's
 * usual keys, history, paste, a mask for secrets. Prompts, filters and forms
 * all use it. Knows no screen.
 */
#ifndef TUI_LINE_EDIT_H
#define TUI_LINE_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/vec.h"

#define MAX_LINE_EDIT_BYTES 4096 /* an OAuth code with its state, a long URL */

struct line_edit {
	char text[MAX_LINE_EDIT_BYTES];
	size_t len;
	size_t at;	/* byte offset of the cursor */
	bool is_masked; /* shown as stars, never in a history */
};

void line_edit_init(struct line_edit *e, const char *text);
void line_edit_release(struct line_edit *e); /* wiped: it may be a secret */

/* True when the key was for the text (even when it changed nothing). */
bool line_edit_key(struct line_edit *e, int key);

/* Text to show, stars when masked, and the cursor's byte offset in it. */
size_t line_edit_shown(const struct line_edit *e, struct buf *out);

/* Lines entered before, newest last. */
struct line_history {
	struct vec lines; /* char *, owned */
	size_t at;	  /* == lines.len: the line being typed */
};

void line_history_add(struct line_history *h, const char *text);
void line_history_release(struct line_history *h);

/* Up (-1) and down (+1); puts the line into `e`. */
void line_history_move(struct line_history *h, struct line_edit *e, int step);

#endif
