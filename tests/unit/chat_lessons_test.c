/*
 * What users of other gateways ran into, where Chat is one of the two sides:
 * the number is the line of the field lessons, section 4. Here are requests.
 */
#include "tests/unit/chat_lessons_world.h"

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

static void test_lesson_12_thoughts_are_no_answer(void **state)
{
	(void)state;
	run(&c_to_g, C_HEAD USER, G_ANSWER("{\"text\":\"hmm\",\"thought\":true},"
					   "{\"text\":\"a\"}"));
	assert_has(got.answer, "\"content\":\"a\",\"refusal\":null,"
		   "\"reasoning_content\":\"hmm\"");
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

static void test_lesson_34_hosted_tools_are_no_functions(void **state)
{
	(void)state;
	request(&r_to_c, "{\"model\":\"m\",\"input\":\"hi\",\"tools\":[{\"type\":\"web_search\"},"
		"{\"type\":\"file_search\",\"vector_store_ids\":[\"v\"]}]}", "messages");
	assert_lacks(got.body, "tools");
	assert_has(got.warnings, "dropped:tools.web_search");
	assert_has(got.warnings, "dropped:tools.file_search");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lesson_5_reasoning_is_a_block_of_its_own),
		cmocka_unit_test(test_lesson_6_reasoning_goes_back_where_it_is_wanted),
		cmocka_unit_test(test_lesson_11_effort_is_omitted_where_it_is_not_known),
		cmocka_unit_test(test_lesson_12_thoughts_are_no_answer),
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
		cmocka_unit_test(test_lesson_34_hosted_tools_are_no_functions),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
