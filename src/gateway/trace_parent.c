#include "gateway/trace_parent.h"

#include <string.h>

#define TRACE_AT 3
#define TRACE_DIGITS 32
#define SPAN_AT 36
#define SPAN_DIGITS 16
#define FLAGS_AT 53
#define LENGTH 55

static bool is_hex(const char *text, size_t len)
{
	return strspn(text, "0123456789abcdef") >= len;
}

static bool is_id(const char *text, size_t len)
{
	return is_hex(text, len) && strspn(text, "0") < len;
}

/* A later version may have more behind another dash. */
static bool is_valid(const char *text)
{
	size_t len = strnlen(text, LENGTH + 1);

	if (len < LENGTH || !is_hex(text, 2) || str_starts(text, "ff") || text[2] != '-' ||
	    text[SPAN_AT - 1] != '-' || text[FLAGS_AT - 1] != '-') {
		return false;
	}
	if (len > LENGTH && (str_starts(text, "00") || text[LENGTH] != '-')) {
		return false;
	}
	return is_id(text + TRACE_AT, TRACE_DIGITS) && is_id(text + SPAN_AT, SPAN_DIGITS) &&
	       is_hex(text + FLAGS_AT, 2);
}

bool trace_parent_read(const char *text, char trace_id[ID_TRACE_BYTES])
{
	if (!text || !is_valid(text)) {
		return false;
	}
	memcpy(trace_id, text + TRACE_AT, TRACE_DIGITS);
	trace_id[TRACE_DIGITS] = '\0';
	return true;
}

const char *trace_parent_next(const char *text, struct arena *a)
{
	char span[ID_SPAN_BYTES];
	bool is_sampled = strchr("13579bdf", text[FLAGS_AT + 1]) != NULL;

	id_span(span);
	return arena_printf(a, "00-%.*s-%s-0%d", TRACE_DIGITS, text + TRACE_AT, span, is_sampled);
}
