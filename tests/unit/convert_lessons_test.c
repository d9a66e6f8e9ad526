/*
 * What users of other gateways ran into, where no format's own lessons tell
 * it: the number is the line of the field lessons, section 4. JSON stands with
 * ' for " here.
 */
#include "tests/unit/exchange_world.h"

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT
#define R FORMAT_RESPONSES
#define G FORMAT_GEMINI

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

static const struct way a_to_a = { A, A, "claude-opus-4-1", NULL, { NULL, NULL } };
static const struct way c_to_a = { C, A, NULL, NULL, { NULL, NULL } };
static const struct way a_to_c = { A, C, NULL, NULL, { NULL, NULL } };
static const struct way a_to_g = { A, G, NULL, NULL, { NULL, NULL } };
static const struct way a_to_classic_g = { A, G, "gemini-2.0-flash", NULL,
					   { "json_schema_params", "false" } };
static const struct way g_to_a = { G, A, NULL, NULL, { NULL, NULL } };

static void sends(const struct way *way, const char *body, const char *part)
{
	request(way, json(body), json(part));
}

static const char *answers(const struct way *way, const char *body, const char *upstream)
{
	run(way, json(body), json(upstream));
	assert_true(got.ok);
	return got.answer;
}

#define A_BODY(more) "{'model':'m','max_tokens':5000," more \
	"'messages':[{'role':'user','content':'hi'}]}"
#define SSE(text) "data: " text "\n\n"

static void test_lesson_1_own_thinking_goes_back_whole(void **state)
{
	(void)state;
	sends(&a_to_a, "{'model':'m','max_tokens':5000,'thinking':{'type':'enabled','budget_tokens':"
	      "1024},'messages':[{'role':'user','content':'hi'},{'role':'assistant','content':["
	      "{'type':'thinking','thinking':'a\\u00e9 b','signature':'S+/='},{'type':"
	      "'redacted_thinking','data':'R+/='},{'type':'tool_use','id':'t1','name':'f','input':{}}"
	      "]},{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1','content':'x'}]}"
	      "]}", "[{'type':'thinking','thinking':'a\xc3\xa9 b','signature':'S+/='},{'type':"
	      "'redacted_thinking','data':'R+/='},{'type':'tool_use'");
}

static void test_lesson_3_a_signature_without_text_stays(void **state)
{
	(void)state;
	sends(&a_to_a, "{'model':'m','max_tokens':5000,'messages':[{'role':'user','content':'hi'},"
	      "{'role':'assistant','content':[{'type':'thinking','thinking':'','signature':'S'},"
	      "{'type':'text','text':'a'}]},{'role':'user','content':'go'}]}",
	      "{'type':'thinking','thinking':'','signature':'S'}");
}

static void test_lesson_4_one_signature_a_block(void **state)
{
	(void)state;
	answers(&(struct way){ A, A, NULL, NULL, { NULL, NULL } },
		"{'model':'m','max_tokens':9,'stream':true,'messages':[{'role':'user','content':"
		"'hi'}]}",
		SSE("{'type':'message_start','message':{'id':'m','model':'x','usage':{}}}")
		SSE("{'type':'content_block_start','index':0,'content_block':{'type':'thinking',"
		    "'thinking':'','signature':''}}")
		SSE("{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta',"
		    "'signature':'one'}}")
		SSE("{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta',"
		    "'signature':'two'}}")
		SSE("{'type':'content_block_stop','index':0}")
		SSE("{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{}}")
		SSE("{'type':'message_stop'}"));
	assert_int_equal(count(got.answer, "signature_delta"), 1);
	lacks(got.answer, "onetwo");
}

static const char *schema_of(const char *schema, const char *part)
{
	static char body[4096];

	snprintf(body, sizeof body, A_BODY("'tools':[{'name':'f','input_schema':%s}],"), schema);
	sends(&a_to_classic_g, body, part);
	return got.body;
}

#define OBJECT(members) "{'type':'object','properties':{'a':" members "}}"

static void test_lesson_40_nullable_types(void **state)
{
	(void)state;
	schema_of(OBJECT("{'type':['string','null']}"), "'nullable':true");
}

static void test_lesson_41_one_arm_and_null(void **state)
{
	(void)state;
	schema_of(OBJECT("{'anyOf':[{'type':'string'},{'type':'null'}]}"), "'nullable':true");
	lacks(got.body, "'NULL'");
	schema_of(OBJECT("{'oneOf':[{'type':'string'},{'type':'integer'}]}"), "'anyOf'");
}

static void test_lesson_42_enums_are_strings(void **state)
{
	(void)state;
	schema_of(OBJECT("{'enum':['a','']}"), "'enum':['a']");
	lacks(schema_of(OBJECT("{'type':'integer','enum':[1,2]}"), "'INTEGER'"), "'enum'");
}

static void test_lesson_43_required_and_items(void **state)
{
	(void)state;
	schema_of("{'type':'object','properties':{'a':{'type':'array'}},'required':['a','b']}",
		  "'items':{'type':'STRING'}");
	has(got.body, "'required':['a']");
}

static void test_lesson_44_schemas_that_hold_themselves(void **state)
{
	(void)state;
	lacks(schema_of("{'type':'object','properties':{'a':{'$ref':'#/$defs/n'}},'$defs':{'n':"
			"{'type':'object','properties':{'next':{'$ref':'#/$defs/n'}}}}}", "'next'"),
	      "'$ref':");
}

static void test_lesson_49_nonsense_in_schemas(void **state)
{
	(void)state;
	schema_of(OBJECT("true"), "'a'");
	schema_of(OBJECT("null"), "'f'");
	schema_of(OBJECT("[1]"), "'f'");
	schema_of("{'type':'object','properties':[],'required':{}}", "'f'");
	schema_of(OBJECT("{'items':3,'anyOf':{},'enum':'x'}"), "'f'");
}

static void test_lesson_52_neighbours_of_one_role(void **state)
{
	static const char body[] = "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':"
		"[{'type':'text','text':'a','cache_control':{'type':'ephemeral'}}]},{'role':'user',"
		"'content':'b'}]}";

	(void)state;
	sends(&a_to_a, body, "{'role':'user','content':[{'type':'text','text':'a','cache_control':"
	      "{'type':'ephemeral'}},{'type':'text','text':'b'}]}");
	sends(&a_to_g, body, "{'role':'user','parts':[{'text':'a'},{'text':'b'}]}");
}

static void test_lesson_86_usage_of_gemini_repeats(void **state)
{
	(void)state;
	answers(&a_to_g, A_BODY("'stream':true,"),
		SSE("{'candidates':[{'content':{'parts':[{'text':'a'}]}}],'usageMetadata':{"
		    "'promptTokenCount':5,'candidatesTokenCount':1,'thoughtsTokenCount':10}}")
		SSE("{'candidates':[{'content':{'parts':[{'text':'b'}]},'finishReason':'STOP'}],"
		    "'usageMetadata':{'promptTokenCount':5,'candidatesTokenCount':2,"
		    "'thoughtsTokenCount':10}}"));
	has(got.answer, "'output_tokens':12");
	has(got.answer, "'input_tokens':5");
}

/* Who is used to one shape finds it on every way. */
static void test_lesson_89_every_client_reads_its_own_errors(void **state)
{
	(void)state;
	has(answers(&c_to_a, "{'model':'m','messages':[{'role':'user','content':'hi'}]}",
		    "{'type':'error','error':{'type':'overloaded_error','message':'busy'}}"),
	    "'error':{'message':'busy','type':'server_error'");
	has(answers(&a_to_c, A_BODY(""), "{'error':{'message':'busy','type':'rate_limit_error'}}"),
	    "{'type':'error','error':{'type':'rate_limit_error','message':'busy'}");
	has(answers(&g_to_a, "{'contents':[{'parts':[{'text':'hi'}]}]}",
		    "{'type':'error','error':{'type':'overloaded_error','message':'busy'}}"),
	    "'status':'UNAVAILABLE'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lesson_1_own_thinking_goes_back_whole),
		cmocka_unit_test(test_lesson_3_a_signature_without_text_stays),
		cmocka_unit_test(test_lesson_4_one_signature_a_block),
		cmocka_unit_test(test_lesson_40_nullable_types),
		cmocka_unit_test(test_lesson_41_one_arm_and_null),
		cmocka_unit_test(test_lesson_42_enums_are_strings),
		cmocka_unit_test(test_lesson_43_required_and_items),
		cmocka_unit_test(test_lesson_44_schemas_that_hold_themselves),
		cmocka_unit_test(test_lesson_49_nonsense_in_schemas),
		cmocka_unit_test(test_lesson_52_neighbours_of_one_role),
		cmocka_unit_test(test_lesson_86_usage_of_gemini_repeats),
		cmocka_unit_test(test_lesson_89_every_client_reads_its_own_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
