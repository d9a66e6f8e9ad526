/* OpenAI Chat in both directions, rule by rule: answers and streams. */
#include "tests/unit/convert_world.h"

#include <stdlib.h>

#include "base/json_write.h"

#define FRAME(rest) "data: {\"id\":\"c1\",\"created\":7,\"model\":\"x\"," rest "}\n\n"
#define CHOICE(n, delta, finish) \
	"{\"index\":" #n ",\"delta\":{" delta "},\"finish_reason\":" finish "}"
#define DELTA(delta) FRAME("\"choices\":[" CHOICE(0, delta, "null") "]")
#define TEXT(text) DELTA("\"content\":\"" text "\"")
#define FINISH(reason) FRAME("\"choices\":[" CHOICE(0, "", "\"" reason "\"") "]")
#define USAGE(in, out) \
	FRAME("\"choices\":[],\"usage\":{\"prompt_tokens\":" #in ",\"completion_tokens\":" #out "}")
#define DONE "data: [DONE]\n\n"
#define CALL(index, rest) DELTA("\"tool_calls\":[{\"index\":" #index "," rest "}]")
#define ARGS(index, args) CALL(index, "\"function\":{\"arguments\":\"" args "\"}")

/* ---- the ways in and out ---- */

struct exchange {
	enum format_id client;
	enum format_id upstream;
	bool stream;
	bool no_usage;                    /* the client did not ask for it */
	bool hide_reasoning;
	bool think_parse;
	bool text_completion;
	int64_t n;
	const char *custom_tool;          /* the client's, sent as a function */
};

static struct answer_plan *new_plan(const struct exchange *x)
{
	const struct upstream_account account = { .provider = PROVIDER_OPENAI };
	struct route_options options;
	struct hub_request *req;
	struct answer_plan *plan;
	struct wire_map names;
	struct arena a;

	arena_init(&a, 1024);
	route_options_read(&account, &options);
	options.show_reasoning = !x->hide_reasoning;
	options.inline_think_parse = x->think_parse;
	req = hub_request_new(&a, x->client ? x->client : FORMAT_CHAT);
	req->stream = x->stream;
	req->include_usage = !x->no_usage;
	req->text_completion = x->text_completion;
	req->n = x->n ? x->n : 1;
	wire_map_init(&names, &a, WIRE_NAME_64);
	if (x->custom_tool) {
		hub_tool_new(req, TOOL_CUSTOM)->name = slice_of(x->custom_tool);
	}
	plan = answer_plan_create(req, x->upstream ? x->upstream : FORMAT_CHAT,
				  slice_of("asked"), &options);
	answer_plan_tools(plan, req, &names, false);
	wire_map_release(&names);
	arena_release(&a);
	return plan;
}

static char answer[64 * 1024];

static enum convert_state run(const struct exchange *x, const char *upstream, bool is_sse)
{
	struct convert_stream *s = convert_stream_create(new_plan(x), is_sse);
	struct buf out = BUF_INIT(64 * KIB - 1);
	enum convert_state state;

	convert_stream_feed(s, slice_of(upstream), &out);
	state = convert_stream_finish(s, &out);
	if (state == CONVERT_FAILED && !convert_stream_wrote_error(s)) {
		buf_addf(&out, "error %s: %s", error_class_name(convert_stream_error(s)->class),
			 convert_stream_error(s)->message);
	}
	str_copy(answer, sizeof answer, buf_text(&out));
	buf_release(&out);
	convert_stream_destroy(s);
	return state;
}

static const struct exchange whole = { .stream = false };
static const struct exchange claude = { .client = FORMAT_ANTHROPIC };
static const struct exchange claude_flowing = { .client = FORMAT_ANTHROPIC, .stream = true };
static const struct exchange from_claude = { .upstream = FORMAT_ANTHROPIC };
static const struct exchange from_claude_flowing = {
	.upstream = FORMAT_ANTHROPIC, .stream = true,
};

static void expect(const struct exchange *x, const char *sse, const char *part)
{
	assert_int_equal(run(x, sse, true), CONVERT_COMPLETE);
	assert_has(answer, part);
}

static void expect_error(const char *sse, const char *part)
{
	assert_int_equal(run(&claude, sse, true), CONVERT_FAILED);
	assert_has(answer, part);
}

static size_t count(const char *text, const char *part)
{
	size_t hits = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
		hits++;
	}
	return hits;
}

/* ---- streams in ---- */

static void c133_blocks_by_kind(void **state)
{
	(void)state;
	expect(&claude, DELTA("\"role\":\"assistant\",\"content\":\"\"")
	       DELTA("\"reasoning_content\":\"think\"") TEXT("say") DELTA("\"refusal\":\"no\"")
	       FINISH("stop") DONE,
	       "\"content\":[{\"type\":\"thinking\",\"thinking\":\"think\",\"signature\":\"\"},"
	       "{\"type\":\"text\",\"text\":\"say\",\"citations\":null},{\"type\":\"text\","
	       "\"text\":\"no\",\"citations\":null}],\"stop_reason\":\"refusal\"");
	expect(&claude, TEXT("a\\ud83d") TEXT("\\ude00") FINISH("stop") DONE,
	       "a\xf0\x9f\x98\x80");
	expect(&claude, TEXT("a\\ud83d") DELTA("\"reasoning\":\"b\"") FINISH("stop") DONE,
	       "a\xef\xbf\xbd");
}

static void c133_how_a_stream_ends(void **state)
{
	(void)state;
	expect(&claude, TEXT("a") FINISH("stop"), "\"end_turn\"");
	expect(&claude, TEXT("a") DONE, "\"end_turn\"");
	expect_error(TEXT("a"), "error upstream_eof");
	expect_error("", "error upstream_eof");
	expect_error(DONE, "error upstream_eof");
	expect_error(TEXT("a") FRAME("\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}")
		     DONE, "error internal: boom");
	expect_error("data: {\"object\":\"error\",\"message\":\"bad\",\"code\":400}\n\n", "bad");
	expect_error(TEXT("a") FRAME("\"x_groq\":{\"error\":\"groq broke\"}"), "groq broke");
	expect_error(FRAME("\"choices\":[{\"index\":0,\"delta\":{},\"error\":{\"code\":502,"
			   "\"message\":\"gone\"}}]"), "gone");
	expect_error(TEXT("a") "{\"error\":{\"message\":\"glued on\"}}", "glued on");
	expect(&claude, TEXT("a") FINISH("stop") DONE TEXT("late") USAGE(1, 2), "\"a\"");
	assert_lacks(answer, "late");
}

static void c133_finish_reasons(void **state)
{
	static const char *const pairs[][2] = {
		{ "eos", "end_turn" }, { "COMPLETE", "end_turn" }, { "whatever", "end_turn" },
		{ "length", "max_tokens" }, { "model_length", "max_tokens" },
		{ "MAX_TOKENS", "max_tokens" }, { "content_filter", "refusal" },
		{ "sensitive", "refusal" },
	};
	char sse[512];
	char part[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		snprintf(sse, sizeof sse, TEXT("a") "data: {\"choices\":[{\"delta\":{},"
			 "\"finish_reason\":\"%s\"}]}\n\n", pairs[i][0]);
		snprintf(part, sizeof part, "\"stop_reason\":\"%s\"", pairs[i][1]);
		expect(&claude, sse, part);
	}
	expect_error(TEXT("a") FINISH("insufficient_system_resource"), "error overloaded");
	expect_error(TEXT("a") FINISH("error"), "error upstream_bad");
	expect(&claude, DELTA("\"content\":\"a\"") FRAME("\"choices\":[" CHOICE(0, "", "\"\"")
	       "]") FINISH("length"), "max_tokens");
}

#define START(index, id, name) \
	CALL(index, "\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name \
	     "\",\"arguments\":\"\"}")
#define USE(id, name, input) \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" input "}"

static void c134_calls_one_after_the_other(void **state)
{
	(void)state;
	expect(&claude, START(0, "a", "f") START(1, "b", "g") ARGS(1, "{\\\"x\\\":") ARGS(0, "{")
	       ARGS(1, "1}") ARGS(0, "}") ARGS(0, "") FINISH("tool_calls") DONE,
	       "[" USE("a", "f", "{}") "," USE("b", "g", "{\"x\":1}") "],\"stop_reason\":"
	       "\"tool_use\"");
	/* The first is passed on before the second is whole. */
	run(&claude_flowing, START(0, "a", "f") ARGS(0, "{}") START(1, "b", "g"), true);
	assert_has(answer, "\"name\":\"g\"");
	run(&claude_flowing, START(0, "a", "f") ARGS(0, "{") START(1, "b", "g"), true);
	assert_lacks(answer, "\"name\":\"g\"");
}

static void c134_calls_without_order(void **state)
{
	(void)state;
	expect(&claude, DELTA("\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\","
	       "\"arguments\":\"{\"}}]") DELTA("\"tool_calls\":[{\"function\":{\"arguments\":"
	       "\"}\"}}]") DELTA("\"tool_calls\":[{\"id\":\"b\",\"function\":{\"name\":\"g\","
	       "\"arguments\":\"{}\"}}]") FINISH("stop") DONE,
	       "[" USE("a", "f", "{}") "," USE("b", "g", "{}") "],\"stop_reason\":\"tool_use\"");
	/* Ids repeated, names empty or repeated later on. */
	expect(&claude, START(0, "a", "f") CALL(0, "\"id\":\"a\",\"function\":{\"name\":\"\","
	       "\"arguments\":\"{\"}") CALL(0, "\"id\":\"a\",\"function\":{\"name\":\"f\","
	       "\"arguments\":\"}\"}") FINISH("tool_calls") DONE,
	       "\"content\":[" USE("a", "f", "{}") "]");
	/* Whole calls of one chunk with neither index nor id. */
	run(&claude, DELTA("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}},"
	    "{\"function\":{\"name\":\"g\",\"arguments\":{\"a\": [1]}}}]") FINISH("stop") DONE,
	    true);
	assert_int_equal(count(answer, "\"type\":\"tool_use\",\"id\":\"toolu_"), 2);
	assert_has(answer, "\"input\":{\"a\": [1]}");
}

static void c134_call_and_text(void **state)
{
	(void)state;
	expect(&claude, TEXT("first") START(0, "a", "f") TEXT("inside") ARGS(0, "{}")
	       TEXT(" and after") FINISH("tool_calls") DONE,
	       "[{\"type\":\"text\",\"text\":\"first\",\"citations\":null}," USE("a", "f", "{}"));
	assert_has(answer, "inside");
	assert_has(answer, " and after");
	expect(&claude, DELTA("\"function_call\":{\"name\":\"f\",\"arguments\":\"{\"}")
	       DELTA("\"function_call\":{\"arguments\":\"}\"}") FINISH("function_call") DONE,
	       "\"name\":\"f\",\"input\":{}}],\"stop_reason\":\"tool_use\"");
	expect(&claude, DELTA("\"tool_calls\":[]") DELTA("\"tool_calls\":null") TEXT("a")
	       FINISH("stop") DONE, "\"end_turn\"");
}

static void c134_no_more_than_a_reader_takes(void **state)
{
	struct buf sse = BUF_INIT(64 * KIB);

	(void)state;
	for (int i = 0; i < 129; i++) {
		buf_addf(&sse, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,"
			 "\"id\":\"c%d\",\"function\":{\"name\":\"f\"}}]}}]}\n\n", i, i);
	}
	expect_error(buf_text(&sse), "too many or too long");
	buf_release(&sse);
}

/* Pieces of any size, of two calls in turn, give the same arguments (C172). */
static void c172_arguments_cut_anywhere(void **state)
{
	static const char *const args[] = {
		"{\"path\":\"a\\\\b\\\"}{\",\"list\":[1,{\"x\":[]}],\"s\":\"\\u00e9\"}",
		"{\"\":{\"{\":\"]\"}}",
	};
	struct buf sse = BUF_INIT(64 * KIB);

	(void)state;
	srand(172);
	for (int round = 0; round < 300; round++) {
		size_t at[2] = { 0, 0 };

		buf_clear(&sse);
		buf_adds(&sse, START(0, "a", "f") START(1, "b", "g"));
		while (at[0] < strlen(args[0]) || at[1] < strlen(args[1])) {
			int k = rand() % 2;
			size_t left = strlen(args[k]) - at[k];
			size_t len = (size_t)rand() % 9;

			len = len < left ? len : left;
			buf_addf(&sse, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":"
				 "%d,\"function\":{\"arguments\":", k);
			json_quote(&sse, (struct slice){ args[k] + at[k], len });
			buf_adds(&sse, "}}]}}]}\n\n");
			at[k] += len;
		}
		buf_adds(&sse, FINISH("tool_calls") DONE);
		expect(&claude, buf_text(&sse), args[0]);
		assert_has(answer, args[1]);
		assert_int_equal(count(answer, "tool_use\",\"id\""), 2);
	}
	buf_release(&sse);
}

static void c134a_usage_wherever_it_is(void **state)
{
	(void)state;
	expect(&claude, TEXT("a") FRAME("\"choices\":[" CHOICE(0, "", "\"stop\"") "],\"x_groq\":"
	       "{\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9}}") DONE,
	       "\"input_tokens\":5,");
	expect(&claude, FRAME("\"choices\":[" CHOICE(0, "\"content\":\"a\"", "null") "],\"usage\":"
	       "{\"prompt_tokens\":5,\"completion_tokens\":1}") FRAME("\"choices\":[],\"usage\":"
	       "null") FINISH("stop") USAGE(5, 3) DONE, "\"output_tokens\":3");
	expect(&claude, TEXT("a") FINISH("stop") FRAME("\"choices\":[],\"usage\":"
	       "{\"prompt_tokens\":100,\"completion_tokens\":9,\"prompt_cache_hit_tokens\":60}")
	       DONE, "\"input_tokens\":40,\"cache_creation_input_tokens\":0,"
	       "\"cache_read_input_tokens\":60");
	expect(&claude, TEXT("a") FINISH("stop") FRAME("\"choices\":null,\"usage\":"
	       "{\"prompt_tokens\":1e30,\"completion_tokens\":-5}") DONE, "\"output_tokens\":0");
}

static void c134a_reasoning_details(void **state)
{
	(void)state;
	expect(&claude, DELTA("\"reasoning\":\"one\",\"reasoning_details\":[{\"type\":"
	       "\"reasoning.text\",\"text\":\"one\",\"index\":0}]")
	       DELTA("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"S\","
	       "\"index\":0}]") DELTA("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
	       "\"data\":\"D\",\"index\":1}]") TEXT("a") FINISH("stop") DONE,
	       "\"thinking\":\"one\"");
	assert_int_equal(count(answer, "\"type\":\"thinking\""), 2);
	assert_int_equal(count(answer, "\"signature\":\"gw1.r."), 2);
	/* Encrypted beside readable text that only the older member has. */
	expect(&claude, DELTA("\"reasoning\":\"plain\",\"reasoning_details\":[{\"type\":"
	       "\"reasoning.encrypted\",\"data\":\"D\"}]") TEXT("a") FINISH("stop") DONE,
	       "\"thinking\":\"plain\",\"signature\":\"\"");
	expect(&claude, DELTA("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":"
	       "\"text\",\"text\":\"t\"}],\"signature\":\"M\"},{\"type\":\"text\",\"text\":"
	       "\"a\"}]") FINISH("stop") DONE,
	       "\"thinking\":\"t\",\"signature\":\"gw1.m.");
}

static void c134b_think_tags(void **state)
{
	const struct exchange streaming = { .client = FORMAT_ANTHROPIC, .think_parse = true };
	const char *json = "{\"id\":\"c\",\"choices\":[{\"message\":{\"content\":"
			   "\"<think>\\nt\\n</think>\\n\\na\"},\"finish_reason\":\"stop\"}]}";

	(void)state;
	expect(&streaming, TEXT("<th") TEXT("ink>t</thi") TEXT("nk>\\n\\na") FINISH("stop") DONE,
	       "[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"\"},{\"type\":\"text\","
	       "\"text\":\"a\",\"citations\":null}]");
	assert_int_equal(run(&streaming, json, false), CONVERT_COMPLETE);
	assert_has(answer, "\"thinking\":\"t\"");
	assert_int_equal(run(&claude, json, false), CONVERT_COMPLETE);
	assert_has(answer, "<think>");
}

static void c136_answers_that_nobody_asked_for(void **state)
{
	const char *two = FRAME("\"choices\":[" CHOICE(0, "\"content\":\"heads\"", "null") ","
				CHOICE(1, "\"content\":\"tails\"", "null") "]")
			  FRAME("\"choices\":[" CHOICE(0, "", "\"stop\"") ","
				CHOICE(1, "", "\"length\"") "," CHOICE(99, "", "\"stop\"") "]");
	const struct exchange both = { .n = 2 };
	const struct exchange both_flowing = { .n = 2, .stream = true };

	(void)state;
	expect(&claude, two, "heads");
	assert_lacks(answer, "\"tails");
	expect(&both, two, "\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":\"tails\"");
	assert_has(answer, "\"finish_reason\":\"length\"");
	expect(&both_flowing, two, "{\"index\":1,\"delta\":{\"content\":\"tails\"}");
	assert_int_equal(count(answer, "[DONE]"), 1);
	assert_int_equal(count(answer, "\"role\":\"assistant\""), 2);
}

/* ---- whole answers in ---- */

static void expect_json(const struct exchange *x, const char *json, const char *part)
{
	assert_int_equal(run(x, json, false), CONVERT_COMPLETE);
	assert_has(answer, part);
}

static void c120_whole_answers(void **state)
{
	(void)state;
	expect_json(&claude, "{\"choices\":[{\"message\":{\"content\":\"a\",\"reasoning\":\"r\","
		    "\"tool_calls\":[{\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":"
		    "\"{}\"}}]},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3}}",
		    "[{\"type\":\"thinking\",\"thinking\":\"r\",\"signature\":\"\"},{\"type\":"
		    "\"text\",\"text\":\"a\",\"citations\":null}," USE("t", "f", "{}")
		    "],\"stop_reason\":\"tool_use\"");
	assert_has(answer, "\"input_tokens\":3");
	expect_json(&claude, "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"no\"},"
		    "\"finish_reason\":\"stop\"}]}", "\"stop_reason\":\"refusal\"");
	/* C5: arguments that are no object. */
	expect_json(&claude, "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"t\","
		    "\"function\":{\"name\":\"f\",\"arguments\":\"not json\"}}]},"
		    "\"finish_reason\":\"tool_calls\"}]}", "{\"_raw\":\"not json\"}");
	assert_int_equal(run(&claude, "{\"choices\":[]}", false), CONVERT_FAILED);
	assert_int_equal(run(&claude, "{\"error\":\"no such model\"}", false), CONVERT_FAILED);
	assert_has(answer, "no such model");
	assert_int_equal(run(&claude, "{\"choices\":[{\"message\":{},\"finish_reason\":"
			     "\"error\"}]}", false), CONVERT_FAILED);
}

/* ---- answers out ---- */

#define A_START \
	"data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\",\"usage\":" \
	"{\"input_tokens\":3,\"cache_read_input_tokens\":4,\"output_tokens\":1}}}\n\n"
#define A_BLOCK(block) \
	"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":" block "}\n\n"
#define A_DELTA(delta) \
	"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" delta "}\n\n"
#define A_TEXT(text) \
	A_BLOCK("{\"type\":\"text\",\"text\":\"\"}") \
	A_DELTA("{\"type\":\"text_delta\",\"text\":\"" text "\"}") A_CLOSE
#define A_CLOSE "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
#define A_END(reason) \
	"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" reason "\"},\"usage\":" \
	"{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n"
#define A_CALL(name, args) \
	A_BLOCK("{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"" name "\",\"input\":{}}") \
	args A_CLOSE
#define A_ARGS(json) \
	A_DELTA("{\"type\":\"input_json_delta\",\"partial_json\":\"" json "\"}")

static void c122_message(void **state)
{
	const struct exchange hidden = { .upstream = FORMAT_ANTHROPIC, .hide_reasoning = true };
	const char *thinking = A_START A_BLOCK("{\"type\":\"thinking\",\"thinking\":\"\"}")
		A_DELTA("{\"type\":\"thinking_delta\",\"thinking\":\"t\"}") A_CLOSE
		A_TEXT("a") A_CALL("f", "") A_TEXT("b") A_END("tool_use");

	(void)state;
	expect(&from_claude, thinking, "\"message\":{\"role\":\"assistant\",\"content\":\"ab\","
	       "\"refusal\":null,\"reasoning_content\":\"t\",\"annotations\":[],\"tool_calls\":["
	       "{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
	       "\"{}\"}}]},\"logprobs\":null,\"finish_reason\":\"tool_calls\"");
	expect(&hidden, thinking, "\"ab\"");
	assert_lacks(answer, "reasoning_content");
	expect(&from_claude, A_START A_CALL("f", A_ARGS("{}")) A_END("tool_use"),
	       "\"content\":null");
	expect(&from_claude, A_START A_END("end_turn"), "\"content\":\"\",\"refusal\":null");
}

static void c125_stops(void **state)
{
	static const char *const pairs[][2] = {
		{ "end_turn", "stop" }, { "max_tokens", "length" }, { "stop_sequence", "stop" },
		{ "pause_turn", "stop" }, { "model_context_window_exceeded", "length" },
		{ "refusal", "content_filter" },
	};
	char sse[1024];
	char part[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		snprintf(sse, sizeof sse, A_START A_TEXT("a") "data: {\"type\":\"message_delta\","
			 "\"delta\":{\"stop_reason\":\"%s\"},\"usage\":{}}\n\n", pairs[i][0]);
		snprintf(part, sizeof part, "\"finish_reason\":\"%s\"", pairs[i][1]);
		expect(&from_claude, sse, part);
		expect(&from_claude_flowing, sse, part);
	}
}

static void c126a_refusal_without_words(void **state)
{
	const char *sse = A_START A_END("refusal");

	(void)state;
	expect(&from_claude, sse, "\"content\":null,\"refusal\":\"The request was declined.\"");
	assert_has(answer, "\"finish_reason\":\"stop\"");
	expect(&from_claude_flowing, sse, "\"delta\":{\"refusal\":\"The request was declined.\"}");
}

static void c127_c128_head_and_usage(void **state)
{
	(void)state;
	expect(&from_claude, A_START A_TEXT("a") A_END("end_turn"), "\"usage\":{\"prompt_tokens\":7,"
	       "\"completion_tokens\":9,\"total_tokens\":16,\"prompt_tokens_details\":"
	       "{\"cached_tokens\":4,");
	assert_has(answer, "{\"id\":\"chatcmpl-");
	assert_has(answer, "\"object\":\"chat.completion\",\"created\":");
	assert_has(answer, "\"model\":\"asked\",\"system_fingerprint\":null");
	assert_lacks(answer, "service_tier");
	expect(&whole, FRAME("\"service_tier\":\"flex\",\"choices\":[" CHOICE(0,
	       "\"content\":\"a\"", "\"stop\"") "]"), "{\"id\":\"c1\",\"object\":"
	       "\"chat.completion\",\"created\":7,\"model\":\"asked\",\"service_tier\":\"flex\"");
}

#define A_CITE(url) \
	A_DELTA("{\"type\":\"citations_delta\",\"citation\":{\"type\":" \
		"\"web_search_result_location\",\"url\":\"" url "\",\"title\":\"T\"}}")

static void c129_citations(void **state)
{
	const char *sse = A_START A_TEXT("w\xc3\xb6 ")
		A_BLOCK("{\"type\":\"text\",\"text\":\"\"}")
		A_DELTA("{\"type\":\"text_delta\",\"text\":\"cited\"}") A_CITE("https://a/")
		A_CLOSE A_END("end_turn");
	const char *want = "\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":"
		"{\"start_index\":3,\"end_index\":8,\"url\":\"https://a/\",\"title\":\"T\"}}]";

	(void)state;
	expect(&from_claude, sse, want);
	expect(&from_claude_flowing, sse, want);
}

static void c141_frames(void **state)
{
	const char *sse = A_START A_TEXT("a") A_CALL("f", A_ARGS("{\\\"x\\\":") A_ARGS("1}"))
			  A_CALL("g", "") A_END("tool_use");

	(void)state;
	expect(&from_claude_flowing, sse, "\"delta\":{\"role\":\"assistant\",\"content\":\"\","
	       "\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}");
	assert_has(answer, "\"delta\":{\"content\":\"a\"}");
	assert_has(answer, "\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\","
		   "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]");
	assert_has(answer, "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
		   "\"{\\\"x\\\":\"}}]");
	assert_has(answer, "\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]");
	assert_has(answer, "\"delta\":{},\"logprobs\":null,\"finish_reason\":\"tool_calls\"");
	assert_has(answer, "\"choices\":[],\"usage\":{\"prompt_tokens\":7,");
	assert_true(str_ends(answer, "\n\ndata: [DONE]\n\n"));
}

static void c59_usage_only_for_those_who_ask(void **state)
{
	const struct exchange quiet = { .stream = true, .no_usage = true };

	(void)state;
	expect(&quiet, TEXT("a") FINISH("stop") USAGE(1, 2) DONE, "[DONE]");
	assert_lacks(answer, "usage");
	assert_lacks(answer, "\"choices\":[]");
}

static void c141_errors_and_pings(void **state)
{
	struct convert_stream *s = convert_stream_create(new_plan(&from_claude_flowing), true);
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	convert_stream_feed(s, slice_of(A_START A_TEXT("a")), &out);
	convert_stream_keepalive(s, &out);
	assert_true(str_ends(buf_text(&out), "\n\n: keep-alive\n\n"));
	convert_stream_feed(s, slice_of("data: {\"type\":\"error\",\"error\":{\"type\":"
					"\"overloaded_error\",\"message\":\"busy\"}}\n\n"), &out);
	assert_true(str_ends(buf_text(&out), "data: {\"error\":{\"message\":\"busy\",\"type\":"
			     "\"server_error\",\"param\":null,\"code\":\"overloaded\"}}\n\n"));
	convert_stream_destroy(s);
	buf_release(&out);
}

static void c48_custom_tools_come_back(void **state)
{
	struct exchange x = {
		.upstream = FORMAT_ANTHROPIC, .stream = true, .custom_tool = "sql",
	};
	const char *sse = A_START A_CALL("sql", A_ARGS("{\\\"input\\\": \\\"SEL")
					 A_ARGS("ECT 1\\\"}")) A_END("tool_use");

	(void)state;
	expect(&x, sse, "\"type\":\"custom\",\"custom\":{\"name\":\"sql\",\"input\":\"\"}");
	assert_has(answer, "{\"index\":0,\"custom\":{\"input\":\"SELECT 1\"}}");
	x.stream = false;
	expect(&x, sse, "\"type\":\"custom\",\"custom\":{\"name\":\"sql\",\"input\":\"SELECT 1\"}");
	/* And from a Chat upstream, whose pieces are no JSON. */
	expect(&claude, CALL(0, "\"id\":\"t\",\"type\":\"custom\",\"custom\":{\"name\":\"sql\","
	       "\"input\":\"a \\\"b\\\"\"}") CALL(0, "\"custom\":{\"input\":\"\\nc\"}")
	       FINISH("tool_calls") DONE, "\"input\":{\"input\":\"a \\\"b\\\"\\nc\"}");
}

/* ---- /v1/completions ---- */

static void c113_completions(void **state)
{
	const struct exchange text = { .text_completion = true };
	const struct exchange flow = { .text_completion = true, .stream = true };
	const char *sse = DELTA("\"role\":\"assistant\",\"reasoning\":\"t\"") TEXT("Once")
			  TEXT(" upon") FINISH("length") USAGE(3, 2) DONE;

	(void)state;
	expect(&text, sse, "\"object\":\"text_completion\",\"created\":7,\"model\":\"asked\"");
	assert_has(answer, "{\"id\":\"cmpl-");
	assert_has(answer, "{\"index\":0,\"text\":\"Once upon\",\"logprobs\":null,"
		   "\"finish_reason\":\"length\"}");
	assert_has(answer, "\"total_tokens\":5");
	expect(&flow, sse, "{\"index\":0,\"text\":\"Once\",\"logprobs\":null,"
	       "\"finish_reason\":null}");
	assert_has(answer, "{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":"
		   "\"length\"}");
	assert_has(answer, "\"choices\":[],\"usage\":{\"prompt_tokens\":3,");
	assert_lacks(answer, "delta");
	assert_lacks(answer, "\"t\"");
	assert_true(str_ends(answer, "[DONE]\n\n"));
}

/* A mutated stream ends somehow, and in debug builds within the grammar. */
static void hostile_streams_end(void **state)
{
	static const char sample[] = DELTA("\"role\":\"assistant\",\"reasoning\":\"t\\ud83d\"")
		DELTA("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0}]")
		TEXT("a") START(0, "a", "f") START(1, "b", "g") ARGS(0, "{}") ARGS(1, "[")
		DELTA("\"refusal\":\"r\"") FINISH("stop") USAGE(1, 2) DONE;

	(void)state;
	srand(13);
	for (int round = 0; round < 3000; round++) {
		const struct exchange x = {
			.client = round % 3 ? FORMAT_CHAT : FORMAT_ANTHROPIC,
			.stream = round % 2,
			.n = round % 5,
			.think_parse = round % 7 == 0,
		};
		char text[sizeof sample];
		enum convert_state end;

		memcpy(text, sample, sizeof sample);
		for (int k = 0; k <= round % 4; k++) {
			text[(size_t)rand() % (sizeof sample - 1)] = (char)(rand() % 255 + 1);
		}
		end = run(&x, text, true);
		assert_true(end == CONVERT_COMPLETE || end == CONVERT_FAILED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c133_blocks_by_kind),
		cmocka_unit_test(c133_how_a_stream_ends),
		cmocka_unit_test(c133_finish_reasons),
		cmocka_unit_test(c134_calls_one_after_the_other),
		cmocka_unit_test(c134_calls_without_order),
		cmocka_unit_test(c134_call_and_text),
		cmocka_unit_test(c134_no_more_than_a_reader_takes),
		cmocka_unit_test(c172_arguments_cut_anywhere),
		cmocka_unit_test(c134a_usage_wherever_it_is),
		cmocka_unit_test(c134a_reasoning_details),
		cmocka_unit_test(c134b_think_tags),
		cmocka_unit_test(c136_answers_that_nobody_asked_for),
		cmocka_unit_test(c120_whole_answers),
		cmocka_unit_test(c122_message),
		cmocka_unit_test(c125_stops),
		cmocka_unit_test(c126a_refusal_without_words),
		cmocka_unit_test(c127_c128_head_and_usage),
		cmocka_unit_test(c129_citations),
		cmocka_unit_test(c141_frames),
		cmocka_unit_test(c59_usage_only_for_those_who_ask),
		cmocka_unit_test(c141_errors_and_pings),
		cmocka_unit_test(c48_custom_tools_come_back),
		cmocka_unit_test(c113_completions),
		cmocka_unit_test(hostile_streams_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
