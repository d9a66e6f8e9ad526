/*
 * C150-C157: what upstreams say in all their shapes, and what each client is
 * told, before a stream and inside one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_scan.h"
#include "base/limits.h"
#include "formats/errors.c"

static struct arena arena;

static int open_arena(void **state)
{
	(void)state;
	arena_init(&arena, 4096);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static const char *body_of(enum format_id format, const struct api_error *e)
{
	struct buf out = BUF_INIT(64 * KIB);
	const char *text;

	error_write_body(format, e, &out);
	text = arena_strndup(&arena, buf_text(&out), out.len);
	buf_release(&out);
	return text;
}

static const char *event_of(enum format_id format, const struct api_error *e,
			    const struct error_stream *stream)
{
	struct buf out = BUF_INIT(64 * KIB);
	const char *text;

	error_write_event(format, e, stream, &out);
	text = arena_strndup(&arena, buf_text(&out), out.len);
	buf_release(&out);
	return text;
}

static struct api_error of_class(enum error_class class, const char *message)
{
	return (struct api_error){ .class = class, .message = message, .code = "",
				   .param = "", .request_id = "" };
}

/* The gateway's own refusals: status, then type/code names per format. */
static void test_own_errors(void **state)
{
	static const struct {
		int status;
		const char *anthropic;
		const char *openai;
		const char *code;
		const char *gemini;
	} cases[] = {
		{ 400, "invalid_request_error", "invalid_request_error", NULL,
		  "INVALID_ARGUMENT" },
		{ 401, "authentication_error", "invalid_request_error", "invalid_api_key",
		  "UNAUTHENTICATED" },
		{ 403, "permission_error", "permission_error", NULL, "PERMISSION_DENIED" },
		{ 404, "not_found_error", "invalid_request_error", NULL, "NOT_FOUND" },
		{ 405, "invalid_request_error", "invalid_request_error",
		  "method_not_allowed", "INVALID_ARGUMENT" },
		{ 408, "invalid_request_error", "invalid_request_error", "request_timeout",
		  "INVALID_ARGUMENT" },
		{ 413, "request_too_large", "invalid_request_error", "request_too_large",
		  "INVALID_ARGUMENT" },
		{ 415, "invalid_request_error", "invalid_request_error",
		  "unsupported_media_type", "INVALID_ARGUMENT" },
		{ 422, "invalid_request_error", "invalid_request_error", NULL,
		  "INVALID_ARGUMENT" },
		{ 429, "rate_limit_error", "requests", "rate_limit_exceeded",
		  "RESOURCE_EXHAUSTED" },
		{ 431, "invalid_request_error", "invalid_request_error",
		  "request_headers_too_large", "INVALID_ARGUMENT" },
		{ 499, "invalid_request_error", "invalid_request_error",
		  "client_closed_request", "CANCELLED" },
		{ 500, "api_error", "server_error", "internal_error", "INTERNAL" },
		{ 502, "api_error", "server_error", "upstream_error", "INTERNAL" },
		{ 503, "overloaded_error", "server_error", "overloaded", "UNAVAILABLE" },
		{ 504, "timeout_error", "server_error", "timeout", "DEADLINE_EXCEEDED" },
		{ 529, "overloaded_error", "server_error", "overloaded", "UNAVAILABLE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct api_error e = error_own(cases[i].status, "why");
		const char *openai = body_of(FORMAT_CHAT, &e);
		const char *code = cases[i].code
			? arena_printf(&arena, "\"code\":\"%s\"", cases[i].code)
			: "\"code\":null";

		assert_int_equal(error_status(FORMAT_ANTHROPIC, &e), cases[i].status);
		assert_int_equal(error_status(FORMAT_CHAT, &e), cases[i].status);
		assert_int_equal(error_status(FORMAT_GEMINI, &e), cases[i].status);
		assert_non_null(strstr(body_of(FORMAT_ANTHROPIC, &e),
			arena_printf(&arena, "\"type\":\"%s\"", cases[i].anthropic)));
		assert_non_null(strstr(openai,
			arena_printf(&arena, "\"type\":\"%s\"", cases[i].openai)));
		assert_non_null(strstr(openai, code));
		assert_non_null(strstr(body_of(FORMAT_GEMINI, &e),
			arena_printf(&arena, "{\"error\":{\"code\":%d,\"message\":\"why\","
				     "\"status\":\"%s\"}}", cases[i].status, cases[i].gemini)));
		assert_string_equal(openai, body_of(FORMAT_NONE, &e));
		assert_string_equal(openai, body_of(FORMAT_RESPONSES, &e));
	}
}

static void test_whole_bodies(void **state)
{
	struct api_error e = of_class(ERROR_RATE, "slow down");

	(void)state;
	e.request_id = "req_1";
	assert_string_equal(body_of(FORMAT_ANTHROPIC, &e),
		"{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
		"\"message\":\"slow down\"},\"request_id\":\"req_1\"}");
	assert_string_equal(body_of(FORMAT_CHAT, &e),
		"{\"error\":{\"message\":\"slow down\",\"type\":\"requests\",\"param\":null,"
		"\"code\":\"rate_limit_exceeded\"}}");
	e.retry_after_ms = 22001;
	e.code = "budget_exceeded";
	assert_string_equal(body_of(FORMAT_GEMINI, &e),
		"{\"error\":{\"code\":429,\"message\":\"slow down\","
		"\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":"
		"\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"23s\"}]}}");
	assert_non_null(strstr(body_of(FORMAT_CHAT, &e), "\"code\":\"budget_exceeded\""));
	assert_non_null(strstr(body_of(FORMAT_ANTHROPIC, &e),
			       "\"details\":{\"error_code\":\"budget_exceeded\"}"));
}

/* C150: the status of a converted error. */
static void test_status_of_classes(void **state)
{
	static const struct {
		enum error_class class;
		int anthropic;
		int openai;
		int gemini;
	} cases[] = {
		{ ERROR_INVALID, 400, 400, 400 },     { ERROR_CONTEXT, 400, 400, 400 },
		{ ERROR_AUTH, 401, 401, 401 },        { ERROR_BILLING, 402, 429, 429 },
		{ ERROR_PERMISSION, 403, 403, 403 },  { ERROR_NOT_FOUND, 404, 404, 404 },
		{ ERROR_CONFLICT, 409, 409, 409 },    { ERROR_TOO_LARGE, 413, 413, 413 },
		{ ERROR_RATE, 429, 429, 429 },        { ERROR_FILTER, 400, 400, 400 },
		{ ERROR_OVERLOADED, 529, 503, 503 },  { ERROR_TIMEOUT, 504, 504, 504 },
		{ ERROR_UNSUPPORTED, 400, 400, 400 }, { ERROR_INTERNAL, 500, 502, 500 },
		{ ERROR_UPSTREAM_BAD, 500, 502, 500 }, { ERROR_UPSTREAM_EOF, 500, 502, 500 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct api_error e = of_class(cases[i].class, "m");

		assert_int_equal(error_status(FORMAT_ANTHROPIC, &e), cases[i].anthropic);
		assert_int_equal(error_status(FORMAT_CHAT, &e), cases[i].openai);
		assert_int_equal(error_status(FORMAT_RESPONSES, &e), cases[i].openai);
		assert_int_equal(error_status(FORMAT_GEMINI, &e), cases[i].gemini);
	}
}

/* C152 */
static void test_message_is_clean(void **state)
{
	struct api_error e = of_class(ERROR_INVALID, "a\nb\x01" "c\x7f \xc3\xa4 \xff "
				      "key sk-ant-api03-0123456789abcdefghij0123456789");
	const char *body = body_of(FORMAT_CHAT, &e);
	struct buf big = BUF_INIT(64 * KIB);

	(void)state;
	assert_non_null(strstr(body, "\"a b c  \xc3\xa4 "));
	assert_null(strstr(body, "0123456789abcdefghij"));
	for (int i = 0; i < 1500; i++) {
		buf_adds(&big, "\xc3\xa4");
	}
	e.message = buf_text(&big);
	body = body_of(FORMAT_CHAT, &e);
	assert_true(strlen(body) < 2000 + 100);
	assert_true(utf8_is_valid(body, strlen(body)));
	buf_release(&big);
}

/* C150 context, C152 param */
static void test_words_that_anthropic_clients_look_for(void **state)
{
	struct api_error e = of_class(ERROR_CONTEXT, "too many tokens");

	(void)state;
	assert_non_null(strstr(body_of(FORMAT_ANTHROPIC, &e),
			       "\"prompt is too long: too many tokens\""));
	assert_non_null(strstr(body_of(FORMAT_CHAT, &e), "\"context_length_exceeded\""));
	e.message = "prompt is too long: 9 > 8";
	assert_non_null(strstr(body_of(FORMAT_ANTHROPIC, &e),
			       "\"prompt is too long: 9 > 8\""));
	e = of_class(ERROR_INVALID, "must be positive");
	e.param = "max_tokens";
	assert_non_null(strstr(body_of(FORMAT_ANTHROPIC, &e),
			       "\"max_tokens: must be positive\""));
	assert_non_null(strstr(body_of(FORMAT_CHAT, &e), "\"param\":\"max_tokens\""));
	e.message = "max_tokens: Field required";
	assert_non_null(strstr(body_of(FORMAT_ANTHROPIC, &e),
			       "\"max_tokens: Field required\""));
}

/* C140, C141, C143 */
static void test_events(void **state)
{
	struct api_error e = of_class(ERROR_OVERLOADED, "busy");
	struct error_stream stream = { .is_array = true };

	(void)state;
	assert_string_equal(event_of(FORMAT_ANTHROPIC, &e, NULL),
		"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
		"\"overloaded_error\",\"message\":\"busy\"},\"request_id\":null}\n\n");
	assert_string_equal(event_of(FORMAT_CHAT, &e, NULL),
		"data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\","
		"\"param\":null,\"code\":\"overloaded\"}}\n\n");
	assert_string_equal(event_of(FORMAT_GEMINI, &e, NULL),
		"data: {\"error\":{\"code\":503,\"message\":\"busy\","
		"\"status\":\"UNAVAILABLE\"}}\r\n\r\n");
	assert_string_equal(event_of(FORMAT_GEMINI, &e, &stream),
		"[{\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}]");
	stream.has_elements = true;
	assert_string_equal(event_of(FORMAT_GEMINI, &e, &stream),
		",\r\n{\"error\":{\"code\":503,\"message\":\"busy\","
		"\"status\":\"UNAVAILABLE\"}}]");
}

/* C142, C156 */
static void test_responses_events(void **state)
{
	struct api_error e = of_class(ERROR_RATE, "Rate limit reached.");
	struct error_stream stream = {
		.sequence_number = 7, .response_id = "", .model = "m", .created_at = 17,
	};
	const char *text;

	(void)state;
	e.retry_after_ms = 1500;
	assert_string_equal(event_of(FORMAT_RESPONSES, &e, &stream),
		"event: error\ndata: {\"type\":\"error\",\"sequence_number\":7,"
		"\"code\":\"rate_limit_exceeded\",\"message\":\"Rate limit reached.\","
		"\"param\":null}\n\n");
	stream.response_id = "resp_1";
	text = event_of(FORMAT_RESPONSES, &e, &stream);
	assert_non_null(strstr(text, "event: response.failed\ndata: {\"type\":"
			       "\"response.failed\",\"sequence_number\":7,\"response\":{\"id\":"
			       "\"resp_1\",\"object\":\"response\",\"created_at\":17,\"status\":"
			       "\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":"
			       "\"Rate limit reached. Please try again in 1.5s.\"}"));
	assert_non_null(strstr(text, "\"output\":[]"));
	stream.output = slice_of("[{\"id\":\"msg_1\"}]");
	e.message = "please try again in 3s";
	text = event_of(FORMAT_RESPONSES, &e, &stream);
	assert_non_null(strstr(text, "\"output\":[{\"id\":\"msg_1\"}]"));
	assert_non_null(strstr(text, "\"message\":\"please try again in 3s\""));
	e.class = ERROR_INTERNAL;
	assert_non_null(strstr(event_of(FORMAT_RESPONSES, &e, &stream),
			       "\"code\":\"server_error\""));
}

struct read_case {
	int status;
	const char *body;
	enum error_class class;
	const char *message;
	const char *code;
	const char *param;
	int64_t retry_ms;
};

/* azure-and-compatible.md §4.7 and the vendors' own */
static const struct read_case read_cases[] = {
	{ 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
	  "\"message\":\"max_tokens: Field required\"},\"request_id\":\"r\"}",
	  ERROR_INVALID, "max_tokens: Field required", "", "max_tokens", 0 },
	{ 529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
	  "\"message\":\"Overloaded\"}}", ERROR_OVERLOADED, "Overloaded", "", "", 0 },
	{ 400, "{\"error\":{\"message\":\"bad\",\"type\":\"invalid_request_error\","
	  "\"param\":\"temperature\",\"code\":\"invalid_value\"}}",
	  ERROR_INVALID, "bad", "invalid_value", "temperature", 0 },
	{ 429, "{\"error\":{\"message\":\"Please try again in 1.2s.\",\"type\":\"requests\","
	  "\"param\":null,\"code\":\"rate_limit_exceeded\"}}",
	  ERROR_RATE, "Please try again in 1.2s.", "", "", 1200 },
	{ 429, "{\"error\":{\"message\":\"quota\",\"type\":\"insufficient_quota\","
	  "\"code\":\"insufficient_quota\"}}", ERROR_BILLING, "quota", "", "", 0 },
	{ 400, "{\"error\":{\"message\":\"long\",\"code\":\"context_length_exceeded\"}}",
	  ERROR_CONTEXT, "long", "", "", 0 },
	{ 400, "{\"error\":{\"message\":\"f\",\"type\":null,\"param\":\"prompt\","
	  "\"code\":\"content_filter\",\"status\":400,\"innererror\":{}}}",
	  ERROR_FILTER, "f", "", "prompt", 0 },
	{ 404, "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"none\"}}",
	  ERROR_NOT_FOUND, "none", "DeploymentNotFound", "", 0 },
	{ 429, "{\"error\":{\"code\":\"429\",\"message\":\"retry after 12 seconds\"}}",
	  ERROR_RATE, "retry after 12 seconds", "", "", 12000 },
	{ 401, "{\"statusCode\":401,\"message\":\"denied\"}", ERROR_AUTH, "denied", "", "", 0 },
	{ 429, "{\"error\":{\"code\":429,\"message\":\"q\",\"status\":\"RESOURCE_EXHAUSTED\","
	  "\"details\":[{\"@type\":\"x\"},{\"@type\":\"y\",\"retryDelay\":\"23.5s\"}]}}",
	  ERROR_RATE, "q", "", "", 23500 },
	{ 400, "{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\"status\":"
	  "\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}",
	  ERROR_AUTH, "API key not valid.", "", "", 0 },
	{ 503, "[{\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}]",
	  ERROR_OVERLOADED, "busy", "", "", 0 },
	{ 400, "{\"error\":\"text\"}", ERROR_INVALID, "text", "", "", 0 },
	{ 400, "{\"object\":\"error\",\"message\":\"m\",\"type\":\"BadRequestError\","
	  "\"param\":null,\"code\":400}", ERROR_INVALID, "m", "", "", 0 },
	{ 500, "{\"detail\":\"boom\"}", ERROR_INTERNAL, "boom", "", "", 0 },
	{ 422, "{\"detail\":[{\"loc\":[\"body\",\"messages\",0],\"msg\":\"Field required\"}]}",
	  ERROR_INVALID, "Field required", "", "messages.0", 0 },
	{ 422, "{\"object\":\"error\",\"message\":{\"detail\":[{\"loc\":[\"body\",\"n\"],"
	  "\"msg\":\"extra\"}]}}", ERROR_INVALID, "extra", "", "n", 0 },
	{ 500, "{\"errors\":[\"first\",\"second\"]}", ERROR_INTERNAL, "first", "", "", 0 },
	{ 500, "{\"errors\":[{\"message\":\"first\"}]}", ERROR_INTERNAL, "first", "", "", 0 },
	{ 400, "{\"error\":{\"message\":\"This model's maximum context length is 8 tokens\"}}",
	  ERROR_CONTEXT, "This model's maximum context length is 8 tokens", "", "", 0 },
	{ 400, "{\"error\":{\"code\":400,\"type\":\"exceed_context_size_error\","
	  "\"message\":\"request exceeds\"}}", ERROR_CONTEXT, "request exceeds", "", "", 0 },
	{ 402, "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}",
	  ERROR_BILLING, "Insufficient credits", "", "", 0 },
	/* C157 */
	{ 502, "<html>bad gateway</html>", ERROR_INTERNAL, "upstream returned HTTP 502", "", "",
	  0 },
	{ 413, "", ERROR_TOO_LARGE, "upstream returned HTTP 413", "", "", 0 },
	{ 500, "{\"error\":{\"message\":", ERROR_INTERNAL, "upstream returned HTTP 500", "", "",
	  0 },
	/* the status wins over the body, but for what it cannot say */
	{ 503, "{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\"}}",
	  ERROR_OVERLOADED, "m", "", "", 0 },
	/* frames inside a 200: the body alone decides */
	{ 200, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
	  "\"message\":\"Overloaded\"}}", ERROR_OVERLOADED, "Overloaded", "", "", 0 },
	{ 200, "{\"error\":{\"code\":502,\"message\":\"gone\"},\"choices\":[]}",
	  ERROR_INTERNAL, "gone", "", "", 0 },
	{ 200, "{\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}",
	  ERROR_OVERLOADED, "busy", "", "", 0 },
	{ 200, "{\"type\":\"error\",\"sequence_number\":5,\"code\":\"server_error\","
	  "\"message\":\"m\",\"param\":null}", ERROR_INTERNAL, "m", "", "", 0 },
	{ 200, "{\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"error\":{\"code\":"
	  "\"rate_limit_exceeded\",\"message\":\"try again in 1.5s\"}}}",
	  ERROR_RATE, "try again in 1.5s", "", "", 1500 },
	{ 200, "{\"error\":{}}", ERROR_INTERNAL,
	  "the upstream reported an error without a message", "", "", 0 },
};

static void test_reading(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_cases); i++) {
		const struct read_case *c = &read_cases[i];
		struct api_error e;

		error_read(c->status, slice_of(c->body), &arena, &e);
		if (e.class != c->class || !str_eq(e.message, c->message) ||
		    !str_eq(e.code, c->code) || !str_eq(e.param, c->param) ||
		    e.retry_after_ms != c->retry_ms) {
			fail_msg("%s: class %s message %s code %s param %s retry %ld", c->body,
				 error_class_name(e.class), e.message, e.code, e.param,
				 (long)e.retry_after_ms);
		}
		assert_int_equal(e.status, 0);
	}
}

/* Any cut of any body is read without harm. */
static void test_reading_cut_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_cases); i++) {
		size_t len = strlen(read_cases[i].body);

		for (size_t cut = 0; cut < len; cut++) {
			struct arena local;
			struct api_error e;
			char *copy;

			arena_init(&local, 1024);
			copy = malloc(cut ? cut : 1);
			memcpy(copy, read_cases[i].body, cut);
			error_read(read_cases[i].status, (struct slice){ copy, cut }, &local, &e);
			error_is_frame((struct slice){ copy, cut });
			assert_true(*e.message);
			free(copy);
			arena_release(&local);
		}
	}
}

static void test_error_frames(void **state)
{
	static const struct {
		const char *data;
		bool is_error;
	} cases[] = {
		{ "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", true },
		{ "{\"type\":\"error\",\"code\":null,\"message\":\"m\"}", true },
		{ "{\"error\":{\"message\":\"m\"}}", true },
		{ "{\"error\":\"m\"}", true },
		{ "{\"id\":\"x\",\"error\":{\"code\":502},\"choices\":[]}", true },
		{ "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"c\"}}}", true },
		{ "{\"type\":\"response.created\",\"response\":{\"error\":null}}", false },
		{ "{\"id\":\"x\",\"error\":null,\"choices\":[]}", false },
		{ "{\"type\":\"message_start\"}", false },
		{ "[DONE]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(error_is_frame(slice_of(cases[i].data)), cases[i].is_error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_errors),
		cmocka_unit_test(test_whole_bodies),
		cmocka_unit_test(test_status_of_classes),
		cmocka_unit_test(test_message_is_clean),
		cmocka_unit_test(test_words_that_anthropic_clients_look_for),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_responses_events),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_reading_cut_bodies),
		cmocka_unit_test(test_error_frames),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
