#include "formats/json_tree.c"
#include "formats/text_joiner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "tests/unit/test_arena.h"

static const struct json *read_text(const char *text)
{
	return json_read(&arena, slice_of(text), NULL);
}

static void keeps_exact_text_and_order(void **state)
{
	const struct json *v = read_text(
		" {\"b\": 1.0, \"a\":12345678901234567890123, \"b\\u0061\":[ 1,2 ],\"b\":-0}");

	(void)state;
	assert_non_null(v);
	assert_true(slice_eq(v->first->raw, "1.0"));
	assert_true(slice_eq(json_raw_of(json_get(v, "a")), "12345678901234567890123"));
	assert_true(slice_eq(json_raw_of(json_get(v, "ba")), "[ 1,2 ]"));
	assert_true(slice_eq(json_raw_of(json_get(v, "b")), "-0"));
	assert_int_equal(v->count, 4);
}

static void refuses_what_is_not_json(void **state)
{
	static const char *const bad[] = {
		"", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", "+1", ".5", "1e", "nul",
		"\"\\x\"", "\"a", "\"\t\"", "[1 2]", "{\"a\" 1}", "1 2", "\"\\u12\"", "[", "]",
		"{\"a\":}", "-", "\"\\\"", "[1}", "tru", "'a'",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct json_fault fault = { 0, NULL };

		if (json_read(&arena, slice_of(bad[i]), &fault)) {
			print_error("accepted %s\n", bad[i]);
			fail();
		}
		assert_non_null(fault.why);
		assert_true(fault.offset <= strlen(bad[i]));
	}
}

static void takes_every_kind(void **state)
{
	static const char *const good[] = {
		"0", "-0", "1.5e+10", "true", "false", "null", "\"\"", "[]", "{}", " [ ] ",
		"\"\\ud83d\\ude00\"", "{\"\":null}", "[[[[]]]]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_non_null(read_text(good[i]));
	}
}

static void bounds_depth(void **state)
{
	char deep[2 * MAX_JSON_DEPTH + 8];
	size_t n = MAX_JSON_DEPTH;

	(void)state;
	memset(deep, '[', n);
	memset(deep + n, ']', n);
	assert_non_null(json_read(&arena, (struct slice){ deep, 2 * n }, NULL));
	memset(deep, '[', n + 1);
	memset(deep + n + 1, ']', n + 1);
	assert_null(json_read(&arena, (struct slice){ deep, 2 * n + 2 }, NULL));
}

static void reads_numbers(void **state)
{
	const struct json *v = read_text("{\"a\":7.0,\"b\":1e3,\"c\":7.5,\"d\":1e300,\"e\":null}");
	int64_t n = -1;

	(void)state;
	assert_true(json_get_int(v, "a", &n));
	assert_int_equal(n, 7);
	assert_true(json_get_int(v, "b", &n));
	assert_int_equal(n, 1000);
	assert_false(json_get_int(v, "c", &n));
	assert_true(json_get_int(v, "d", &n));
	assert_true(n == INT64_MAX);
	assert_null(json_get(v, "e"));
	assert_null(json_get(NULL, "a"));
}

static void one_line_keeps_strings(void **state)
{
	struct slice got = json_one_line(&arena, slice_of("{ \"a b\\\" \" :\n [1, \"x\\\\\" ]}"));

	(void)state;
	assert_true(slice_eq(got, "{\"a b\\\" \":[1,\"x\\\\\"]}"));
	got = json_one_line(&arena, slice_of("{ \"a\": 1 }"));
	assert_true(slice_eq(got, "{ \"a\": 1 }"));
}

/* C131 */
static void joins_split_surrogates(void **state)
{
	struct text_joiner j = { 0 };

	(void)state;
	assert_true(slice_eq(text_join(&j, &arena, read_text("\"hi \\ud83d\"")), "hi "));
	assert_true(slice_eq(text_join(&j, &arena, read_text("\"\\ude00!\"")),
			     "\xf0\x9f\x98\x80!"));
	assert_true(slice_eq(text_join(&j, &arena, read_text("\"\\\\ud83d\"")), "\\ud83d"));
	assert_int_equal(j.high, 0);
	text_join(&j, &arena, read_text("\"\\uD83D\""));
	assert_true(slice_eq(text_join(&j, &arena, read_text("\"x\"")), "\xef\xbf\xbdx"));
	assert_true(slice_eq(text_join(&j, &arena, read_text("\"\\ude00\"")), "\xef\xbf\xbd"));
	assert_int_equal(text_join(&j, &arena, NULL).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_exact_text_and_order),
		cmocka_unit_test(refuses_what_is_not_json),
		cmocka_unit_test(takes_every_kind),
		cmocka_unit_test(bounds_depth),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(one_line_keeps_strings),
		cmocka_unit_test(joins_split_surrogates),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
