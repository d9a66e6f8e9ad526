#include "tui/fields.h"

#include <math.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/limits.h"

static bool find(struct slice object, const char *path, struct json_member *m)
{
	struct slice rest = slice_of(path);
	struct slice part;
	char name[64];

	m->value = object;
	while (slice_next(&rest, '.', &part)) {
		if (part.len >= sizeof name || !m->value.len) {
			return false;
		}
		memcpy(name, part.ptr, part.len);
		name[part.len] = '\0';
		if (!json_find(m->value, name, m)) {
			return false;
		}
	}
	return m->kind != JSON_NULL;
}

struct slice field_value(struct slice object, const char *path)
{
	struct json_member m;

	return object.len && find(object, path, &m) ? m.value : SLICE_NULL;
}

const char *member_text(const struct json_member *m, struct arena *a)
{
	if (m->kind == JSON_STRING) {
		return json_text(m, a);
	}
	return m->kind == JSON_NULL ? "" : arena_strndup(a, m->value.ptr, m->value.len);
}

const char *field_str(struct slice object, const char *path, struct arena *a)
{
	struct json_member m;

	return object.len && find(object, path, &m) ? member_text(&m, a) : "";
}

const char *field_either(struct slice object, const char *one, const char *other, struct arena *a)
{
	const char *text = field_str(object, one, a);

	return *text ? text : field_str(object, other, a);
}

double field_num(struct slice object, const char *path)
{
	struct slice value = field_value(object, path);
	double number = NAN;
	char text[40];

	if (value.len && value.len < sizeof text) {
		memcpy(text, value.ptr, value.len);
		text[value.len] = '\0';
		str_to_double(text, &number);
	}
	return number;
}

bool field_is(struct slice object, const char *path)
{
	return slice_eq(field_value(object, path), "true");
}

int64_t field_time(struct slice object, const char *path)
{
	struct slice value = field_value(object, path);
	int64_t at = 0;
	char text[CLOCK_TEXT_BYTES + 8];

	if (value.len > 2 && value.len < sizeof text) {
		memcpy(text, value.ptr + 1, value.len - 2);
		text[value.len - 2] = '\0';
		if (!clock_parse(text, &at)) {
			at = 0;
		}
	}
	return at;
}

const char *field_joined(struct slice object, const char *path, struct arena *a)
{
	struct buf text = BUF_INIT(64 * KIB);
	struct json_scan scan;
	struct json_member m;
	const char *joined;

	json_scan_init(&scan, field_value(object, path));
	while (json_scan_next(&scan, &m)) {
		buf_addf(&text, "%s%s", text.len ? ", " : "", member_text(&m, a));
	}
	joined = arena_strdup(a, buf_text(&text));
	buf_release(&text);
	return joined;
}

size_t field_count(struct slice object, const char *path)
{
	struct json_scan scan;
	struct json_member m;
	size_t count = 0;

	json_scan_init(&scan, field_value(object, path));
	while (json_scan_next(&scan, &m)) {
		count++;
	}
	return count;
}
