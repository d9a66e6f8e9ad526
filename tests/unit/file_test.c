/* Reading and replacing whole files. */
#include "base/file.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char path[] = "/tmp/file_test.XXXXXX";

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void test_reads_up_to_the_maximum(void **state)
{
	static const char text[] = "0123456789012345678901234567890123456789"
				   "0123456789012345678901234567890123456789";
	size_t len = strlen(text);

	(void)state;
	assert_true(file_write(path, slice_of(text), 0600, NULL));
	for (size_t max = 0; max < len + 10; max++) {
		struct buf out = BUF_INIT(max);
		struct err err = ERR_INIT;

		assert_int_equal(file_read(path, &out, &err), max >= len);
		if (max >= len) {
			assert_string_equal(buf_text(&out), text);
		} else {
			assert_int_equal(err.kind, ERR_TOO_LARGE);
		}
		buf_release(&out);
	}
}

static void test_reads_behind_what_is_there(void **state)
{
	struct buf out = BUF_INIT(8);

	(void)state;
	assert_true(file_write(path, slice_of("5678"), 0600, NULL));
	buf_adds(&out, "1234");
	assert_true(file_read(path, &out, NULL));
	assert_string_equal(buf_text(&out), "12345678");
	assert_false(file_read(path, &out, NULL));
	buf_release(&out);
}

static void test_empty_and_missing(void **state)
{
	struct buf out = BUF_INIT(8);
	struct err err = ERR_INIT;

	(void)state;
	assert_true(file_write(path, SLICE_NULL, 0600, NULL));
	assert_true(file_read(path, &out, NULL));
	assert_int_equal(out.len, 0);
	assert_false(file_read("/nonexistent/file", &out, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_up_to_the_maximum),
		cmocka_unit_test(test_reads_behind_what_is_there),
		cmocka_unit_test(test_empty_and_missing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
