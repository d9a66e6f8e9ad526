/* Schemas that stay as they are, and the strict subset (C90-C92). */
#include "formats/schema.h"

#include <string.h>

#include "formats/hub.h"
#include "formats/json_tree.h"

/* C92, published limits of the strict subset. */
#define STRICT_MAX_PROPERTIES 5000
#define STRICT_MAX_LEVELS 10
#define STRICT_MAX_ENUM 1000
#define STRICT_MAX_NAME_CHARS 120000

static const char no_parameters[] = "{\"type\":\"object\",\"properties\":{}}";

struct slice schema_for_anthropic(struct arena *a, struct slice schema)
{
	const struct json *root = schema.len ? json_read(a, schema, NULL) : NULL;
	struct slice rest;

	if (!json_is(root, JSON_OBJECT) || !root->count) {
		return slice_of(no_parameters);
	}
	if (json_get(root, "type")) {
		return json_one_line(a, root->raw);
	}
	rest = json_one_line(a, root->raw);
	return slice_cat(a, slice_of("{\"type\":\"object\","),
			 (struct slice){ rest.ptr + 1, rest.len - 1 });
}

struct strict_check {
	size_t properties;
	size_t enums;
	size_t name_chars;
};

static bool is_strict_node(struct strict_check *c, const struct json *v, int level);

static bool is_known_to_strict(struct slice key)
{
	static const char *const refused[] = {
		"$anchor", "$dynamicAnchor", "$dynamicRef", "allOf", "oneOf", "not", "if",
		"then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
		"propertyNames", "unevaluatedProperties", "unevaluatedItems", "contains",
		"minContains", "maxContains", "minProperties", "maxProperties", "prefixItems",
		"uniqueItems", "contentEncoding", "contentMediaType", "contentSchema",
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (slice_eq(key, refused[i])) {
			return false;
		}
	}
	return true;
}

static bool is_required(const struct json *required, struct slice name)
{
	json_each(item, required) {
		if (item->kind == JSON_STRING && slice_same(item->text, name)) {
			return true;
		}
	}
	return false;
}

static bool are_strict_properties(struct strict_check *c, const struct json *v, int level)
{
	const struct json *required = json_get(v, "required");

	if (!json_is(json_get(v, "additionalProperties"), JSON_FALSE)) {
		return false;
	}
	json_each(property, json_get(v, "properties")) {
		c->name_chars += property->key.len;
		if (++c->properties > STRICT_MAX_PROPERTIES ||
		    c->name_chars > STRICT_MAX_NAME_CHARS ||
		    !is_required(required, property->key) ||
		    !is_strict_node(c, property, level + 1)) {
			return false;
		}
	}
	return true;
}

static bool are_strict_children(struct strict_check *c, const struct json *list, int level)
{
	json_each(child, list) {
		if (!is_strict_node(c, child, level)) {
			return false;
		}
	}
	return true;
}

static bool is_object_type(const struct json *v)
{
	const struct json *type = json_get(v, "type");

	json_each(item, type) {
		if (json_is_text(item, "object")) {
			return true;
		}
	}
	return json_is_text(type, "object") || json_get(v, "properties");
}

/* OpenAI's grammar of patterns has no look-around. */
static bool is_strict_pattern(struct slice pattern)
{
	static const char *const refused[] = { "(?=", "(?!", "(?<=", "(?<!" };

	for (size_t i = 0; i < ARRAY_LEN(refused) && pattern.len; i++) {
		if (str_ifind(pattern.ptr, pattern.len, refused[i])) {
			return false;
		}
	}
	return true;
}

static bool is_strict_node(struct strict_check *c, const struct json *v, int level)
{
	const struct json *choices = json_get(v, "enum");
	const struct json *items = json_get(v, "items");

	if (!json_is(v, JSON_OBJECT) || level > STRICT_MAX_LEVELS) {
		return false;
	}
	json_each(member, v) {
		if (!is_known_to_strict(member->key)) {
			return false;
		}
	}
	c->enums += choices ? choices->count : 0;
	if (c->enums > STRICT_MAX_ENUM || !is_strict_pattern(json_get_text(v, "pattern")) ||
	    (is_object_type(v) && !are_strict_properties(c, v, level)) ||
	    (items && !is_strict_node(c, items, level + 1))) {
		return false;
	}
	return are_strict_children(c, json_get(v, "anyOf"), level) &&
	       are_strict_children(c, json_get(v, "$defs"), level) &&
	       are_strict_children(c, json_get(v, "definitions"), level);
}

bool schema_is_strict(struct slice schema)
{
	struct strict_check check = { .properties = 0 };
	struct arena scratch;
	const struct json *root;
	bool ok;

	arena_init(&scratch, 8192);
	root = json_read(&scratch, schema, NULL);
	ok = json_is_text(json_get(root, "type"), "object") && !json_get(root, "anyOf") &&
	     is_strict_node(&check, root, 1);
	arena_release(&scratch);
	return ok;
}
