#define _GNU_SOURCE   /* memmem */
#include "formats/stream_end.h"

#include <string.h>

static const char *find(struct slice text, const char *word)
{
	return text.len ? memmem(text.ptr, text.len, word, strlen(word)) : NULL;
}

static struct slice behind(struct slice text, const char *at)
{
	return (struct slice){ at, (size_t)(text.ptr + text.len - at) };
}

/* Does a string that is not empty follow the key somewhere? Every chunk but
 * the last has it as null, some servers' as "". */
static bool has_reason(struct slice text, const char *key)
{
	const char *at;

	while ((at = find(text, key))) {
		text = behind(text, at + strlen(key));
		while (text.len && memchr(" \t:", text.ptr[0], 3)) {
			text = behind(text, text.ptr + 1);
		}
		if (text.len > 1 && text.ptr[0] == '"' && text.ptr[1] != '"') {
			return true;
		}
	}
	return false;
}

static bool begins_line(struct slice text, const char *at)
{
	return at == text.ptr || at[-1] == '\n' || at[-1] == '\r' || at[-1] == '\0';
}

/* Does a frame begin in it? */
static bool has_frame(struct slice text)
{
	const char *at = find(text, "data:");

	while (at && !begins_line(text, at)) {
		at = find(behind(text, at + 1), "data:");
	}
	return at;
}

bool stream_end_seen(enum format_id format, struct slice tail)
{
	switch (format) {
	case FORMAT_CHAT:
		return has_reason(tail, "\"finish_reason\"") || find(tail, "[DONE]") ||
		       find(tail, "\"error\"") || !has_frame(tail);
	case FORMAT_GEMINI:
		return has_reason(tail, "\"finishReason\"") || find(tail, "\"promptFeedback\"") ||
		       find(tail, "\"error\"") || !has_frame(tail);
	case FORMAT_ANTHROPIC:
	case FORMAT_RESPONSES:
	case FORMAT_NONE:
		break;
	}
	return true;
}
