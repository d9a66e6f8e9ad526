#include "base/json_text.h"

#include "base/limits.h"

const char *json_text(const struct json_member *member, struct arena *a)
{
	struct buf plain = BUF_INIT(MAX_JSON_TEXT_BYTES);
	const char *text = "";

	if (member->kind == JSON_STRING && json_unquote(member->value, &plain)) {
		text = arena_strndup(a, buf_text(&plain), plain.len);
	}
	buf_release(&plain);
	return text;
}

const char *json_find_text(struct slice object, const char *name, struct arena *a)
{
	struct json_member m;

	return json_find(object, name, &m) ? json_text(&m, a) : "";
}

bool json_find_kind(struct slice object, const char *name, enum json_kind kind,
		    struct json_member *member)
{
	return json_find(object, name, member) && member->kind == kind;
}

bool json_first(struct slice array, struct json_member *element)
{
	struct json_scan scan;

	json_scan_init(&scan, array);
	return json_scan_next(&scan, element);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct slice json_into(struct slice array)
{
	const char *at = array.ptr;
	const char *end = array.ptr + array.len;

	if (!array.len || *at++ != '[') {
		return SLICE_NULL;
	}
	while (at < end && is_space(*at)) {
		at++;
	}
	return at < end && *at != ']' ? (struct slice){ at, (size_t)(end - at) } : SLICE_NULL;
}

bool json_peek(struct slice text, const char *name, enum json_kind kind,
	       struct json_member *member)
{
	struct json_scan s;

	json_scan_init(&s, text);
	while (json_scan_next(&s, member)) {
		if (json_key_is(member, name)) {
			return member->kind == kind;
		}
	}
	return false;
}
