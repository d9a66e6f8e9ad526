#include "formats/text_joiner.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#define ESCAPE_BYTES 6                 /* \ud83d */
#define REPLACEMENT "\xef\xbf\xbd"

/* The code of the \uXXXX escape at `ptr`, or 0. */
static unsigned escape_code(const char *ptr)
{
	unsigned code = 0;

	if (ptr[0] != '\\' || ptr[1] != 'u') {
		return 0;
	}
	for (int i = 2; i < ESCAPE_BYTES; i++) {
		const char *digits = "0123456789abcdef";
		char lower = (char)(ptr[i] >= 'A' && ptr[i] <= 'F' ? ptr[i] + 32 : ptr[i]);
		const char *hit = lower ? strchr(digits, lower) : NULL;

		if (!hit) {
			return 0;
		}
		code = code << 4 | (unsigned)(hit - digits);
	}
	return code;
}

/* The escape is real when an even number of backslashes stands before it. */
static unsigned high_at_end(struct slice raw)
{
	const char *at = raw.ptr + raw.len - 1 - ESCAPE_BYTES;
	const char *back = at;
	unsigned code;

	if (raw.len < ESCAPE_BYTES + 2) {
		return 0;
	}
	while (back > raw.ptr + 1 && back[-1] == '\\') {
		back--;
	}
	code = (at - back) % 2 ? 0 : escape_code(at);
	return code >= 0xd800 && code <= 0xdbff ? code : 0;
}

static unsigned low_at_start(struct slice raw)
{
	unsigned code = raw.len < ESCAPE_BYTES + 2 ? 0 : escape_code(raw.ptr + 1);

	return code >= 0xdc00 && code <= 0xdfff ? code : 0;
}

/* `text` with the half that was kept in front of it. */
static struct slice put_in_front(struct arena *a, unsigned high, unsigned low,
				 struct slice text)
{
	struct buf joined;
	struct slice out;

	buf_init(&joined, text.len + 8);
	if (low) {
		utf8_encode(&joined, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
		text.ptr += strlen(REPLACEMENT);
		text.len -= strlen(REPLACEMENT);
	} else {
		buf_adds(&joined, REPLACEMENT);
	}
	buf_add(&joined, text.ptr, text.len);
	out = arena_slice(a, buf_slice(&joined));
	buf_release(&joined);
	return out;
}

struct slice text_join(struct text_joiner *j, struct arena *a, const struct json *string)
{
	struct slice text = json_is(string, JSON_STRING) ? string->text : SLICE_NULL;
	unsigned high = j->high;

	if (!text.len) {
		return text;
	}
	j->high = high_at_end(string->raw);
	if (j->high) {
		text.len -= strlen(REPLACEMENT);
	}
	if (high) {
		text = put_in_front(a, high, low_at_start(string->raw), text);
	}
	return text;
}
