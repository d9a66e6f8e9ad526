#include "demo/demo_value.h"

#include "base/json_text.h"
#include "base/json_write.h"

/* Deeper schemas end in {}: nobody's tool needs more. */
#define MAX_DEPTH 8

static void write_value(struct json_writer *w, struct slice schema, int depth);

static bool has_type(struct slice schema, const char *type)
{
	struct json_member m;
	struct json_member first;

	if (!json_find(schema, "type", &m)) {
		return false;
	}
	if (m.kind == JSON_ARRAY && json_first(m.value, &first)) {
		m = first;
	}
	return m.kind == JSON_STRING &&
	       slice_ieq((struct slice){ m.value.ptr + 1, m.value.len - 2 }, type);
}

/* A member called by a raw key (with its escapes, without quotes). */
static bool find_raw(struct slice object, struct slice key, struct json_member *out)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, object);
	while (json_scan_next(&scan, &m)) {
		if (m.key.len == key.len && memcmp(m.key.ptr, key.ptr, key.len) == 0) {
			*out = m;
			return true;
		}
	}
	return false;
}

static void write_raw_key(struct json_writer *w, struct slice quoted)
{
	json_raw(w, quoted);
	buf_addc(w->out, ':');
	w->after_key = true;
}

static void write_object(struct json_writer *w, struct slice schema, int depth)
{
	struct json_member properties;
	struct json_member required;
	struct json_member name;
	struct json_member property;
	struct json_scan scan;

	json_object(w);
	if (json_find_kind(schema, "properties", JSON_OBJECT, &properties) &&
	    json_find_kind(schema, "required", JSON_ARRAY, &required)) {
		json_scan_init(&scan, required.value);
		while (json_scan_next(&scan, &name)) {
			struct slice key = { name.value.ptr + 1, name.value.len - 2 };

			if (name.kind == JSON_STRING &&
			    find_raw(properties.value, key, &property)) {
				write_raw_key(w, name.value);
				write_value(w, property.value, depth + 1);
			}
		}
	}
	json_end(w);
}

static void write_array(struct json_writer *w, struct slice schema, int depth)
{
	struct json_member items;

	json_array(w);
	if (json_find_kind(schema, "items", JSON_OBJECT, &items) && depth < MAX_DEPTH) {
		write_value(w, items.value, depth + 1);
	}
	json_end(w);
}

static void write_value(struct json_writer *w, struct slice schema, int depth)
{
	struct json_member list;
	struct json_member first;

	if (json_find_kind(schema, "enum", JSON_ARRAY, &list) &&
	    json_first(list.value, &first)) {
		json_raw(w, first.value);
	} else if (has_type(schema, "string")) {
		json_str(w, "demo");
	} else if (has_type(schema, "integer") || has_type(schema, "number")) {
		json_int(w, 1);
	} else if (has_type(schema, "boolean")) {
		json_bool(w, true);
	} else if (has_type(schema, "null")) {
		json_null(w);
	} else if (has_type(schema, "array")) {
		write_array(w, schema, depth);
	} else if (depth < MAX_DEPTH) {
		write_object(w, schema, depth);
	} else {
		json_raw(w, slice_of("{}"));
	}
}

void demo_value_write(struct slice schema, struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	write_value(&w, schema, 0);
}
