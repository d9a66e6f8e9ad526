#define _GNU_SOURCE     /* memrchr, memmem */
#include "gateway/embedded_media.h"

#include <string.h>

/* Between the places that are looked at: what is shorter may be missed. */
#define STEP 4096

/* No prose has a word of that length. */
#define WORD 128

/* Back from a string's beginning to its key. */
#define KEY_BYTES 24

static bool is_base64(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
}

static bool is_inside(struct slice text, size_t at)
{
	for (size_t i = at; i < at + WORD; i++) {
		if (i == text.len || !is_base64(text.ptr[i])) {
			return false;
		}
	}
	return true;
}

/* A data URL, or the member in which each format has the bytes: data,
 * file_data. `start`: behind the string's quote. */
static bool is_media(struct slice text, size_t start)
{
	size_t room = start < KEY_BYTES ? start : KEY_BYTES;
	struct slice from = { text.ptr + start, text.len - start };

	return slice_starts(from, "data:") ||
	       memmem(text.ptr + start - room, room, "data\"", 5);
}

struct embedded_media embedded_media_find(struct slice text)
{
	struct embedded_media found = { .bytes = 0 };
	size_t behind = 0;              /* the last one that was found */

	for (size_t at = STEP; at < text.len; at += STEP) {
		const char *open;
		const char *close;
		size_t start;

		if (!is_inside(text, at)) {
			continue;
		}
		open = memrchr(text.ptr + behind, '"', at - behind);
		close = memchr(text.ptr + at, '"', text.len - at);
		if (!open || !close) {
			break;                  /* a number without an end, for one */
		}
		start = (size_t)(open - text.ptr) + 1;
		behind = (size_t)(close - text.ptr) + 1;
		if (is_media(text, start)) {
			found.bytes += behind - start - 1;
			found.count++;
		}
		at = behind;            /* the string is done with */
	}
	return found;
}
