/* Reading single values by their path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_text.c"
#include "base/limits.h"

static const char document[] =
	"{\"a\": {\"b\": [1, {\"c\": \"d\\u00e9\"}, []]}, \"n\": null, \"s\": \"x\"}";

static void expect_at(const char *path, const char *value)
{
	struct slice found = json_at(slice_of(document), path);

	assert_int_equal(found.len, strlen(value));
	assert_memory_equal(found.ptr ? found.ptr : "", value, found.len);
}

static void test_paths(void **state)
{
	(void)state;
	expect_at("s", "\"x\"");
	expect_at("a.b.0", "1");
	expect_at("a.b.1.c", "\"d\\u00e9\"");
	expect_at("a.b.2", "[]");
}

static void test_paths_that_lead_nowhere(void **state)
{
	static const char *const paths[] = {
		"n", "n.x", "x", "s.x", "a.x.y", "a.b.3", "a.b.c", "a.b.2.0", "a.b.-1", "a.b.0.0",
		"nameslongerthananyofus.nameslongerthananyofus",
		"x123456789x123456789x123456789x123456789x123456789x123456789x123456789",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		expect_at(paths[i], "");
	}
	assert_int_equal(json_at(SLICE_NULL, "a").len, 0);
}

static void test_texts(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, KIB);
	assert_string_equal(json_text_at(slice_of(document), "a.b.1.c", &a), "d\u00e9");
	assert_string_equal(json_text_at(slice_of(document), "a.b.0", &a), "");
	assert_string_equal(json_text_at(slice_of(document), "x", &a), "");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_paths_that_lead_nowhere),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
