/*
 * Lines of the configuration's text, by byte offsets. Belongs to the room.
 */
#ifndef CONFIG_LINES_H
#define CONFIG_LINES_H

#include "config/node.h"

size_t line_start(struct slice text, size_t at);

/* Behind the line break of the line of `at`, or the end of the text. */
size_t next_line(struct slice text, size_t at);

size_t skip_blanks(struct slice text, size_t at);
size_t skip_space(struct slice text, size_t at);         /* line breaks too */
bool is_first_on_line(struct slice text, size_t at);
bool has_any(struct slice text, size_t start, size_t end, const char *chars);

/* The line behind a node. A block scalar that keeps its trailing line breaks
 * ends behind the last of them. */
size_t line_behind(struct slice text, const struct node *n);

/* The end of a node without such line breaks. */
size_t end_without_breaks(struct slice text, const struct node *n);

#endif
