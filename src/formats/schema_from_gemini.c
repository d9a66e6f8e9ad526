/* C38: a classic Gemini schema -> JSON Schema. */
#include "formats/schema.h"

#include <ctype.h>
#include <json-c/json.h>

#include "formats/schema_rebuild.h"

static void lower_types(struct json_object *v);

static void lower_own_type(struct json_object *v)
{
	struct json_object *type = schema_member(v, "type");
	bool is_nullable = json_object_get_boolean(schema_member(v, "nullable"));
	struct json_object *both;
	char lower[16] = "";

	if (!json_object_is_type(type, json_type_string)) {
		return;
	}
	str_copy(lower, sizeof lower, json_object_get_string(type));
	for (char *c = lower; *c; c++) {
		*c = (char)tolower((unsigned char)*c);
	}
	if (is_nullable) {
		both = json_object_new_array();
		json_object_array_add(both, json_object_new_string(lower));
		json_object_array_add(both, json_object_new_string("null"));
		json_object_object_add(v, "type", both);
	} else {
		schema_set_str(v, "type", lower);
	}
	json_object_object_del(v, "nullable");
}

/* int64 in proto JSON may be a text: "minItems":"2". */
static void unquote_counts(struct json_object *v)
{
	static const char *const counts[] = {
		"minItems", "maxItems", "minLength", "maxLength", "minProperties",
		"maxProperties",
	};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct json_object *count = schema_member(v, counts[i]);
		int64_t number;

		if (json_object_is_type(count, json_type_string) &&
		    str_to_i64(json_object_get_string(count), &number)) {
			json_object_object_add(v, counts[i], json_object_new_int64(number));
		}
	}
}

static void lower_types(struct json_object *v)
{
	struct json_object *properties = schema_member(v, "properties");
	struct json_object *arms = schema_member(v, "anyOf");

	if (!json_object_is_type(v, json_type_object)) {
		return;
	}
	lower_own_type(v);
	unquote_counts(v);
	lower_types(schema_member(v, "items"));
	if (json_object_is_type(properties, json_type_object)) {
		json_object_object_foreach(properties, name, property) {
			(void)name;
			lower_types(property);
		}
	}
	for (size_t i = 0; json_object_is_type(arms, json_type_array) &&
			   i < json_object_array_length(arms); i++) {
		lower_types(json_object_array_get_idx(arms, i));
	}
}

struct slice schema_from_gemini(struct arena *a, struct slice schema)
{
	struct json_object *v = schema_parse(schema);

	if (!v) {
		return schema;
	}
	lower_types(v);
	return schema_print(a, v);
}
