/* Differences between texts, as lines. */
#include "tui/diff.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check(const char *before, const char *after, size_t differing, const char *expected)
{
	struct buf out = BUF_INIT(64 * 1024);

	assert_int_equal(diff_texts(slice_of(before), slice_of(after), &out), differing);
	assert_string_equal(buf_text(&out), expected);
	buf_release(&out);
}

static void lines_that_differ_have_signs(void **state)
{
	(void)state;
	check("a\nb\nc\n", "a\nb\nc\n", 0, "");
	check("", "", 0, "");
	check("a\nb\nc\n", "a\nx\nc\n", 2, "  a\n- b\n+ x\n  c\n");
	check("a\nb\n", "a\nb\nc\n", 1, "  a\n  b\n+ c\n");
	check("", "a\n", 1, "+ a\n");
	check("a\nb\nc\nd\n", "b\nc\nx\nd\n", 2, "- a\n  b\n  c\n+ x\n  d\n");
}

static void only_the_neighbourhood_shows(void **state)
{
	(void)state;
	check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n", 2,
	      "  2\n  3\n  4\n- 5\n+ x\n  6\n  7\n  8\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_differ_have_signs),
		cmocka_unit_test(only_the_neighbourhood_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
