#include "formats/stream_end.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define CHUNK(rest) "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}," rest "}]}\n\n"

static void chat_streams_end_with_a_reason_or_a_mark(void **state)
{
	(void)state;
	assert_true(stream_end_seen(FORMAT_CHAT, slice_of(CHUNK("\"finish_reason\":\"stop\""))));
	assert_true(stream_end_seen(FORMAT_CHAT, slice_of(CHUNK("\"finish_reason\" : \"length\""))));
	assert_true(stream_end_seen(FORMAT_CHAT, slice_of("data: [DONE]\n\n")));
	assert_true(stream_end_seen(FORMAT_CHAT, slice_of("data: {\"error\":{}}\n\n")));
	assert_false(stream_end_seen(FORMAT_CHAT, slice_of(CHUNK("\"finish_reason\":null"))));
	assert_false(stream_end_seen(FORMAT_CHAT, slice_of(CHUNK("\"finish_reason\":\"\""))));
	assert_false(stream_end_seen(FORMAT_CHAT, slice_of("data: {\"choices\":[{\"finish_reason\"")));
}

static void what_the_model_says_is_no_end(void **state)
{
	(void)state;
	assert_false(stream_end_seen(FORMAT_CHAT, slice_of(
		"data: {\"choices\":[{\"delta\":{\"content\":\"\\\"finish_reason\\\":\\\"stop\\\"\"},"
		"\"finish_reason\":null}]}\n\n")));
}

static void gemini_streams_end_with_a_reason(void **state)
{
	(void)state;
	assert_true(stream_end_seen(FORMAT_GEMINI, slice_of(
		"data: {\"candidates\":[{\"finishReason\": \"STOP\"}],\"usageMetadata\":{}}\r\n\r\n")));
	assert_true(stream_end_seen(FORMAT_GEMINI, slice_of(
		"data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\r\n\r\n")));
	assert_false(stream_end_seen(FORMAT_GEMINI, slice_of(
		"data: {\"candidates\":[{\"content\":{\"parts\":[]}}]}\r\n\r\n")));
}

/* The last frame may be larger than what is kept of it. */
static void of_half_a_frame_nobody_can_tell(void **state)
{
	static const char zeros[] = "\0\0\0\0data: {\"candidates\":[]}";

	(void)state;
	assert_true(stream_end_seen(FORMAT_GEMINI, slice_of("e\":1}],\"data:\":2}\n\n")));
	assert_true(stream_end_seen(FORMAT_CHAT, SLICE_NULL));
	assert_false(stream_end_seen(FORMAT_GEMINI,
				     (struct slice){ zeros, sizeof zeros - 1 }));
}

static void the_others_name_their_last_event(void **state)
{
	(void)state;
	assert_true(stream_end_seen(FORMAT_ANTHROPIC, slice_of("data: {}\n\n")));
	assert_true(stream_end_seen(FORMAT_RESPONSES, slice_of("data: {}\n\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chat_streams_end_with_a_reason_or_a_mark),
		cmocka_unit_test(what_the_model_says_is_no_end),
		cmocka_unit_test(gemini_streams_end_with_a_reason),
		cmocka_unit_test(of_half_a_frame_nobody_can_tell),
		cmocka_unit_test(the_others_name_their_last_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
