#include "control/fields.h"

#include "base/json_scan.h"
#include "base/limits.h"
#include "base/utf8.h"

/* Far beyond the deepest object of the API. */
#define MAX_BODY_DEPTH 16

static bool check_value(const struct json_member *m, int depth, struct err *err);

/* Reserved at once and wiped: it may be a secret, which growing would copy. */
static bool check_string(struct slice raw, struct err *err)
{
	struct buf plain = BUF_INIT(raw.len + 8);
	bool ok = buf_reserve(&plain, raw.len) && json_unquote(raw, &plain) &&
		  utf8_is_valid(plain.ptr, plain.len) && !memchr(plain.ptr, '\0', plain.len);

	buf_wipe(&plain);
	return ok || err_setf(err, ERR_USAGE, "the body holds a malformed string");
}

static bool check_members(struct slice text, int depth, struct err *err)
{
	struct json_scan s;
	struct json_member m;

	json_scan_init(&s, text);
	while (json_scan_next(&s, &m)) {
		if ((m.key.ptr && !check_string(json_key_text(&m), err)) ||
		    !check_value(&m, depth, err)) {
			return false;
		}
	}
	return !s.failed || err_setf(err, ERR_USAGE, "the body is not JSON: %s", s.why);
}

static bool check_value(const struct json_member *m, int depth, struct err *err)
{
	if (m->kind == JSON_STRING) {
		return check_string(m->value, err);
	}
	if (m->kind != JSON_OBJECT && m->kind != JSON_ARRAY) {
		return true;
	}
	if (depth == 0) {
		return err_setf(err, ERR_USAGE, "the body is nested too deeply");
	}
	return check_members(m->value, depth - 1, err);
}

bool fields_check(struct slice body, struct err *err)
{
	struct slice text = slice_trim(body);

	if (!text.len) {
		return true;
	}
	if (text.ptr[0] != '{') {
		return err_setf(err, ERR_USAGE, "the body is not a JSON object");
	}
	return check_members(text, MAX_BODY_DEPTH, err);
}

static bool is_listed(const struct json_member *m, const char *const *names)
{
	for (; *names; names++) {
		if (json_key_is(m, *names)) {
			return true;
		}
	}
	return false;
}

static bool refuse_member(const struct json_member *m, const char *what,
			  const char *const *names, struct err *err)
{
	size_t count = 0;
	const char *near;
	char name[65];

	while (names[count]) {
		count++;
	}
	snprintf(name, sizeof name, "%.*s", (int)(m->key.len < 64 ? m->key.len : 64),
		 m->key.ptr);
	near = str_nearest(name, names, count);
	err_setf(err, ERR_INVALID, "%s has no field \"%s\"", what, name);
	if (near) {
		err_hintf(err, "did you mean \"%s\"?", near);
	}
	return false;
}

bool fields_only(struct slice body, const char *what, const char *const *names,
	       struct err *err)
{
	struct json_scan s;
	struct json_member m;

	json_scan_init(&s, body);
	while (body.len && json_scan_next(&s, &m)) {
		if (!is_listed(&m, names)) {
			return refuse_member(&m, what, names, err);
		}
	}
	return true;
}

bool field_has(struct slice body, const char *name)
{
	struct json_member m;

	return body.len && json_find(body, name, &m) && m.kind != JSON_NULL;
}

bool field_text(struct slice body, const char *name, struct buf *out, struct err *err)
{
	struct json_member m;

	if (!body.len || !json_find(body, name, &m) || m.kind == JSON_NULL) {
		return false;
	}
	if (m.kind != JSON_STRING || !json_unquote(m.value, out)) {
		return err_setf(err, ERR_INVALID, "\"%s\" is not a text", name);
	}
	return true;
}

bool field_need(struct slice body, const char *name, struct buf *out, struct err *err)
{
	struct err inner = ERR_INIT;

	if (field_text(body, name, out, &inner) && out->len) {
		return true;
	}
	if (inner.kind != ERR_NONE) {
		if (err) {
			*err = inner;
		}
		return false;
	}
	return err_setf(err, ERR_INVALID, "\"%s\" is missing", name);
}

bool field_secret(struct slice body, const char *name, struct secret *out,
		 bool *is_present, struct err *err)
{
	struct json_member m;
	struct buf plain = BUF_INIT(MAX_SECRET_BYTES);
	bool ok = true;

	*is_present = body.len && json_find(body, name, &m);
	if (!*is_present || m.kind == JSON_NULL) {
		return true;
	}
	if (m.kind != JSON_STRING || !buf_reserve(&plain, m.value.len) ||
	    !json_unquote(m.value, &plain)) {
		ok = err_setf(err, ERR_INVALID, "\"%s\" is not a text of at most %lu bytes",
			      name, MAX_SECRET_BYTES);
	} else {
		secret_set(out, slice_trim(buf_slice(&plain)));
	}
	buf_wipe(&plain);
	return ok;
}

bool field_flag(struct slice body, const char *name, bool fallback)
{
	struct json_member m;

	if (!body.len || !json_find(body, name, &m)) {
		return fallback;
	}
	return m.kind == JSON_TRUE || (m.kind != JSON_FALSE && fallback);
}
