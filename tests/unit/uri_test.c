#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/uri.c"

static void test_decode(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 256);
	assert_string_equal(uri_decode(slice_of("a%2Fb%3ac"), &a), "a/b:c");
	assert_string_equal(uri_decode(slice_of("%"), &a), "%");
	assert_string_equal(uri_decode(slice_of("%2"), &a), "%2");
	assert_string_equal(uri_decode(slice_of("%zz+%41"), &a), "%zz+A");
	assert_string_equal(uri_decode(slice_of(""), &a), "");
	assert_string_equal(uri_decode(slice_of("%c3%a4"), &a), "\xc3\xa4");
	assert_null(uri_decode(slice_of("a%00b"), &a));
	assert_null(uri_decode(slice_of("a%0Ab"), &a));
	assert_null(uri_decode(slice_of("%7f"), &a));
	/* bytes behind the slice are not looked at */
	assert_string_equal(uri_decode((struct slice){ "%41", 2 }, &a), "%4");
	arena_release(&a);
}

static void test_parameter(void **state)
{
	struct slice value;

	(void)state;
	assert_true(uri_parameter("a=1&key=x%20y&key=z", "key", &value));
	assert_true(slice_eq(value, "x%20y"));
	assert_true(uri_parameter("beta", "beta", &value));
	assert_int_equal(value.len, 0);
	assert_true(uri_parameter("k==", "k", &value));
	assert_true(slice_eq(value, "="));
	assert_false(uri_parameter("monkey=1", "key", &value));
	assert_false(uri_parameter("", "key", &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
