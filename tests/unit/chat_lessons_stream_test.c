/*
 * What users of other gateways ran into, where Chat is one of the two sides:
 * the number is the line of the field lessons, section 4. Here are streams,
 * usage and errors.
 */
#include "tests/unit/chat_lessons_world.h"

/* ---- streaming ---- */

static void test_lesson_71_72_one_message(void **state)
{
	(void)state;
	run(&a_to_c, A_STREAM A_TOOLS USER, SAYS("a") BEGIN_CALL(0, "t", "f") ARGS(0, "{}")
	    FINISH("tool_calls") DONE);
	assert_int_equal(count(got.answer, "event: message_start"), 1);
	assert_int_equal(count(got.answer, "event: content_block_start"), 2);
	assert_int_equal(count(got.answer, "event: content_block_stop"), 2);
	assert_int_equal(count(got.answer, "event: message_delta"), 1);
	assert_int_equal(count(got.answer, "event: message_stop"), 1);
	assert_has(got.answer, "\"usage\":{\"input_tokens\":0,\"cache_creation_input_tokens\":0,"
		   "\"cache_read_input_tokens\":0,");
}

static void test_lesson_73_first_chunk_has_the_role(void **state)
{
	const char *role;

	(void)state;
	run(&c_to_a, C_STREAM USER, A_START A_SAYS("a") A_END("end_turn"));
	role = strstr(got.answer, "\"delta\":{\"role\":\"assistant\"");
	assert_non_null(role);
	assert_true(role < strstr(got.answer, "\n\n"));
	assert_int_equal(count(got.answer, "\"role\""), 1);
}

/* Done without a reason is an end; silence without either is not. */
static void test_lesson_74_end_without_a_reason(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD USER, SAYS("a") DONE);
	assert_int_equal(got.state, CONVERT_COMPLETE);
	assert_has(got.answer, "\"stop_reason\":\"end_turn\"");
	run(&a_to_c, A_HEAD USER, SAYS("a"));
	assert_int_equal(got.state, CONVERT_FAILED);
	run(&c_to_a, C_HEAD USER, A_START A_SAYS("a"));
	assert_int_equal(got.state, CONVERT_FAILED);
}

static void test_lesson_75_76_framing(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD USER, "\xef\xbb\xbf: hello\r\nretry: 3\r\n\r\nevent: x\r\n\r\n"
	    "data:{\"choices\":[{\"delta\":\r\ndata:{\"content\":\"a\\ud83d\"}}]}\r\n\r\n"
	    "data:{\"choices\":[{\"delta\":{\"content\":\"\\ude00\"},\"finish_reason\":"
	    "\"stop\"}]}\r\n\r\ndata:[DONE]\r\n\r\n");
	assert_has(got.answer, "\"text\":\"a\xf0\x9f\x98\x80\"");
}

static void test_lesson_77_megabytes_in_a_line(void **state)
{
	struct buf sse = BUF_INIT(4 * MIB);

	(void)state;
	buf_adds(&sse, "data: {\"choices\":[{\"delta\":{\"content\":\"");
	for (int i = 0; i < 200000; i++) {
		buf_adds(&sse, "0123456789");
	}
	buf_adds(&sse, "\"},\"finish_reason\":\"stop\"}]}\n\n");
	run(&c_to_c, C_STREAM USER, buf_text(&sse));
	/* The answer is longer than what this test keeps of it. */
	assert_has(got.answer, "\"role\":\"assistant\"");
	buf_release(&sse);
}

static void test_lesson_78_pings_are_comments(void **state)
{
	(void)state;
	run(&c_to_a, C_STREAM USER, A_START A_SAYS("a") "data: {\"type\":\"ping\"}\n\n"
	    A_END("end_turn"));
	assert_has(got.answer, "\n\n: keep-alive\n\n");
	assert_lacks(got.answer, "ping");
}

static void test_lesson_79_nothing_after_the_end(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD USER, SAYS("a") FINISH("stop") FRAME("\"choices\":[],\"usage\":"
	    "{\"prompt_tokens\":5}") DONE SAYS("b") DONE);
	assert_has(got.answer, "\"text\":\"a\"");
	assert_has(got.answer, "\"input_tokens\":5");
	run(&c_to_a, C_HEAD USER, A_START A_SAYS("a") A_END("end_turn") A_SAYS("b"));
	assert_has(got.answer, "\"content\":\"a\"");
}

static void test_lesson_80_stop_with_calls(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD A_TOOLS USER, BEGIN_CALL(0, "t", "f") FINISH("stop") DONE);
	assert_has(got.answer, "\"stop_reason\":\"tool_use\"");
	run(&c_to_g, C_HEAD C_TOOLS USER, G_ANSWER("{\"functionCall\":{\"name\":\"f\","
						   "\"args\":{}}}"));
	assert_has(got.answer, "\"finish_reason\":\"tool_calls\"");
}

static void test_lesson_81_stop_reasons(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD USER, SAYS("a") FINISH("content_filter") DONE);
	assert_has(got.answer, "\"stop_reason\":\"refusal\"");
	run(&c_to_a, C_HEAD USER, A_START A_SAYS("a") A_END("refusal"));
	assert_has(got.answer, "\"finish_reason\":\"content_filter\"");
	run(&c_to_a, C_HEAD USER, A_START A_SAYS("a") A_END("pause_turn"));
	assert_has(got.answer, "\"finish_reason\":\"stop\"");
}

static void test_lesson_82_whole_answer_of_a_stream(void **state)
{
	(void)state;
	run(&c_to_a, C_HEAD USER, A_START A_SAYS("a") A_END("end_turn"));
	assert_has(got.answer, "\"object\":\"chat.completion\"");
	assert_has(got.answer, "\"content\":\"a\"");
	run(&c_to_c, C_STREAM USER, "{\"choices\":[{\"message\":{\"content\":\"a\"},"
	    "\"finish_reason\":\"stop\"}]}");
	assert_has(got.answer, "\"delta\":{\"content\":\"a\"}");
	assert_has(got.answer, "data: [DONE]");
}

/* ---- usage, errors, transport ---- */

static void test_lesson_84_85_88_usage(void **state)
{
	(void)state;
	run(&c_to_a, C_HEAD USER, A_START A_SAYS("a") A_END("end_turn"));
	assert_has(got.answer, "\"prompt_tokens\":7,\"completion_tokens\":9,");
	run(&a_to_c, A_HEAD USER, FRAME("\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":"
	    "{\"prompt_tokens\":10,\"completion_tokens\":1,\"prompt_tokens_details\":"
	    "{\"cached_tokens\":6}}") FRAME("\"choices\":[{\"delta\":{},\"finish_reason\":"
	    "\"stop\"}],\"usage\":null") DONE);
	assert_has(got.answer, "\"input_tokens\":4,");
	assert_has(got.answer, "\"cache_read_input_tokens\":6,");
	assert_has(got.answer, "\"output_tokens\":1");
}

static void test_lesson_89_error_envelopes(void **state)
{
	(void)state;
	run(&a_to_c, A_STREAM USER, SAYS("a") FRAME("\"error\":{\"message\":\"slow down\",\"code\":"
	    "\"rate_limit_exceeded\"}"));
	assert_has(got.answer, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
		   "\"rate_limit_error\",\"message\":\"slow down\"}");
	run(&c_to_a, C_STREAM USER, A_START A_SAYS("a") "data: {\"type\":\"error\",\"error\":"
	    "{\"type\":\"rate_limit_error\",\"message\":\"slow down\"}}\n\n");
	assert_has(got.answer, "data: {\"error\":{\"message\":\"slow down\",\"type\":\"requests\","
		   "\"param\":null,\"code\":\"rate_limit_exceeded\"}}\n\n");
	assert_lacks(got.answer, "[DONE]");
}

static void test_lesson_90_context_overflow(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD USER, "{\"error\":{\"message\":\"This model's maximum context length "
	    "is 8 tokens.\",\"code\":\"context_length_exceeded\"}}");
	assert_has(got.answer, "\"invalid_request_error\",\"message\":\"prompt is too long: ");
	run(&c_to_a, C_HEAD USER, "{\"type\":\"error\",\"error\":{\"type\":"
	    "\"invalid_request_error\",\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}");
	assert_has(got.answer, "\"code\":\"context_length_exceeded\"");
}

static void test_lesson_93_html_is_no_answer(void **state)
{
	const char *html = "<html><body>Just a moment...</body></html>";
	struct convert_stream *s;
	struct buf out = BUF_INIT(4 * KIB);

	(void)state;
	run(&a_to_c, A_HEAD USER, html);
	assert_int_equal(got.state, CONVERT_FAILED);
	s = convert_stream_create(answer_plan_watch(C), false);
	convert_stream_feed(s, slice_of(html), &out);
	assert_int_equal(convert_stream_finish(s, &out), CONVERT_FAILED);
	assert_int_equal(convert_stream_error(s)->class, ERROR_UPSTREAM_BAD);
	assert_int_equal(out.len, 0);
	convert_stream_destroy(s);
}

static void test_lesson_94_numbers_and_order_stay(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"temperature\":0.10,\"tools\":[{\"name\":\"f\",\"input_schema\":"
		"{\"type\":\"object\",\"properties\":{\"z\":{\"maximum\":9007199254740993},"
		"\"a\":{\"default\":1.0}}}}]," USER,
		"\"properties\":{\"z\":{\"maximum\":9007199254740993},\"a\":{\"default\":1.0}}");
	assert_has(got.body, "\"temperature\":0.10");
	run(&a_to_c, A_HEAD A_TOOLS USER, BEGIN_CALL(0, "t", "f")
	    ARGS(0, "{\\\"z\\\":9007199254740993,\\\"a\\\":1.0}") FINISH("tool_calls") DONE);
	assert_has(got.answer, "\"input\":{\"z\":9007199254740993,\"a\":1.0}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lesson_71_72_one_message),
		cmocka_unit_test(test_lesson_73_first_chunk_has_the_role),
		cmocka_unit_test(test_lesson_74_end_without_a_reason),
		cmocka_unit_test(test_lesson_75_76_framing),
		cmocka_unit_test(test_lesson_77_megabytes_in_a_line),
		cmocka_unit_test(test_lesson_78_pings_are_comments),
		cmocka_unit_test(test_lesson_79_nothing_after_the_end),
		cmocka_unit_test(test_lesson_80_stop_with_calls),
		cmocka_unit_test(test_lesson_81_stop_reasons),
		cmocka_unit_test(test_lesson_82_whole_answer_of_a_stream),
		cmocka_unit_test(test_lesson_84_85_88_usage),
		cmocka_unit_test(test_lesson_89_error_envelopes),
		cmocka_unit_test(test_lesson_90_context_overflow),
		cmocka_unit_test(test_lesson_93_html_is_no_answer),
		cmocka_unit_test(test_lesson_94_numbers_and_order_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
