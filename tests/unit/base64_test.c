/* base64 and base64url: RFC 4648, section 10, and every length. */
#include "base/crypto.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_vectors(void **state)
{
	static const char *const cases[][3] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/", "-_-_" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf padded = BUF_INIT(64);
		struct buf url = BUF_INIT(64);
		struct buf back = BUF_INIT(64);

		crypto_base64(slice_of(cases[i][0]), &padded);
		crypto_base64url(slice_of(cases[i][0]), &url);
		assert_string_equal(buf_text(&padded), cases[i][1]);
		assert_string_equal(buf_text(&url), cases[i][2]);
		assert_true(crypto_base64_decode(buf_slice(&padded), &back));
		assert_true(crypto_base64url_decode(buf_slice(&url), &back));
		assert_int_equal(back.len, 2 * strlen(cases[i][0]));
		assert_memory_equal(buf_text(&back), cases[i][0], back.len / 2);
		buf_release(&padded);
		buf_release(&url);
		buf_release(&back);
	}
}

static void test_every_length_within_its_bounds(void **state)
{
	unsigned char data[200];

	(void)state;
	crypto_random(data, sizeof data);
	for (size_t len = 0; len <= sizeof data; len++) {
		struct slice in = { (const char *)data, len };
		struct buf text = BUF_INIT(encoded_length(len, false));
		struct buf back = BUF_INIT(len);
		struct buf small = BUF_INIT(len ? len - 1 : 0);

		crypto_base64url(in, &text);
		assert_false(text.failed);
		assert_int_equal(text.len, text.max);
		assert_true(crypto_base64url_decode(buf_slice(&text), &back));
		assert_int_equal(back.len, len);
		assert_memory_equal(buf_text(&back), data, len);
		assert_int_equal(crypto_base64url_decode(buf_slice(&text), &small), len == 0);
		buf_release(&text);
		buf_release(&back);
		buf_release(&small);
	}
}

static void test_what_is_none(void **state)
{
	static const char *const cases[] = { "A", "AAAAA", "A A=", "AA*A", "AAA\x80", "=A" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = BUF_INIT(64);

		buf_adds(&out, "kept");
		assert_false(crypto_base64_decode(slice_of(cases[i]), &out));
		assert_string_equal(buf_text(&out), "kept");
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_length_within_its_bounds),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
