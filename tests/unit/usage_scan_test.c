#include "formats/usage_scan.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Cut into two pieces everywhere, and into single bytes, it reads the same. */
static void expect(enum format_id format, bool is_stream, const char *text, const int64_t *want)
{
	size_t len = strlen(text);

	for (size_t cut = 0; cut <= len; cut++) {
		struct usage_scan s;
		struct hub_usage u;
		size_t step = cut ? cut : 1;

		usage_scan_init(&s, format, is_stream);
		for (size_t at = 0; at < len; at += step) {
			usage_scan_feed(&s, (struct slice){ text + at,
							    len - at < step ? len - at : step });
		}
		usage_scan_finish(&s);
		assert_int_equal(usage_scan_result(&s, &u), want != NULL);
		if (want) {
			assert_int_equal(hub_count(u.in_total), want[0]);
			assert_int_equal(hub_count(u.out_total), want[1]);
			assert_int_equal(hub_count(u.in_cached), want[2]);
			assert_int_equal(hub_count(u.in_cache_write), want[3]);
			assert_int_equal(hub_count(u.out_reasoning), want[4]);
		}
		usage_scan_release(&s);
	}
}

#define WANT(...) ((const int64_t[]){ __VA_ARGS__ })

static void reads_anthropic_streams(void **state)
{
	(void)state;
	expect(FORMAT_ANTHROPIC, true,
	       "event: message_start\n"
	       "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,"
	       "\"cache_read_input_tokens\":600,\"cache_creation_input_tokens\":200,"
	       "\"cache_creation\":{\"ephemeral_1h_input_tokens\":50},\"output_tokens\":1}}}\n\n"
	       "data: {\"delta\":{\"text\":\"say \\\"usage\\\": {\\\"output_tokens\\\": 9}\"}}\n\n"
	       "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":40,"
	       "\"input_tokens\":null}}\n\n",
	       WANT(810, 40, 600, 200, 0));
}

static void reads_chat_streams(void **state)
{
	(void)state;
	expect(FORMAT_CHAT, true,
	       "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":null}\r\n\r\n"
	       "data:{\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,"
	       "\"prompt_tokens_details\":{\"cached_tokens\":64},"
	       "\"completion_tokens_details\":{\"reasoning_tokens\":7}}}\r\n\r\n"
	       "data: [DONE]\r\n\r\n",
	       WANT(100, 20, 64, 0, 7));
	expect(FORMAT_CHAT, true,
	       "data: {\"choices\":[],\"x_groq\":{\"usage\":{\"prompt_tokens\":5,"
	       "\"completion_tokens\":6}}}",
	       WANT(5, 6, 0, 0, 0));
}

static void reads_responses_streams(void **state)
{
	(void)state;
	expect(FORMAT_RESPONSES, true,
	       "data: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n"
	       "data: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"usage\":"
	       "{\"input_tokens\":999}}],\"usage\":{\"input_tokens\":30,"
	       "\"input_tokens_details\":{\"cached_tokens\":10},\"output_tokens\":8,"
	       "\"output_tokens_details\":{\"reasoning_tokens\":3}}}}\n\n",
	       WANT(30, 8, 10, 0, 3));
}

static void reads_gemini_streams(void **state)
{
	(void)state;
	expect(FORMAT_GEMINI, true,
	       "data: {\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":11}}\n\n"
	       "data: {\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":11,"
	       "\"candidatesTokenCount\":4,\"thoughtsTokenCount\":6,"
	       "\"toolUsePromptTokenCount\":2,\"cachedContentTokenCount\":5}}\n\n",
	       WANT(13, 10, 5, 0, 6));
}

static void reads_whole_answers(void **state)
{
	(void)state;
	expect(FORMAT_ANTHROPIC, false,
	       "{\"content\":[{\"input\":{\"usage\":{\"input_tokens\":999}}}],"
	       "\"usage\" : {\"input_tokens\":10,\"output_tokens\":3} , \"x\": [1]}\n",
	       WANT(10, 3, 0, 0, 0));
	expect(FORMAT_NONE, false, " {\"data\":[],\"usage\":{\"prompt_tokens\":8,"
	       "\"total_tokens\":8}}", WANT(8, 0, 0, 0, 0));
	expect(FORMAT_GEMINI, false,
	       "[{\"usageMetadata\":{\"promptTokenCount\":1}}\n,\n"
	       "{\"usageMetadata\":{\"promptTokenCount\":2,\"candidatesTokenCount\":3}}]",
	       WANT(2, 3, 0, 0, 0));
}

static void takes_no_content_for_usage(void **state)
{
	(void)state;
	expect(FORMAT_CHAT, false,
	       "{\"choices\":[{\"message\":{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":1}\"}}]}",
	       NULL);
	expect(FORMAT_CHAT, false, "{\"a\":{\"usage\":{\"prompt_tokens\":1}}}", NULL);
	expect(FORMAT_CHAT, false, "{\"usage\":{\"prompt_tokens\":1}", NULL);
	expect(FORMAT_CHAT, false, "\"usage\"", NULL);
	expect(FORMAT_CHAT, false, "", NULL);
	expect(FORMAT_CHAT, true, "data: {\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1e3}}\n",
	       NULL);
}

/* The key may be a name in an argument, or the end of a longer one. */
static void takes_no_deeper_object_for_usage(void **state)
{
	(void)state;
	expect(FORMAT_GEMINI, true,
	       "data: {\"candidates\":[{\"args\":{\"usageMetadata\":{\"promptTokenCount\":9}}}]}\n\n",
	       NULL);
	expect(FORMAT_GEMINI, true,
	       "data: {\"candidates\":[{\"args\":{\"usageMetadata\":{\"promptTokenCount\":9}}}],"
	       "\"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":6}}\r\n\r\n",
	       WANT(5, 6, 0, 0, 0));
	expect(FORMAT_GEMINI, true,
	       "data: {\"usageMetadata\":{\"promptTokenCount\":5},\"text\":\"} \\\"}\","
	       "\"more\":[{\"usageMetadata\":{\"promptTokenCount\":9}}]}\n",
	       WANT(5, 0, 0, 0, 0));
	expect(FORMAT_CHAT, true,
	       "data: {\"x\\\"usage\":{\"prompt_tokens\":9},\"usage\":{\"prompt_tokens\":5}}\n",
	       WANT(5, 0, 0, 0, 0));
}

/* Only the end of a long text is kept. */
/* Quotes and brackets in strings behind it close nothing. */
static void reads_over_strings_behind_it(void **state)
{
	(void)state;
	expect(FORMAT_GEMINI, true, "data: {\"usageMetadata\":{\"promptTokenCount\":7},"
	       "\"a\":\"x\\\"}\",\"b\":\"\\\\\",\"c\":\"\"}\n\n", WANT(7, 0, 0, 0, 0));
	expect(FORMAT_GEMINI, true, "data: {\"x\":{\"usageMetadata\":{\"promptTokenCount\":7},"
	       "\"a\":\"\\\\\\\"}}\"},\"b\":\"}\"}\n\n", NULL);
}

static void finds_usage_behind_much_content(void **state)
{
	struct usage_scan s;
	struct hub_usage u;
	char block[1000];

	(void)state;
	memset(block, 'x', sizeof block);
	usage_scan_init(&s, FORMAT_CHAT, false);
	usage_scan_feed(&s, slice_of("{\"choices\":[{\"content\":\""));
	for (int i = 0; i < 5000; i++) {
		usage_scan_feed(&s, (struct slice){ block, sizeof block });
	}
	usage_scan_feed(&s, slice_of("\"}],\"usage\":{\"prompt_tokens\":7}}"));
	assert_true(s.kept.len <= 4 * TAIL_BYTES);
	usage_scan_finish(&s);
	assert_true(usage_scan_result(&s, &u));
	assert_int_equal(u.in_total, 7);
	usage_scan_release(&s);
}

static bool may_end(enum format_id format, bool is_stream, const char *text)
{
	struct usage_scan s;
	bool may;

	usage_scan_init(&s, format, is_stream);
	usage_scan_feed(&s, slice_of(text));
	may = usage_scan_may_end(&s);
	usage_scan_release(&s);
	return may;
}

static void knows_the_end_of_streams_that_have_one(void **state)
{
	(void)state;
	assert_false(may_end(FORMAT_ANTHROPIC, true, "data: {\"type\":\"message_start\","
			     "\"message\":{\"usage\":{\"input_tokens\":3}}}\n\n"));
	assert_true(may_end(FORMAT_ANTHROPIC, true, "data: {\"type\":\"message_delta\","
			    "\"usage\":{\"output_tokens\":3}}\n\n"));
	assert_false(may_end(FORMAT_RESPONSES, true, "data: {\"type\":\"response.created\","
			     "\"response\":{\"usage\":null}}\n\n"));
	assert_true(may_end(FORMAT_RESPONSES, true, "data: {\"type\":\"response.completed\","
			    "\"response\":{\"usage\":null}}\n\n"));
	assert_true(may_end(FORMAT_CHAT, true, "data: {\"choices\":[]}\n\n"));
	assert_true(may_end(FORMAT_ANTHROPIC, false, "{}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_anthropic_streams),
		cmocka_unit_test(reads_chat_streams),
		cmocka_unit_test(reads_responses_streams),
		cmocka_unit_test(reads_gemini_streams),
		cmocka_unit_test(reads_whole_answers),
		cmocka_unit_test(takes_no_content_for_usage),
		cmocka_unit_test(takes_no_deeper_object_for_usage),
		cmocka_unit_test(reads_over_strings_behind_it),
		cmocka_unit_test(finds_usage_behind_much_content),
		cmocka_unit_test(knows_the_end_of_streams_that_have_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
