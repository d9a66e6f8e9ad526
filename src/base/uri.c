#include "base/uri.h"

#include <ctype.h>

bool uri_is_escape(struct slice text, size_t at)
{
	return text.len - at > 2 && text.ptr[at] == '%' &&
	       isxdigit((unsigned char)text.ptr[at + 1]) &&
	       isxdigit((unsigned char)text.ptr[at + 2]);
}

static int digit_of(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

char uri_next(struct slice text, size_t *at)
{
	const char *ptr = text.ptr + *at;

	if (!uri_is_escape(text, *at)) {
		*at += 1;
		return *ptr;
	}
	*at += 3;
	return (char)(digit_of(ptr[1]) << 4 | digit_of(ptr[2]));
}

const char *uri_decode(struct slice text, struct arena *a)
{
	char *out = arena_alloc(a, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len;) {
		unsigned char c = (unsigned char)uri_next(text, &i);

		if (c < 0x20 || c == 0x7f) {
			return NULL;
		}
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return out;
}

bool uri_parameter(const char *query, const char *name, struct slice *value)
{
	struct slice rest = slice_of(query);
	struct slice parameter;

	while (slice_next(&rest, '&', &parameter)) {
		struct slice key;

		*value = parameter;
		slice_next(value, '=', &key);
		if (slice_eq(key, name)) {
			return true;
		}
	}
	return false;
}
