/*
 * What is remembered for clients that cannot carry signatures (C66). JSON
 * stands with ' for " here.
 */
#include "tests/unit/exchange_world.h"

#include "formats/sig_memory.c"

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT
#define R FORMAT_RESPONSES
#define G FORMAT_GEMINI

static const struct way c_to_a = { C, A, "claude-sonnet-4-5", NULL, { NULL, NULL } };
static const struct way c_to_r = { C, R, "gpt-6-sol", NULL, { NULL, NULL } };
static const struct way c_to_g = { C, G, NULL, NULL, { NULL, NULL } };
static const struct way r_to_g = { R, G, NULL, NULL, { NULL, NULL } };

static struct sig_scope scope = { .owner = "key_1" };

static int set_up(void **state)
{
	(void)state;
	scope.memory = sig_memory_create(&sig_memory_usual);
	remembers = &scope;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sig_memory_destroy(scope.memory);
	remembers = NULL;
	return 0;
}

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

#define C_TOOLS "'tools':[{'type':'function','function':{'name':'f'}}]"
#define C_ASK "{'model':'m'," C_TOOLS ",'reasoning_effort':'low','stream':true,'messages':[" \
	"{'role':'user','content':'hi'}]}"
#define C_AGAIN(id) \
	"{'model':'m'," C_TOOLS ",'reasoning_effort':'low','messages':[" \
	"{'role':'user','content':'hi'},{'role':'assistant','content':'so','tool_calls':[{'id':'" \
	id "','type':'function','function':{'name':'f','arguments':'{}'}}]},{'role':'tool'," \
	"'tool_call_id':'" id "','content':'ok'}]}"

#define A_FRAME(text) "data: " text "\n\n"
#define A_ANSWER \
	A_FRAME("{'type':'message_start','message':{'id':'m1','model':'x','usage':{}}}") \
	A_FRAME("{'type':'content_block_start','index':0,'content_block':{'type':'thinking'," \
		"'thinking':'','signature':''}}") \
	A_FRAME("{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta'," \
		"'thinking':'hm'}}") \
	A_FRAME("{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta'," \
		"'signature':'SIG'}}") \
	A_FRAME("{'type':'content_block_stop','index':0}") \
	A_FRAME("{'type':'content_block_start','index':1,'content_block':{'type':'tool_use'," \
		"'id':'t1','name':'f','input':{}}}") \
	A_FRAME("{'type':'content_block_stop','index':1}") \
	A_FRAME("{'type':'message_delta','delta':{'stop_reason':'tool_use'},'usage':{}}") \
	A_FRAME("{'type':'message_stop'}")
#define A_THOUGHT "{'type':'thinking','thinking':'hm','signature':'SIG'}"

#define G_ANSWER \
	"data: {'candidates':[{'content':{'parts':[{'functionCall':{'id':'t1','name':'f'," \
	"'args':{}},'thoughtSignature':'U0lH'}]},'finishReason':'STOP'}]}\n\n"

#define R_FRAME(type, members) "data: {'type':'response." type "'," members "}\n\n"
#define R_ANSWER \
	R_FRAME("created", "'response':{'id':'r1','model':'x'}") \
	R_FRAME("output_item.done", "'output_index':0,'item':{'type':'reasoning','id':'rs_1'," \
		"'summary':[{'type':'summary_text','text':'hm'}],'encrypted_content':'ENC'}") \
	R_FRAME("output_item.done", "'output_index':1,'item':{'type':'function_call','call_id':" \
		"'t1','name':'f','arguments':'{}'}") \
	R_FRAME("completed", "'response':{'id':'r1','status':'completed'}")

static void talk(const struct way *way, const char *body, const char *upstream)
{
	run(way, json(body), upstream ? json(upstream) : NULL);
	assert_true(got.ok);
}

static void c66_thinking_comes_back_to_anthropic(void **state)
{
	(void)state;
	talk(&c_to_a, C_ASK, A_ANSWER);
	talk(&c_to_a, C_AGAIN("t1"), NULL);
	has(got.body, "'content':[" A_THOUGHT ",{'type':'text','text':'so'},{'type':'tool_use'");
	has(got.body, "'thinking':{'type':'enabled'");
}

static void c66_signatures_come_back_to_gemini(void **state)
{
	(void)state;
	talk(&c_to_g, C_ASK, G_ANSWER);
	talk(&c_to_g, C_AGAIN("t1"), NULL);
	has(got.body, "'thoughtSignature':'U0lH'");
	lacks(got.body, "skip_thought_signature_validator");
}

static void c66_reasoning_comes_back_to_responses(void **state)
{
	(void)state;
	talk(&c_to_r, C_ASK, R_ANSWER);
	talk(&c_to_r, C_AGAIN("t1"), NULL);
	has(got.body, "{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text','text':"
	    "'hm'}],'encrypted_content':'ENC'}");
}

static void c66_nobody_else_gets_it(void **state)
{
	(void)state;
	talk(&c_to_a, C_ASK, A_ANSWER);
	talk(&c_to_g, C_AGAIN("t1"), NULL);
	lacks(got.body, "SIG");
	talk(&c_to_a, C_AGAIN("t2"), NULL);
	lacks(got.body, "SIG");
	scope.owner = "key_2";
	talk(&c_to_a, C_AGAIN("t1"), NULL);
	scope.owner = "key_1";
	lacks(got.body, "SIG");
}

/* Without include there is no field for it in Responses either. */
static void c66_responses_without_blobs(void **state)
{
	(void)state;
	talk(&r_to_g, "{'model':'m','input':'hi','stream':true,'tools':[{'type':'function','name':"
	     "'f'}]}", G_ANSWER);
	lacks(got.answer, "U0lH");
	talk(&r_to_g, "{'model':'m','tools':[{'type':'function','name':'f'}],'input':[{'role':"
	     "'user','content':'hi'},{'type':'function_call','call_id':'t1','name':'f',"
	     "'arguments':'{}'},{'type':'function_call_output','call_id':'t1','output':'ok'}]}",
	     NULL);
	has(got.body, "'thoughtSignature':'U0lH'");
}

/* ---- the memory itself ---- */

static const struct slice owner = { "o", 1 };

static void put(struct sig_memory *m, const char *id, size_t bytes)
{
	struct sig_collector *c = sig_collector_create(m, owner);
	static char data[8192];
	struct hub_block call = { .kind = BLOCK_TOOL_USE };
	struct event ev = { .kind = EVENT_BLOCK_START, .block = &call };

	call.tool_use.id = slice_of(id);
	call.sig = (struct hub_sig){ .origin = ORIGIN_GEMINI, .data = { data, bytes } };
	sig_collector_event(c, &ev);
	sig_collector_destroy(c);
}

static bool knows(struct sig_memory *m, const char *id, int64_t later_ms)
{
	struct arena a;
	bool found;

	arena_init(&a, 256);
	found = find(m, key_of(&a, owner, slice_of(id)),
		     (int64_t)clock_mono_ms() + later_ms) != NULL;
	arena_release(&a);
	return found;
}

static void c66_the_oldest_is_forgotten(void **state)
{
	struct sig_memory *m = sig_memory_create(&(struct sig_memory_limits){ 2, MIB, 60000 });

	(void)state;
	put(m, "a", 1);
	put(m, "b", 1);
	assert_true(knows(m, "a", 0));          /* used: now b is the oldest */
	put(m, "c", 1);
	assert_true(knows(m, "a", 0));
	assert_false(knows(m, "b", 0));
	put(m, "a", 1);                         /* the same again is one */
	assert_true(knows(m, "c", 0));
	assert_int_equal(m->entries.len, 2);
	sig_memory_destroy(m);
}

static void c66_bytes_and_age_are_bounded(void **state)
{
	struct sig_memory *m =
		sig_memory_create(&(struct sig_memory_limits){ 100, 20 * KIB, 60000 });

	(void)state;
	for (int i = 0; i < 10; i++) {
		put(m, (char[]){ (char)('a' + i), 0 }, 4 * KIB);
		assert_true(m->bytes <= 20 * KIB);
	}
	assert_false(knows(m, "a", 0));
	assert_true(knows(m, "j", 59000));
	assert_false(knows(m, "j", 61000));
	assert_false(knows(m, "j", 0));
	sig_memory_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(c66_thinking_comes_back_to_anthropic, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(c66_signatures_come_back_to_gemini, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(c66_reasoning_comes_back_to_responses, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(c66_nobody_else_gets_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(c66_responses_without_blobs, set_up, tear_down),
		cmocka_unit_test(c66_the_oldest_is_forgotten),
		cmocka_unit_test(c66_bytes_and_age_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
