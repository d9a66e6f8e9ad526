#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "formats/schema.h"
#include "tests/unit/test_arena.h"

static const char *classic(const char *schema)
{
	return schema_for_gemini(&arena, slice_of(schema), false).ptr;
}

static const char *json(const char *schema)
{
	return schema_for_gemini_json(&arena, slice_of(schema)).ptr;
}

/* Cleaning what is clean changes nothing (C96). */
static void expect_classic(const char *schema, const char *want)
{
	assert_string_equal(classic(schema), want);
	assert_string_equal(classic(want), want);
}

static void expect_json(const char *schema, const char *want)
{
	assert_string_equal(json(schema), want);
	assert_string_equal(json(want), want);
}

/* C90 */
static void anthropic_wants_an_object(void **state)
{
	static const char empty[] = "{\"type\":\"object\",\"properties\":{}}";

	(void)state;
	assert_string_equal(schema_for_anthropic(&arena, SLICE_NULL).ptr, empty);
	assert_string_equal(schema_for_anthropic(&arena, slice_of("{}")).ptr, empty);
	assert_string_equal(schema_for_anthropic(&arena, slice_of("null")).ptr, empty);
	assert_string_equal(
		schema_for_anthropic(&arena, slice_of("{\"anyOf\":[{\"type\":\"object\"}]}")).ptr,
		"{\"type\":\"object\",\"anyOf\":[{\"type\":\"object\"}]}");
	assert_string_equal(
		schema_for_anthropic(&arena, slice_of("{\"type\":\"object\",\"x\":1.0}")).ptr,
		"{\"type\":\"object\",\"x\":1.0}");
}

/* C95; field-lessons 40, 41, 42 */
static void classic_types(void **state)
{
	(void)state;
	expect_classic("{\"type\":[\"string\",\"null\"]}",
		       "{\"nullable\":true,\"type\":\"STRING\"}");
	expect_classic("{\"type\":[\"string\",\"integer\"]}",
		       "{\"anyOf\":[{\"type\":\"STRING\"},{\"type\":\"INTEGER\"}]}");
	expect_classic("{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}",
		       "{\"nullable\":true,\"type\":\"STRING\"}");
	expect_classic("{\"const\":\"x\"}", "{\"type\":\"STRING\",\"enum\":[\"x\"]}");
	expect_classic("{\"type\":\"integer\",\"enum\":[1,2]}",
		       "{\"type\":\"INTEGER\",\"description\":\"enum: [1,2]\"}");
	expect_classic("{\"enum\":[\"a\",\"\",null]}",
		       "{\"nullable\":true,\"type\":\"STRING\",\"enum\":[\"a\"]}");
	expect_classic("{\"type\":\"array\"}",
		       "{\"type\":\"ARRAY\",\"items\":{\"type\":\"STRING\"}}");
	expect_classic("{\"type\":\"string\",\"format\":\"uri\",\"description\":\"d\"}",
		       "{\"type\":\"STRING\",\"description\":\"d\\nformat: uri\"}");
	expect_classic("true", "{\"type\":\"OBJECT\"}");
}

/* C95; field-lessons 39, 43, 44 */
static void classic_objects(void **state)
{
	(void)state;
	expect_classic("{\"$schema\":\"s\",\"type\":\"object\",\"properties\":{\"a\":"
		       "{\"$ref\":\"#/$defs/A\"}},\"required\":[\"a\",\"gone\"],"
		       "\"additionalProperties\":false,"
		       "\"$defs\":{\"A\":{\"type\":\"number\",\"exclusiveMinimum\":0.50}}}",
		       "{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"NUMBER\","
		       "\"description\":\"exclusiveMinimum: 0.50\"}},\"required\":[\"a\"]}");
	expect_classic("{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"}}}",
		       "{\"type\":\"OBJECT\",\"properties\":{\"next\":{\"type\":\"OBJECT\","
		       "\"properties\":{\"next\":{\"type\":\"OBJECT\",\"description\":"
		       "\"$ref: #\"}}}}}");
	expect_classic("{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		       "\"string\"}},\"required\":[\"a\"]},{\"properties\":{\"b\":{\"type\":"
		       "\"string\"}},\"required\":[\"b\"]}]}",
		       "{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\"},"
		       "\"b\":{\"type\":\"STRING\"}},\"required\":[\"a\",\"b\"]}");
	assert_null(schema_for_gemini(&arena, slice_of("{\"type\":\"object\"}"), true).ptr);
}

/* C96; field-lessons 47 */
static void property_names_are_no_keywords(void **state)
{
	(void)state;
	expect_classic("{\"type\":\"object\",\"properties\":{\"const\":{\"type\":\"string\"},"
		       "\"$ref\":{\"type\":\"string\"},\"format\":{\"type\":\"string\"}}}",
		       "{\"type\":\"OBJECT\",\"properties\":{\"const\":{\"type\":\"STRING\"},"
		       "\"$ref\":{\"type\":\"STRING\"},\"format\":{\"type\":\"STRING\"}}}");
}

/* C94 */
static void json_schema_subset(void **state)
{
	(void)state;
	expect_json("{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",null]}",
		    "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",null]}");
	expect_json("{\"$schema\":\"s\",\"type\":[\"string\",\"null\"],\"pattern\":\"^a\","
		    "\"x-y\":1}",
		    "{\"type\":[\"string\",\"null\"],\"description\":\"pattern: ^a\"}");
	expect_json("{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/A\","
		    "\"title\":\"t\"}},\"additionalProperties\":false,\"$defs\":{\"A\":"
		    "{\"const\":5}}}",
		    "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/A\"}},"
		    "\"additionalProperties\":false,\"$defs\":{\"A\":{\"enum\":[5]}}}");
	expect_json("{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
		    "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}");
}

/* A schema of references may not grow without end. */
static void references_are_bounded(void **state)
{
	struct buf text = BUF_INIT(64 * 1024);
	struct slice out;

	(void)state;
	buf_adds(&text, "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/d0\"}},"
			"\"$defs\":{");
	for (int i = 0; i < 40; i++) {
		buf_addf(&text, "%s\"d%d\":{\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":"
			 "\"#/$defs/d%d\"},\"y\":{\"$ref\":\"#/$defs/d%d\"}}}", i ? "," : "", i,
			 i + 1, i + 1);
	}
	buf_adds(&text, "}}");
	out = schema_for_gemini(&arena, buf_slice(&text), true);
	assert_true(out.len > 0 && out.len < 8 * 1024 * 1024);
	buf_release(&text);
}

/* C92 */
static void strict_subset(void **state)
{
	(void)state;
	assert_true(schema_is_strict(slice_of(
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},"
		"\"required\":[\"a\"],\"additionalProperties\":false}")));
	assert_false(schema_is_strict(slice_of(
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},"
		"\"required\":[],\"additionalProperties\":false}")));
	assert_false(schema_is_strict(slice_of("{\"type\":\"object\",\"properties\":{}}")));
	assert_false(schema_is_strict(slice_of("{\"anyOf\":[]}")));
	assert_false(schema_is_strict(slice_of(
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"uniqueItems\":"
		"true}},\"required\":[\"a\"],\"additionalProperties\":false}")));
	assert_false(schema_is_strict(slice_of("nonsense")));
	assert_false(schema_is_strict(slice_of(
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":"
		"\"^(?!x)\"}},\"required\":[\"a\"],\"additionalProperties\":false}")));
}

/* C93 */
static void make_strict_is_strict(void **state)
{
	struct slice out = schema_make_strict(&arena, slice_of(
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":"
		"{\"type\":\"object\",\"properties\":{\"c\":{\"enum\":[1]}}}},"
		"\"required\":[\"a\"]}"));

	(void)state;
	assert_true(schema_is_strict(out));
	assert_non_null(strstr(out.ptr, "\"type\":[\"object\",\"null\"]"));
	assert_string_equal(schema_make_strict(&arena, out).ptr, out.ptr);
}

/* C38 */
static void gemini_schemas_become_json_schema(void **state)
{
	(void)state;
	assert_string_equal(
		schema_from_gemini(&arena, slice_of(
			"{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\","
			"\"nullable\":true,\"minLength\":\"2\"}}}")).ptr,
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"],"
		"\"minLength\":2}}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anthropic_wants_an_object),
		cmocka_unit_test(classic_types),
		cmocka_unit_test(classic_objects),
		cmocka_unit_test(property_names_are_no_keywords),
		cmocka_unit_test(json_schema_subset),
		cmocka_unit_test(references_are_bounded),
		cmocka_unit_test(strict_subset),
		cmocka_unit_test(make_strict_is_strict),
		cmocka_unit_test(gemini_schemas_become_json_schema),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
