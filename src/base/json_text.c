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

static bool find_element(struct slice array, uint64_t index, struct json_member *out)
{
	struct json_scan scan;

	json_scan_init(&scan, array);
	while (json_scan_next(&scan, out)) {
		if (index-- == 0) {
			return true;
		}
	}
	return false;
}

static bool find_step(struct slice value, struct slice step, struct json_member *out)
{
	char name[64];
	uint64_t index;

	if (step.len >= sizeof name || !value.len) {
		return false;
	}
	if (value.ptr[0] == '[') {
		return str_to_u64(step, &index) && find_element(value, index, out);
	}
	memcpy(name, step.ptr, step.len);
	name[step.len] = '\0';
	return json_find(value, name, out);
}

static bool find_at(struct slice value, const char *path, struct json_member *out)
{
	struct slice rest = slice_of(path);
	struct slice step;

	*out = (struct json_member){ .value = value, .kind = JSON_NULL };
	while (slice_next(&rest, '.', &step)) {
		if (!find_step(out->value, step, out)) {
			return false;
		}
	}
	return out->kind != JSON_NULL;
}

struct slice json_at(struct slice value, const char *path)
{
	struct json_member m;

	return find_at(value, path, &m) ? m.value : SLICE_NULL;
}

const char *json_text_at(struct slice value, const char *path, struct arena *a)
{
	struct json_member m;

	return find_at(value, path, &m) ? json_text(&m, a) : "";
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
