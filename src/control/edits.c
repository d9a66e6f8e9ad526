#include "control/edits.h"

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/limits.h"

#define PLAIN_FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define PLAIN_CHARS PLAIN_FIRST "0123456789-./"

static bool merge_value(struct edits *e, struct buf *path, const struct json_member *m,
			struct err *err);

void edits_init(struct edits *e, struct slice current)
{
	e->current = current;
	e->count = 0;
	e->is_full = false;
	arena_init(&e->arena, 4 * KIB);
}

void edits_release(struct edits *e)
{
	arena_release(&e->arena);
	e->count = 0;
}

void edits_add(struct edits *e, enum edit_kind kind, const char *path, struct slice value)
{
	if (e->count == MAX_EDITS) {
		e->is_full = true;
		return;
	}
	e->items[e->count++] = (struct edit){
		.kind = kind,
		.path = arena_strdup(&e->arena, path),
		.value = value.ptr ? arena_strndup(&e->arena, value.ptr, value.len) : NULL,
	};
}

static bool all_of(struct slice text, const char *chars)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!text.ptr[i] || !strchr(chars, text.ptr[i])) {
			return false;
		}
	}
	return text.len > 0;
}

void edits_item(struct buf *path, const char *list, const char *name)
{
	buf_addf(path, "%s[name=", list);
	config_path_quote(path, slice_of(name));
	buf_addc(path, ']');
}

/* A value may land inside "{…}" or "[…]", where more characters than usual
 * end a plain scalar: whatever is not plainly plain is quoted, and JSON's
 * quoting is YAML's. yaml_quote() knows the words that mean something else. */
static void add_text(struct slice text, struct buf *out)
{
	if (all_of(text, PLAIN_CHARS) && strchr(PLAIN_FIRST, text.ptr[0])) {
		yaml_quote(out, text.ptr);
	} else {
		json_quote(out, text);
	}
}

static bool add_string(struct slice raw, struct buf *out, struct err *err)
{
	struct buf plain = BUF_INIT(raw.len + 8);
	bool ok = json_unquote(raw, &plain);

	if (ok) {
		add_text(buf_slice(&plain), out);
	} else {
		err_setf(err, ERR_USAGE, "the body holds a malformed string");
	}
	buf_release(&plain);
	return ok;
}

static bool add_nested(struct slice json, char open, char close, struct buf *out,
		       struct err *err)
{
	struct json_scan s;
	struct json_member m;
	bool is_first = true;

	buf_addc(out, open);
	json_scan_init(&s, json);
	while (json_scan_next(&s, &m)) {
		if (m.key.ptr && m.kind == JSON_NULL) {
			continue;
		}
		if (!is_first) {
			buf_adds(out, ", ");
		}
		is_first = false;
		if (m.key.ptr) {
			if (!add_string(json_key_text(&m), out, err)) {
				return false;
			}
			buf_adds(out, ": ");
		}
		if (!edits_yaml(m.value, out, err)) {
			return false;
		}
	}
	buf_addc(out, close);
	return !s.failed || err_setf(err, ERR_USAGE, "the body is not JSON: %s", s.why);
}

bool edits_yaml(struct slice json, struct buf *out, struct err *err)
{
	switch (json.ptr[0]) {
	case '"':
		return add_string(json, out, err);
	case '{':
		return add_nested(json, '{', '}', out, err);
	case '[':
		return add_nested(json, '[', ']', out, err);
	default:
		buf_add(out, json.ptr, json.len);
		return true;
	}
}

static bool is_in_file(const struct edits *e, const char *path)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	bool found = config_get_text(e->current, path, &text, NULL);

	buf_release(&text);
	return found;
}

static bool set_value(struct edits *e, const char *path, struct slice json, struct err *err)
{
	struct buf yaml = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok = edits_yaml(json, &yaml, err);

	if (ok) {
		edits_add(e, EDIT_SET, path, buf_slice(&yaml));
	}
	buf_release(&yaml);
	return ok;
}

static bool is_listed(const struct json_member *m, const char *const *names)
{
	if (!names) {
		return true;
	}
	while (*names && !json_key_is(m, *names)) {
		names++;
	}
	return *names;
}

/* Leaves `path` as it was. */
static bool merge_member(struct edits *e, struct buf *path, const struct json_member *m,
			 struct err *err)
{
	size_t len = path->len;
	struct buf name = BUF_INIT(m->key.len + 8);
	bool ok = json_unquote(json_key_text(m), &name) &&
		  name.len;

	if (ok) {
		config_path_add(path, buf_slice(&name));
		ok = merge_value(e, path, m, err);
		path->len = len;
		path->ptr[len] = '\0';
	} else {
		err_setf(err, ERR_INVALID, "a name in the body is empty");
	}
	buf_release(&name);
	return ok;
}

static bool merge_members(struct edits *e, struct buf *path, struct slice object,
			  const char *const *names, struct err *err)
{
	struct json_scan s;
	struct json_member m;

	json_scan_init(&s, object);
	while (json_scan_next(&s, &m)) {
		if (is_listed(&m, names) && !merge_member(e, path, &m, err)) {
			return false;
		}
	}
	return true;
}

static bool merge_value(struct edits *e, struct buf *path, const struct json_member *m,
			struct err *err)
{
	if (path->failed) {
		return err_setf(err, ERR_TOO_LARGE, "the body is nested too deeply");
	}
	if (m->kind == JSON_OBJECT) {
		return merge_members(e, path, m->value, NULL, err);
	}
	if (m->kind != JSON_NULL) {
		return set_value(e, buf_text(path), m->value, err);
	}
	if (is_in_file(e, buf_text(path))) {
		edits_add(e, EDIT_REMOVE, buf_text(path), SLICE_NULL);
	}
	return true;
}

bool edits_merge(struct edits *e, const char *path, struct slice object,
		 const char *const *names, struct err *err)
{
	struct buf full = BUF_INIT(4 * KIB);
	bool ok;

	buf_adds(&full, path);
	ok = merge_members(e, &full, object, names, err);
	buf_release(&full);
	if (ok && e->is_full) {
		return err_setf(err, ERR_TOO_LARGE, "more than %d changes in one call",
				MAX_EDITS);
	}
	return ok;
}

bool edits_mapping(struct slice object, const char *const *names, struct buf *out,
		   struct err *err)
{
	for (; *names; names++) {
		struct json_member m;

		if (!json_find(object, *names, &m) || m.kind == JSON_NULL) {
			continue;
		}
		buf_addf(out, "%s: ", *names);
		if (!edits_yaml(m.value, out, err)) {
			return false;
		}
		buf_addc(out, '\n');
	}
	return true;
}
