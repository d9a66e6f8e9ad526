#include "gateway/model_filter.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void expect(enum format_id format, const char *in, const char *want)
{
	size_t len = strlen(in);

	/* The same result wherever the bytes are cut. */
	for (size_t cut = 0; cut <= len; cut++) {
		struct model_filter f;
		struct buf out = BUF_INIT(64 * KIB);

		model_filter_init(&f, format, "asked");
		model_filter_feed(&f, (struct slice){ in, cut }, &out);
		model_filter_feed(&f, (struct slice){ in + cut, len - cut }, &out);
		model_filter_finish(&f, &out);
		assert_string_equal(buf_text(&out), want);
		buf_release(&out);
		model_filter_release(&f);
	}
}

static void test_hides_usage(void **state)
{
	const char in[] = "data: {\"choices\":[],\"prompt_filter_results\":[],\"usage\":null}\n\n"
			  "data: {\"choices\":[{}],\"usage\":{\"prompt_tokens\":1}}\n\n"
			  "data: {\"choices\": [ ],\"model\":\"x\",\"usage\":{\"prompt_tokens\":1}}\r\n\r\n"
			  "data: [DONE]\n\n";
	const char want[] = "data: {\"choices\":[],\"prompt_filter_results\":[],\"usage\":null}\n\n"
			    "data: {\"choices\":[{}],\"usage\":{\"prompt_tokens\":1}}\n\n"
			    "data: [DONE]\n\n";

	(void)state;
	for (size_t cut = 0; cut <= sizeof in - 1; cut++) {
		struct model_filter f;
		struct buf out = BUF_INIT(64 * KIB);

		model_filter_init(&f, FORMAT_CHAT, NULL);
		f.hides_usage = true;
		model_filter_feed(&f, (struct slice){ in, cut }, &out);
		model_filter_feed(&f, (struct slice){ in + cut, sizeof in - 1 - cut }, &out);
		model_filter_finish(&f, &out);
		assert_string_equal(buf_text(&out), want);
		buf_release(&out);
		model_filter_release(&f);
	}
}

static void test_streams(void **state)
{
	(void)state;
	expect(FORMAT_CHAT, "data: {\"id\":1, \"model\" : \"x\",\"c\":1.0}\r\n\r\ndata: [DONE]\n\n",
	       "data: {\"id\":1, \"model\" : \"asked\",\"c\":1.0}\r\n\r\ndata: [DONE]\n\n");
	expect(FORMAT_ANTHROPIC,
	       "event: message_start\ndata:{\"message\":{\"model\":\"x\"}}\n\n"
	       "data: {\"message\":{\"model\":\"x\"}}\n\n",
	       "event: message_start\ndata:{\"message\":{\"model\":\"asked\"}}\n\n"
	       "data: {\"message\":{\"model\":\"x\"}}\n\n");
	expect(FORMAT_RESPONSES, "data: {\"response\":{\"model\":\"x\"},\"model\":\"y\"}\n\n",
	       "data: {\"response\":{\"model\":\"asked\"},\"model\":\"y\"}\n\n");
	expect(FORMAT_GEMINI, "data: {\"modelVersion\":\"x\"}\n\n",
	       "data: {\"modelVersion\":\"asked\"}\n\n");
}

static void test_other_lines_stay(void **state)
{
	(void)state;
	expect(FORMAT_CHAT, ": \"model\":\"x\"\nevent: data: {\"model\":\"x\"}\n"
	       "data: {\"text\":\"\\\"model\\\":\\\"x\\\"\"}\ndata: {\"model\":7}\ndata: no",
	       ": \"model\":\"x\"\nevent: data: {\"model\":\"x\"}\n"
	       "data: {\"text\":\"\\\"model\\\":\\\"x\\\"\"}\ndata: {\"model\":7}\ndata: no");
}

static void test_json(void **state)
{
	struct model_filter f;
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	model_filter_init(&f, FORMAT_CHAT, "a\"b");
	model_filter_json(&f, slice_of("{\"a\":{\"model\":\"n\"},\"model\":\"x\"} "), &out);
	assert_string_equal(buf_text(&out), "{\"a\":{\"model\":\"n\"},\"model\":\"a\\\"b\"} ");
	buf_clear(&out);
	model_filter_json(&f, slice_of("<html>"), &out);
	assert_string_equal(buf_text(&out), "<html>");
	buf_release(&out);
	model_filter_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_hides_usage),
		cmocka_unit_test(test_other_lines_stay),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("model_filter", tests, NULL, NULL);
}
