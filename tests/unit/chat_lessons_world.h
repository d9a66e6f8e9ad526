/*
 * Whole exchanges for the field lessons about Chat: requests and answers run
 * through the same plan here, as they do in the gateway.
 */
#ifndef TESTS_UNIT_CHAT_LESSONS_WORLD_H
#define TESTS_UNIT_CHAT_LESSONS_WORLD_H

#include "tests/unit/convert_world.h"

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT

struct way {
	enum format_id client;
	enum format_id upstream;
	const char *model;                /* NULL: of the upstream's usual kind */
	const char *base_url;             /* of a compatible server; NULL: the vendor's own */
	struct string_pair option;
};

static struct {
	bool ok;
	char body[256 * 1024];            /* what the upstream gets, or why not */
	char warnings[1024];
	char answer[256 * 1024];          /* what the client gets */
	enum convert_state state;
} got;

static inline struct upstream_account account_of(const struct way *way)
{
	static struct string_pair pair;

	pair = way->option;
	return (struct upstream_account){
		.provider = way->base_url ? PROVIDER_COMPATIBLE :
			    way->upstream == A ? PROVIDER_ANTHROPIC :
			    way->upstream == FORMAT_GEMINI ? PROVIDER_GOOGLE : PROVIDER_OPENAI,
		.base_url = way->base_url,
		.options = { &pair, pair.name ? 1 : 0 },
	};
}

static inline void answer_with(struct answer_plan *plan, const char *upstream, bool is_sse)
{
	struct convert_stream *s = convert_stream_create(plan, is_sse);
	struct buf out = BUF_INIT(sizeof got.answer - 1);

	convert_stream_feed(s, slice_of(upstream), &out);
	got.state = convert_stream_finish(s, &out);
	if (got.state == CONVERT_FAILED && !convert_stream_wrote_error(s)) {
		error_write_body(plan->client, convert_stream_error(s), &out);
	}
	str_copy(got.answer, sizeof got.answer, buf_text(&out));
	buf_release(&out);
	convert_stream_destroy(s);
}

/* One exchange; `upstream` may be NULL: only the request. */
static inline void run(const struct way *way, const char *body, const char *upstream)
{
	const struct upstream_account account = account_of(way);
	const char *usual = way->upstream == A ? "claude-sonnet-4-5" :
			    way->upstream == FORMAT_GEMINI ? "gemini-3-pro" : "gpt-4o";
	const struct convert_source source = { .format = way->client, .body = slice_of(body) };
	const struct convert_target target = {
		way->upstream, &account, way->model ? way->model : usual, "asked",
	};
	struct api_error error = { .message = "" };
	struct warnings warnings;
	struct converted converted;
	struct hub_request *req;
	struct arena a;

	arena_init(&a, 4096);
	req = convert_decode(&source, &a, &warnings, &error);
	got.ok = req && convert_encode(req, &target, &warnings, &converted, &error);
	str_copy(got.body, sizeof got.body, got.ok ? buf_text(&converted.body) : error.message);
	got.warnings[0] = got.answer[0] = '\0';
	if (got.ok) {
		str_copy(got.warnings, sizeof got.warnings, buf_text(&converted.warnings));
		if (upstream) {
			answer_with(converted.plan, upstream, upstream[0] != '{');
			converted.plan = NULL;
		}
		converted_release(&converted);
	}
	arena_release(&a);
}

static const struct way a_to_c = { A, C, NULL, NULL, { NULL, NULL } };
static const struct way c_to_a = { C, A, NULL, NULL, { NULL, NULL } };
static const struct way c_to_c = { C, C, NULL, NULL, { NULL, NULL } };
static const struct way c_to_g = { C, FORMAT_GEMINI, NULL, NULL, { NULL, NULL } };
static const struct way r_to_c = { FORMAT_RESPONSES, C, NULL, NULL, { NULL, NULL } };
static const struct way a_to_deepseek = {
	A, C, "deepseek-chat", "https://api.deepseek.com", { NULL, NULL },
};
static const struct way a_to_local = {
	A, C, "qwen", "http://localhost:8000/v1", { NULL, NULL },
};

static inline void request(const struct way *way, const char *body, const char *part)
{
	run(way, body, NULL);
	if (!got.ok) {
		print_error("refused: %s\n", got.body);
	}
	assert_true(got.ok);
	assert_has(got.body, part);
}

static inline void refused(const struct way *way, const char *body, const char *message)
{
	run(way, body, NULL);
	assert_false(got.ok);
	assert_has(got.body, message);
}

static inline size_t count(const char *text, const char *part)
{
	size_t hits = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
		hits++;
	}
	return hits;
}

/* ---- bodies and streams ---- */

#define A_HEAD "{\"model\":\"m\",\"max_tokens\":100,"
#define A_STREAM A_HEAD "\"stream\":true,"
#define C_HEAD "{\"model\":\"m\","
#define C_STREAM C_HEAD "\"stream\":true,"
#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define SAY(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define A_SAID(blocks) "{\"role\":\"assistant\",\"content\":[" blocks "]}"
#define A_TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define A_USE(id, name) \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{\"a\":1}}"
#define A_RESULT(id, content) \
	"{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":" content "}"
#define A_USER(blocks) "{\"role\":\"user\",\"content\":[" blocks "]}"
#define A_TOOLS "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],"
#define C_TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],"
#define CALL(id, name, args) \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\"," \
	"\"arguments\":\"" args "\"}}"
#define C_CALLS(list) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" list "]}"
#define C_RESULT(id, text) \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" text "\"}"

#define FRAME(rest) "data: {\"id\":\"c1\",\"created\":7,\"model\":\"x\"," rest "}\n\n"
#define DELTA(delta) FRAME("\"choices\":[{\"index\":0,\"delta\":{" delta "}}]")
#define SAYS(text) DELTA("\"content\":\"" text "\"")
#define BEGIN_CALL(index, id, name) \
	DELTA("\"tool_calls\":[{\"index\":" #index ",\"id\":\"" id "\",\"type\":\"function\"," \
	      "\"function\":{\"name\":\"" name "\",\"arguments\":\"\"}}]")
#define ARGS(index, args) \
	DELTA("\"tool_calls\":[{\"index\":" #index ",\"function\":{\"arguments\":\"" args "\"}}]")
#define FINISH(reason) \
	FRAME("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]")
#define DONE "data: [DONE]\n\n"

#define A_START \
	"data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\",\"usage\":" \
	"{\"input_tokens\":3,\"cache_read_input_tokens\":4,\"output_tokens\":1}}}\n\n"
#define A_BLOCK(block) \
	"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":" block "}\n\n"
#define A_DELTA(delta) \
	"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" delta "}\n\n"
#define A_CLOSE "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
#define A_SAYS(text) \
	A_BLOCK("{\"type\":\"text\",\"text\":\"\"}") \
	A_DELTA("{\"type\":\"text_delta\",\"text\":\"" text "\"}") A_CLOSE
#define A_CALLS(id, name) \
	A_BLOCK("{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}}") \
	A_CLOSE
#define A_END(reason) \
	"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" reason "\"},\"usage\":" \
	"{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n"

#define G_ANSWER(parts) \
	"{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" parts "]}," \
	"\"finishReason\":\"STOP\"}]}"

#endif
