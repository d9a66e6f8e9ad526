/*
 * What users of other gateways ran into, where Responses is one of the two
 * sides: the number is the line of the field lessons, section 4. JSON stands
 * with ' for " here.
 */
#include "tests/unit/exchange_world.h"

#include <stdlib.h>

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT
#define R FORMAT_RESPONSES
#define G FORMAT_GEMINI

static const struct way a_to_r = { A, R, NULL, NULL, { NULL, NULL } };
static const struct way a_to_r_reasoning = { A, R, "gpt-6-sol", NULL, { NULL, NULL } };
static const struct way r_to_a = { R, A, NULL, NULL, { NULL, NULL } };
static const struct way r_to_newer_a = { R, A, "claude-sonnet-5-5", NULL, { NULL, NULL } };
static const struct way c_to_r = { C, R, NULL, NULL, { NULL, NULL } };
static const struct way r_to_c = { R, C, NULL, NULL, { NULL, NULL } };
static const struct way r_to_g = { R, G, NULL, NULL, { NULL, NULL } };

static void sends(const struct way *way, const char *body, const char *part)
{
	request(way, json(body), json(part));
}

static void refuses(const struct way *way, const char *body, const char *message)
{
	refused(way, json(body), json(message));
}

static const char *answers(const struct way *way, const char *body, const char *upstream)
{
	run(way, json(body), json(upstream));
	assert_true(got.ok);
	return got.answer;
}

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

/* ---- bodies ---- */

#define R_ASK "{'model':'m','input':'hi'"
#define R_STREAM R_ASK ",'stream':true}"
#define R_ITEMS(items) "{'model':'m','input':[" items "]}"
#define R_USER "{'role':'user','content':'hi'}"
#define R_CALL(id, args) \
	"{'type':'function_call','call_id':'" id "','name':'f','arguments':'" args "'}"
#define R_OUTPUT(id, output) \
	"{'type':'function_call_output','call_id':'" id "','output':" output "}"

#define A_HEAD "{'model':'m','max_tokens':100,"
#define A_ASK A_HEAD "'messages':[{'role':'user','content':'hi'}]}"
#define A_STREAM A_HEAD "'stream':true,'messages':[{'role':'user','content':'hi'}]}"
#define A_TALK(said, then) \
	A_HEAD "'messages':[{'role':'user','content':'hi'},{'role':'assistant','content':[" \
	said "]},{'role':'user','content':[" then "]}]}"
#define A_TEXT(text) "{'type':'text','text':'" text "'}"
#define A_USE(id) "{'type':'tool_use','id':'" id "','name':'f','input':{}}"
#define A_RESULT(id, content) \
	"{'type':'tool_result','tool_use_id':'" id "','content':" content "}"

#define C_HEAD "{'model':'m','messages':[{'role':'user','content':'hi'}]"

/* ---- answers ---- */

#define R_FRAME(type, members) "data: {'type':'response." type "'," members "}\n\n"
#define R_RESPONSE(status, more) "{'id':'resp_1','model':'x','status':'" status "'" more "}"
#define R_BEGIN R_FRAME("created", "'response':" R_RESPONSE("in_progress", ",'usage':null"))
#define R_END R_FRAME("completed", "'response':" R_RESPONSE("completed", \
	",'usage':{'input_tokens':10,'output_tokens':4,'input_tokens_details':{" \
	"'cached_tokens':6,'cache_write_tokens':1},'output_tokens_details':{" \
	"'reasoning_tokens':3}}"))
#define R_ADDED(item) R_FRAME("output_item.added", "'output_index':0,'item':" item)
#define R_DONE(item) R_FRAME("output_item.done", "'output_index':0,'item':" item)
#define R_DELTA(type, text) R_FRAME(type ".delta", "'output_index':0,'delta':'" text "'")
#define R_MESSAGE "{'type':'message','content':[]}"
#define R_SAYS(text) R_ADDED(R_MESSAGE) R_DELTA("output_text", text) R_DONE(R_MESSAGE)

#define A_BEGIN \
	"data: {'type':'message_start','message':{'id':'m1','model':'x','usage':{" \
	"'input_tokens':3,'cache_read_input_tokens':4,'cache_creation_input_tokens':5," \
	"'output_tokens':1}}}\n\n"
#define A_BLOCK(block, deltas) \
	"data: {'type':'content_block_start','index':0,'content_block':" block "}\n\n" deltas \
	"data: {'type':'content_block_stop','index':0}\n\n"
#define A_DELTA(delta) \
	"data: {'type':'content_block_delta','index':0,'delta':" delta "}\n\n"
#define A_SAYS(text) A_BLOCK(A_TEXT(""), A_DELTA("{'type':'text_delta','text':'" text "'}"))
#define A_ARGS(text) A_DELTA("{'type':'input_json_delta','partial_json':'" text "'}")
#define A_END(reason) \
	"data: {'type':'message_delta','delta':{'stop_reason':'" reason "'},'usage':{" \
	"'output_tokens':9}}\n\ndata: {'type':'message_stop'}\n\n"

/* ---- thinking ---- */

#define PART(text) "{'type':'summary_text','text':'" text "'}"

static void test_lesson_7_summary_parts_are_one_block(void **state)
{
	(void)state;
	has(answers(&a_to_r, A_ASK, R_BEGIN R_DONE("{'type':'reasoning','summary':["
		PART("one") "," PART("two") "]}") R_END),
		"'content':[{'type':'thinking','thinking':'one\\n\\ntwo','signature':''}]");
}

static void test_lesson_8_blobs_go_back_to_their_maker_alone(void **state)
{
	const char *history = R_ITEMS(R_USER ",{'type':'reasoning','summary':[" PART("s") "],"
		"'encrypted_content':'ENC'},{'role':'assistant','content':'a'}," R_USER);

	(void)state;
	sends(&r_to_a, history, "'text':'a'");
	lacks(got.body, "ENC");
	sends(&r_to_c, history, "'a'");
	lacks(got.body, "ENC");
	sends(&r_to_g, history, "'a'");
	lacks(got.body, "ENC");
	/* An Anthropic client carries it in its own field, and it comes home. */
	answers(&a_to_r, A_ASK, R_BEGIN R_DONE("{'type':'reasoning','id':'rs_1','summary':["
		PART("s") "],'encrypted_content':'ENC'}") R_END);
	has(got.answer, "'signature':'gw1.o.eyJkIjoiRU5DIiwiaSI6InJzXzEifQ'");
	sends(&a_to_r, A_TALK("{'type':'thinking','thinking':'s','signature':"
		"'gw1.o.eyJkIjoiRU5DIiwiaSI6InJzXzEifQ'}," A_TEXT("a"), A_TEXT("b")),
		"{'type':'reasoning','id':'rs_1','summary':[" PART("s") "],"
		"'encrypted_content':'ENC'}");
}

static void test_lesson_9_budget_below_max_tokens(void **state)
{
	(void)state;
	sends(&r_to_a, R_ASK ",'max_output_tokens':2000,'reasoning':{'effort':'medium'}}",
	      "'max_tokens':10192,");
	has(got.body, "'budget_tokens':8192");
	assert_has(got.warnings, "clamped:max_tokens");
}

static void test_lesson_10_thinking_takes_no_sampling(void **state)
{
	(void)state;
	sends(&r_to_a, R_ASK ",'temperature':0.5,'top_p':0.9,'reasoning':{'effort':'low'}}",
	      "'budget_tokens'");
	lacks(got.body, "temperature");
	lacks(got.body, "top_p");
	assert_string_equal(got.warnings, "dropped:temperature, dropped:top_p");
}

static void test_lesson_11_levels_by_table_or_not_at_all(void **state)
{
#define A_THINKS(how) A_HEAD how ",'messages':[{'role':'user','content':'hi'}]}"
	(void)state;
	sends(&a_to_r_reasoning, A_THINKS("'thinking':{'type':'enabled','budget_tokens':8192}"),
	      "'reasoning':{'effort':'medium'}");
	sends(&a_to_r_reasoning, A_THINKS("'thinking':{'type':'adaptive'}"), "'hi'");
	lacks(got.body, "effort");
}

static void test_lesson_32_thinking_yields_to_a_forced_tool(void **state)
{
	(void)state;
	sends(&r_to_a, R_ASK ",'reasoning':{'effort':'low'},'tools':[{'type':'function','name':"
	      "'f'}],'tool_choice':'required'}", "'tool_choice':{'type':'any'}");
	lacks(got.body, "budget_tokens");
	assert_has(got.warnings, "emulated:thinking");
}

/* ---- tools ---- */

static void test_lesson_15_empty_arguments(void **state)
{
	(void)state;
	sends(&r_to_a, R_ITEMS(R_USER "," R_CALL("c", "") "," R_OUTPUT("c", "'x'")),
	      "'name':'f','input':{}");
	has(answers(&r_to_a, R_STREAM, A_BEGIN A_BLOCK(A_USE("t"), "") A_END("tool_use")),
	    "'arguments':'{}'");
}

static void test_lesson_19_ids_fit_anthropic(void **state)
{
	(void)state;
	sends(&r_to_a, R_ITEMS(R_USER "," R_CALL("a.b", "{}") "," R_CALL("a:b", "{}") ","
		R_OUTPUT("a:b", "'2'") "," R_OUTPUT("a.b", "'1'")),
		"'id':'a_b'");
	has(got.body, "'tool_use_id':'a_b','content':'1'");
	lacks(got.body, "a:b");
}

#define ID_70 "toolu_1234567890123456789012345678901234567890123456789012345678901234"

static void test_lesson_20_long_ids_are_hashed_alike(void **state)
{
	const char *call;
	const char *output;

	(void)state;
	sends(&a_to_r, A_TALK(A_USE(ID_70), A_RESULT(ID_70, "'x'")), "'call_id':'call_");
	call = strstr(got.body, "call_id");
	output = strstr(call + 1, "call_id");
	assert_non_null(output);
	assert_memory_equal(call, output, strlen("call_id\":\"call_") + 32);
}

#define NAME_70 "mcp.server/12345678901234567890123456789012345678901234567890123456789"

static void test_lesson_21_tool_names_come_back(void **state)
{
	const char *tools = R_ASK ",'tools':[{'type':'function','name':'" NAME_70 "'}]}";
	static char answer[4096];
	const char *wire;

	(void)state;
	sends(&r_to_a, tools, "'name':'mcp_server_");
	wire = strstr(got.body, "mcp_server_");
	snprintf(answer, sizeof answer, A_BEGIN A_BLOCK("{'type':'tool_use','id':'t','name':"
		"'%.64s','input':{}}", "") A_END("tool_use"), wire);
	has(answers(&r_to_a, tools, answer), "'name':'" NAME_70 "'");
}

static void test_lesson_22_results_come_before_text(void **state)
{
	(void)state;
	sends(&r_to_a, R_ITEMS(R_USER "," R_CALL("c", "{}") "," R_USER "," R_OUTPUT("c", "'x'")),
	      "[{'type':'tool_result','tool_use_id':'c','content':'x'},{'type':'text'");
}

static void test_lesson_23_missing_results(void **state)
{
	const char *history = R_ITEMS(R_USER "," R_CALL("c", "{}") "," R_USER);
	struct way repairing = r_to_a;

	(void)state;
	refuses(&r_to_a, history, "`c`");
	repairing.option = (struct string_pair){ "repair_tools", "true" };
	sends(&repairing, history, "{'type':'tool_result','tool_use_id':'c','content':"
	      "'no result recorded','is_error':true}");
}

/* Codex reports what a running call says under the call's own id. */
static void test_lesson_24_outputs_of_one_call_are_one_result(void **state)
{
	(void)state;
	sends(&r_to_a, R_ITEMS(R_USER "," R_CALL("c", "{}") "," R_OUTPUT("c", "'note'") ","
	      R_OUTPUT("c", "'[tool error] end'") "," R_CALL("c", "{}") ","
	      R_OUTPUT("c", "'again'")),
	      "{'type':'tool_result','tool_use_id':'c','content':[{'type':'text','text':'note'},"
	      "{'type':'text','text':'end'}],'is_error':true}]}");
	has(got.body, "{'type':'tool_result','tool_use_id':'c','content':'again'}");
}

static void test_lesson_29_tool_choice(void **state)
{
#define R_TOOLS R_ASK ",'tools':[{'type':'function','name':'f'}],'tool_choice':"
#define A_TOOLS A_HEAD "'messages':[{'role':'user','content':'hi'}],'tools':[{'name':'f'}],"
	(void)state;
	sends(&r_to_a, R_TOOLS "'required'}", "'tool_choice':{'type':'any'}");
	sends(&r_to_a, R_TOOLS "'none'}", "'tool_choice':{'type':'none'}");
	sends(&r_to_a, R_TOOLS "{'type':'function','name':'f'}}",
	      "'tool_choice':{'type':'tool','name':'f'}");
	sends(&r_to_g, R_TOOLS "'required'}", "'functionCallingConfig':{'mode':'ANY'");
	sends(&a_to_r, A_TOOLS "'tool_choice':{'type':'any'}}", "'tool_choice':'required'");
	sends(&a_to_r, A_TOOLS "'tool_choice':{'type':'tool','name':'f'}}",
	      "'tool_choice':{'type':'function','name':'f'}");
}

static void test_lesson_30_no_choice_without_tools(void **state)
{
	(void)state;
	sends(&r_to_a, R_ASK ",'tools':[{'type':'web_search'}],'tool_choice':'auto'}", "'hi'");
	lacks(got.body, "tool_choice");
	sends(&a_to_r, A_HEAD "'messages':[{'role':'user','content':'hi'}],'tool_choice':{"
	      "'type':'auto','disable_parallel_tool_use':true}}", "'hi'");
	lacks(got.body, "tool_choice");
	lacks(got.body, "parallel");
}

static void test_lesson_31_parallel_calls(void **state)
{
	(void)state;
	sends(&r_to_a, R_TOOLS "'auto','parallel_tool_calls':false}",
	      "'tool_choice':{'type':'auto','disable_parallel_tool_use':true}");
	sends(&a_to_r, A_TOOLS "'tool_choice':{'type':'auto','disable_parallel_tool_use':true}}",
	      "'parallel_tool_calls':false");
}

static void test_lesson_33_server_tools_never_vanish_unsaid(void **state)
{
	(void)state;
	sends(&a_to_r, A_HEAD "'messages':[{'role':'user','content':'hi'}],'tools':[{'type':"
	      "'code_execution_20250825','name':'code_execution'},{'name':'f'}]}", "'name':'f'");
	assert_has(got.warnings, "dropped:tools.code_execution_20250825");
	sends(&r_to_a, R_ASK ",'tools':[{'type':'file_search','vector_store_ids':['v']},{'type':"
	      "'function','name':'f'}]}", "'name':'f'");
	assert_has(got.warnings, "dropped:tools.file_search");
}

static void test_lesson_34_hosted_tools_are_no_functions(void **state)
{
	const char *body = R_ASK ",'tools':[{'type':'image_generation'},{'type':'local_shell'}]}";

	(void)state;
	sends(&r_to_c, body, "'hi'");
	lacks(got.body, "tools");
	sends(&r_to_a, body, "'hi'");
	lacks(got.body, "tools");
}

static void test_lesson_35_custom_tools_are_wrapped_and_unwrapped(void **state)
{
	const char *body = "{'model':'m','stream':true,'tools':[{'type':'custom','name':'patch'}],"
		"'input':[" R_USER ",{'type':'custom_tool_call','id':'ctc_1','call_id':'c','name':"
		"'patch','input':'*** Begin'},{'type':'custom_tool_call_output','call_id':'c',"
		"'output':'ok'}]}";
	const char *upstream = A_BEGIN A_BLOCK("{'type':'tool_use','id':'t','name':'patch',"
		"'input':{}}", A_ARGS("{\\'input\\':\\'a\\\\nb\\'}")) A_END("tool_use");

	(void)state;
	sends(&r_to_a, body, "'input_schema':{'type':'object','properties':{'input':{'type':"
	      "'string'}},'required':['input'],'additionalProperties':false}");
	has(got.body, "'name':'patch','input':{'input':'*** Begin'}");
	has(answers(&r_to_a, body, upstream), "'id':'ctc_");
	has(got.answer, "'type':'custom_tool_call','status':'completed','call_id':'t',"
	    "'name':'patch','input':'a\\nb'");
}

static void test_lesson_36_what_only_one_vendor_knows_of_tools(void **state)
{
	(void)state;
	sends(&a_to_r, A_HEAD "'messages':[{'role':'user','content':'hi'}],'tools':[{'name':'f',"
	      "'defer_loading':true,'eager_input_streaming':true,'cache_control':{'type':"
	      "'ephemeral'},'input_schema':{'type':'object'}}]}",
	      "'tools':[{'type':'function','name':'f','parameters':{'type':'object'},"
	      "'strict':false}]");
	sends(&r_to_a, R_ASK ",'tools':[{'type':'function','name':'f','defer_loading':true,"
	      "'output_schema':{},'strict':false}]}",
	      "'tools':[{'name':'f','input_schema':{'type':'object','properties':{}}}]");
}

static void test_lesson_37_arguments_come_once(void **state)
{
#define R_F(args) R_CALL("c", args)
#define ALL "{\\'a\\':1}"
	const char *done = R_FRAME("function_call_arguments.done",
				   "'output_index':0,'arguments':'" ALL "'") R_DONE(R_F(ALL)) R_END;
	static char sse[4096];

	(void)state;
	snprintf(sse, sizeof sse, "%s%s", R_BEGIN R_ADDED(R_F("")), done);
	has(answers(&a_to_r, A_ASK, sse), "'input':{'a':1}}]");
	snprintf(sse, sizeof sse, "%s%s", R_BEGIN R_ADDED(R_F(""))
		 R_DELTA("function_call_arguments", ALL), done);
	has(answers(&a_to_r, A_ASK, sse), "'input':{'a':1}}]");
}

static void test_lesson_38_truncated_call(void **state)
{
	const char *cut = R_BEGIN R_ADDED(R_F("")) R_DELTA("function_call_arguments", "{\\'a")
		R_FRAME("incomplete", "'response':" R_RESPONSE("incomplete",
			",'incomplete_details':{'reason':'max_output_tokens'}"));

	(void)state;
	has(answers(&a_to_r, A_STREAM, cut), "'stop_reason':'max_tokens'");
	has(got.answer, "'partial_json':'{\\'a'");
	has(answers(&r_to_a, R_STREAM, A_BEGIN A_BLOCK(A_USE("t"), A_ARGS("{\\'a"))
		A_END("max_tokens")), "event: response.incomplete");
	has(got.answer, "'type':'function_call','status':'incomplete'");
	lacks(got.answer, "'type':'function_call','status':'completed'");
}

static void test_lesson_45_strict_only_when_it_is(void **state)
{
	(void)state;
	sends(&a_to_r, A_HEAD "'messages':[{'role':'user','content':'hi'}],'tools':[{'name':'f',"
	      "'strict':true,'input_schema':{'type':'object','properties':{'a':{'type':"
	      "'string'}}}}]}", "'strict':false");
	assert_has(got.warnings, "rewritten:tools.strict");
}

static void test_lesson_46_look_around_is_not_strict(void **state)
{
	(void)state;
	sends(&a_to_r, A_HEAD "'messages':[{'role':'user','content':'hi'}],'tools':[{'name':'f',"
	      "'strict':true,'input_schema':{'type':'object','properties':{'a':{'type':'string',"
	      "'pattern':'^(?=x)'}},'required':['a'],'additionalProperties':false}}]}",
	      "'strict':false");
}

/* ---- messages ---- */

static void test_lesson_50_empty_assistant_text(void **state)
{
	(void)state;
	sends(&r_to_a, R_ITEMS(R_USER ",{'role':'assistant','content':''}," R_USER),
	      "'messages':[{'role':'user','content':[{'type':'text','text':'hi'},{'type':'text',"
	      "'text':'hi'}]}]");
	sends(&a_to_r, A_TALK(A_TEXT(""), A_TEXT("b")), "'input':[{'type':'message','role':'user'");
	lacks(got.body, "assistant");
}

static void test_lesson_51_system_in_the_middle(void **state)
{
	const char *body = R_ITEMS("{'role':'developer','content':'first'}," R_USER
		",{'role':'developer','content':'later'}," R_USER);

	(void)state;
	sends(&r_to_a, body, "'system':'first'");
	has(got.body, "'text':'<system>\\nlater\\n</system>'");
	sends(&r_to_newer_a, body, "{'role':'system','content':[{'type':'text','text':'later'}]}");
	sends(&r_to_g, body, "<system>\\nlater\\n</system>");
}

static void test_lesson_53_conversation_that_starts_with_the_assistant(void **state)
{
	(void)state;
	sends(&r_to_a, R_ITEMS("{'role':'assistant','content':'a'}," R_USER),
	      "'messages':[{'role':'user','content':[{'type':'text','text':'(continued)'}]},"
	      "{'role':'assistant'");
}

static void test_lesson_54_prefill(void **state)
{
	const char *body = R_ITEMS(R_USER ",{'role':'assistant','content':'It is '}");

	(void)state;
	sends(&r_to_a, body, "'text':'It is'");
	refuses(&r_to_newer_a, body, "does not continue");
}

static void test_lesson_55_images_are_never_fetched(void **state)
{
#define R_IMAGE(url) \
	R_ITEMS("{'role':'user','content':[{'type':'input_image','image_url':'" url "'}]}")
	(void)state;
	sends(&r_to_a, R_IMAGE("https://x/a.png"),
	      "'source':{'type':'url','url':'https://x/a.png'}");
	sends(&r_to_a, R_IMAGE("data:image/png;base64,iVBORw0KGgo="),
	      "'media_type':'image/png','data':'iVBORw0KGgo='");
	sends(&r_to_c, R_IMAGE("https://x/a.png"), "'url':'https://x/a.png'");
}

static void test_lesson_56_images_in_results(void **state)
{
	(void)state;
	sends(&a_to_r, A_TALK(A_USE("t"), A_RESULT("t", "[{'type':'image','source':{'type':"
		"'base64','media_type':'image/png','data':'iVBORw0KGgo='}}]")),
		"'output':[{'type':'input_image','detail':'auto','image_url':"
		"'data:image/png;base64,iVBORw0KGgo='}]");
}

static void test_lesson_57_documents(void **state)
{
	(void)state;
	sends(&r_to_g, R_ITEMS("{'role':'user','content':[{'type':'input_file','filename':'a.pdf',"
	      "'file_data':'data:application/pdf;base64,JVBERi0='}]}"),
	      "'inlineData':{'mimeType':'application/pdf','data':'JVBERi0='}");
	sends(&a_to_r, A_HEAD "'messages':[{'role':'user','content':[{'type':'document','source':{"
	      "'type':'base64','media_type':'application/pdf','data':'JVBERi0='}}]}]}",
	      "'file_data':'data:application/pdf;base64,JVBERi0='");
}

static void test_lesson_58_audio(void **state)
{
	const char *body = R_ITEMS("{'role':'user','content':[{'type':'input_audio','input_audio':{"
				   "'data':'AAAA','format':'wav'}}]}");

	(void)state;
	sends(&r_to_c, body, "'input_audio':{'data':'AAAA','format':'wav'}");
	sends(&r_to_g, body, "'inlineData':{'mimeType':'audio/wav','data':'AAAA'}");
	refuses(&r_to_a, body, "audio is not supported");
}

static void test_lesson_59_cache_marks_stay_with_anthropic(void **state)
{
	(void)state;
	sends(&a_to_r, A_HEAD "'system':[{'type':'text','text':'s','cache_control':{'type':"
	      "'ephemeral'}}],'messages':[{'role':'user','content':[{'type':'text','text':'u',"
	      "'cache_control':{'type':'ephemeral','ttl':'1h'}}]}]}", "'instructions':'s'");
	lacks(got.body, "cache_control");
	assert_string_equal(got.warnings, "");
}

static void test_lesson_60_billing_note(void **state)
{
	(void)state;
	sends(&a_to_r, A_HEAD "'system':[{'type':'text','text':'x-anthropic-billing-header: a=b;'},"
	      "{'type':'text','text':'be'}],'messages':[{'role':'user','content':'hi'}]}",
	      "'instructions':'be'");
}

static void test_lesson_61_user_ids_are_hashed(void **state)
{
	const char *member = "\"safety_identifier\":\"";

	(void)state;
	sends(&a_to_r, A_HEAD "'metadata':{'user_id':'" NAME_70 "'},'messages':[{'role':'user',"
	      "'content':'hi'}]}", "'safety_identifier':'");
	lacks(got.body, NAME_70);
	assert_int_equal(strcspn(strstr(got.body, member) + strlen(member), "\""), 64);
}

/* ---- parameters ---- */

static void test_lesson_63_max_tokens_from_the_table(void **state)
{
	(void)state;
	sends(&r_to_a, R_ASK "}", "'max_tokens':32000");
}

static void test_lesson_65_stops_are_found_by_the_gateway(void **state)
{
	const char *body = A_HEAD "'stop_sequences':['END'],'messages':[{'role':'user','content':"
				  "'hi'}]}";

	(void)state;
	has(answers(&a_to_r, body, R_BEGIN R_ADDED(R_MESSAGE) R_DELTA("output_text", "one E")
		R_DELTA("output_text", "ND two") R_DONE(R_MESSAGE) R_END), "'text':'one '");
	has(got.answer, "'stop_reason':'stop_sequence','stop_sequence':'END'");
	lacks(got.body, "END");
}

static void test_lesson_66_temperature(void **state)
{
	const char *body = A_HEAD "'temperature':0.5,'messages':[{'role':'user','content':'hi'}]}";

	(void)state;
	sends(&a_to_r_reasoning, body, "'hi'");
	lacks(got.body, "temperature");
	assert_has(got.warnings, "dropped:temperature");
	sends(&r_to_a, R_ASK ",'temperature':1.5}", "'temperature':1}");
	assert_has(got.warnings, "clamped:temperature");
}

static void test_lesson_67_structured_output(void **state)
{
	struct way older = r_to_a;
	const char *body = R_ASK ",'text':{'format':{'type':'json_schema','name':'n','schema':{"
			   "'type':'object','properties':{}}}}}";

	(void)state;
	sends(&r_to_newer_a, body, "'output_config':{'format':{'type':'json_schema','schema':");
	older.model = "claude-3-5-haiku";
	has(answers(&older, body, "{'id':'m','content':[{'type':'tool_use','id':'t','name':"
		"'json_response','input':{'a':1}}],'stop_reason':'tool_use'}"),
		"'type':'output_text','text':'{\\'a\\':1}'");
	has(got.body, "'tool_choice':{'type':'tool','name':'json_response'}");
}

static void test_lesson_68_never_silently_one_answer(void **state)
{
	(void)state;
	refuses(&c_to_r, C_HEAD ",'n':2}", "n: ");
}

static void test_lesson_69_no_stream_options(void **state)
{
	(void)state;
	sends(&c_to_r, C_HEAD ",'stream':true,'stream_options':{'include_usage':true}}",
	      "'stream':true");
	lacks(got.body, "stream_options");
	assert_string_equal(got.warnings, "");
}

static void test_lesson_70_cache_key_of_a_session(void **state)
{
	static char first[256];
	const char *body = A_HEAD "'metadata':{'user_id':'{\\'session_id\\':\\'s1\\'}'},'messages':"
				  "[{'role':'user','content':'hi'}]}";

	(void)state;
	sends(&a_to_r, body, "'prompt_cache_key':'");
	str_copy(first, sizeof first, strstr(got.body, "prompt_cache_key"));
	sends(&a_to_r, body, "'prompt_cache_key':'");
	assert_has(got.body, first);
	lacks(got.body, "session_id");
	sends(&r_to_c, R_ASK ",'prompt_cache_key':'k'}", "'prompt_cache_key':'k'");
}

/* ---- streams ---- */

static void test_lesson_74_an_end_without_an_event(void **state)
{
	(void)state;
	answers(&a_to_r, A_STREAM, R_BEGIN R_SAYS("a"));
	assert_int_equal(got.state, CONVERT_FAILED);
	has(got.answer, "event: error");
	answers(&r_to_a, R_STREAM, A_BEGIN A_SAYS("a"));
	assert_int_equal(got.state, CONVERT_FAILED);
	has(got.answer, "event: response.failed");
}

static void test_lesson_75_sloppy_frames(void **state)
{
	(void)state;
	has(answers(&a_to_r, A_ASK, "\xef\xbb\xbf: hello\r\ndata:{'type':'response.created',"
		"\r\ndata:'response':{'id':'r'}}\r\n\r\n" R_SAYS("a") R_END), "'text':'a'");
}

static void test_lesson_76_cut_characters(void **state)
{
	(void)state;
	has(answers(&a_to_r, A_ASK, R_BEGIN R_ADDED(R_MESSAGE) R_DELTA("output_text", "a\\ud83d")
		R_DELTA("output_text", "\\ude00") R_DONE(R_MESSAGE) R_END), "a\xf0\x9f\x98\x80");
}

static void test_lesson_77_lines_of_megabytes(void **state)
{
	const struct way *way = &a_to_r;
	struct buf sse = BUF_INIT(8 * MIB);

	(void)state;
	buf_adds(&sse, json(R_BEGIN));
	buf_adds(&sse, json("data: {'type':'response.output_item.done','output_index':0,'item':{"
			 "'type':'image_generation_call','result':'"));
	for (size_t i = 0; i < 2 * MIB; i++) {
		buf_addc(&sse, 'A');
	}
	buf_adds(&sse, json("'}}\n\n" R_SAYS("done") R_END));
	run(way, json(A_ASK), buf_text(&sse));
	has(got.answer, "'text':'done'");
	assert_int_equal(got.state, CONVERT_COMPLETE);
	buf_release(&sse);
}

static void test_lesson_78_signs_of_life_are_no_comments(void **state)
{
	(void)state;
	answers(&r_to_a, R_STREAM, A_BEGIN A_BLOCK(A_TEXT(""), A_DELTA("{'type':'text_delta',"
		"'text':'a'}") "data: {'type':'ping'}\n\n") A_END("end_turn"));
	has(got.answer, "event: keepalive\ndata: {'type':'keepalive','sequence_number':5}\n");
	assert_lacks(got.answer, "\n:");
}

static void test_lesson_79_nothing_after_the_end(void **state)
{
	(void)state;
	answers(&a_to_r, A_STREAM, R_BEGIN R_SAYS("a") R_END R_SAYS("more") R_END);
	lacks(got.answer, "more");
	assert_int_equal(count(got.answer, "event: message_stop"), 1);
}

static void test_lesson_81_stops(void **state)
{
	(void)state;
	has(answers(&r_to_a, R_ASK "}", "{'id':'m','content':[" A_TEXT("a") "],'stop_reason':"
		"'max_tokens'}"), "'incomplete_details':{'reason':'max_output_tokens'}");
	has(answers(&r_to_a, R_ASK "}", "{'id':'m','content':[],'stop_reason':'refusal'}"),
	    "{'type':'refusal','refusal':");
	has(answers(&r_to_a, R_ASK "}", "{'id':'m','content':[" A_TEXT("a") "],'stop_reason':"
		"'pause_turn'}"), "'status':'completed'");
	has(answers(&r_to_g, R_ASK "}", "{'candidates':[{'content':{'parts':[{'text':'a'}]},"
		"'finishReason':'SAFETY'}]}"), "'incomplete_details':{'reason':'content_filter'}");
}

static void test_lesson_82_a_stream_for_a_client_that_does_not_stream(void **state)
{
	(void)state;
	has(answers(&r_to_a, R_ASK "}", A_BEGIN A_SAYS("whole") A_END("end_turn")),
	    "{'id':'resp_");
	has(got.answer, "'text':'whole'");
}

/* Every .added has its .done, indexes are dense, numbers rise by one. */
static void test_lesson_83_pairs_and_numbers(void **state)
{
	const char *number = "\"sequence_number\":";
	long n = 0;

	(void)state;
	answers(&r_to_a, R_ASK ",'stream':true,'reasoning':{'summary':'auto'}}",
		A_BEGIN A_BLOCK("{'type':'thinking','thinking':''}",
		A_DELTA("{'type':'thinking_delta','thinking':'t'}")) A_SAYS("a")
		A_BLOCK(A_USE("t"), A_ARGS("{}")) A_END("tool_use"));
	for (const char *at = got.answer; (at = strstr(at, number)); at++) {
		assert_int_equal(strtol(at + strlen(number), NULL, 10), n++);
	}
	assert_int_equal(count(got.answer, "event: response.output_item.added"), 3);
	assert_int_equal(count(got.answer, "event: response.output_item.done"), 3);
	assert_int_equal(count(got.answer, "event: response.content_part.added"), 1);
	assert_int_equal(count(got.answer, "event: response.content_part.done"), 1);
	assert_int_equal(count(got.answer, "event: response.reasoning_summary_part.added"), 1);
	assert_int_equal(count(got.answer, "event: response.reasoning_summary_part.done"), 1);
	has(got.answer, "'output_index':2,'item':{'id':'fc_");
	assert_int_equal(count(strstr(got.answer, "event: response.completed"), "\"id\":"), 4);
}

/* ---- usage and errors ---- */

static void test_lesson_85_cached_tokens_inside_and_outside(void **state)
{
	(void)state;
	has(answers(&a_to_r, A_ASK, R_BEGIN R_SAYS("a") R_END),
	    "'input_tokens':3,'cache_creation_input_tokens':1,'cache_read_input_tokens':6,");
	has(answers(&r_to_a, R_STREAM, A_BEGIN A_SAYS("a") A_END("end_turn")),
	    "'input_tokens':12,'input_tokens_details':{'cached_tokens':4,'cache_write_tokens':5}");
}

static void test_lesson_87_details_are_always_there(void **state)
{
	(void)state;
	has(answers(&r_to_a, R_ASK "}", "{'id':'m','content':[],'stop_reason':'end_turn'}"),
	    "'usage':{'input_tokens':0,'input_tokens_details':{'cached_tokens':0,"
	    "'cache_write_tokens':0},'output_tokens':0,'output_tokens_details':{"
	    "'reasoning_tokens':0},'total_tokens':0}");
}

static void test_lesson_88_null_usage_is_no_zero(void **state)
{
	(void)state;
	has(answers(&a_to_r, A_ASK, R_BEGIN R_SAYS("a") R_END R_BEGIN), "'output_tokens':4");
}

static void test_lesson_89_errors_in_the_clients_words(void **state)
{
	(void)state;
	answers(&r_to_a, R_STREAM, "data: {'type':'error','error':{'type':'overloaded_error',"
		"'message':'busy'}}\n\n");
	has(got.answer, "{'error':{'message':'busy','type':'server_error','param':null,"
	    "'code':'overloaded'}}");
	answers(&a_to_r, A_STREAM, R_BEGIN R_FRAME("failed", "'response':" R_RESPONSE("failed",
		",'error':{'code':'rate_limit_exceeded','message':'slow down'}")));
	has(got.answer, "{'type':'error','error':{'type':'rate_limit_error','message':"
	    "'slow down'},'request_id':null}");
}

static void test_lesson_90_context_overflow(void **state)
{
	(void)state;
	answers(&a_to_r, A_STREAM, R_BEGIN R_FRAME("failed", "'response':" R_RESPONSE("failed",
		",'error':{'code':'context_length_exceeded','message':'Your input exceeds the "
		"context window of this model.'}")));
	has(got.answer, "'message':'prompt is too long: ");
	answers(&r_to_a, R_STREAM, A_BEGIN A_SAYS("a") "data: {'type':'error','error':{'type':"
		"'invalid_request_error','message':'prompt is too long: 9 > 8'}}\n\n");
	has(got.answer, "'code':'context_length_exceeded'");
}

static void test_lesson_94_numbers_keep_their_digits(void **state)
{
	(void)state;
	sends(&r_to_a, R_ITEMS(R_USER "," R_CALL("c", "{\\'n\\':12345678901234567890,\\'f\\':1.0}")
		"," R_OUTPUT("c", "'x'")), "'input':{'n':12345678901234567890,'f':1.0}");
	sends(&a_to_r, A_HEAD "'temperature':0.70,'messages':[{'role':'user','content':'hi'}]}",
	      "'temperature':0.70");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lesson_7_summary_parts_are_one_block),
		cmocka_unit_test(test_lesson_8_blobs_go_back_to_their_maker_alone),
		cmocka_unit_test(test_lesson_9_budget_below_max_tokens),
		cmocka_unit_test(test_lesson_10_thinking_takes_no_sampling),
		cmocka_unit_test(test_lesson_11_levels_by_table_or_not_at_all),
		cmocka_unit_test(test_lesson_32_thinking_yields_to_a_forced_tool),
		cmocka_unit_test(test_lesson_15_empty_arguments),
		cmocka_unit_test(test_lesson_19_ids_fit_anthropic),
		cmocka_unit_test(test_lesson_20_long_ids_are_hashed_alike),
		cmocka_unit_test(test_lesson_21_tool_names_come_back),
		cmocka_unit_test(test_lesson_22_results_come_before_text),
		cmocka_unit_test(test_lesson_23_missing_results),
		cmocka_unit_test(test_lesson_24_outputs_of_one_call_are_one_result),
		cmocka_unit_test(test_lesson_29_tool_choice),
		cmocka_unit_test(test_lesson_30_no_choice_without_tools),
		cmocka_unit_test(test_lesson_31_parallel_calls),
		cmocka_unit_test(test_lesson_33_server_tools_never_vanish_unsaid),
		cmocka_unit_test(test_lesson_34_hosted_tools_are_no_functions),
		cmocka_unit_test(test_lesson_35_custom_tools_are_wrapped_and_unwrapped),
		cmocka_unit_test(test_lesson_36_what_only_one_vendor_knows_of_tools),
		cmocka_unit_test(test_lesson_37_arguments_come_once),
		cmocka_unit_test(test_lesson_38_truncated_call),
		cmocka_unit_test(test_lesson_45_strict_only_when_it_is),
		cmocka_unit_test(test_lesson_46_look_around_is_not_strict),
		cmocka_unit_test(test_lesson_50_empty_assistant_text),
		cmocka_unit_test(test_lesson_51_system_in_the_middle),
		cmocka_unit_test(test_lesson_53_conversation_that_starts_with_the_assistant),
		cmocka_unit_test(test_lesson_54_prefill),
		cmocka_unit_test(test_lesson_55_images_are_never_fetched),
		cmocka_unit_test(test_lesson_56_images_in_results),
		cmocka_unit_test(test_lesson_57_documents),
		cmocka_unit_test(test_lesson_58_audio),
		cmocka_unit_test(test_lesson_59_cache_marks_stay_with_anthropic),
		cmocka_unit_test(test_lesson_60_billing_note),
		cmocka_unit_test(test_lesson_61_user_ids_are_hashed),
		cmocka_unit_test(test_lesson_63_max_tokens_from_the_table),
		cmocka_unit_test(test_lesson_65_stops_are_found_by_the_gateway),
		cmocka_unit_test(test_lesson_66_temperature),
		cmocka_unit_test(test_lesson_67_structured_output),
		cmocka_unit_test(test_lesson_68_never_silently_one_answer),
		cmocka_unit_test(test_lesson_69_no_stream_options),
		cmocka_unit_test(test_lesson_70_cache_key_of_a_session),
		cmocka_unit_test(test_lesson_74_an_end_without_an_event),
		cmocka_unit_test(test_lesson_75_sloppy_frames),
		cmocka_unit_test(test_lesson_76_cut_characters),
		cmocka_unit_test(test_lesson_77_lines_of_megabytes),
		cmocka_unit_test(test_lesson_78_signs_of_life_are_no_comments),
		cmocka_unit_test(test_lesson_79_nothing_after_the_end),
		cmocka_unit_test(test_lesson_81_stops),
		cmocka_unit_test(test_lesson_82_a_stream_for_a_client_that_does_not_stream),
		cmocka_unit_test(test_lesson_83_pairs_and_numbers),
		cmocka_unit_test(test_lesson_85_cached_tokens_inside_and_outside),
		cmocka_unit_test(test_lesson_87_details_are_always_there),
		cmocka_unit_test(test_lesson_88_null_usage_is_no_zero),
		cmocka_unit_test(test_lesson_89_errors_in_the_clients_words),
		cmocka_unit_test(test_lesson_90_context_overflow),
		cmocka_unit_test(test_lesson_94_numbers_keep_their_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
