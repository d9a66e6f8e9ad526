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
		"sk-proj-0123456789abcdef_MIDDLE-0123456789", "sess-0123456789MIDDLE0123456789",
		"sk-or-v1-0123456789abcdefMIDDLE", "AQ.Ab8RN6J0123456789MIDDLE01234",
		"GOCSPX-0123456789MIDDLE01234", "xai-0123456789MIDDLE0123456789",
		"gsk_0123456789MIDDLE01234", "hf_0123456789MIDDLE01234", "r8_0123456789MIDDLE0123",
		"pplx-0123456789MIDDLE0123", "fw_0123456789MIDDLE0123", "nvapi-0123456789MIDDLE012",
		"csk-0123456789MIDDLE0123", "tgp_v1_0123456789MIDDLE0123", "AKIA0123456789MIDDLE",
		"pa-0123456789abcdefMIDDLE0123456789abcdef", "jina_0123456789MIDDLE0123456",
		"dapi0123456789abcdefMIDDLE0123456789abcdef", "vck_0123456789MIDDLE0123",
		"ABSKQmVkcm9ja0FQSUtleS0123456789MIDDLE0123456789==",
		"bedrock-api-key-0123456789MIDDLE", "bce-v3/ALTAK-0123456789/MIDDLE0123",
		"github_pat_0123456789MIDDLE0123", "glpat-0123456789MIDDLE0123",
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
	check("Authorization: MIDDLEvalue", "MIDDLE", NULL);
	check("authorization=Basic dXNlcjpNSUREMIDDLE", "MIDDLE", NULL);
	check("{\"api_key\": \"p@ss MIDDLE\"}", "p@ss", NULL);
	check("{\\\"refresh_token\\\":\\\"MIDDLE\\\"}", "MIDDLE",
	      "{\\\"refresh_token\\\":\\\"***\\\"}");
	check("AZURE_OPENAI_API_KEY=0123456789MIDDLEabcdef0123456789", "MIDDLE", NULL);
	check("api-key: 0123456789MIDDLEabcdef0123456789", "MIDDLE", NULL);
	check("x-goog-api-key: MIDDLE", "MIDDLE", "x-goog-api-key: ***");
	check("AWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI/K7MDENG/MIDDLE", "MIDDLE", NULL);
	check("{\"accessToken\":\"MIDDLEvalue\"}", "MIDDLE", NULL);
	check("http://localhost/callback?code=MIDDLE&state=x", "MIDDLE",
	      "http://localhost/callback?code=***&state=x");
	check("http://user:MIDDLE@proxy.test:3128/", "MIDDLE", "http://user:***@proxy.test:3128/");
}

static void test_a_private_key_loses_its_body(void **state)
{
	(void)state;
	check("-----BEGIN PRIVATE KEY-----\nMIIEMIDDLE\nabc\n-----END PRIVATE KEY-----\n", "MIDDLE",
	      NULL);
	check("\"-----BEGIN RSA PRIVATE KEY-----\\nMIIEMIDDLE", "MIDDLE", NULL);
}

static void test_needed_is_what_changes(void **state)
{
	static const char *const harmless[] = {
		"claude-sonnet-4-5 http://127.0.0.1:8080/v1 max_tokens=5",
		"invalid token: expected a value; error: authorization needed",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		assert_false(mask_is_needed(slice_of(harmless[i])));
	}
	assert_true(mask_is_needed(slice_of("x sk-0123456789abcdef0123456789")));
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
		cmocka_unit_test(test_a_private_key_loses_its_body),
		cmocka_unit_test(test_needed_is_what_changes),
		cmocka_unit_test(test_what_stands_around_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
