/*
 * What looks like a credential loses its middle, everything else stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mask.c"

#include "base/buf.h"

static void check(const char *text, const char *gone, const char *expected)
{
	struct buf out = BUF_INIT(4096);

	mask_text(slice_of(text), &out);
	if (gone) {
		assert_null(strstr(buf_text(&out), gone));
	}
	if (expected) {
		assert_string_equal(buf_text(&out), expected);
	}
	buf_release(&out);
}

static void test_prose_stays(void **state)
{
	static const char *const texts[] = {
		"", "a", "sk-", "sk-short", "ask-me-whether-this-is-long-enough-to-mask",
		"the key=value pair", "bearers of news", "eyJ", "1//2", "password", "GET /v1/models",
		"wörld 🌍", "sk", "lgw", "\"api_key\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		check(texts[i], NULL, texts[i]);
	}
}

static void test_shapes_lose_their_middle(void **state)
{
	static const char *const keys[] = {
		"sk-ant-api03-0123456789abcdefMIDDLE0123456789",
		"lgw_0123456789abcdefMIDDLE0123456789", "AIza0123456789abcdefMIDDLE0123",
		"ghp_0123456789MIDDLEabcdef", "eyJhbGciOiJIUzI1NiMIDDLE.eyJzdWIiOiIxMjM0In0.abc",
		"1//0123456789abcdefMIDDLE0123", "ya29.a0123456789MIDDLEabcdef",
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		check(keys[i], "MIDDLE", NULL);
		snprintf(text, sizeof text, "before (%s) behind", keys[i]);
		check(text, "MIDDLE", NULL);
		snprintf(text, sizeof text, "x=%s", keys[i]);
		check(text, "MIDDLE", NULL);
	}
}

static void test_labels_mask_any_value(void **state)
{
	(void)state;
	check("Authorization: Bearer MIDDLEvalue", "MIDDLE", NULL);
	check("authorization: BEARER MIDDLEvalue", "MIDDLE", NULL);
	check("https://x.test/?key=MIDDLEvalue&alt=sse", "MIDDLE", NULL);
	check("https://x.test/?alt=sse&key=MIDDLEvalue", "MIDDLE", NULL);
	check("{\"access_token\":\"MIDDLEvalue\"}", "MIDDLE", NULL);
	check("x-api-key: MIDDLEvalue", "MIDDLE", NULL);
	check("password=MIDDLEvalue, more", "MIDDLE", NULL);
}

static void test_what_stands_around_stays(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	mask_text(slice_of("one sk-0123456789abcdefMIDDLE0123456789 two"), &out);
	assert_true(str_starts(buf_text(&out), "one sk-"));
	assert_true(str_ends(buf_text(&out), " two"));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prose_stays),
		cmocka_unit_test(test_shapes_lose_their_middle),
		cmocka_unit_test(test_labels_mask_any_value),
		cmocka_unit_test(test_what_stands_around_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
