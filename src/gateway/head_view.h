/*
 * The headers of a client's request, looked up by the gateway some thirty
 * times each: measured once, then told apart by length and first letter. The
 * texts belong to the connection. Worker thread only.
 */
#ifndef GATEWAY_HEAD_VIEW_H
#define GATEWAY_HEAD_VIEW_H

#include <stddef.h>

struct head_line {
	const char *name;       /* "": it had a NUL in it */
	const char *value;
	size_t name_len;
};

struct head_view {
	struct head_line *lines;
	size_t count;
	size_t room;
};

void head_view_add(struct head_view *v, const char *name, size_t name_len, const char *value,
		   size_t value_len);
void head_view_release(struct head_view *v);

/* The first header of this name, in any case; NULL: none. */
const char *head_view_find(const struct head_view *v, const char *name);

#endif
