#include "gateway/head_view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define FIRST_ROOM 12

void head_view_add(struct head_view *v, const char *name, size_t name_len, const char *value,
		   size_t value_len)
{
	const char *text = value ? value : "";

	if (v->count == v->room) {
		v->room = v->room ? 2 * v->room : FIRST_ROOM;
		v->lines = xrealloc(v->lines, v->room * sizeof *v->lines);
	}
	if (strlen(name) != name_len || strlen(text) != (value ? value_len : 0)) {
		name = "";
		name_len = 0;
	}
	v->lines[v->count++] = (struct head_line){ name, text, name_len };
}

void head_view_release(struct head_view *v)
{
	free(v->lines);
	*v = (struct head_view){ .lines = NULL };
}

const char *head_view_find(const struct head_view *v, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < v->count; i++) {
		const struct head_line *line = &v->lines[i];

		if (line->name_len == len && (*line->name | 0x20) == (*name | 0x20) &&
		    strncasecmp(line->name, name, len) == 0) {
			return line->value;
		}
	}
	return NULL;
}
