#include "base/json_scan.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/json_text.h"

/* Members as "key=value;" or the failure as "!why@offset". */
static void expect(const char *text, const char *want)
{
	struct json_scan s;
	struct json_member m;
	struct buf got = BUF_INIT(64 * KIB);

	json_scan_init(&s, slice_of(text));
	while (json_scan_next(&s, &m)) {
		buf_add(&got, m.key.ptr ? m.key.ptr : "", m.key.len);
		buf_addc(&got, '=');
		buf_add(&got, m.value.ptr, m.value.len);
		buf_addc(&got, ';');
	}
	if (s.failed) {
		buf_addf(&got, "!%s@%zu", s.why, json_scan_offset(&s));
	}
	assert_string_equal(buf_text(&got), want);
	buf_release(&got);
}

static void test_members(void **state)
{
	(void)state;
	expect("{}", "");
	expect(" {\n} \t", "");
	expect("{\"a\":1.0,\"b\":[1,{\"a\":\"]\"}],\"a\":\"x\"}", "a=1.0;b=[1,{\"a\":\"]\"}];a=\"x\";");
	expect("{ \"a\\\"\" : \"\\\\\" , \"b\":-1e+9}", "a\\\"=\"\\\\\";b=-1e+9;");
	expect("[1, \"x\" ,null]", "=1;=\"x\";=null;");
	expect("{\"big\":123456789012345678901234567890}", "big=123456789012345678901234567890;");
}

static void test_failures(void **state)
{
	(void)state;
	expect("", "!not a JSON object@0");
	expect("x", "!not a JSON object@0");
	expect("{\"a\":1", "a=1;!a comma or the end is missing@6");
	expect("{\"a\":1}x", "a=1;!text follows the end of the JSON value@7");
	expect("{\"a\" 1}", "!a colon is missing@5");
	expect("{\"a\":nul}", "!a value is not JSON@5");
	expect("{\"a\":\"x}", "!a string does not end@8");
	expect("{\"a\":[}}", "!brackets do not match@6");
	expect("{\"a\":1,}", "a=1;!a member name is missing@7");
	expect("{\"a\":", "!a value is missing@5");
	expect("{a:1}", "!a member name is missing@1");
}

static void test_depth_is_bounded(void **state)
{
	struct buf deep = BUF_INIT(1 * MIB);
	struct json_scan s;
	struct json_member m;

	(void)state;
	buf_adds(&deep, "{\"a\":");
	for (int i = 0; i < MAX_JSON_DEPTH + 1; i++) {
		buf_addc(&deep, '[');
	}
	json_scan_init(&s, buf_slice(&deep));
	assert_false(json_scan_next(&s, &m));
	assert_string_equal(s.why, "nested too deeply");
	buf_release(&deep);
}

static void expect_unquoted(const char *raw, const char *want)
{
	struct buf out = BUF_INIT(1024);
	bool ok = json_unquote(slice_of(raw), &out);

	assert_int_equal(ok, want != NULL);
	if (want) {
		assert_string_equal(buf_text(&out), want);
	}
	buf_release(&out);
}

static void test_unquote(void **state)
{
	(void)state;
	expect_unquoted("\"a\\n\\u00e9\\\"\"", "a\n\xc3\xa9\"");
	expect_unquoted("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80");
	expect_unquoted("\"\\ud800x\"", "\xef\xbf\xbdx");
	expect_unquoted("\"\\q\"", NULL);
	expect_unquoted("\"\\u12\"", NULL);
	expect_unquoted("\"", NULL);
}

static void test_last_duplicate_counts_and_escaped_keys_match(void **state)
{
	struct json_member m;

	(void)state;
	assert_true(json_find(slice_of("{\"m\":1,\"\\u006d\":2}"), "m", &m));
	assert_true(slice_eq(m.value, "2"));
	assert_false(json_find(slice_of("{\"m\":1"), "m", &m));
}

static void test_peek(void **state)
{
	struct slice list = slice_of(" [ { \"a\": 1, \"role\": \"x\", \"b\": [");
	struct json_member m;

	(void)state;
	assert_int_equal(json_into(slice_of("[]")).len, 0);
	assert_int_equal(json_into(slice_of("[ \n]")).len, 0);
	assert_int_equal(json_into(slice_of("{}")).len, 0);
	list = json_into(slice_trim(list));
	assert_true(slice_starts(list, "{ \"a\""));
	/* The text behind it may be anything, or cut. */
	assert_true(json_peek(list, "role", JSON_STRING, &m));
	assert_true(slice_eq(m.value, "\"x\""));
	assert_false(json_peek(list, "role", JSON_NUMBER, &m));
	assert_false(json_peek(list, "b", JSON_ARRAY, &m));
	assert_false(json_peek(slice_of("{\"a\":1},{\"role\":\"x\"}"), "role", JSON_STRING, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_unquote),
		cmocka_unit_test(test_last_duplicate_counts_and_escaped_keys_match),
	};

	return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
