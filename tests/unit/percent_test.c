#include "base/percent.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_round_trip(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		struct buf there = BUF_INIT(16);
		struct buf back = BUF_INIT(16);

		percent_add(&there, (struct slice){ &byte, 1 });
		assert_true(percent_decode(buf_slice(&there), &back));
		assert_int_equal(back.len, 1);
		assert_int_equal(back.ptr[0], byte);
		buf_release(&there);
		buf_release(&back);
	}
}

static void test_encodes(void **state)
{
	struct buf out = BUF_INIT(64);

	(void)state;
	percent_add(&out, slice_of("a b&c=d/~é"));
	assert_string_equal(buf_text(&out), "a%20b%26c%3Dd%2F~%C3%A9");
	buf_release(&out);
}

static void test_refuses(void **state)
{
	static const char *const texts[] = { "%", "%4", "a%", "a%4", "%zz", "%4g", "%%41" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf out = BUF_INIT(64);

		assert_false(percent_decode(slice_of(texts[i]), &out));
		buf_release(&out);
	}
}

static void expect(const char *query, const char *name, const char *value)
{
	struct buf out = BUF_INIT(64);

	assert_int_equal(percent_query_get(slice_of(query), name, &out), value != NULL);
	if (value) {
		assert_string_equal(buf_text(&out), value);
	}
	buf_release(&out);
}

static void test_query(void **state)
{
	(void)state;
	expect("code=a%23b&state=c+d", "code", "a#b");
	expect("code=a%23b&state=c+d", "state", "c d");
	expect("xcode=1&code=2&code=3", "code", "2");
	expect("code=a=b", "code", "a=b");
	expect("code=", "code", "");
	expect("code", "code", "");
	expect("", "code", NULL);
	expect("&&state=1", "code", NULL);
	expect("code=%zz", "code", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_encodes),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
