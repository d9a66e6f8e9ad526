/*
 * Every row of the HTTP interface's table, C117, C118, and the bodies that
 * stand at another format's path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/detect.c"

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

static struct endpoint detect(const char *method, const char *path, const char *query)
{
	struct detect_request req = { .method = method, .path = path, .query = query };
	struct endpoint e;

	detect_endpoint(&req, &arena, &e);
	return e;
}

static void test_calls(void **state)
{
	static const struct {
		const char *path;
		enum format_id format;
		enum operation op;
		const char *model;
	} cases[] = {
		{ "/v1/chat/completions", FORMAT_CHAT, OP_GENERATE, "" },
		{ "/v1/completions", FORMAT_CHAT, OP_COMPLETIONS, "" },
		{ "/v1/responses", FORMAT_RESPONSES, OP_GENERATE, "" },
		{ "/v1/responses/input_tokens", FORMAT_RESPONSES, OP_COUNT_TOKENS, "" },
		{ "/v1/embeddings", FORMAT_CHAT, OP_EMBEDDINGS, "" },
		{ "/v1/messages", FORMAT_ANTHROPIC, OP_GENERATE, "" },
		{ "/v1/messages/count_tokens", FORMAT_ANTHROPIC, OP_COUNT_TOKENS, "" },
		{ "/v1beta/models/m:generateContent", FORMAT_GEMINI, OP_GENERATE, "m" },
		{ "/v1beta/models/m:streamGenerateContent", FORMAT_GEMINI, OP_GENERATE, "m" },
		{ "/v1beta/models/m:countTokens", FORMAT_GEMINI, OP_COUNT_TOKENS, "m" },
		{ "/v1beta/models/m:embedContent", FORMAT_GEMINI, OP_EMBEDDINGS, "m" },
		{ "/v1beta/models/m:batchEmbedContents", FORMAT_GEMINI, OP_EMBEDDINGS, "m" },
		{ "/v1beta/models/m:predict", FORMAT_GEMINI, OP_OTHER, "m" },
		{ "/v1/models/m:generateContent", FORMAT_GEMINI, OP_GENERATE, "m" },
		{ "/v1alpha/models/m:generateContent", FORMAT_GEMINI, OP_GENERATE, "m" },
		{ "/v1beta/models/models%2Fm:generateContent", FORMAT_GEMINI, OP_GENERATE, "m" },
		{ "/v1beta/models/a%2Fb%3Ac:generateContent", FORMAT_GEMINI, OP_GENERATE,
		  "a/b:c" },
		{ "/v1beta/models/up/model:8b:generateContent", FORMAT_GEMINI, OP_GENERATE,
		  "up/model:8b" },
		{ "/v1beta/tunedModels/x:generateContent", FORMAT_GEMINI, OP_GENERATE,
		  "tunedModels/x" },
		{ "/openai/deployments/my-gpt/chat/completions", FORMAT_CHAT, OP_GENERATE,
		  "my-gpt" },
		{ "/openai/deployments/a%20b/embeddings", FORMAT_CHAT, OP_EMBEDDINGS, "a b" },
		{ "/openai/deployments/d/images/generations", FORMAT_NONE, OP_OTHER, "d" },
		{ "/openai/responses", FORMAT_RESPONSES, OP_GENERATE, "" },
		{ "/openai/v1/chat/completions", FORMAT_CHAT, OP_GENERATE, "" },
		{ "/openai/v1/responses", FORMAT_RESPONSES, OP_GENERATE, "" },
		{ "/openai/v1/audio/speech", FORMAT_NONE, OP_OTHER, "" },
		{ "/v1beta/openai/chat/completions", FORMAT_CHAT, OP_GENERATE, "" },
		{ "/v1/audio/speech", FORMAT_NONE, OP_OTHER, "" },
		{ "/v1/responses/compact", FORMAT_NONE, OP_OTHER, "" },
		{ "/v1/messages/batches", FORMAT_NONE, OP_OTHER, "" },
		/* base URLs that are nearly right */
		{ "//v1/messages", FORMAT_ANTHROPIC, OP_GENERATE, "" },
		{ "/v1/v1/messages", FORMAT_ANTHROPIC, OP_GENERATE, "" },
		{ "/v1/chat/completions/", FORMAT_CHAT, OP_GENERATE, "" },
		{ "/chat/completions", FORMAT_CHAT, OP_GENERATE, "" },
		{ "/messages", FORMAT_ANTHROPIC, OP_GENERATE, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct endpoint e = detect("POST", cases[i].path, "");

		if (e.kind != ENDPOINT_CALL || e.format != cases[i].format ||
		    e.op != cases[i].op || !str_eq(e.model, cases[i].model)) {
			fail_msg("%s: kind %d format %d op %d model %s", cases[i].path, e.kind,
				 e.format, e.op, e.model);
		}
		assert_int_not_equal(e.family, FORMAT_NONE);
		e = detect("GET", cases[i].path, "");
		assert_int_not_equal(e.kind, ENDPOINT_CALL);
	}
}

static void test_own_endpoints(void **state)
{
	static const struct {
		const char *path;
		enum endpoint_kind kind;
	} cases[] = {
		{ "/", ENDPOINT_SERVICE },
		{ "/health", ENDPOINT_HEALTH },
		{ "/healthz", ENDPOINT_HEALTH },
		{ "/health/live", ENDPOINT_HEALTH_LIVE },
		{ "/health/ready", ENDPOINT_HEALTH_READY },
		{ "/metrics", ENDPOINT_METRICS },
		{ "/admin", ENDPOINT_ADMIN },
		{ "/admin/api/keys", ENDPOINT_ADMIN },
		{ "/v1/models", ENDPOINT_MODELS },
		{ "/models", ENDPOINT_MODELS },
		{ "/v1beta/models", ENDPOINT_MODELS },
		{ "/openai/v1/models", ENDPOINT_MODELS },
		{ "/openai/models", ENDPOINT_MODELS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(detect("GET", cases[i].path, "").kind, cases[i].kind);
		assert_int_equal(detect("HEAD", cases[i].path, "").kind, cases[i].kind);
		if (cases[i].kind != ENDPOINT_ADMIN) {
			struct endpoint e = detect("POST", cases[i].path, "");

			assert_int_equal(e.kind, ENDPOINT_BAD_METHOD);
			assert_string_equal(e.allow, "GET, HEAD");
		}
	}
	assert_string_equal(detect("POST", "/admin/api/keys", "").path, "/api/keys");
}

/* C118 */
static void test_model_lists_of_three_families(void **state)
{
	struct detect_request req = { .method = "GET", .path = "/v1/models", .query = "" };
	struct endpoint e;

	(void)state;
	assert_int_equal(detect("GET", "/v1/models", "").format, FORMAT_CHAT);
	assert_int_equal(detect("GET", "/v1/models", "limit=3&key=x").format, FORMAT_GEMINI);
	assert_int_equal(detect("GET", "/v1/models", "monkey=x").format, FORMAT_CHAT);
	assert_int_equal(detect("GET", "/v1beta/models", "").format, FORMAT_GEMINI);
	assert_int_equal(detect("GET", "/openai/v1/models", "key=x").format, FORMAT_CHAT);
	req.has_anthropic_version = true;
	detect_endpoint(&req, &arena, &e);
	assert_int_equal(e.format, FORMAT_ANTHROPIC);
	req.has_google_key = true;
	detect_endpoint(&req, &arena, &e);
	assert_int_equal(e.format, FORMAT_GEMINI);
}

static void test_one_model(void **state)
{
	(void)state;
	assert_string_equal(detect("GET", "/v1/models/gpt-5.2", "").model, "gpt-5.2");
	assert_string_equal(detect("GET", "/v1/models/ft:gpt-4o:org::x", "").model,
			    "ft:gpt-4o:org::x");
	assert_string_equal(detect("GET", "/v1/models/up%2Fm", "").model, "up/m");
	assert_string_equal(detect("GET", "/v1/models/up/m", "").model, "up/m");
	assert_string_equal(detect("GET", "/v1beta/models/m", "").model, "m");
	assert_int_equal(detect("DELETE", "/v1/models/ft:x:y", "").kind, ENDPOINT_BAD_METHOD);
	assert_int_equal(detect("DELETE", "/v1/models/ft:x:y", "").family, FORMAT_CHAT);
}

static void test_gemini_details(void **state)
{
	struct endpoint e = detect("POST", "/v1beta/models/m:streamGenerateContent",
				   "key=x&alt=sse");

	(void)state;
	assert_true(e.is_stream);
	assert_false(e.is_array_stream);
	assert_string_equal(e.gemini_version, "v1beta");
	assert_string_equal(e.gemini_method, "streamGenerateContent");
	e = detect("POST", "/v1/models/m:streamGenerateContent", "alt=json");
	assert_true(e.is_stream);
	assert_true(e.is_array_stream);
	assert_string_equal(e.gemini_version, "v1");
	e = detect("POST", "/v1/models/m:generateContent", "");
	assert_false(e.is_stream);
	assert_false(e.is_array_stream);
}

static void test_unknown(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		enum format_id family;
	} cases[] = {
		{ "GET", "/nothing", FORMAT_CHAT },
		{ "POST", "/nothing", FORMAT_CHAT },
		{ "HEAD", "/api/hello", FORMAT_CHAT },
		{ "POST", "/v1", FORMAT_CHAT },
		{ "POST", "/v1/", FORMAT_CHAT },
		{ "POST", "/v2/messages", FORMAT_CHAT },
		{ "POST", "/v1beta/nothing", FORMAT_GEMINI },
		{ "POST", "/v1beta/models/:generateContent", FORMAT_GEMINI },
		{ "POST", "/v1beta/models/m:", FORMAT_GEMINI },
		{ "POST", "/v1beta/models/a%0d%0ab:generateContent", FORMAT_GEMINI },
		{ "POST", "/v1beta/models/a%00b:generateContent", FORMAT_GEMINI },
		{ "GET", "/v1/models/a%00b", FORMAT_CHAT },
		{ "POST", "/openai/deployments/d", FORMAT_CHAT },
		{ "POST", "/openai/deployments//chat/completions", FORMAT_CHAT },
		{ "POST", "/openai/deployments/a%0ab/chat/completions", FORMAT_CHAT },
		{ "POST", "/openai/nothing", FORMAT_CHAT },
		/* nothing is stored */
		{ "GET", "/v1/chat/completions/x", FORMAT_CHAT },
		{ "DELETE", "/v1/responses/resp_1", FORMAT_RESPONSES },
		{ "GET", "/v1messages", FORMAT_CHAT },
		{ "GET", "", FORMAT_CHAT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct endpoint e = detect(cases[i].method, cases[i].path, "");

		if (e.kind != ENDPOINT_UNKNOWN || e.family != cases[i].family) {
			fail_msg("%s: kind %d family %d", cases[i].path, e.kind, e.family);
		}
	}
}

static void test_wrong_method(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		enum format_id family;
		const char *allow;
	} cases[] = {
		{ "GET", "/v1/messages", FORMAT_ANTHROPIC, "POST" },
		{ "PUT", "/v1/chat/completions", FORMAT_CHAT, "POST" },
		{ "GET", "/v1/responses", FORMAT_RESPONSES, "POST" },
		{ "GET", "/v1beta/models/m:generateContent", FORMAT_GEMINI, "POST" },
		{ "GET", "/v1/files", FORMAT_CHAT, "POST" },
		{ "GET", "/v1/messages/batches", FORMAT_ANTHROPIC, "POST" },
		{ "DELETE", "/", FORMAT_CHAT, "GET, HEAD" },
		{ "post", "/v1/messages", FORMAT_ANTHROPIC, "POST" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct endpoint e = detect(cases[i].method, cases[i].path, "");

		assert_int_equal(e.kind, ENDPOINT_BAD_METHOD);
		assert_int_equal(e.family, cases[i].family);
		assert_string_equal(e.allow, cases[i].allow);
	}
}

static void test_other_path_stays_raw(void **state)
{
	(void)state;
	assert_string_equal(detect("POST", "/v1/files/a%2Fb/x", "").path, "/files/a%2Fb/x");
	assert_string_equal(detect("POST", "/openai/v1/audio/speech", "").path,
			    "/audio/speech");
	assert_string_equal(detect("POST", "/openai/deployments/d/audio/speech", "").path,
			    "/audio/speech");
}

static enum format_id format_of(const char *body, enum format_id path_format)
{
	struct body_signs signs = { 0 };
	struct json_scan scan;
	struct json_member member;

	json_scan_init(&scan, slice_of(body));
	while (json_scan_next(&scan, &member)) {
		detect_member(&signs, &member);
	}
	return detect_format(&signs, path_format);
}

static void test_bodies(void **state)
{
	static const struct {
		const char *body;
		enum format_id path;
		enum format_id format;
	} cases[] = {
		/* nothing speaks against the path */
		{ "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\"}]}",
		  FORMAT_CHAT, FORMAT_CHAT },
		{ "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\"}]}",
		  FORMAT_ANTHROPIC, FORMAT_ANTHROPIC },
		{ "{}", FORMAT_CHAT, FORMAT_CHAT },
		{ "not json", FORMAT_ANTHROPIC, FORMAT_ANTHROPIC },
		/* Anthropic at a chat path */
		{ "{\"system\":\"s\",\"messages\":[]}", FORMAT_CHAT, FORMAT_ANTHROPIC },
		{ "{\"messages\":[],\"stop_sequences\":[\"x\"]}", FORMAT_CHAT,
		  FORMAT_ANTHROPIC },
		{ "{\"messages\":[],\"tools\":[{\"name\":\"t\",\"input_schema\":{}}]}",
		  FORMAT_CHAT, FORMAT_ANTHROPIC },
		{ "{\"messages\":[],\"tool_choice\":{\"type\":\"any\"}}", FORMAT_CHAT,
		  FORMAT_ANTHROPIC },
		{ "{\"messages\":[],\"system\":null}", FORMAT_CHAT, FORMAT_CHAT },
		/* Chat at the messages path */
		{ "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}]}", FORMAT_ANTHROPIC,
		  FORMAT_CHAT },
		{ "{\"messages\":[{\"content\":\"s\",\"role\":\"developer\"}]}",
		  FORMAT_ANTHROPIC, FORMAT_CHAT },
		{ "{\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":{}}]}",
		  FORMAT_ANTHROPIC, FORMAT_CHAT },
		{ "{\"messages\":[],\"tool_choice\":\"auto\"}", FORMAT_ANTHROPIC, FORMAT_CHAT },
		{ "{\"messages\":[],\"max_completion_tokens\":5}", FORMAT_ANTHROPIC,
		  FORMAT_CHAT },
		/* signs that contradict each other: the path decides */
		{ "{\"system\":\"s\",\"messages\":[],\"stop\":[\"x\"]}", FORMAT_CHAT,
		  FORMAT_CHAT },
		/* Responses at a chat path, and the reverse */
		{ "{\"input\":\"hi\",\"stream\":true}", FORMAT_CHAT, FORMAT_RESPONSES },
		{ "{\"messages\":[{\"role\":\"user\"}]}", FORMAT_RESPONSES, FORMAT_CHAT },
		{ "{\"input\":\"hi\"}", FORMAT_RESPONSES, FORMAT_RESPONSES },
		/* words deeper down are no signs */
		{ "{\"messages\":[{\"role\":\"user\",\"content\":\"system\"}],"
		  "\"metadata\":{\"system\":\"x\",\"stop_sequences\":[]}}",
		  FORMAT_CHAT, FORMAT_CHAT },
		/* Gemini's model is in the path: no body moves it */
		{ "{\"messages\":[],\"system\":\"s\"}", FORMAT_GEMINI, FORMAT_GEMINI },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (format_of(cases[i].body, cases[i].path) != cases[i].format) {
			fail_msg("%s at format %d", cases[i].body, cases[i].path);
		}
	}
}

static void test_answer_format(void **state)
{
	(void)state;
	assert_int_equal(detect_answer_format(FORMAT_RESPONSES, FORMAT_CHAT), FORMAT_CHAT);
	assert_int_equal(detect_answer_format(FORMAT_ANTHROPIC, FORMAT_CHAT),
			 FORMAT_ANTHROPIC);
	assert_int_equal(detect_answer_format(FORMAT_CHAT, FORMAT_ANTHROPIC), FORMAT_CHAT);
	assert_int_equal(detect_answer_format(FORMAT_RESPONSES, FORMAT_RESPONSES),
			 FORMAT_RESPONSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_own_endpoints),
		cmocka_unit_test(test_model_lists_of_three_families),
		cmocka_unit_test(test_one_model),
		cmocka_unit_test(test_gemini_details),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_wrong_method),
		cmocka_unit_test(test_other_path_stays_raw),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_answer_format),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
