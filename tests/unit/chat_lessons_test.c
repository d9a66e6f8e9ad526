/*
 * What users of other gateways ran into, where Chat is one of the two sides:
 * the number is the line of the field lessons, section 4. Requests and answers
 * of one exchange run through the same plan here, as they do in the gateway.
 */
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

static struct upstream_account account_of(const struct way *way)
{
	static struct string_pair pair;

	pair = way->option;
	return (struct upstream_account){
		.provider = way->upstream == A ? PROVIDER_ANTHROPIC :
			    way->base_url ? PROVIDER_COMPATIBLE : PROVIDER_OPENAI,
		.base_url = way->base_url,
		.options = { &pair, pair.name ? 1 : 0 },
	};
}

static void answer_with(struct answer_plan *plan, const char *upstream, bool is_sse)
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
static void run(const struct way *way, const char *body, const char *upstream)
{
	const struct upstream_account account = account_of(way);
	const char *usual = way->upstream == A ? "claude-sonnet-4-5" : "gpt-4o";
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
static const struct way a_to_deepseek = {
	A, C, "deepseek-chat", "https://api.deepseek.com", { NULL, NULL },
};
static const struct way a_to_local = {
	A, C, "qwen", "http://localhost:8000/v1", { NULL, NULL },
};

static void request(const struct way *way, const char *body, const char *part)
{
	run(way, body, NULL);
	if (!got.ok) {
		print_error("refused: %s\n", got.body);
	}
	assert_true(got.ok);
	assert_has(got.body, part);
}

static void refused(const struct way *way, const char *body, const char *message)
{
	run(way, body, NULL);
	assert_false(got.ok);
	assert_has(got.body, message);
}

static size_t count(const char *text, const char *part)
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

/* ---- thinking ---- */

static void test_lesson_5_reasoning_is_a_block_of_its_own(void **state)
{
	(void)state;
	run(&a_to_c, A_STREAM USER, DELTA("\"reasoning_content\":\"t\"") SAYS("a") FINISH("stop")
	    DONE);
	assert_has(got.answer, "\"index\":0,\"content_block\":{\"type\":\"thinking\"");
	assert_has(got.answer, "\"index\":0,\"delta\":{\"type\":\"thinking_delta\"");
	assert_has(got.answer, "\"index\":1,\"content_block\":{\"type\":\"text\"");
	assert_has(got.answer, "\"index\":1,\"delta\":{\"type\":\"text_delta\"");
	assert_int_equal(count(got.answer, "content_block_stop\",\"index\""), 2);
}

static void test_lesson_6_reasoning_goes_back_where_it_is_wanted(void **state)
{
	const char *body = A_HEAD "\"messages\":[" SAY("user", "hi") "," A_SAID(
		"{\"type\":\"thinking\",\"thinking\":\"hmm\",\"signature\":\"\"}," A_USE("t", "f"))
		"," A_USER(A_RESULT("t", "\"r\"")) "]}";

	(void)state;
	request(&a_to_deepseek, body, "\"reasoning_content\":\"hmm\"");
	request(&a_to_local, body, "\"tool_calls\"");
	assert_lacks(got.body, "hmm");
}

static void test_lesson_11_effort_is_omitted_where_it_is_not_known(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"thinking\":{\"type\":\"adaptive\"}," USER, "gpt-4o");
	assert_lacks(got.body, "effort");
	request(&a_to_c, A_HEAD "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":9000},"
		USER, "gpt-4o");
	assert_lacks(got.body, "effort");
}

/* ---- tools ---- */

static void test_lesson_14_call_as_block_and_fragments(void **state)
{
	(void)state;
	run(&a_to_c, A_STREAM A_TOOLS USER, BEGIN_CALL(0, "t", "f") ARGS(0, "{\\\"a\\\":")
	    ARGS(0, "1}") FINISH("tool_calls") DONE);
	assert_has(got.answer, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}");
	assert_has(got.answer, "\"partial_json\":\"{\\\"a\\\":\"}");
	assert_has(got.answer, "\"partial_json\":\"1}\"}");
	assert_has(got.answer, "\"stop_reason\":\"tool_use\"");
}

static void test_lesson_15_empty_arguments(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD A_TOOLS USER, BEGIN_CALL(0, "t", "f") FINISH("tool_calls") DONE);
	assert_has(got.answer, "\"input\":{}");
	run(&c_to_a, C_HEAD C_TOOLS USER, A_START A_CALLS("t", "f") A_END("tool_use"));
	assert_has(got.answer, "\"arguments\":\"{}\"");
	request(&c_to_c, C_HEAD "\"messages\":[" SAY("user", "hi") ","
		C_CALLS(CALL("t", "f", "")) "," C_RESULT("t", "r") "]}",
		"\"arguments\":\"{}\"");
}

static void test_lesson_16_interleaved_calls(void **state)
{
	(void)state;
	run(&a_to_c, A_STREAM A_TOOLS USER, BEGIN_CALL(0, "one", "f") BEGIN_CALL(1, "two", "f")
	    ARGS(0, "{\\\"a\\\":") ARGS(1, "{\\\"b\\\":") ARGS(0, "1}") ARGS(1, "2}")
	    FINISH("tool_calls") DONE);
	assert_has(got.answer, "\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"one\"");
	assert_has(got.answer, "\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"two\"");
	assert_true(strstr(got.answer, "\"two\"") >
		    strstr(got.answer, "\"type\":\"content_block_stop\",\"index\":0"));
	assert_has(got.answer, "\"index\":1,\"delta\":{\"type\":\"input_json_delta\","
		   "\"partial_json\":\"{\\\"b\\\":\"");
}

static void test_lesson_17_calls_all_with_index_0(void **state)
{
	(void)state;
	run(&a_to_c, A_HEAD A_TOOLS USER, BEGIN_CALL(0, "one", "f") ARGS(0, "{}")
	    BEGIN_CALL(0, "two", "f") ARGS(0, "{}") FINISH("tool_calls") DONE);
	assert_has(got.answer, "\"id\":\"one\"");
	assert_has(got.answer, "\"id\":\"two\"");
}

#define LONG_ID "toolu_0123456789abcdefghijklmnopqrstuvwxyz0123456789"

static void test_lesson_20_long_ids_are_hashed_alike(void **state)
{
	const char *call;
	const char *result;

	(void)state;
	request(&a_to_c, A_HEAD "\"messages\":[" SAY("user", "hi") ","
		A_SAID(A_USE(LONG_ID, "f")) "," A_USER(A_RESULT(LONG_ID, "\"r\"")) "]}",
		"\"tool_calls\":[{\"id\":\"call_");
	call = strstr(got.body, "\"id\":\"call_") + strlen("\"id\":\"");
	result = strstr(got.body, "\"tool_call_id\":\"") + strlen("\"tool_call_id\":\"");
	assert_int_equal(strcspn(call, "\""), 37);
	assert_memory_equal(call, result, 37);
}

#define LONG_NAME \
	"mcp.server/a_name_that_goes_on_and_on_and_on_and_on_and_on_beyond_sixty_four_bytes"

static void test_lesson_21_tool_names_come_back(void **state)
{
	char upstream[1024];
	char wire[80] = "";

	(void)state;
	request(&a_to_c, A_HEAD "\"tools\":[{\"name\":\"" LONG_NAME "\",\"input_schema\":{}}],"
		USER, "\"function\":{\"name\":\"mcp_server_a_name");
	memcpy(wire, strstr(got.body, "\"mcp_server") + 1, 64);
	assert_null(strchr(wire, '"'));
	snprintf(upstream, sizeof upstream, "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":"
		 "\"t\",\"function\":{\"name\":\"%s\",\"arguments\":\"{}\"}}]},"
		 "\"finish_reason\":\"tool_calls\"}]}", wire);
	run(&a_to_c, A_HEAD "\"tools\":[{\"name\":\"" LONG_NAME "\",\"input_schema\":{}}],"
	    USER, upstream);
	assert_has(got.answer, "\"name\":\"" LONG_NAME "\"");
}

#define A_LOOP(last) \
	A_HEAD "\"messages\":[" SAY("user", "hi") "," \
	A_SAID(A_USE("t1", "f") "," A_USE("t2", "f")) "," last "]}"

static void test_lesson_22_results_before_text(void **state)
{
	(void)state;
	request(&a_to_c, A_LOOP(A_USER(A_TEXT("text") "," A_RESULT("t1", "\"1\"") ","
				       A_RESULT("t2", "\"2\""))),
		"\"tool_call_id\":\"t1\",\"content\":\"1\"},{\"role\":\"tool\",\"tool_call_id\":"
		"\"t2\",\"content\":\"2\"},{\"role\":\"user\",\"content\":\"text\"}]");
}

static void test_lesson_23_missing_results(void **state)
{
	struct way repaired = a_to_c;
	const char *body = A_LOOP(A_USER(A_RESULT("t2", "\"2\"")));

	(void)state;
	repaired.option = (struct string_pair){ "repair_tools", "true" };
	refused(&a_to_c, body, "t1");
	request(&repaired, body, "\"tool_call_id\":\"t1\",\"content\":\"[tool error] no result "
		"recorded\"}");
	refused(&a_to_c, A_HEAD "\"messages\":[" A_USER(A_RESULT("t9", "\"x\"")) "]}", "t9");
}

/* Which of two results is meant, only the client knows. */
static void test_lesson_24_duplicate_results_are_refused(void **state)
{
	(void)state;
	refused(&c_to_a, C_HEAD "\"messages\":[" SAY("user", "hi") ","
		C_CALLS(CALL("t", "f", "{}")) "," C_RESULT("t", "1") "," C_RESULT("t", "2") "]}",
		"more than one tool result");
}

static void test_lesson_25_results_follow_their_calls(void **state)
{
	(void)state;
	request(&c_to_c, C_HEAD "\"messages\":[" SAY("user", "hi") "," C_CALLS(
		CALL("t1", "f", "{}") "," CALL("t2", "f", "{}")) "," C_RESULT("t2", "2") ","
		SAY("system", "between") "," SAY("user", "also") "," C_RESULT("t1", "1") "]}",
		"]},{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"1\"},{\"role\":"
		"\"tool\",\"tool_call_id\":\"t2\",\"content\":\"2\"},{\"role\":\"developer\","
		"\"content\":\"between\"},{\"role\":\"user\",\"content\":\"also\"}]");
}

static void test_lesson_29_tool_choice(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD A_TOOLS "\"tool_choice\":{\"type\":\"any\"}," USER,
		"\"tool_choice\":\"required\"");
	request(&a_to_c, A_HEAD A_TOOLS "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"},"
		USER, "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}");
	request(&c_to_a, C_HEAD C_TOOLS "\"tool_choice\":\"required\"," USER,
		"\"tool_choice\":{\"type\":\"any\"}");
	request(&c_to_a, C_HEAD C_TOOLS "\"tool_choice\":\"none\"," USER,
		"\"tool_choice\":{\"type\":\"none\"}");
}

static void test_lesson_30_no_choice_without_tools(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":"
		"\"web_search\"}],\"tool_choice\":{\"type\":\"auto\"}," USER, "messages");
	assert_lacks(got.body, "tool");
	assert_has(got.warnings, "dropped:tools.web_search_20250305");
}

static void test_lesson_31_parallel_calls(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD A_TOOLS "\"tool_choice\":{\"type\":\"auto\","
		"\"disable_parallel_tool_use\":true}," USER, "\"parallel_tool_calls\":false");
	request(&c_to_a, C_HEAD C_TOOLS "\"parallel_tool_calls\":false," USER,
		"\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}");
}

static void test_lesson_33_server_tools_never_vanish_unsaid(void **state)
{
	const char *tools = "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":"
			    "\"web_search\"}],";
	char body[512];

	(void)state;
	snprintf(body, sizeof body, A_HEAD "%s" USER, tools);
	request(&a_to_c, body, "messages");
	assert_has(got.warnings, "dropped:tools.web_search_20250305");
	snprintf(body, sizeof body, A_HEAD "%s\"tool_choice\":{\"type\":\"tool\",\"name\":"
		 "\"web_search\"}," USER, tools);
	refused(&a_to_c, body, "`web_search_20250305` is not available");
}

static void test_lesson_35_custom_tools_are_wrapped(void **state)
{
	const char *body = C_HEAD "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"sql\"}}],"
			   USER;

	(void)state;
	run(&c_to_a, body, A_START A_BLOCK("{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"sql\","
		"\"input\":{}}") A_DELTA("{\"type\":\"input_json_delta\",\"partial_json\":"
		"\"{\\\"input\\\":\\\"SELECT 1\\\"}\"}") A_CLOSE A_END("tool_use"));
	assert_has(got.body, "\"properties\":{\"input\":{\"type\":\"string\"}}");
	assert_has(got.answer, "{\"id\":\"t\",\"type\":\"custom\",\"custom\":{\"name\":\"sql\","
		   "\"input\":\"SELECT 1\"}}");
	request(&c_to_c, body, "{\"type\":\"custom\",\"custom\":{\"name\":\"sql\"}}");
}

static void test_lesson_36_what_only_anthropic_knows_of_tools(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"tools\":[{\"name\":\"f\",\"defer_loading\":true,"
		"\"eager_input_streaming\":true,\"cache_control\":{\"type\":\"ephemeral\"},"
		"\"input_schema\":{\"type\":\"object\"}}]," USER,
		"{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":"
		"\"object\"}}}");
}

static void test_lesson_38_truncated_call(void **state)
{
	const char *cut = BEGIN_CALL(0, "t", "f") ARGS(0, "{\\\"a\\\":") FINISH("length") DONE;

	(void)state;
	run(&a_to_c, A_STREAM A_TOOLS USER, cut);
	assert_has(got.answer, "\"partial_json\":\"{\\\"a\\\":\"}");
	assert_has(got.answer, "\"stop_reason\":\"max_tokens\"");
	run(&c_to_a, C_HEAD C_TOOLS USER, A_START A_BLOCK("{\"type\":\"tool_use\",\"id\":\"t\","
		"\"name\":\"f\",\"input\":{}}") A_DELTA("{\"type\":\"input_json_delta\","
		"\"partial_json\":\"{\\\"a\\\":\"}") A_CLOSE A_END("max_tokens"));
	assert_has(got.answer, "\"arguments\":\"{\\\"a\\\":\"");
	assert_has(got.answer, "\"finish_reason\":\"length\"");
}

/* ---- schemas ---- */

#define A_STRICT(property) \
	A_HEAD "\"tools\":[{\"name\":\"f\",\"strict\":true,\"input_schema\":{\"type\":\"object\"," \
	"\"properties\":{\"a\":" property "},\"required\":[\"a\"]," \
	"\"additionalProperties\":false}}]," USER

static void test_lesson_45_strict_only_when_it_is(void **state)
{
	(void)state;
	request(&a_to_c, A_STRICT("{\"type\":\"string\"}"), "\"strict\":true");
	request(&a_to_c, A_STRICT("{\"type\":\"object\",\"properties\":{}}"), "\"strict\":false");
	assert_has(got.warnings, "rewritten:tools.strict");
}

/* The pattern stays: a schema that is not strict is not enforced. */
static void test_lesson_46_look_around_is_not_strict(void **state)
{
	(void)state;
	request(&a_to_c, A_STRICT("{\"type\":\"string\",\"pattern\":\"^(?!x)\"}"),
		"\"pattern\":\"^(?!x)\"");
	assert_has(got.body, "\"strict\":false");
}

static void test_lesson_47_properties_named_like_keywords(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\","
		"\"properties\":{\"format\":{\"type\":\"string\"},\"default\":{\"const\":1},"
		"\"title\":{}}}}]," USER,
		"\"properties\":{\"format\":{\"type\":\"string\"},\"default\":{\"const\":1},"
		"\"title\":{}}");
}

/* ---- messages ---- */

static void test_lesson_50_empty_assistant_text(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"messages\":[" SAY("user", "hi") "," A_SAID(A_TEXT("")) ","
		SAY("user", "go") "]}",
		"[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"user\",\"content\":\"go\"}]");
	request(&a_to_c, A_LOOP(A_USER(A_RESULT("t1", "\"1\"") "," A_RESULT("t2", "\"2\""))),
		"\"content\":null,\"tool_calls\"");
	request(&c_to_a, C_HEAD "\"messages\":[" SAY("user", "hi") "," SAY("assistant", "") ","
		SAY("user", "go") "]}",
		"[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"},{\"type\":"
		"\"text\",\"text\":\"go\"}]}]");
}

static void test_lesson_51_system_in_the_middle(void **state)
{
	(void)state;
	request(&c_to_a, C_HEAD "\"messages\":[" SAY("developer", "first") "," SAY("user", "hi")
		"," SAY("developer", "later") "]}", "<system>\\nlater\\n</system>");
	assert_has(got.body, "\"system\":\"first\"");
	request(&a_to_c, A_HEAD "\"messages\":[" SAY("user", "hi") "," SAY("system", "later")
		"]}", "{\"role\":\"developer\",\"content\":\"later\"}");
}

static void test_lesson_54_prefill(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"messages\":[" SAY("user", "hi") "," SAY("assistant", "It is")
		"]}", "{\"role\":\"assistant\",\"content\":\"It is\"}]");
	assert_has(got.warnings, "emulated:messages.prefill");
	run(&(struct way){ C, A, "claude-sonnet-5-5", NULL, { NULL, NULL } }, C_HEAD
	    "\"messages\":[" SAY("user", "hi") "," SAY("assistant", "It is") "]}", NULL);
	assert_false(got.ok);
}

#define PNG "iVBORw0KGgo="
#define A_IMAGE \
	"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\"," \
	"\"data\":\"" PNG "\"}}"

static void test_lesson_55_images_are_never_fetched(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"messages\":[" A_USER(A_IMAGE) "]}",
		"\"url\":\"data:image/png;base64," PNG "\"");
	request(&a_to_c, A_HEAD "\"messages\":[" A_USER("{\"type\":\"image\",\"source\":{\"type\":"
		"\"url\",\"url\":\"https://10.0.0.1/a.png\"}}") "]}",
		"\"image_url\":{\"url\":\"https://10.0.0.1/a.png\"}");
	request(&c_to_a, C_HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
		"\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," PNG "\"}}]}]}",
		"\"media_type\":\"image/png\",\"data\":\"" PNG "\"");
}

static void test_lesson_56_images_in_results(void **state)
{
	(void)state;
	request(&a_to_c, A_LOOP(A_USER(A_RESULT("t1", "[" A_IMAGE "]") ","
				       A_RESULT("t2", "\"2\""))),
		"\"tool_call_id\":\"t1\",\"content\":\"[see the next message]\"},{\"role\":"
		"\"tool\",\"tool_call_id\":\"t2\",\"content\":\"2\"},{\"role\":\"user\",\"content\":["
		"{\"type\":\"text\",\"text\":\"[content of tool result t1]\"},{\"type\":"
		"\"image_url\"");
}

static void test_lesson_57_documents(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"messages\":[" A_USER("{\"type\":\"document\",\"source\":"
		"{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"JVBERi0=\"}}")
		"]}", "{\"type\":\"file\",\"file\":{\"filename\":\"document.pdf\",\"file_data\":"
		"\"data:application/pdf;base64,JVBERi0=\"}}");
}

static void test_lesson_58_audio(void **state)
{
	const char *body = C_HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
		"\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"mp3\"}}]}]}";

	(void)state;
	request(&c_to_c, body, "\"input_audio\":{\"data\":\"AAAA\",\"format\":\"mp3\"}");
	refused(&c_to_a, body, "audio is not supported");
}

static void test_lesson_59_cache_marks_stay_with_anthropic(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":"
		"{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]," USER, "\"content\":\"s\"");
	assert_lacks(got.body, "cache");
	assert_string_equal(got.warnings, "");
}

static void test_lesson_60_billing_note(void **state)
{
	(void)state;
	request(&a_to_c, A_HEAD "\"system\":[{\"type\":\"text\",\"text\":"
		"\"x-anthropic-billing-header: cc_version=2; cc_entrypoint=cli;\"},{\"type\":"
		"\"text\",\"text\":\"You help.\"}]," USER,
		"[{\"role\":\"developer\",\"content\":\"You help.\"},");
}

static void test_lesson_61_user_ids_are_hashed(void **state)
{
	const char *body = A_HEAD "\"metadata\":{\"user_id\":\"{\\\"device_id\\\":\\\"0123456789"
		"0123456789012345678901234567890123456789\\\",\\\"session_id\\\":\\\"x\\\"}\"}," USER;
	const char *id;

	(void)state;
	request(&a_to_c, body, "\"safety_identifier\":\"");
	id = strstr(got.body, "\"safety_identifier\":\"") + strlen("\"safety_identifier\":\"");
	assert_int_equal(strspn(id, "0123456789abcdef"), 64);
	assert_lacks(got.body, "device_id");
}

/* ---- parameters ---- */

static void test_lesson_63_max_tokens_from_the_table(void **state)
{
	struct way opus = c_to_a;

	(void)state;
	opus.model = "claude-3-opus";
	request(&opus, C_HEAD USER, "\"max_tokens\":4096,");
	request(&c_to_a, C_HEAD USER, "\"max_tokens\":32000,");
}

static void test_lesson_64_one_name_for_max_tokens(void **state)
{
	(void)state;
	request(&c_to_c, C_HEAD "\"max_tokens\":5," USER, "\"max_completion_tokens\":5");
	assert_lacks(got.body, "\"max_tokens\"");
	request(&a_to_local, A_HEAD USER, "\"max_tokens\":100");
	assert_lacks(got.body, "max_completion_tokens");
}

static void test_lesson_65_stops(void **state)
{
	struct way reasoning = c_to_c;

	(void)state;
	request(&c_to_a, C_HEAD "\"stop\":\"END\"," USER, "\"stop_sequences\":[\"END\"]");
	request(&c_to_a, C_HEAD "\"stop\":[\" \",\"END\"]," USER, "\"stop_sequences\":[\"END\"]");
	/* Where the upstream has none, the gateway looks for them itself. */
	reasoning.model = "gpt-6-sol";
	run(&reasoning, C_HEAD "\"stop\":[\"END\"]," USER, SAYS("one E") SAYS("ND two")
	    FINISH("stop") DONE);
	assert_has(got.answer, "\"content\":\"one \"");
	assert_has(got.answer, "\"finish_reason\":\"stop\"");
}

static void test_lesson_66_temperature(void **state)
{
	struct way reasoning = a_to_c;

	(void)state;
	request(&c_to_a, C_HEAD "\"temperature\":1.6," USER, "\"temperature\":1");
	assert_lacks(got.body, "1.6");
	reasoning.model = "gpt-6-sol";
	request(&reasoning, A_HEAD "\"temperature\":0.3," USER, "gpt-6-sol");
	assert_lacks(got.body, "temperature");
}

static void test_lesson_67_structured_output(void **state)
{
	struct way old = c_to_a;
	const char *body = C_HEAD "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
		"{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}," USER;

	(void)state;
	request(&c_to_a, body, "\"output_config\":{\"format\":{\"type\":\"json_schema\"");
	old.model = "claude-3-5-haiku";
	run(&old, body, A_START A_BLOCK("{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
		"\"json_response\",\"input\":{}}") A_DELTA("{\"type\":\"input_json_delta\","
		"\"partial_json\":\"{\\\"a\\\":1}\"}") A_CLOSE A_END("tool_use"));
	assert_has(got.body, "\"tool_choice\":{\"type\":\"tool\",\"name\":\"json_response\"}");
	assert_has(got.answer, "\"content\":\"{\\\"a\\\":1}\"");
	assert_has(got.answer, "\"finish_reason\":\"stop\"");
	assert_lacks(got.answer, "tool_calls");
}

static void test_lesson_68_never_silently_one_answer(void **state)
{
	(void)state;
	refused(&c_to_a, C_HEAD "\"n\":3," USER, "one answer per request");
	refused(&(struct way){ C, C, NULL, NULL, { "n", "omit" } }, C_HEAD "\"n\":3," USER,
		"one answer per request");
}

static void test_lesson_69_usage_is_asked_for_and_hidden(void **state)
{
	const char *sse = SAYS("a") FINISH("stop") FRAME("\"choices\":[],\"usage\":"
		"{\"prompt_tokens\":1,\"completion_tokens\":2}") DONE;

	(void)state;
	run(&c_to_c, C_STREAM USER, sse);
	assert_has(got.body, "\"stream_options\":{\"include_usage\":true}");
	assert_lacks(got.answer, "usage");
	run(&c_to_c, C_STREAM "\"stream_options\":{\"include_usage\":true}," USER, sse);
	assert_has(got.answer, "\"choices\":[],\"usage\":{\"prompt_tokens\":1,");
	run(&c_to_a, C_STREAM "\"stream_options\":{\"include_usage\":true}," USER, NULL);
	assert_lacks(got.body, "stream_options");
}

static void test_lesson_70_cache_key(void **state)
{
	(void)state;
	request(&c_to_c, C_HEAD "\"prompt_cache_key\":\"k\"," USER, "\"prompt_cache_key\":\"k\"");
	request(&c_to_a, C_HEAD "\"prompt_cache_key\":\"k\"," USER, "messages");
	assert_lacks(got.body, "cache_key");
}

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
		cmocka_unit_test(test_lesson_5_reasoning_is_a_block_of_its_own),
		cmocka_unit_test(test_lesson_6_reasoning_goes_back_where_it_is_wanted),
		cmocka_unit_test(test_lesson_11_effort_is_omitted_where_it_is_not_known),
		cmocka_unit_test(test_lesson_14_call_as_block_and_fragments),
		cmocka_unit_test(test_lesson_15_empty_arguments),
		cmocka_unit_test(test_lesson_16_interleaved_calls),
		cmocka_unit_test(test_lesson_17_calls_all_with_index_0),
		cmocka_unit_test(test_lesson_20_long_ids_are_hashed_alike),
		cmocka_unit_test(test_lesson_21_tool_names_come_back),
		cmocka_unit_test(test_lesson_22_results_before_text),
		cmocka_unit_test(test_lesson_23_missing_results),
		cmocka_unit_test(test_lesson_24_duplicate_results_are_refused),
		cmocka_unit_test(test_lesson_25_results_follow_their_calls),
		cmocka_unit_test(test_lesson_29_tool_choice),
		cmocka_unit_test(test_lesson_30_no_choice_without_tools),
		cmocka_unit_test(test_lesson_31_parallel_calls),
		cmocka_unit_test(test_lesson_33_server_tools_never_vanish_unsaid),
		cmocka_unit_test(test_lesson_35_custom_tools_are_wrapped),
		cmocka_unit_test(test_lesson_36_what_only_anthropic_knows_of_tools),
		cmocka_unit_test(test_lesson_38_truncated_call),
		cmocka_unit_test(test_lesson_45_strict_only_when_it_is),
		cmocka_unit_test(test_lesson_46_look_around_is_not_strict),
		cmocka_unit_test(test_lesson_47_properties_named_like_keywords),
		cmocka_unit_test(test_lesson_50_empty_assistant_text),
		cmocka_unit_test(test_lesson_51_system_in_the_middle),
		cmocka_unit_test(test_lesson_54_prefill),
		cmocka_unit_test(test_lesson_55_images_are_never_fetched),
		cmocka_unit_test(test_lesson_56_images_in_results),
		cmocka_unit_test(test_lesson_57_documents),
		cmocka_unit_test(test_lesson_58_audio),
		cmocka_unit_test(test_lesson_59_cache_marks_stay_with_anthropic),
		cmocka_unit_test(test_lesson_60_billing_note),
		cmocka_unit_test(test_lesson_61_user_ids_are_hashed),
		cmocka_unit_test(test_lesson_63_max_tokens_from_the_table),
		cmocka_unit_test(test_lesson_64_one_name_for_max_tokens),
		cmocka_unit_test(test_lesson_65_stops),
		cmocka_unit_test(test_lesson_66_temperature),
		cmocka_unit_test(test_lesson_67_structured_output),
		cmocka_unit_test(test_lesson_68_never_silently_one_answer),
		cmocka_unit_test(test_lesson_69_usage_is_asked_for_and_hidden),
		cmocka_unit_test(test_lesson_70_cache_key),
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
