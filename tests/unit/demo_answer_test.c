/*
 * The demo upstream's answers: every format, whole and streamed, is valid,
 * says what it is, and says the same both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crypto.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "demo/demo_answer.c"
#include "demo/demo_value.h"

static struct arena arena;

static int open_arena(void **state)
{
	(void)state;
	arena_init(&arena, 64 * KIB);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct demo_answer ask_at(const char *method, const char *path, const char *body)
{
	struct demo_request req = {
		.method = method, .body = slice_of(body), .now_s = 1763700000, .serial = 1,
		.url = arena_printf(&arena, "http://demo.invalid%s", path),
	};
	struct demo_answer answer;

	demo_answer(&req, &arena, &answer);
	return answer;
}

static struct demo_answer post(const char *path, const char *body)
{
	return ask_at("POST", path, body);
}

static const char *body_of(const struct demo_answer *answer)
{
	struct buf all = BUF_INIT(MAX_DEMO_BYTES);
	const char *text;

	for (size_t i = 0; i < answer->frame_count; i++) {
		buf_add(&all, answer->frames[i].bytes.ptr, answer->frames[i].bytes.len);
	}
	text = arena_strndup(&arena, buf_text(&all), all.len);
	buf_release(&all);
	return text;
}

/* Walks the whole of a value. */
static void check_json(struct slice value)
{
	struct json_scan scan;
	struct json_member m;

	if (!value.len || (value.ptr[0] != '{' && value.ptr[0] != '[')) {
		return;
	}
	json_scan_init(&scan, value);
	while (json_scan_next(&scan, &m)) {
		check_json(m.value);
	}
	if (scan.failed) {
		fail_msg("%s in %.*s", scan.why, (int)value.len, value.ptr);
	}
}

static struct slice at(struct slice value, const char *path)
{
	struct slice rest = slice_of(path);
	struct slice part;

	while (slice_next(&rest, '.', &part)) {
		char *name = arena_strndup(&arena, part.ptr, part.len);
		struct json_member m;

		if (name[0] >= '0' && name[0] <= '9') {
			struct json_scan scan;

			json_scan_init(&scan, value);
			for (int i = name[0] - '0'; i >= 0; i--) {
				assert_true(json_scan_next(&scan, &m));
			}
		} else if (!json_find(value, name, &m)) {
			return SLICE_NULL;
		}
		value = m.value;
	}
	return value;
}

static const char *text_at(struct slice value, const char *path)
{
	struct slice raw = at(value, path);
	struct json_member m = { .value = raw, .kind = JSON_STRING };

	return raw.len && raw.ptr[0] == '"' ? json_text(&m, &arena) : "";
}

/* The JSON of each frame of a stream, checked. */
static size_t events_of(const struct demo_answer *answer, const char *separator,
			struct slice *out, size_t room)
{
	const char *text = body_of(answer);
	size_t count = 0;

	while (*text) {
		const char *end = strstr(text, separator);
		const char *data = strstr(text, "data: ");

		assert_non_null(end);
		assert_true(data && data < end);
		data += strlen("data: ");
		if (strncmp(data, "[DONE]", 6) != 0) {
			assert_true(count < room);
			out[count] = (struct slice){ data, (size_t)(end - data) };
			check_json(out[count++]);
		}
		text = end + strlen(separator);
	}
	return count;
}

static const char *join(const struct slice *events, size_t count, const char *path)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++) {
		struct slice list = at(events[i], "choices");

		if (list.ptr && slice_eq(list, "[]")) {
			continue;
		}
		text = arena_printf(&arena, "%s%s", text, text_at(events[i], path));
	}
	return text;
}

static const struct {
	const char *path;
	const char *stream_path;
	const char *body;               /* %s: what joins the members */
	const char *whole_text;
	const char *delta_text;
	const char *separator;
} formats[] = {
	{ "/v1/messages", "/v1/messages",
	  "{\"model\":\"demo\",\"max_tokens\":500,\"messages\":[{\"role\":\"user\","
	  "\"content\":[{\"type\":\"text\",\"text\":\"Gr\\u00fc\\u00dfe\"}]}]%s}",
	  "content.0.text", "delta.text", "\n\n" },
	{ "/v1/chat/completions", "/v1/chat/completions",
	  "{\"model\":\"demo\",\"messages\":[{\"role\":\"system\",\"content\":\"x\"},"
	  "{\"role\":\"user\",\"content\":\"Gr\\u00fc\\u00dfe\"}]%s}",
	  "choices.0.message.content", "choices.0.delta.content", "\n\n" },
	{ "/v1/completions", "/v1/completions",
	  "{\"model\":\"demo\",\"max_tokens\":500,\"prompt\":\"Gr\\u00fc\\u00dfe\"%s}",
	  "choices.0.text", "choices.0.text", "\n\n" },
	{ "/v1/responses", "/v1/responses",
	  "{\"model\":\"demo\",\"input\":\"Gr\\u00fc\\u00dfe\"%s}",
	  "output.0.content.0.text", "delta", "\n\n" },
	{ "/v1beta/models/demo:generateContent",
	  "/v1beta/models/demo:streamGenerateContent?alt=sse",
	  "{\"contents\":[{\"parts\":[{\"text\":\"Gr\\u00fc\\u00dfe\"}]}]%s}",
	  "candidates.0.content.parts.0.text", "candidates.0.content.parts.0.text",
	  "\r\n\r\n" },
};

static const char *body_with(size_t format, const char *more)
{
	struct buf body = BUF_INIT(KIB * 16);
	const char *hole = strstr(formats[format].body, "%s");
	const char *text;

	buf_add(&body, formats[format].body, (size_t)(hole - formats[format].body));
	buf_adds(&body, more);
	buf_adds(&body, hole + 2);
	text = arena_strdup(&arena, buf_text(&body));
	buf_release(&body);
	return text;
}

static void test_same_text_whole_and_streamed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct demo_answer whole = post(formats[i].path, body_with(i, ""));
		struct demo_answer stream = post(formats[i].stream_path,
						 body_with(i, ",\"stream\":true"));
		struct slice json = slice_of(body_of(&whole));
		struct slice events[128];
		size_t count = events_of(&stream, formats[i].separator, events, 128);
		const char *text = text_at(json, formats[i].whole_text);

		assert_int_equal(whole.status, 200);
		check_json(json);
		assert_string_equal(whole.headers.items[0].value, "application/json");
		assert_string_equal(stream.headers.items[0].value,
				    "text/event-stream; charset=utf-8");
		assert_non_null(strstr(text, "built-in demo upstream of llm-gateway"));
		assert_non_null(strstr(text, "Gr\xc3\xbc\xc3\x9f" "e"));
		assert_string_equal(join(events, count, formats[i].delta_text), text);
		assert_true(stream.frame_count > 10);
		assert_false(whole.is_cut || stream.is_cut);
	}
}

static void test_usage_adds_up(void **state)
{
	struct demo_answer chat = post("/v1/chat/completions",
		body_with(1, ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
	struct slice events[128];
	size_t count = events_of(&chat, "\n\n", events, 128);
	struct slice usage = at(events[count - 1], "usage");
	uint64_t in = 0;
	uint64_t out = 0;
	uint64_t total = 0;

	(void)state;
	assert_true(json_to_u64(at(usage, "prompt_tokens"), &in));
	assert_true(json_to_u64(at(usage, "completion_tokens"), &out));
	assert_true(json_to_u64(at(usage, "total_tokens"), &total));
	assert_true(in > 0 && out > 0 && total == in + out);
	assert_true(slice_eq(at(events[0], "usage"), "null"));
	assert_true(str_ends(body_of(&chat), "data: [DONE]\n\n"));
}

static void test_tool_calls(void **state)
{
	static const char schema[] =
		"{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"n\":"
		"{\"type\":\"integer\"},\"unit\":{\"enum\":[\"c\",\"f\"]},\"more\":{\"type\":"
		"\"string\"}},\"required\":[\"city\",\"n\",\"unit\"]}";
	static const char input[] = "{\"city\":\"demo\",\"n\":1,\"unit\":\"c\"}";
	struct demo_answer a;
	struct slice json;

	(void)state;
	a = post("/v1/messages", arena_printf(&arena, "{\"model\":\"demo\",\"messages\":"
		"[{\"role\":\"user\",\"content\":\"use a tool\"}],\"tools\":[{\"type\":"
		"\"web_search_20250305\",\"name\":\"web_search\"},{\"name\":\"w\","
		"\"input_schema\":%s}]}", schema));
	json = slice_of(body_of(&a));
	assert_string_equal(text_at(json, "stop_reason"), "tool_use");
	assert_string_equal(text_at(json, "content.1.name"), "w");
	assert_true(slice_eq(at(json, "content.1.input"), input));

	a = post("/v1/chat/completions", arena_printf(&arena, "{\"model\":\"demo\",\"messages\":"
		"[{\"role\":\"user\",\"content\":\"hi\"}],\"tool_choice\":\"required\",\"tools\":"
		"[{\"type\":\"function\",\"function\":{\"name\":\"w\",\"parameters\":%s}}]}",
		schema));
	json = slice_of(body_of(&a));
	assert_string_equal(text_at(json, "choices.0.finish_reason"), "tool_calls");
	assert_string_equal(text_at(json, "choices.0.message.tool_calls.0.function.arguments"),
			    input);

	a = post("/v1/responses", arena_printf(&arena, "{\"model\":\"demo\",\"input\":[{\"role\":"
		"\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Tool, please\"}]}],"
		"\"tools\":[{\"type\":\"function\",\"name\":\"w\",\"parameters\":%s}]}", schema));
	json = slice_of(body_of(&a));
	assert_string_equal(text_at(json, "output.1.type"), "function_call");
	assert_string_equal(text_at(json, "output.1.arguments"), input);

	a = post("/v1beta/models/demo:generateContent", arena_printf(&arena, "{\"contents\":"
		"[{\"role\":\"user\",\"parts\":[{\"text\":\"tool\"}]}],\"tools\":[{"
		"\"functionDeclarations\":[{\"name\":\"w\",\"parameters\":%s}]}]}", schema));
	json = slice_of(body_of(&a));
	assert_true(slice_eq(at(json, "candidates.0.content.parts.1.functionCall.args"), input));
}

/* One call is enough: the result ends the loop. */
static void test_tool_result_ends_the_loop(void **state)
{
	static const char *const bodies[][2] = {
		{ "/v1/messages", "{\"model\":\"demo\",\"tools\":[{\"name\":\"w\",\"input_schema\":"
		  "{}}],\"messages\":[{\"role\":\"user\",\"content\":\"use a tool\"},{\"role\":"
		  "\"assistant\",\"content\":[]},{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"tool_result\",\"tool_use_id\":\"x\",\"content\":\"4\"}]}]}" },
		{ "/v1/chat/completions", "{\"model\":\"demo\",\"tools\":[{\"function\":{\"name\":"
		  "\"w\",\"parameters\":{}}}],\"messages\":[{\"role\":\"user\",\"content\":"
		  "\"use a tool\"},{\"role\":\"assistant\"},{\"role\":\"tool\",\"content\":\"4\"}]}" },
		{ "/v1/responses", "{\"model\":\"demo\",\"tools\":[{\"type\":\"function\",\"name\":"
		  "\"w\",\"parameters\":{}}],\"input\":[{\"role\":\"user\",\"content\":"
		  "\"use a tool\"},{\"type\":\"function_call\"},{\"type\":"
		  "\"function_call_output\",\"output\":\"4\"}]}" },
		{ "/v1beta/models/demo:generateContent", "{\"tools\":[{\"functionDeclarations\":["
		  "{\"name\":\"w\",\"parameters\":{}}]}],\"contents\":[{\"role\":\"user\",\"parts\":"
		  "[{\"text\":\"use a tool\"}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":"
		  "{\"name\":\"w\"}}]}]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct demo_answer a = post(bodies[i][0], bodies[i][1]);

		assert_int_equal(a.status, 200);
		assert_non_null(strstr(body_of(&a), "tool's result has arrived"));
		assert_null(strstr(body_of(&a), "I call the tool"));
	}
}

static void test_tool_calls_streamed(void **state)
{
	struct demo_answer a = post("/v1/messages", "{\"model\":\"demo\",\"stream\":true,"
		"\"messages\":[{\"role\":\"user\",\"content\":\"tool\"}],\"tools\":[{\"name\":\"w\","
		"\"input_schema\":{\"type\":\"object\",\"properties\":{\"long_name_of_a_member\":{"
		"\"type\":\"boolean\"}},\"required\":[\"long_name_of_a_member\"]}}]}");
	struct slice events[128];
	size_t count = events_of(&a, "\n\n", events, 128);

	(void)state;
	assert_string_equal(join(events, count, "delta.partial_json"),
			    "{\"long_name_of_a_member\":true}");
	assert_string_equal(join(events, count, "delta.stop_reason"), "tool_use");
}

static void test_thinking(void **state)
{
	struct demo_answer a;

	(void)state;
	a = post("/v1/messages", body_with(0, ",\"thinking\":{\"type\":\"adaptive\"}"));
	assert_string_equal(text_at(slice_of(body_of(&a)), "content.0.type"), "thinking");
	assert_non_null(strstr(body_of(&a), "need not think"));
	a = post("/v1/messages", body_with(0, ",\"thinking\":{\"type\":\"enabled\",\"display\":"
					   "\"omitted\"}"));
	assert_string_equal(text_at(slice_of(body_of(&a)), "content.0.thinking"), "");
	a = post("/v1/messages", body_with(0, ",\"thinking\":{\"type\":\"disabled\"}"));
	assert_string_equal(text_at(slice_of(body_of(&a)), "content.0.type"), "text");
	a = post("/v1/chat/completions", body_with(1, ",\"reasoning_effort\":\"high\""));
	assert_non_null(strstr(body_of(&a), "\"reasoning_content\":"));
	a = post("/v1/responses", body_with(3, ",\"reasoning\":{\"effort\":\"low\",\"summary\":"
		 "\"auto\"},\"include\":[\"reasoning.encrypted_content\"]"));
	assert_string_equal(text_at(slice_of(body_of(&a)), "output.0.type"), "reasoning");
	assert_non_null(strstr(body_of(&a), "\"encrypted_content\":"));
	a = post("/v1beta/models/demo:generateContent", body_with(4, ",\"generationConfig\":"
		 "{\"thinkingConfig\":{\"includeThoughts\":true}}"));
	assert_true(slice_eq(at(slice_of(body_of(&a)), "candidates.0.content.parts.0.thought"),
			     "true"));
}

static void test_limit_and_shape(void **state)
{
	struct demo_answer a;

	(void)state;
	a = post("/v1/chat/completions", body_with(1, ",\"max_tokens\":3"));
	assert_string_equal(text_at(slice_of(body_of(&a)), "choices.0.finish_reason"), "length");
	assert_string_equal(text_at(slice_of(body_of(&a)), "choices.0.message.content"),
			    "This is the");
	a = post("/v1/responses", body_with(3, ",\"max_output_tokens\":3"));
	assert_string_equal(text_at(slice_of(body_of(&a)), "status"), "incomplete");
	a = post("/v1/responses", body_with(3, ",\"stream\":true,\"max_output_tokens\":3"));
	assert_non_null(strstr(body_of(&a), "event: response.incomplete\n"));
	a = post("/v1/chat/completions", body_with(1, ",\"response_format\":{\"type\":"
		 "\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"object\",\"properties\":"
		 "{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}}},\"required\":[\"a\"]}}}"));
	assert_string_equal(text_at(slice_of(body_of(&a)), "choices.0.message.content"),
			    "{\"a\":[1]}");
}

static void test_schema_that_never_ends(void **state)
{
	struct buf schema = BUF_INIT(MIB);
	struct buf value = BUF_INIT(MIB);

	(void)state;
	for (int i = 0; i < 200; i++) {
		buf_adds(&schema, "{\"properties\":{\"a\":");
	}
	buf_adds(&schema, "{}");
	for (int i = 0; i < 200; i++) {
		buf_adds(&schema, "},\"required\":[\"a\"]}");
	}
	demo_value_write(buf_slice(&schema), &value);
	check_json(buf_slice(&value));
	assert_true(value.len < 100);
	buf_release(&schema);
	buf_release(&value);
}

static void test_failures_on_request(void **state)
{
	struct demo_answer a;

	(void)state;
	a = post("/v1/messages", "{\"model\":\"demo-429\",\"messages\":[]}");
	assert_int_equal(a.status, 429);
	assert_string_equal(a.headers.items[2].name, "retry-after");
	assert_string_equal(text_at(slice_of(body_of(&a)), "error.type"), "rate_limit_error");
	a = post("/v1/messages", "{\"model\":\"demo-529\",\"messages\":[],\"stream\":true}");
	assert_int_equal(a.status, 529);
	a = post("/v1beta/models/demo-500:generateContent", "{\"contents\":[]}");
	assert_int_equal(a.status, 500);
	assert_string_equal(text_at(slice_of(body_of(&a)), "error.status"), "INTERNAL");
	a = post("/v1/messages/count_tokens", "{\"model\":\"demo-429\",\"messages\":[]}");
	assert_int_equal(a.status, 200);
}

static void test_cut_and_slow(void **state)
{
	struct demo_answer whole = post("/v1/messages", "{\"model\":\"demo\",\"stream\":true,"
					"\"messages\":[]}");
	struct demo_answer cut = post("/v1/messages", "{\"model\":\"demo-cut\",\"stream\":true,"
				      "\"messages\":[]}");
	struct demo_answer slow = post("/v1/messages", "{\"model\":\"demo-slow\",\"stream\":true,"
				       "\"messages\":[]}");

	(void)state;
	assert_true(cut.is_cut && !whole.is_cut && !slow.is_cut);
	assert_true(cut.frame_count > 3 && cut.frame_count < whole.frame_count);
	assert_null(strstr(body_of(&cut), "message_stop"));
	assert_true(slow.frames[0].delay_ms > whole.frames[0].delay_ms);
	cut = post("/v1/messages", "{\"model\":\"demo-cut\",\"messages\":[]}");
	assert_true(cut.is_cut);
	assert_false(str_ends(body_of(&cut), "}}"));
}

static void test_gemini_array_stream(void **state)
{
	struct demo_answer a = post("/v1beta/models/demo:streamGenerateContent",
				    "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}");

	(void)state;
	assert_string_equal(a.headers.items[0].value, "application/json");
	assert_int_equal(body_of(&a)[0], '[');
	check_json(slice_of(body_of(&a)));
	assert_true(str_ends(body_of(&a), "}]"));
}

static void test_counts(void **state)
{
	struct demo_answer a = post("/v1/messages/count_tokens",
				    "{\"model\":\"demo\",\"messages\":[]}");

	(void)state;
	assert_string_equal(body_of(&a), "{\"input_tokens\":8}");
	a = post("/v1beta/models/demo:countTokens", "{\"contents\":[]}");
	assert_string_equal(body_of(&a), "{\"totalTokens\":4}");
	a = post("/v1/responses/input_tokens", "{\"model\":\"demo\",\"input\":\"\"}");
	assert_non_null(strstr(body_of(&a), "\"object\":\"response.input_tokens\""));
}

static size_t numbers_in(struct slice array)
{
	struct json_scan scan;
	struct json_member m;
	size_t count = 0;

	json_scan_init(&scan, array);
	while (json_scan_next(&scan, &m)) {
		count += m.kind == JSON_NUMBER;
	}
	return count;
}

static void test_embeddings(void **state)
{
	struct demo_answer a = post("/v1/embeddings", "{\"model\":\"demo\",\"input\":[\"a\",\"b\","
				    "\"a\"],\"dimensions\":40}");
	struct slice json = slice_of(body_of(&a));
	struct slice first = at(json, "data.0.embedding");
	struct buf bytes = BUF_INIT(KIB);

	(void)state;
	check_json(json);
	assert_int_equal(numbers_in(first), 40);
	assert_true(slice_eq(at(json, "data.2.embedding"),
			     arena_strndup(&arena, first.ptr, first.len)));
	assert_false(slice_eq(at(json, "data.1.embedding"),
			      arena_strndup(&arena, first.ptr, first.len)));
	a = post("/v1/embeddings", "{\"model\":\"demo\",\"input\":[1,2,3],\"encoding_format\":"
				   "\"base64\"}");
	assert_true(crypto_base64_decode(slice_of(text_at(slice_of(body_of(&a)),
							  "data.0.embedding")), &bytes));
	assert_int_equal(bytes.len, 8 * 4);
	buf_release(&bytes);
	a = post("/v1beta/models/demo:embedContent", "{\"content\":{\"parts\":[{\"text\":\"a\"}]}}");
	assert_int_equal(numbers_in(at(slice_of(body_of(&a)), "embedding.values")), 8);
	a = post("/v1beta/models/demo:batchEmbedContents", "{\"requests\":[{},{}]}");
	assert_int_equal(numbers_in(at(slice_of(body_of(&a)), "embeddings.1.values")), 8);
	assert_int_equal(post("/v1/embeddings", "{\"model\":\"demo\"}").status, 400);
}

static void test_models(void **state)
{
	struct demo_answer a = ask_at("GET", "/v1/models", "");

	(void)state;
	assert_string_equal(text_at(slice_of(body_of(&a)), "data.0.id"), "demo");
	a = ask_at("GET", "/v1beta/models", "");
	assert_string_equal(text_at(slice_of(body_of(&a)), "models.0.name"), "models/demo");
	a = ask_at("GET", "/v1/models/demo-429", "");
	assert_string_equal(text_at(slice_of(body_of(&a)), "id"), "demo-429");
	assert_int_equal(ask_at("GET", "/v1/models/x", "").status, 404);
}

static void test_what_it_does_not_do(void **state)
{
	(void)state;
	assert_int_equal(post("/v1/files", "{}").status, 404);
	assert_int_equal(post("/nothing", "{}").status, 404);
	assert_int_equal(post("/v1/messages", "").status, 400);
	assert_int_equal(post("/v1/messages", "[]").status, 400);
	assert_int_equal(post("/v1/messages", "{\"model\":\"demo\"}").status, 400);
	assert_int_equal(post("/v1/messages", "{\"model\":").status, 400);
	assert_int_equal(post("/v1/responses", "{\"input\":7}").status, 400);
}

/* A body cut anywhere is refused, never misread. */
static void test_cut_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		const char *body = body_with(i, ",\"tools\":[{\"name\":\"w\",\"parameters\":{}}]");
		size_t len = strlen(body);

		for (size_t cut = 0; cut < len; cut++) {
			struct demo_request req = { .method = "POST",
						    .url = formats[i].path };
			struct demo_answer answer;
			struct arena local;
			char *copy = malloc(cut ? cut : 1);

			memcpy(copy, body, cut);
			req.body = (struct slice){ copy, cut };
			arena_init(&local, 4096);
			demo_answer(&req, &local, &answer);
			assert_int_equal(answer.status, 400);
			arena_release(&local);
			free(copy);
		}
	}
}

static void test_long_and_odd_texts(void **state)
{
	struct buf body = BUF_INIT(MIB);
	struct demo_answer a;

	(void)state;
	buf_adds(&body, "{\"model\":\"demo\\n\\\"x\",\"input\":\"");
	for (int i = 0; i < 300; i++) {
		buf_adds(&body, "\xf0\x9f\x8c\x8d");
	}
	buf_adds(&body, "\",\"stream\":true}");
	a = post("/v1/responses", buf_text(&body));
	assert_int_equal(a.status, 200);
	for (size_t i = 0; i < a.frame_count; i++) {
		const char *data = strstr(a.frames[i].bytes.ptr, "data: ") + 6;

		assert_true(utf8_is_valid(a.frames[i].bytes.ptr, a.frames[i].bytes.len));
		check_json((struct slice){ data, strlen(data) - 2 });
	}
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_text_whole_and_streamed),
		cmocka_unit_test(test_usage_adds_up),
		cmocka_unit_test(test_tool_calls),
		cmocka_unit_test(test_tool_result_ends_the_loop),
		cmocka_unit_test(test_tool_calls_streamed),
		cmocka_unit_test(test_thinking),
		cmocka_unit_test(test_limit_and_shape),
		cmocka_unit_test(test_schema_that_never_ends),
		cmocka_unit_test(test_failures_on_request),
		cmocka_unit_test(test_cut_and_slow),
		cmocka_unit_test(test_gemini_array_stream),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_embeddings),
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_what_it_does_not_do),
		cmocka_unit_test(test_cut_bodies),
		cmocka_unit_test(test_long_and_odd_texts),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
