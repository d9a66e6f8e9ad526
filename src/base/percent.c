#include "base/percent.h"

#include <string.h>

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

void percent_add(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_unreserved(text.ptr[i])) {
			buf_addc(out, text.ptr[i]);
		} else {
			buf_addf(out, "%%%02X", (unsigned char)text.ptr[i]);
		}
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '%') {
			int high = text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;

			if (low < 0) {
				return false;
			}
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		buf_addc(out, c);
	}
	return !out->failed;
}

bool percent_query_get(struct slice query, const char *name, struct buf *out)
{
	struct slice pair;

	while (slice_next(&query, '&', &pair)) {
		struct slice key = SLICE_NULL;

		if (slice_next(&pair, '=', &key) && slice_eq(key, name)) {
			return percent_decode(pair, out);
		}
	}
	return false;
}
