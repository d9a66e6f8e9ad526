#include "formats/json_tree.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"

struct reader {
	struct arena *arena;
	const char *start;
	const char *at;
	const char *end;
	size_t depth;
	const char *why;
};

static struct json *read_value(struct reader *r);

static struct json *fail(struct reader *r, const char *why)
{
	if (!r->why) {
		r->why = why;
	}
	return NULL;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) {
		r->at++;
	}
}

static bool at_char(const struct reader *r, char c)
{
	return r->at < r->end && *r->at == c;
}

/* Behind the opening quote; finds the closing one. */
static bool find_string_end(struct reader *r, bool *escaped)
{
	while (r->at < r->end) {
		unsigned char c = (unsigned char)*r->at;

		if (c == '"') {
			return true;
		}
		if (c < 0x20) {
			return fail(r, "a control character stands in a string");
		}
		if (c == '\\') {
			*escaped = true;
			r->at++;
		}
		r->at++;
	}
	r->at = r->end;
	return fail(r, "a string does not end");
}

static bool decode_escapes(struct reader *r, struct slice raw, struct slice *text)
{
	struct buf plain;
	bool ok;

	/* A lone surrogate escape is the longest growth: 6 bytes become 3. */
	buf_init(&plain, raw.len + 4);
	ok = json_unquote(raw, &plain);
	if (ok) {
		*text = arena_slice(r->arena, buf_slice(&plain));
	}
	buf_release(&plain);
	return ok || fail(r, "an escape in a string is malformed");
}

/* At the opening quote; ends behind the closing one. */
static bool read_string(struct reader *r, struct slice *raw, struct slice *text)
{
	const char *from = r->at++;
	bool escaped = false;

	if (!find_string_end(r, &escaped)) {
		return false;
	}
	r->at++;
	*raw = (struct slice){ from, (size_t)(r->at - from) };
	*text = (struct slice){ from + 1, raw->len - 2 };
	return !escaped || decode_escapes(r, *raw, text);
}

static size_t skip_digits(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
		r->at++;
	}
	return (size_t)(r->at - from);
}

static bool read_number(struct reader *r)
{
	bool zero;

	if (at_char(r, '-')) {
		r->at++;
	}
	zero = at_char(r, '0');
	if (zero) {
		r->at++;
	} else if (!skip_digits(r)) {
		return fail(r, "a value is not JSON");
	}
	if (at_char(r, '.')) {
		r->at++;
		if (!skip_digits(r)) {
			return fail(r, "a number is malformed");
		}
	}
	if (at_char(r, 'e') || at_char(r, 'E')) {
		r->at++;
		if (at_char(r, '+') || at_char(r, '-')) {
			r->at++;
		}
		if (!skip_digits(r)) {
			return fail(r, "a number is malformed");
		}
	}
	return true;
}

static bool read_word(struct reader *r, const char *word, size_t len)
{
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0) {
		return fail(r, "a value is not JSON");
	}
	r->at += len;
	return true;
}

static bool read_scalar(struct reader *r, struct json *v)
{
	switch (*r->at) {
	case '"':
		v->kind = JSON_STRING;
		return read_string(r, &v->raw, &v->text);
	case 't':
		v->kind = JSON_TRUE;
		return read_word(r, "true", 4);
	case 'f':
		v->kind = JSON_FALSE;
		return read_word(r, "false", 5);
	case 'n':
		v->kind = JSON_NULL;
		return read_word(r, "null", 4);
	default:
		v->kind = JSON_NUMBER;
		return read_number(r);
	}
}

static bool read_key(struct reader *r, struct slice *key)
{
	struct slice raw;

	if (!at_char(r, '"')) {
		return fail(r, "a member name is missing");
	}
	if (!read_string(r, &raw, key)) {
		return false;
	}
	skip_space(r);
	if (!at_char(r, ':')) {
		return fail(r, "a colon is missing");
	}
	r->at++;
	return true;
}

static struct json *read_child(struct reader *r, bool in_object)
{
	struct slice key = SLICE_NULL;
	struct json *child;

	skip_space(r);
	if (in_object && !read_key(r, &key)) {
		return NULL;
	}
	child = read_value(r);
	if (child) {
		child->key = key;
	}
	return child;
}

/* At the opening bracket; ends behind the closing one. */
static bool read_nested(struct reader *r, struct json *v)
{
	char closer = *r->at++ == '{' ? '}' : ']';
	struct json **tail = &v->first;

	v->kind = closer == '}' ? JSON_OBJECT : JSON_ARRAY;
	if (r->depth++ == MAX_JSON_DEPTH) {
		return fail(r, "nested too deeply");
	}
	skip_space(r);
	while (!at_char(r, closer)) {
		if (v->count && !at_char(r, ',')) {
			return fail(r, "a comma or the end is missing");
		}
		r->at += v->count ? 1 : 0;
		*tail = read_child(r, closer == '}');
		if (!*tail) {
			return false;
		}
		tail = &(*tail)->next;
		v->count++;
		skip_space(r);
	}
	r->at++;
	r->depth--;
	return true;
}

static struct json *read_value(struct reader *r)
{
	struct json *v = arena_zalloc(r->arena, sizeof *v);
	const char *from;
	bool ok;

	skip_space(r);
	from = r->at;
	if (r->at == r->end) {
		return fail(r, "a value is missing");
	}
	ok = *r->at == '{' || *r->at == '[' ? read_nested(r, v) : read_scalar(r, v);
	v->raw = (struct slice){ from, (size_t)(r->at - from) };
	return ok ? v : NULL;
}

struct json *json_read(struct arena *a, struct slice text, struct json_fault *fault)
{
	struct reader r = {
		.arena = a,
		.start = text.ptr,
		.at = text.ptr,
		.end = text.ptr + text.len,
	};
	struct json *v = read_value(&r);

	skip_space(&r);
	if (v && r.at != r.end) {
		v = fail(&r, "text follows the end of the JSON value");
	}
	if (!v && fault) {
		*fault = (struct json_fault){ (size_t)(r.at - r.start), r.why };
	}
	return v;
}

bool json_is_object_text(struct slice text)
{
	struct arena scratch;
	struct json *v;
	bool ok;

	arena_init(&scratch, 4 * KIB);
	v = json_read(&scratch, text, NULL);
	ok = json_is(v, JSON_OBJECT);
	arena_release(&scratch);
	return ok;
}

const struct json *json_get(const struct json *object, const char *name)
{
	const struct json *found = NULL;

	if (!json_is(object, JSON_OBJECT)) {
		return NULL;
	}
	json_each(member, object) {
		if (slice_eq(member->key, name)) {
			found = member;
		}
	}
	return json_is(found, JSON_NULL) ? NULL : found;
}

const struct json *json_get2(const struct json *object, const char *a, const char *b)
{
	const struct json *found = json_get(object, a);

	return found ? found : json_get(object, b);
}

bool json_is(const struct json *v, enum json_kind kind)
{
	return v && v->kind == kind;
}

bool json_is_text(const struct json *v, const char *text)
{
	return json_is(v, JSON_STRING) && slice_eq(v->text, text);
}

struct slice json_raw_of(const struct json *v)
{
	return v ? v->raw : SLICE_NULL;
}

struct slice json_get_text(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	return json_is(v, JSON_STRING) ? v->text : SLICE_NULL;
}

bool json_get_bool(const struct json *object, const char *name, bool fallback)
{
	const struct json *v = json_get(object, name);

	if (json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE)) {
		return v->kind == JSON_TRUE;
	}
	return fallback;
}

bool json_to_double(const struct json *v, double *out)
{
	char text[64];

	if (!json_is(v, JSON_NUMBER) || v->raw.len >= sizeof text) {
		return false;
	}
	memcpy(text, v->raw.ptr, v->raw.len);
	text[v->raw.len] = '\0';
	return str_to_double(text, out);
}

bool json_to_int(const struct json *v, int64_t *out)
{
	double value;

	if (!json_to_double(v, &value) || value != floor(value)) {
		return false;
	}
	if (value >= 9.2e18) {
		*out = INT64_MAX;
	} else if (value <= -9.2e18) {
		*out = INT64_MIN;
	} else {
		*out = (int64_t)value;
	}
	return true;
}

bool json_get_int(const struct json *object, const char *name, int64_t *out)
{
	return json_to_int(json_get(object, name), out);
}

bool json_get_count(const struct json *object, const char *name, int64_t *out)
{
	int64_t count;

	if (!json_get_int(object, name, &count) || count < 0) {
		return false;
	}
	*out = count;
	return true;
}

static bool has_line_break(struct slice raw)
{
	return raw.len && (memchr(raw.ptr, '\n', raw.len) || memchr(raw.ptr, '\r', raw.len));
}

struct slice json_one_line(struct arena *a, struct slice raw)
{
	char *out;
	size_t len = 0;
	bool in_string = false;

	if (!has_line_break(raw)) {
		return raw;
	}
	out = arena_alloc(a, raw.len + 1);
	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];

		if (in_string && c == '\\' && i + 1 < raw.len) {
			out[len++] = c;
			c = raw.ptr[++i];
		} else if (c == '"') {
			in_string = !in_string;
		} else if (!in_string && strchr(" \t\r\n", c)) {
			continue;
		}
		out[len++] = c;
	}
	out[len] = '\0';
	return (struct slice){ out, len };
}
