/* C93: a schema made to fit the strict subset, where a route asks for it. */
#include "formats/schema.h"

#include <json-c/json.h>

#include "formats/schema_rebuild.h"

static void make_strict(struct json_object *v);

static bool allows_null(struct json_object *v)
{
	struct json_object *type = schema_member(v, "type");

	return (json_object_is_type(type, json_type_string) &&
		str_eq(json_object_get_string(type), "null")) || schema_has_text(type, "null");
}

/* type T becomes [T,"null"]; a node without a type gets an anyOf around it. */
static struct json_object *nullable(struct json_object *v)
{
	struct json_object *type = schema_member(v, "type");
	struct json_object *types;
	struct json_object *arms;
	struct json_object *null_arm;
	struct json_object *outer;

	if (allows_null(v)) {
		return json_object_get(v);
	}
	if (json_object_is_type(type, json_type_array)) {
		json_object_array_add(type, json_object_new_string("null"));
		return json_object_get(v);
	}
	if (json_object_is_type(type, json_type_string) && !schema_member(v, "enum")) {
		types = json_object_new_array();
		json_object_array_add(types, json_object_get(type));
		json_object_array_add(types, json_object_new_string("null"));
		json_object_object_add(v, "type", types);
		return json_object_get(v);
	}
	outer = json_object_new_object();
	arms = json_object_new_array();
	null_arm = json_object_new_object();
	schema_set_str(null_arm, "type", "null");
	json_object_array_add(arms, json_object_get(v));
	json_object_array_add(arms, null_arm);
	json_object_object_add(outer, "anyOf", arms);
	return outer;
}

static void close_object(struct json_object *v, struct json_object *properties)
{
	struct json_object *before = schema_member(v, "required");
	struct json_object *required = json_object_new_array();
	struct json_object *made = json_object_new_object();

	json_object_object_foreach(properties, name, property) {
		make_strict(property);
		json_object_array_add(required, json_object_new_string(name));
		json_object_object_add(made, name, schema_has_text(before, name)
				       ? json_object_get(property) : nullable(property));
	}
	json_object_object_add(v, "properties", made);
	json_object_object_add(v, "required", required);
	json_object_object_add(v, "additionalProperties", json_object_new_boolean(false));
}

static void make_all_strict(struct json_object *v, const char *key)
{
	struct json_object *list = schema_member(v, key);

	if (json_object_is_type(list, json_type_object)) {
		json_object_object_foreach(list, name, child) {
			(void)name;
			make_strict(child);
		}
	} else if (json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			make_strict(json_object_array_get_idx(list, i));
		}
	}
}

static void make_strict(struct json_object *v)
{
	struct json_object *properties = schema_member(v, "properties");
	struct json_object *type = schema_member(v, "type");
	bool is_object = json_object_is_type(type, json_type_string) &&
			 str_eq(json_object_get_string(type), "object");

	if (!json_object_is_type(v, json_type_object)) {
		return;
	}
	make_all_strict(v, "$defs");
	make_all_strict(v, "definitions");
	make_all_strict(v, "anyOf");
	make_strict(schema_member(v, "items"));
	if (json_object_is_type(properties, json_type_object)) {
		close_object(v, properties);
	} else if (is_object || schema_has_text(type, "object")) {
		properties = json_object_new_object();
		close_object(v, properties);
		json_object_put(properties);
	}
}

struct slice schema_make_strict(struct arena *a, struct slice schema)
{
	struct json_object *v = schema_parse(schema);

	if (!v) {
		return schema;
	}
	make_strict(v);
	return schema_print(a, v);
}
