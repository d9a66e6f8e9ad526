/*
 * Schemas for Gemini (C94-C96). A new tree is built from the old one, keyword
 * by keyword; what the target does not know becomes a hint in the description.
 * Only keywords are looked at: names below `properties` are never touched.
 */
#include "formats/schema.h"

#include <ctype.h>
#include <json-c/json.h>
#include <string.h>

#include "formats/schema_rebuild.h"

/* References are copied in: bounds what a schema of references can grow to. */
#define MAX_NODES 20000
#define MAX_LEVELS 64

struct cleaner {
	struct json_object *root;
	bool is_classic;                  /* Schema type, else JSON Schema subset */
	unsigned nodes;
	unsigned level;
	const char *refs[MAX_LEVELS];     /* being inlined, innermost last */
	unsigned ref_count;
};

static struct json_object *clean(struct cleaner *c, struct json_object *in);

static bool is_one_of(const char *text, const char *const *list)
{
	for (; *list; list++) {
		if (str_eq(text, *list)) {
			return true;
		}
	}
	return false;
}

static bool is_type(struct json_object *v, enum json_type type)
{
	return json_object_is_type(v, type);
}

/* ---- pieces that need more than a copy ---- */

static struct json_object *clean_map(struct cleaner *c, struct json_object *in)
{
	struct json_object *out = json_object_new_object();

	if (is_type(in, json_type_object)) {
		json_object_object_foreach(in, name, child) {
			json_object_object_add(out, name, clean(c, child));
		}
	}
	return out;
}

static struct json_object *clean_list(struct cleaner *c, struct json_object *in)
{
	struct json_object *out = json_object_new_array();
	size_t len = is_type(in, json_type_array) ? json_object_array_length(in) : 0;

	for (size_t i = 0; i < len; i++) {
		json_object_array_add(out, clean(c, json_object_array_get_idx(in, i)));
	}
	return out;
}

static void set_type(struct cleaner *c, struct json_object *out, const char *name)
{
	char upper[16];
	size_t i = 0;

	if (!c->is_classic) {
		schema_set_str(out, "type", name);
		return;
	}
	for (; name[i] && i < sizeof upper - 1; i++) {
		upper[i] = (char)toupper((unsigned char)name[i]);
	}
	upper[i] = '\0';
	schema_set_str(out, "type", upper);
}

/* C95: [T,"null"] is T and nullable; more types are an anyOf of them. */
static void clean_type_list(struct cleaner *c, struct json_object *out, struct json_object *types)
{
	struct json_object *arms = json_object_new_array();
	const char *only = "string";

	for (size_t i = 0; i < json_object_array_length(types); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(types, i));
		struct json_object *arm;

		if (str_ieq(name, "null")) {
			json_object_object_add(out, "nullable", json_object_new_boolean(true));
			continue;
		}
		only = name ? name : only;
		arm = json_object_new_object();
		set_type(c, arm, only);
		json_object_array_add(arms, arm);
	}
	if (json_object_array_length(arms) > 1) {
		json_object_object_add(out, "anyOf", arms);
		return;
	}
	set_type(c, out, only);
	json_object_put(arms);
}

static void clean_type(struct cleaner *c, struct json_object *out, struct json_object *type)
{
	if (is_type(type, json_type_array) && c->is_classic) {
		clean_type_list(c, out, type);
	} else if (is_type(type, json_type_string)) {
		set_type(c, out, json_object_get_string(type));
	} else {
		json_object_object_add(out, "type", json_object_get(type));
	}
}

/* C95: only texts are choices there; anything else is told in words. */
static void clean_enum(struct cleaner *c, struct json_object *out, struct json_object *choices)
{
	struct json_object *texts;
	bool all_texts = is_type(choices, json_type_array);

	if (!c->is_classic) {
		json_object_object_add(out, "enum", json_object_get(choices));
		return;
	}
	texts = json_object_new_array();
	for (size_t i = 0; all_texts && i < json_object_array_length(choices); i++) {
		struct json_object *item = json_object_array_get_idx(choices, i);

		if (!item) {
			json_object_object_add(out, "nullable", json_object_new_boolean(true));
		} else if (!is_type(item, json_type_string)) {
			all_texts = false;
		} else if (json_object_get_string_len(item)) {
			json_object_array_add(texts, json_object_get(item));
		}
	}
	if (all_texts && json_object_array_length(texts)) {
		set_type(c, out, "string");
		json_object_object_add(out, "enum", json_object_get(texts));
	} else {
		schema_add_hint(out, "enum", choices);
	}
	json_object_put(texts);
}

static void clean_const(struct cleaner *c, struct json_object *out, struct json_object *value)
{
	struct json_object *choices = json_object_new_array();

	json_object_array_add(choices, json_object_get(value));
	clean_enum(c, out, choices);
	json_object_put(choices);
}

static bool is_null_arm(struct json_object *arm)
{
	struct json_object *type = schema_member(arm, "type");

	return is_type(type, json_type_string) && str_ieq(json_object_get_string(type), "null");
}

/* C95: an arm that is null means nullable; a single other arm is the node. */
static void clean_any_of(struct cleaner *c, struct json_object *out, struct json_object *arms)
{
	struct json_object *left = json_object_new_array();
	size_t len = is_type(arms, json_type_array) ? json_object_array_length(arms) : 0;

	for (size_t i = 0; i < len; i++) {
		struct json_object *arm = json_object_array_get_idx(arms, i);

		if (c->is_classic && is_null_arm(arm)) {
			json_object_object_add(out, "nullable", json_object_new_boolean(true));
		} else {
			json_object_array_add(left, clean(c, arm));
		}
	}
	if (c->is_classic && json_object_array_length(left) == 1) {
		json_object_object_foreach(json_object_array_get_idx(left, 0), key, value) {
			json_object_object_add(out, key, json_object_get(value));
		}
		json_object_put(left);
	} else if (json_object_array_length(left)) {
		json_object_object_add(out, "anyOf", left);
	} else {
		json_object_put(left);
	}
}

static void keep_format(struct json_object *out, struct json_object *format)
{
	static const char *const known[] = {
		"enum", "date-time", "int32", "int64", "float", "double", NULL,
	};

	if (is_type(format, json_type_string) &&
	    is_one_of(json_object_get_string(format), known)) {
		json_object_object_add(out, "format", json_object_get(format));
	} else {
		schema_add_hint(out, "format", format);
	}
}

/* Names that no property has are not required of anybody (C95). */
static void prune_required(struct json_object *out)
{
	struct json_object *required = schema_member(out, "required");
	struct json_object *properties = schema_member(out, "properties");
	struct json_object *left;
	size_t len = is_type(required, json_type_array) ? json_object_array_length(required) : 0;

	if (!required) {
		return;
	}
	left = json_object_new_array();
	for (size_t i = 0; i < len; i++) {
		struct json_object *name = json_object_array_get_idx(required, i);

		if (is_type(name, json_type_string) &&
		    schema_member(properties, json_object_get_string(name))) {
			json_object_array_add(left, json_object_get(name));
		}
	}
	if (json_object_array_length(left)) {
		json_object_object_add(out, "required", left);
	} else {
		json_object_object_del(out, "required");
		json_object_put(left);
	}
}

/* ---- references and allOf, before the keywords are walked ---- */

/* "#/$defs/name" or "#/definitions/name"; other pointers are not local ones. */
static struct json_object *find_ref(struct cleaner *c, const char *ref)
{
	if (str_eq(ref, "#")) {
		return c->root;
	}
	if (str_starts(ref, "#/$defs/")) {
		return schema_member(schema_member(c->root, "$defs"), ref + strlen("#/$defs/"));
	}
	if (str_starts(ref, "#/definitions/")) {
		return schema_member(schema_member(c->root, "definitions"),
				     ref + strlen("#/definitions/"));
	}
	return NULL;
}

static bool is_open_ref(const struct cleaner *c, const char *ref)
{
	for (unsigned i = 0; i < c->ref_count; i++) {
		if (str_eq(c->refs[i], ref)) {
			return true;
		}
	}
	return false;
}

static struct json_object *plain_object(struct cleaner *c, const char *keyword,
					struct json_object *value)
{
	struct json_object *out = json_object_new_object();

	set_type(c, out, "object");
	if (keyword) {
		schema_add_hint(out, keyword, value);
	}
	return out;
}

static struct json_object *inline_ref(struct cleaner *c, struct json_object *in,
				      struct json_object *ref)
{
	const char *name = json_object_get_string(ref);
	struct json_object *target = find_ref(c, name);
	struct json_object *description = schema_member(in, "description");
	struct json_object *out;

	if (!target || is_open_ref(c, name) || c->ref_count == MAX_LEVELS) {
		return plain_object(c, "$ref", ref);
	}
	c->refs[c->ref_count++] = name;
	out = clean(c, target);
	c->ref_count--;
	if (description) {
		json_object_object_add(out, "description", json_object_get(description));
	}
	return out;
}

static bool are_all_objects(struct json_object *arms)
{
	size_t len = is_type(arms, json_type_array) ? json_object_array_length(arms) : 0;

	for (size_t i = 0; i < len; i++) {
		if (!is_type(json_object_array_get_idx(arms, i), json_type_object)) {
			return false;
		}
	}
	return len > 0;
}

static void merge_required(struct json_object *into, struct json_object *more)
{
	for (size_t i = 0; i < json_object_array_length(more); i++) {
		struct json_object *name = json_object_array_get_idx(more, i);

		if (!schema_has_text(into, json_object_get_string(name))) {
			json_object_array_add(into, json_object_get(name));
		}
	}
}

/* Adds the arm's members that `into` lacks; properties and required unite. */
static void merge_arm(struct cleaner *c, struct json_object *into, struct json_object *arm)
{
	struct json_object *ref = schema_member(arm, "$ref");

	if (is_type(ref, json_type_string)) {
		struct json_object *target = find_ref(c, json_object_get_string(ref));

		arm = is_type(target, json_type_object) ? target : arm;
	}
	json_object_object_foreach(arm, key, value) {
		struct json_object *there = schema_member(into, key);

		if (str_eq(key, "$ref")) {
			continue;
		}
		if (!there) {
			struct json_object *copy = NULL;

			json_object_deep_copy(value, &copy, NULL);
			json_object_object_add(into, key, copy);
		} else if (str_eq(key, "properties") && is_type(there, json_type_object) &&
			   is_type(value, json_type_object)) {
			merge_arm(c, there, value);
		} else if (str_eq(key, "required") && is_type(there, json_type_array) &&
			   is_type(value, json_type_array)) {
			merge_required(there, value);
		}
	}
}

/* A copy of `in` with its allOf merged into it. */
static struct json_object *merge_all_of(struct cleaner *c, struct json_object *in)
{
	struct json_object *merged = NULL;
	struct json_object *arms = schema_member(in, "allOf");

	json_object_deep_copy(in, &merged, NULL);
	json_object_object_del(merged, "allOf");
	for (size_t i = 0; i < json_object_array_length(arms); i++) {
		merge_arm(c, merged, json_object_array_get_idx(arms, i));
	}
	return merged;
}

/* ---- keywords ---- */

static const char *const classic_copies[] = {
	"title", "nullable", "minItems", "maxItems", "minLength", "maxLength",
	"minProperties", "maxProperties", "minimum", "maximum", "pattern", "required",
	"propertyOrdering", "default", "example", NULL,
};

static const char *const json_copies[] = {
	"$id", "$ref", "$anchor", "format", "title", "minItems", "maxItems",
	"minimum", "maximum", "required", "propertyOrdering", NULL,
};

/* Silence about what describes the schema, not the value. */
static bool is_noise(const char *key)
{
	static const char *const noise[] = {
		"$schema", "$comment", "$id", "$anchor", "$defs", "definitions", "$vocabulary",
		"additionalProperties", "deprecated", "readOnly", "writeOnly", NULL,
	};

	return is_one_of(key, noise) || str_starts(key, "x-");
}

/* Keywords that both kinds know, one way or another; false: not one of them. */
static bool clean_common(struct cleaner *c, struct json_object *out, const char *key,
			 struct json_object *value)
{
	if (str_eq(key, "type")) {
		if (!schema_member(out, "type")) {
			clean_type(c, out, value);
		}
	} else if (str_eq(key, "properties")) {
		json_object_object_add(out, key, clean_map(c, value));
	} else if (str_eq(key, "items")) {
		json_object_object_add(out, key, clean(c, value));
	} else if (str_eq(key, "enum")) {
		clean_enum(c, out, value);
	} else if (str_eq(key, "const")) {
		clean_const(c, out, value);
	} else if (str_eq(key, "anyOf") || (str_eq(key, "oneOf") && c->is_classic)) {
		clean_any_of(c, out, value);
	} else {
		return false;
	}
	return true;
}

static bool clean_json_only(struct cleaner *c, struct json_object *out, const char *key,
			    struct json_object *value)
{
	if (str_eq(key, "$defs")) {
		json_object_object_add(out, key, clean_map(c, value));
	} else if (str_eq(key, "prefixItems") || str_eq(key, "oneOf")) {
		json_object_object_add(out, key, clean_list(c, value));
	} else if (str_eq(key, "additionalProperties")) {
		json_object_object_add(out, key, is_type(value, json_type_object)
				       ? clean(c, value) : json_object_get(value));
	} else {
		return false;
	}
	return true;
}

static void clean_keyword(struct cleaner *c, struct json_object *out, const char *key,
			  struct json_object *value)
{
	if (clean_common(c, out, key, value) ||
	    (!c->is_classic && clean_json_only(c, out, key, value))) {
		return;
	}
	if (str_eq(key, "description")) {
		schema_describe(out, value);
	} else if (is_one_of(key, c->is_classic ? classic_copies : json_copies)) {
		json_object_object_add(out, key, json_object_get(value));
	} else if (c->is_classic && str_eq(key, "format")) {
		keep_format(out, value);
	} else if (!is_noise(key)) {
		schema_add_hint(out, key, value);
	}
}

static struct json_object *clean_object(struct cleaner *c, struct json_object *in)
{
	struct json_object *out = json_object_new_object();
	struct json_object *type;

	json_object_object_foreach(in, key, value) {
		clean_keyword(c, out, key, value);
	}
	if (c->is_classic) {
		prune_required(out);
		type = schema_member(out, "type");
		if (is_type(type, json_type_string) &&
		    str_eq(json_object_get_string(type), "ARRAY") &&
		    !schema_member(out, "items")) {
			struct json_object *items = json_object_new_object();

			set_type(c, items, "string");
			json_object_object_add(out, "items", items);
		}
	}
	return out;
}

/* A reference may only stand beside other $ members (C94). */
static struct json_object *only_ref(struct json_object *in)
{
	struct json_object *out = json_object_new_object();

	json_object_object_foreach(in, key, value) {
		if (key[0] == '$' && !str_eq(key, "$schema") && !str_eq(key, "$defs")) {
			json_object_object_add(out, key, json_object_get(value));
		}
	}
	return out;
}

static struct json_object *clean_node(struct cleaner *c, struct json_object *in)
{
	struct json_object *ref = schema_member(in, "$ref");
	struct json_object *merged;
	struct json_object *out;

	if (is_type(ref, json_type_string) && in != c->root) {
		if (c->is_classic) {
			return inline_ref(c, in, ref);
		}
		return str_starts(json_object_get_string(ref), "#/definitions/")
			       ? inline_ref(c, in, ref) : only_ref(in);
	}
	if (!are_all_objects(schema_member(in, "allOf"))) {
		return clean_object(c, in);
	}
	merged = merge_all_of(c, in);
	out = clean_object(c, merged);
	json_object_put(merged);
	return out;
}

/* Always a new reference. Nonsense (`true`, null, arrays) is an object of
 * anything. */
static struct json_object *clean(struct cleaner *c, struct json_object *in)
{
	struct json_object *out;

	if (!is_type(in, json_type_object) || c->level == MAX_LEVELS ||
	    c->nodes++ > MAX_NODES) {
		return plain_object(c, NULL, NULL);
	}
	c->level++;
	out = clean_node(c, in);
	c->level--;
	return out;
}

static struct slice run(struct arena *a, struct slice schema, bool is_classic)
{
	struct cleaner c = { .root = schema_parse(schema), .is_classic = is_classic };
	struct slice out;

	if (!c.root) {
		return schema_print(a, plain_object(&c, NULL, NULL));
	}
	out = schema_print(a, clean(&c, c.root));
	json_object_put(c.root);
	return out;
}

struct slice schema_for_gemini_json(struct arena *a, struct slice schema)
{
	return run(a, schema, false);
}

static bool has_properties(struct slice schema)
{
	struct json_object *v = schema_parse(schema);
	struct json_object *properties = schema_member(v, "properties");
	struct json_object *type = schema_member(v, "type");
	bool has = is_type(properties, json_type_object) &&
		   json_object_object_length(properties) > 0;
	bool is_object = !type || (is_type(type, json_type_string) &&
				   str_ieq(json_object_get_string(type), "object"));

	if (v && !has && (!is_object || schema_member(v, "$ref") || schema_member(v, "allOf"))) {
		has = true;
	}
	json_object_put(v);
	return has;
}

struct slice schema_for_gemini(struct arena *a, struct slice schema, bool for_parameters)
{
	if (for_parameters && !has_properties(schema)) {
		return SLICE_NULL;
	}
	return run(a, schema, true);
}
