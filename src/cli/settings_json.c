/*
 * Values in a JSON text by their path, with json_scan's byte ranges: what is
 * not touched stays as its owner wrote it.
 */
#include "cli/settings.h"

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#define MAX_DEPTH 8

/* Where a path leads in a text. */
struct place {
	struct slice names[MAX_DEPTH];
	size_t count;
	struct slice objects[MAX_DEPTH];  /* objects[i] holds names[i] */
	size_t depth;                     /* objects that exist */
	struct json_member member;        /* valid when `found` */
	bool found;
};

static bool not_json(struct err *err)
{
	return err_setf(err, ERR_INVALID, "it is not plain JSON (comments?)");
}

static bool find_member(struct slice object, struct slice name, struct json_member *member)
{
	char *text = xstrndup(name.ptr, name.len);
	bool found = json_find(object, text, member);

	free(text);
	return found;
}

static bool is_object(struct slice text)
{
	struct json_scan scan;
	struct json_member member;

	json_scan_init(&scan, text);
	while (json_scan_next(&scan, &member)) {
	}
	return !scan.failed && scan.closer == '}';
}

static bool locate(struct slice text, const char *path, struct place *place, struct err *err)
{
	struct slice rest = slice_of(path);
	struct slice at = slice_trim(text);

	*place = (struct place){ .count = 0 };
	while (place->count < MAX_DEPTH && slice_next(&rest, '.', &place->names[place->count])) {
		place->count++;
	}
	for (size_t i = 0; i < place->count; i++) {
		if (!is_object(at)) {
			return not_json(err);
		}
		place->objects[place->depth++] = at;
		if (!find_member(at, place->names[i], &place->member)) {
			return true;
		}
		at = place->member.value;
	}
	place->found = true;
	return true;
}

static bool has_members(struct slice object)
{
	struct json_scan scan;
	struct json_member member;

	json_scan_init(&scan, object);
	return json_scan_next(&scan, &member);
}

static void line_break(struct buf *out, size_t level)
{
	buf_addf(out, "\n%*s", (int)(2 * level), "");
}

/* "name": value, with the objects in between that do not exist yet. */
static void add_branch(struct buf *out, const struct place *place, struct slice raw)
{
	size_t first = place->depth - 1;

	for (size_t i = first; i < place->count; i++) {
		if (i > first) {
			buf_addc(out, '{');
			line_break(out, i + 1);
		}
		json_quote(out, place->names[i]);
		buf_adds(out, ": ");
	}
	buf_add(out, raw.ptr, raw.len);
	for (size_t i = place->count; i-- > first + 1;) {
		line_break(out, i);
		buf_addc(out, '}');
	}
}

static void copy(struct buf *out, const char *from, const char *to)
{
	buf_add(out, from, (size_t)(to - from));
}

static const char *end_of(struct slice s)
{
	return s.ptr + s.len;
}

/* A new last member of the innermost object that exists. */
static void insert(struct slice text, const struct place *place, struct slice raw,
		   struct buf *out)
{
	struct slice object = place->objects[place->depth - 1];
	const char *close = end_of(object) - 1;
	const char *before = close;

	while (before > object.ptr + 1 && strchr(" \t\r\n", before[-1])) {
		before--;
	}
	copy(out, text.ptr, before);
	if (has_members(object)) {
		buf_addc(out, ',');
	}
	line_break(out, place->depth);
	add_branch(out, place, raw);
	if (before == close) {
		line_break(out, place->depth - 1);
	}
	copy(out, before, end_of(text));
}

bool json_settings_set(struct slice text, const char *path, struct slice raw, struct buf *out,
		       struct err *err)
{
	struct slice whole = slice_trim(text).len ? text : slice_of("{}\n");
	struct place place;

	if (!locate(whole, path, &place, err)) {
		return false;
	}
	if (place.found) {
		copy(out, whole.ptr, place.member.value.ptr);
		buf_add(out, raw.ptr, raw.len);
		copy(out, end_of(place.member.value), end_of(whole));
	} else {
		insert(whole, &place, raw, out);
	}
	return true;
}

bool json_settings_get(struct slice text, const char *path, struct buf *raw)
{
	struct place place;

	if (!slice_trim(text).len || !locate(text, path, &place, NULL) || !place.found) {
		return false;
	}
	buf_add(raw, place.member.value.ptr, place.member.value.len);
	return true;
}

/* The bytes of a member with one of the commas beside it. */
static void member_range(struct slice object, const struct json_member *member,
			 const char **from, const char **to)
{
	const char *first = object.ptr + 1;
	const char *last = end_of(object) - 1;

	*from = member->key.ptr - 1;
	*to = end_of(member->value);
	while (*from > first && strchr(" \t\r\n", (*from)[-1])) {
		(*from)--;
	}
	if (*from > first && (*from)[-1] == ',') {
		(*from)--;
		return;
	}
	/* The first member: its comma stands behind it. */
	while (*to < last && strchr(" \t\r\n", **to)) {
		(*to)++;
	}
	if (*to < last && **to == ',') {
		(*to)++;
	} else {
		*to = last;
	}
}

static size_t count_members(struct slice object)
{
	struct json_scan scan;
	struct json_member member;
	size_t count = 0;

	json_scan_init(&scan, object);
	while (json_scan_next(&scan, &member)) {
		count++;
	}
	return count;
}

/* The bytes of what is at the path, and of an object that holds nothing else. */
static void found_range(const struct place *place, const char **from, const char **to)
{
	size_t level = place->count - 1;
	struct json_member member;

	while (level > 0 && count_members(place->objects[level]) == 1) {
		level--;
	}
	if (find_member(place->objects[level], place->names[level], &member)) {
		member_range(place->objects[level], &member, from, to);
	}
}

bool json_settings_remove(struct slice text, const char *path, struct buf *out,
			  struct err *err)
{
	const char *from = end_of(text);
	const char *to = end_of(text);
	struct place place;

	if (!slice_trim(text).len) {
		return true;
	}
	if (!locate(text, path, &place, err)) {
		return false;
	}
	if (place.found) {
		found_range(&place, &from, &to);
	}
	copy(out, text.ptr, from);
	copy(out, to, end_of(text));
	return true;
}
