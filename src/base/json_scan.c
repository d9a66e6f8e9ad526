#include "base/json_scan.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

void json_scan_init(struct json_scan *s, struct slice text)
{
	*s = (struct json_scan){
		.start = text.ptr,
		.at = text.ptr,
		.end = text.ptr + text.len,
	};
}

static bool fail(struct json_scan *s, const char *why)
{
	s->failed = true;
	s->why = why;
	return false;
}

static void skip_space(struct json_scan *s)
{
	while (s->at < s->end &&
	       (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) {
		s->at++;
	}
}

/* At a quote; ends behind the closing one. A quote closes the string when an
 * even number of backslashes stands before it. */
static bool skip_string(struct json_scan *s)
{
	const char *from = s->at + 1;
	const char *look = from;

	for (;;) {
		const char *quote = look < s->end ?
			memchr(look, '"', (size_t)(s->end - look)) : NULL;
		const char *back = quote;

		if (!quote) {
			s->at = s->end;
			return fail(s, "a string does not end");
		}
		while (back > from && back[-1] == '\\') {
			back--;
		}
		look = quote + 1;
		if ((quote - back) % 2 == 0) {
			s->at = look;
			return true;
		}
	}
}

/* At an opening bracket; ends behind the one that closes it. */
static bool skip_nested(struct json_scan *s)
{
	char closers[MAX_JSON_DEPTH];
	size_t depth = 0;

	while (s->at < s->end) {
		char c = *s->at;

		if (c == '"') {
			if (!skip_string(s)) {
				return false;
			}
			continue;
		}
		if (c == '{' || c == '[') {
			if (depth == MAX_JSON_DEPTH) {
				return fail(s, "nested too deeply");
			}
			closers[depth++] = c == '{' ? '}' : ']';
		} else if (c == '}' || c == ']') {
			if (closers[--depth] != c) {
				return fail(s, "brackets do not match");
			}
		}
		s->at++;
		if (!depth) {
			return true;
		}
	}
	return fail(s, "an object or array does not end");
}

static bool is_delimiter(char c)
{
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' ||
	       c == '\t';
}

/* Bounded: a slice has no terminator. */
static bool is_number_text(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!(c >= '0' && c <= '9') && c != '-' && c != '+' && c != '.' &&
		    (c | 32) != 'e') {
			return false;
		}
	}
	return true;
}

static bool scalar_kind(struct slice text, enum json_kind *kind)
{
	char c = text.len ? text.ptr[0] : '\0';

	if (slice_eq(text, "true")) {
		*kind = JSON_TRUE;
	} else if (slice_eq(text, "false")) {
		*kind = JSON_FALSE;
	} else if (slice_eq(text, "null")) {
		*kind = JSON_NULL;
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		*kind = JSON_NUMBER;
		return is_number_text(text);
	} else {
		return false;
	}
	return true;
}

static bool skip_scalar(struct json_scan *s, enum json_kind *kind)
{
	const char *from = s->at;

	while (s->at < s->end && !is_delimiter(*s->at)) {
		s->at++;
	}
	if (!scalar_kind((struct slice){ from, (size_t)(s->at - from) }, kind)) {
		s->at = from;
		return fail(s, "a value is not JSON");
	}
	return true;
}

static bool scan_value(struct json_scan *s, struct json_member *m)
{
	const char *from;
	bool ok;

	skip_space(s);
	from = s->at;
	if (s->at == s->end) {
		return fail(s, "a value is missing");
	}
	switch (*s->at) {
	case '"':
		m->kind = JSON_STRING;
		ok = skip_string(s);
		break;
	case '{':
		m->kind = JSON_OBJECT;
		ok = skip_nested(s);
		break;
	case '[':
		m->kind = JSON_ARRAY;
		ok = skip_nested(s);
		break;
	default:
		ok = skip_scalar(s, &m->kind);
		break;
	}
	m->value = (struct slice){ from, (size_t)(s->at - from) };
	return ok;
}

static bool scan_key(struct json_scan *s, struct json_member *m)
{
	const char *from = s->at + 1;

	if (s->at == s->end || *s->at != '"') {
		return fail(s, "a member name is missing");
	}
	if (!skip_string(s)) {
		return false;
	}
	m->key = (struct slice){ from, (size_t)(s->at - 1 - from) };
	m->has_escapes = m->key.len && memchr(from, '\\', m->key.len);
	skip_space(s);
	if (s->at == s->end || *s->at != ':') {
		return fail(s, "a colon is missing");
	}
	s->at++;
	return true;
}

static bool finish(struct json_scan *s)
{
	s->at++;
	skip_space(s);
	s->done = true;
	if (s->at != s->end) {
		return fail(s, "text follows the end of the JSON value");
	}
	return false;
}

/* Stands at a member, or has found the end; false ends the walk. */
static bool to_member(struct json_scan *s)
{
	skip_space(s);
	if (!s->begun) {
		s->begun = true;
		if (s->at == s->end || (*s->at != '{' && *s->at != '[')) {
			return fail(s, "not a JSON object");
		}
		s->closer = *s->at++ == '{' ? '}' : ']';
		skip_space(s);
		return s->at < s->end && *s->at == s->closer ? finish(s) : true;
	}
	if (s->at < s->end && *s->at == s->closer) {
		return finish(s);
	}
	if (s->at == s->end || *s->at != ',') {
		return fail(s, "a comma or the end is missing");
	}
	s->at++;
	skip_space(s);
	return true;
}

bool json_scan_next(struct json_scan *s, struct json_member *member)
{
	if (s->done || s->failed || !to_member(s)) {
		return false;
	}
	member->key = SLICE_NULL;
	member->has_escapes = false;
	if (s->closer == '}' && !scan_key(s, member)) {
		return false;
	}
	return scan_value(s, member);
}

size_t json_scan_offset(const struct json_scan *s)
{
	return (size_t)(s->at - s->start);
}

struct slice json_key_text(const struct json_member *member)
{
	return (struct slice){ member->key.ptr - 1, member->key.len + 2 };
}

bool json_key_decodes_to(const struct json_member *member, const char *name)
{
	struct buf plain;
	bool same;

	buf_init(&plain, member->key.len + 8);
	same = json_unquote(json_key_text(member), &plain) &&
	       slice_eq(buf_slice(&plain), name);
	buf_release(&plain);
	return same;
}

bool json_find(struct slice text, const char *name, struct json_member *member)
{
	struct json_scan s;
	struct json_member m;
	bool found = false;

	json_scan_init(&s, text);
	while (json_scan_next(&s, &m)) {
		if (json_key_is(&m, name)) {
			*member = m;
			found = true;
		}
	}
	return found && !s.failed;
}

static bool hex4(const char *ptr, const char *end, uint32_t *out)
{
	uint32_t value = 0;

	if (end - ptr < 4) {
		return false;
	}
	for (int i = 0; i < 4; i++) {
		char c = ptr[i];
		uint32_t digit;

		if (c >= '0' && c <= '9') {
			digit = (uint32_t)(c - '0');
		} else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
			digit = (uint32_t)((c | 32) - 'a' + 10);
		} else {
			return false;
		}
		value = value << 4 | digit;
	}
	*out = value;
	return true;
}

/* Behind `\u`; returns the place behind the escape (or pair), or NULL. */
static const char *unescape_unicode(const char *ptr, const char *end, struct buf *out)
{
	uint32_t code;
	uint32_t low;

	if (!hex4(ptr, end, &code)) {
		return NULL;
	}
	ptr += 4;
	if (code >= 0xd800 && code <= 0xdbff && end - ptr >= 6 && ptr[0] == '\\' &&
	    ptr[1] == 'u' && hex4(ptr + 2, end, &low) && low >= 0xdc00 && low <= 0xdfff) {
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		ptr += 6;
	} else if (code >= 0xd800 && code <= 0xdfff) {
		code = 0xfffd;
	}
	utf8_encode(out, code);
	return ptr;
}

static const char *unescape(const char *ptr, const char *end, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	if (ptr == end) {
		return NULL;
	}
	if (*ptr == 'u') {
		return unescape_unicode(ptr + 1, end, out);
	}
	hit = *ptr ? strchr(from, *ptr) : NULL;
	if (!hit) {
		return NULL;
	}
	buf_addc(out, to[hit - from]);
	return ptr + 1;
}

bool json_unquote(struct slice raw, struct buf *out)
{
	const char *ptr = raw.ptr + 1;
	const char *end = raw.ptr + raw.len - 1;

	if (raw.len < 2 || raw.ptr[0] != '"' || *end != '"') {
		return false;
	}
	while (ptr < end) {
		const char *slash = memchr(ptr, '\\', (size_t)(end - ptr));
		const char *stop = slash ? slash : end;

		buf_add(out, ptr, (size_t)(stop - ptr));
		if (!slash) {
			break;
		}
		ptr = unescape(slash + 1, end, out);
		if (!ptr) {
			return false;
		}
	}
	return !out->failed;
}

bool json_to_u64(struct slice raw, uint64_t *out)
{
	return str_to_u64(raw, out);
}
