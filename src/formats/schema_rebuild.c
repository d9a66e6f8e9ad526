#include "formats/schema_rebuild.h"

#include <json-c/json.h>

#include "base/buf.h"
#include "base/limits.h"

struct json_object *schema_parse(struct slice schema)
{
	struct json_tokener *reader = json_tokener_new_ex(MAX_JSON_DEPTH);
	struct json_object *v = NULL;

	if (reader && schema.len && schema.len < INT32_MAX) {
		v = json_tokener_parse_ex(reader, schema.ptr, (int)schema.len);
	}
	json_tokener_free(reader);
	if (v && !json_object_is_type(v, json_type_object)) {
		json_object_put(v);
		v = NULL;
	}
	return v;
}

struct slice schema_print(struct arena *a, struct json_object *v)
{
	size_t len = 0;
	const char *text = json_object_to_json_string_length(
		v, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	struct slice out = arena_slice(a, (struct slice){ text, len });

	json_object_put(v);
	return out;
}

struct json_object *schema_member(struct json_object *v, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(v, json_type_object)) {
		return NULL;
	}
	json_object_object_get_ex(v, key, &member);
	return member;
}

void schema_set_str(struct json_object *v, const char *key, const char *text)
{
	json_object_object_add(v, key, json_object_new_string(text));
}

/* Bounded like any text that is made of a stranger's. */
#define MAX_DESCRIPTION_BYTES (1 * MIB)

static const char *text_or_empty(struct json_object *v)
{
	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
}

void schema_add_hint(struct json_object *v, const char *keyword, struct json_object *value)
{
	const char *before = text_or_empty(schema_member(v, "description"));
	const char *shown = json_object_is_type(value, json_type_string)
				    ? json_object_get_string(value)
				    : json_object_to_json_string_ext(
					      value, JSON_C_TO_STRING_PLAIN |
						     JSON_C_TO_STRING_NOSLASHESCAPE);
	struct buf text = BUF_INIT(MAX_DESCRIPTION_BYTES);

	buf_addf(&text, "%s%s%s: %s", before, *before ? "\n" : "", keyword,
		 shown ? shown : "null");
	schema_set_str(v, "description", buf_text(&text));
	buf_release(&text);
}

void schema_describe(struct json_object *v, struct json_object *description)
{
	const char *hints = text_or_empty(schema_member(v, "description"));
	struct buf text = BUF_INIT(MAX_DESCRIPTION_BYTES);

	buf_addf(&text, "%s%s%s", text_or_empty(description), *hints ? "\n" : "", hints);
	schema_set_str(v, "description", buf_text(&text));
	buf_release(&text);
}

bool schema_has_text(struct json_object *array, const char *text)
{
	size_t len = json_object_is_type(array, json_type_array)
			     ? json_object_array_length(array) : 0;

	for (size_t i = 0; i < len; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_string) &&
		    str_eq(json_object_get_string(item), text)) {
			return true;
		}
	}
	return false;
}
