/*
 * JSON bodies: what is accepted, and what becomes of it in YAML.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/fields.c"
#include "control/edits.h"

static const char *const names[] = { "name", "limits", "models", NULL };

static bool check(const char *text)
{
	return fields_check(slice_of(text), NULL);
}

static void test_well_formed(void **state)
{
	(void)state;
	assert_true(check(""));
	assert_true(check("{}"));
	assert_true(check("{\"a\": [1, {\"b\": \"\\u00e9\"}], \"c\": null}"));
	assert_false(check("[]"));
	assert_false(check("{\"a\": 1"));
	assert_false(check("{\"a\": \"\\x\"}"));
	assert_false(check("{\"a\": {\"b\": nope}}"));
	assert_false(check("{\"a\": \"\\u0000\"}"));
	assert_false(check("{\"a\\q\": 1}"));
	assert_false(check("{} x"));
	assert_false(check("{\"a\": \"\xff\"}"));
}

static void test_depth_is_bounded(void **state)
{
	struct buf deep = BUF_INIT(KIB);

	(void)state;
	buf_adds(&deep, "{\"a\":");
	for (int i = 0; i < 40; i++) {
		buf_addc(&deep, '[');
	}
	for (int i = 0; i < 40; i++) {
		buf_addc(&deep, ']');
	}
	buf_addc(&deep, '}');
	assert_false(check(buf_text(&deep)));
	buf_release(&deep);
}

static void test_unknown_members_name_the_nearest(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_true(fields_only(slice_of("{\"name\": 1}"), "a thing", names, &err));
	assert_true(fields_only(SLICE_NULL, "a thing", names, &err));
	assert_false(fields_only(slice_of("{\"nmae\": 1}"), "a thing", names, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.msg, "a thing has no field \"nmae\"");
	assert_string_equal(err.hint, "did you mean \"name\"?");
}

static void test_texts(void **state)
{
	const struct slice body = slice_of("{\"name\": \"caf\\u00e9\", \"n\": 1, \"z\": null}");
	struct buf out = BUF_INIT(64);
	struct err err = ERR_INIT;

	(void)state;
	assert_true(field_text(body, "name", &out, &err));
	assert_string_equal(buf_text(&out), "caf\xc3\xa9");
	assert_false(field_text(body, "none", &out, &err));
	assert_int_equal(err.kind, ERR_NONE);
	assert_false(field_text(body, "n", &out, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_false(field_need(body, "z", &out, &err));
	assert_string_equal(err.msg, "\"z\" is missing");
	assert_true(field_has(body, "n"));
	assert_false(field_has(body, "z"));
	buf_release(&out);
}

static void test_secret(void **state)
{
	struct secret s = SECRET_INIT;
	bool present;

	(void)state;
	assert_true(field_secret(slice_of("{\"api_key\": \" k\\n\"}"), "api_key", &s, &present,
				NULL));
	assert_true(present);
	assert_true(slice_eq(secret_peek(&s), "k"));
	secret_release(&s);
	assert_true(field_secret(slice_of("{\"api_key\": null}"), "api_key", &s, &present, NULL));
	assert_true(present);
	assert_true(secret_is_empty(&s));
	assert_true(field_secret(slice_of("{}"), "api_key", &s, &present, NULL));
	assert_false(present);
	assert_false(field_secret(slice_of("{\"api_key\": 5}"), "api_key", &s, &present, NULL));
}

static void assert_yaml(const char *json, const char *want)
{
	struct buf out = BUF_INIT(KIB);

	assert_true(edits_yaml(slice_of(json), &out, NULL));
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void test_yaml_of_values(void **state)
{
	(void)state;
	assert_yaml("5", "5");
	assert_yaml("true", "true");
	assert_yaml("\"claude-max\"", "claude-max");
	assert_yaml("\"claude-*\"", "\"claude-*\"");
	assert_yaml("\"a: b\\n\"", "\"a: b\\n\"");
	assert_yaml("\"7d\"", "\"7d\"");
	assert_yaml("\"\"", "\"\"");
	assert_yaml("[ \"a\" ,2]", "[a, 2]");
	assert_yaml("{\"rpm\": 60, \"x\": null, \"why\":{\"k k\": []}}",
		    "{rpm: 60, why: {\"k k\": []}}");
}

static void test_mapping_follows_the_order_of_names(void **state)
{
	struct buf out = BUF_INIT(KIB);

	(void)state;
	assert_true(edits_mapping(slice_of("{\"models\": [\"a\"], \"api_key\": \"x\","
					   "\"limits\": null, \"name\": \"new\"}"),
				  names, &out, NULL));
	assert_string_equal(buf_text(&out), "name: new\nmodels: [a]\n");
	buf_release(&out);
}

static void test_paths(void **state)
{
	struct buf path = BUF_INIT(KIB);

	(void)state;
	config_path_add(&path, slice_of("models"));
	config_path_add(&path, slice_of("gpt-5.2"));
	config_path_add(&path, slice_of("a\"b"));
	assert_string_equal(buf_text(&path), "models.\"gpt-5.2\".\"a\\\"b\"");
	buf_clear(&path);
	edits_item(&path, "gateway_keys", "my [key]");
	assert_string_equal(buf_text(&path), "gateway_keys[name=\"my [key]\"]");
	buf_release(&path);
}

static void test_merge_patch(void **state)
{
	const struct slice file = slice_of("a:\n  gone: 1\n  stays: 2\n");
	struct edits edits;

	(void)state;
	edits_init(&edits, file);
	assert_true(edits_merge(&edits, "a", slice_of(
		"{\"gone\": null, \"never\": null, \"x\": {\"y\": 1, \"z\": {}}, \"w\": [1]}"),
		NULL, NULL));
	assert_int_equal(edits.count, 3);
	assert_int_equal(edits.items[0].kind, EDIT_REMOVE);
	assert_string_equal(edits.items[0].path, "a.gone");
	assert_string_equal(edits.items[1].path, "a.x.y");
	assert_string_equal(edits.items[1].value, "1");
	assert_string_equal(edits.items[2].path, "a.w");
	assert_string_equal(edits.items[2].value, "[1]");
	edits_release(&edits);
}

static void test_merge_takes_only_what_is_named(void **state)
{
	struct edits edits;

	(void)state;
	edits_init(&edits, SLICE_NULL);
	assert_true(edits_merge(&edits, "", slice_of("{\"api_key\": \"s\", \"name\": \"n\"}"),
				names, NULL));
	assert_int_equal(edits.count, 1);
	assert_string_equal(edits.items[0].path, "name");
	edits_release(&edits);
}

static void test_merge_is_bounded(void **state)
{
	struct buf body = BUF_INIT(64 * KIB);
	struct edits edits;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i <= MAX_EDITS; i++) {
		buf_addf(&body, "%c\"k%d\": 1", i ? ',' : '{', i);
	}
	buf_addc(&body, '}');
	edits_init(&edits, SLICE_NULL);
	assert_false(edits_merge(&edits, "a", buf_slice(&body), NULL, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
	edits_release(&edits);
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_formed),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_unknown_members_name_the_nearest),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_yaml_of_values),
		cmocka_unit_test(test_mapping_follows_the_order_of_names),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_merge_patch),
		cmocka_unit_test(test_merge_takes_only_what_is_named),
		cmocka_unit_test(test_merge_is_bounded),
	};

	return cmocka_run_group_tests_name("control_fields", tests, NULL, NULL);
}
