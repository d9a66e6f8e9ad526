/* Answers of OpenAI Responses, whole and streamed, in both directions. */
#include "tests/unit/convert_world.h"

#include <stdlib.h>

#include "formats/envelope.h"
#include "formats/format.h"

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

static struct hub_request *new_request(struct arena *a, enum format_id client, bool stream)
{
	struct hub_request *req;

	arena_init(a, 1024);
	req = hub_request_new(a, client);
	req->stream = stream;
	req->wants_blobs = true;
	return req;
}

static struct answer_plan *plan_of(struct arena *a, struct hub_request *req,
				   enum format_id upstream)
{
	const struct upstream_account account = { .provider = PROVIDER_OPENAI };
	struct route_options options;
	struct answer_plan *plan;

	route_options_read(&account, &options);
	plan = answer_plan_create(req, upstream, slice_of("asked"), &options);
	arena_release(a);
	return plan;
}

/* ---- reading: a Responses upstream, an Anthropic client ---- */

#define RESPONSE(status, more) \
	"{'id':'resp_1','created_at':9,'model':'x','status':'" status "'" more "}"
#define CREATED \
	"data: {'type':'response.created','response':" RESPONSE("in_progress", "") "}\n\n"
#define FRAME(type, members) "data: {'type':'response." type "'," members "}\n\n"
#define ADDED(index, item) \
	FRAME("output_item.added", "'output_index':" #index ",'item':" item)
#define DONE(index, item) \
	FRAME("output_item.done", "'output_index':" #index ",'item':" item)
#define DELTA(index, type, text) \
	FRAME(type ".delta", "'output_index':" #index ",'delta':'" text "'")
#define COMPLETED \
	"data: {'type':'response.completed','response':" RESPONSE("completed", \
	",'usage':{'input_tokens':9,'output_tokens':4}") "}\n\n"
#define MESSAGE "{'type':'message','id':'m','content':[]}"
#define CALL(id, args) \
	"{'type':'function_call','call_id':'" id "','name':'f','arguments':'" args "'}"

/* The whole answer, as an Anthropic client reads it; the next call reuses it. */
static const char *read_stream(const char *sse, enum convert_state want)
{
	static struct buf out = BUF_INIT(256 * KIB);
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_ANTHROPIC, false);
	enum convert_state got;

	buf_clear(&out);
	got = convert_stream_text(plan_of(&a, req, FORMAT_RESPONSES), json(sse), &out);
	assert_int_equal(got, want);
	return buf_text(&out);
}

static const char *reads(const char *sse)
{
	return read_stream(sse, CONVERT_COMPLETE);
}

static void c135_what_done_frames_add(void **state)
{
	(void)state;
	/* no deltas */
	has(reads(CREATED ADDED(0, CALL("c", "")) DONE(0, CALL("c", "{\\'a\\':1}"))
			 COMPLETED), "'input':{'a':1}");
	/* some of it in deltas */
	has(reads(CREATED ADDED(0, CALL("c", ""))
			 DELTA(0, "function_call_arguments", "{\\'a\\':")
			 DONE(0, CALL("c", "{\\'a\\':1}")) COMPLETED), "'input':{'a':1}");
	/* all of it: not twice */
	has(reads(CREATED ADDED(0, CALL("c", ""))
			 DELTA(0, "function_call_arguments", "{\\'a\\':1}")
			 FRAME("function_call_arguments.done", "'output_index':0,'arguments':'{"
				"\\'a\\':1}'")
			 DONE(0, CALL("c", "{\\'a\\':1}")) COMPLETED), "'input':{'a':1}}]");
	/* text without a part, and a part that only the item has */
	has(reads(CREATED ADDED(0, MESSAGE) DELTA(0, "output_text", "one ")
			 DONE(0, "{'type':'message','content':[{'type':'output_text',"
				"'text':'one two'},{'type':'output_text','text':'three'}]}")
			 COMPLETED),
		"[{'type':'text','text':'one two','citations':null},{'type':'text',"
		"'text':'three','citations':null}]");
	/* the item alone */
	has(reads(CREATED DONE(0, "{'type':'message','content':[{'type':'output_text',"
		"'text':'all'}]}") COMPLETED), "'text':'all'");
}

static void c135_reasoning_parts_become_one_block(void **state)
{
#define SUMMARY(text) "{'type':'summary_text','text':'" text "'}"
	const char *body = reads(CREATED ADDED(0, "{'type':'reasoning','summary':[]}")
		FRAME("reasoning_summary_part.added", "'output_index':0,'summary_index':0")
		DELTA(0, "reasoning_summary_text", "one")
		FRAME("reasoning_summary_part.added", "'output_index':0,'summary_index':1")
		DELTA(0, "reasoning_summary_text", "tw")
		DONE(0, "{'type':'reasoning','id':'rs','summary':[" SUMMARY("one") ","
		     SUMMARY("two") "],'encrypted_content':'ENC'}") COMPLETED);

	(void)state;
	has(body, "{'type':'thinking','thinking':'one\\n\\ntwo','signature':'gw1.o.");
}

static void c135_items_that_overlap_wait(void **state)
{
	const char *body = reads(CREATED
		ADDED(0, CALL("a", "")) ADDED(1, CALL("b", "")) ADDED(2, MESSAGE)
		DELTA(1, "function_call_arguments", "{\\'n\\':") DELTA(2, "output_text", "te")
		DELTA(0, "function_call_arguments", "{\\'n\\':0")
		DELTA(1, "function_call_arguments", "1}")
		DONE(1, CALL("b", "{\\'n\\':1}")) DELTA(7, "output_text", "stray")
		DELTA(0, "function_call_arguments", "}") DONE(0, CALL("a", "{\\'n\\':0}"))
		DELTA(2, "output_text", "xt") DELTA(0, "output_text", "late")
		DONE(2, "{'type':'message','content':[{'type':'output_text',"
			"'text':'text'}]}") COMPLETED);

	(void)state;
	has(body, "'content':[{'type':'tool_use','id':'a','name':'f','input':{'n':0}},"
		"{'type':'tool_use','id':'b','name':'f','input':{'n':1}},{'type':'text',"
		"'text':'text','citations':null}],'stop_reason':'tool_use'");
}

static void c135_overlapping_is_bounded(void **state)
{
	struct buf sse = BUF_INIT(64 * KIB);

	(void)state;
	buf_adds(&sse, CREATED ADDED(0, MESSAGE));
	for (int i = 1; i < 100; i++) {
		buf_addf(&sse, FRAME("output_item.added", "'output_index':%d,'item':" MESSAGE), i);
	}
	buf_adds(&sse, COMPLETED);
	read_stream(buf_text(&sse), CONVERT_FAILED);
	buf_release(&sse);
}

static void servers_that_announce_nothing(void **state)
{
	(void)state;
	has(reads(CREATED DELTA(0, "output_text", "a") DELTA(0, "output_text", "b")
			 COMPLETED), "'text':'ab'");
	has(reads(CREATED DELTA(0, "output_text", "a")
			 DONE(0, "{'type':'message','content':[{'type':'output_text',"
				"'text':'ab'}]}") COMPLETED),
		"'content':[{'type':'text','text':'ab','citations':null}]");
	has(reads(CREATED "data: {'type':'response.completed','response':"
			 RESPONSE("completed", ",'output':[" CALL("c", "") "]") "}\n\n"),
		"'stop_reason':'tool_use'");
	has(reads(COMPLETED), "'content':[]");
}

static void c131_half_characters_are_joined(void **state)
{
	(void)state;
	has(reads(CREATED ADDED(0, MESSAGE) DELTA(0, "output_text", "a\\ud83d")
			 DELTA(0, "output_text", "\\ude00") DELTA(0, "output_text", "b\\ud83d")
			 DONE(0, MESSAGE) COMPLETED), "a\xf0\x9f\x98\x80" "b\xef\xbf\xbd'");
	has(reads(CREATED ADDED(0, "{'type':'custom_tool_call','call_id':'c',"
		"'name':'f'}") DELTA(0, "custom_tool_call_input", "\\n\\ud83d")
			 DELTA(0, "custom_tool_call_input", "\\ude00\\'")
			 DONE(0, "{'type':'custom_tool_call','input':'\\n\\ud83d\\ude00\\'!'}")
			 COMPLETED), "'input':{'input':'\\n\xf0\x9f\x98\x80\\'!'}");
}

static void c125_stops(void **state)
{
#define ENDED(status, reason) \
	"data: {'type':'response." status "','response':" RESPONSE(status, \
	",'incomplete_details':{'reason':'" reason "'}") "}\n\n"
	(void)state;
	has(reads(CREATED ADDED(0, CALL("c", "")) DELTA(0, "function_call_arguments", "{")
			 ENDED("incomplete", "max_output_tokens")),
		"'stop_reason':'max_tokens'");
	has(reads(CREATED ENDED("incomplete", "content_filter")),
		"'stop_reason':'refusal'");
	has(reads(CREATED ADDED(0, MESSAGE) DELTA(0, "refusal", "no") COMPLETED),
		"'stop_reason':'refusal'");
	has(reads(CREATED ENDED("incomplete", "steered")), "'stop_reason':'end_turn'");
}

static void streams_without_an_end_fail(void **state)
{
	(void)state;
	read_stream(CREATED ADDED(0, MESSAGE) DELTA(0, "output_text", "a"), CONVERT_FAILED);
	read_stream(CREATED ADDED(0, MESSAGE) "data: [DONE]\n\n", CONVERT_FAILED);
	read_stream("", CONVERT_FAILED);
	read_stream("data: {'error':{'message':'no'}}\n\n", CONVERT_FAILED);
	read_stream(CREATED "data: {'type':'response.failed','response':" RESPONSE("failed",
		    ",'error':{'code':'server_error','message':'x'}") "}\n\n",
		    CONVERT_FAILED);
}

static const char *read_whole(const char *body, enum convert_state want)
{
	static struct buf out = BUF_INIT(256 * KIB);
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_ANTHROPIC, false);
	struct convert_stream *s = convert_stream_create(plan_of(&a, req, FORMAT_RESPONSES), false);

	buf_clear(&out);
	convert_stream_feed(s, slice_of(json(body)), &out);
	assert_int_equal(convert_stream_finish(s, &out), want);
	convert_stream_destroy(s);
	return buf_text(&out);
}

static void whole_answers_that_are_none(void **state)
{
	(void)state;
	has(read_whole(RESPONSE("completed", ",'output':[],'error':null"),
			      CONVERT_COMPLETE), "'content':[]");
	read_whole(RESPONSE("failed", ",'output':[],'error':{'code':'rate_limit_exceeded',"
		"'message':'slow'}"), CONVERT_FAILED);
	read_whole(RESPONSE("in_progress", ",'output':[]"), CONVERT_FAILED);
	read_whole(RESPONSE("completed", ""), CONVERT_FAILED);
	read_whole("{'object':'list','data':[]}", CONVERT_FAILED);
}

/* A mutated stream ends somehow, and in debug builds within the grammar. */
static void hostile_streams_end(void **state)
{
	static const char sample[] = CREATED ADDED(0, "{'type':'reasoning','summary':[]}")
		DELTA(0, "reasoning_summary_text", "t\\ud83d") DONE(0,
		"{'type':'reasoning','summary':[" SUMMARY("tx") "]}") ADDED(1, CALL("a", ""))
		ADDED(2, MESSAGE) DELTA(1, "function_call_arguments", "{}") DELTA(2, "output_text",
		"x") DONE(2, MESSAGE) DONE(1, CALL("a", "{}")) ADDED(3,
		"{'type':'custom_tool_call'}") DELTA(3, "custom_tool_call_input", "i") DONE(3,
		"{'type':'custom_tool_call','input':'in'}") COMPLETED;

	(void)state;
	srand(12);
	for (int round = 0; round < 3000; round++) {
		char text[sizeof sample];
		struct buf out = BUF_INIT(256 * KIB);
		struct arena a;
		struct hub_request *req = new_request(&a, round % 3 ? FORMAT_ANTHROPIC
								    : FORMAT_RESPONSES, round % 2);
		enum convert_state end;

		memcpy(text, json(sample), sizeof sample);
		for (int k = 0; k <= round % 4; k++) {
			text[(size_t)rand() % (sizeof sample - 1)] = (char)(rand() % 255 + 1);
		}
		end = convert_stream_text(plan_of(&a, req, FORMAT_RESPONSES), text, &out);
		assert_true(end == CONVERT_COMPLETE || end == CONVERT_FAILED);
		buf_release(&out);
	}
}

/* ---- writing: an Anthropic upstream, a Responses client ---- */

#define A_START \
	"data: {'type':'message_start','message':{'id':'m1','model':'x','usage':" \
	"{'input_tokens':3,'cache_read_input_tokens':4,'cache_creation_input_tokens':5," \
	"'output_tokens':1}}}\n\n"
#define A_OPEN(block) \
	"data: {'type':'content_block_start','index':0,'content_block':" block "}\n\n"
#define A_DELTA(delta) \
	"data: {'type':'content_block_delta','index':0,'delta':" delta "}\n\n"
#define A_TEXT(text) A_DELTA("{'type':'text_delta','text':'" text "'}")
#define A_ARGS(text) A_DELTA("{'type':'input_json_delta','partial_json':'" text "'}")
#define A_CLOSE "data: {'type':'content_block_stop','index':0}\n\n"
#define A_STOP(reason) \
	"data: {'type':'message_delta','delta':{'stop_reason':'" reason "'},'usage':" \
	"{'output_tokens':9}}\n\ndata: {'type':'message_stop'}\n\n"
#define A_TEXT_BLOCK(text) A_OPEN("{'type':'text','text':''}") A_TEXT(text) A_CLOSE
#define A_CALL "{'type':'tool_use','id':'t1','name':'f','input':{}}"

static const char *write_for(struct hub_request *req, struct arena *a, const char *sse)
{
	static struct buf out = BUF_INIT(256 * KIB);

	buf_clear(&out);
	convert_stream_text(plan_of(a, req, FORMAT_ANTHROPIC), json(sse), &out);
	return buf_text(&out);
}

static const char *writes(const char *sse)
{
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, true);

	return write_for(req, &a, sse);
}

static const char *writes_whole(const char *sse)
{
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, false);

	return write_for(req, &a, sse);
}

/* "sequence_number":n counts the frames from 0. */
static void assert_counts_up(const char *stream)
{
	const char *member = json("'sequence_number':");
	long n = 0;

	for (const char *at = stream; (at = strstr(at, "\ndata: {")); at++, n++) {
		const char *number = strstr(at, member);

		assert_non_null(number);
		assert_int_equal(strtol(number + strlen(member), NULL, 10), n);
	}
	assert_true(n > 0);
}

static void c127_c142_usage_and_order(void **state)
{
	const char *stream = writes(A_START A_TEXT_BLOCK("hi") A_STOP("end_turn"));

	(void)state;
	assert_counts_up(stream);
	has(stream, "'usage':{'input_tokens':12,'input_tokens_details':{'cached_tokens':4,"
		"'cache_write_tokens':5},'output_tokens':9,'output_tokens_details':{"
		"'reasoning_tokens':0},'total_tokens':21}");
	has(stream, "'model':'asked'");
	has(stream, "'store':false");
	lacks(stream, "[DONE]");
}

static void c142_a_cut_answer_has_a_cut_item(void **state)
{
	const char *stream = writes(A_START A_TEXT_BLOCK("a") A_OPEN(A_CALL) A_ARGS("{\\'x\\'")
				    A_CLOSE A_STOP("max_tokens"));

	(void)state;
	has(stream, "'type':'message','status':'completed'");
	has(stream, "'type':'function_call','status':'incomplete','call_id':'t1','name':'f',"
		"'arguments':'{\\'x\\''");
	has(stream, "event: response.incomplete");
	has(stream, "'incomplete_details':{'reason':'max_output_tokens'}");
}

static void c142_calls_without_arguments(void **state)
{
	const char *stream = writes(A_START A_OPEN(A_CALL) A_CLOSE A_STOP("tool_use"));

	(void)state;
	has(stream, "'output_index':0,'delta':'{}'}");
	has(stream, "'status':'completed','call_id':'t1','name':'f','arguments':'{}'");
}

static void c48_custom_calls_get_their_text_back(void **state)
{
	const char *sse = A_START A_OPEN("{'type':'tool_use','id':'t1','name':'patch',"
		"'input':{}}") A_ARGS("{\\'input\\': \\'a") A_ARGS("\\\\nb\\'}") A_CLOSE
		A_STOP("tool_use");
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, true);
	struct answer_plan *plan;
	struct hub_tool *tool;
	struct wire_map names;
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	tool = hub_tool_new(req, TOOL_CUSTOM);
	tool->name = slice_of("patch");
	wire_map_init(&names, req->arena, WIRE_NAME_64);
	plan = answer_plan_create(req, FORMAT_ANTHROPIC, slice_of("asked"),
				  &(struct route_options){ .strict = false });
	answer_plan_tools(plan, req, &names, false);
	convert_stream_text(plan, json(sse), &out);
	has(buf_text(&out), "event: response.custom_tool_call_input.delta");
	has(buf_text(&out), "'type':'custom_tool_call','status':'completed','call_id':'t1',"
		"'name':'patch','input':'a\\nb'");
	lacks(buf_text(&out), "function_call");
	buf_release(&out);
	wire_map_release(&names);
	arena_release(&a);
}

static void c32_namespaces_come_back(void **state)
{
	const char *sse = A_START A_OPEN("{'type':'tool_use','id':'t1','name':'crm__find',"
		"'input':{}}") A_CLOSE A_STOP("tool_use");
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, false);
	struct answer_plan *plan;
	struct hub_tool *tool;
	struct wire_map names;
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	tool = hub_tool_new(req, TOOL_FUNCTION);
	tool->name = slice_of("crm__find");
	tool->name_space = slice_of("crm");
	wire_map_init(&names, req->arena, WIRE_NAME_64);
	plan = answer_plan_create(req, FORMAT_ANTHROPIC, slice_of("asked"),
				  &(struct route_options){ .strict = false });
	answer_plan_tools(plan, req, &names, false);
	convert_stream_text(plan, json(sse), &out);
	has(buf_text(&out), "'name':'find','namespace':'crm','arguments'");
	buf_release(&out);
	wire_map_release(&names);
	arena_release(&a);
}

static void c62_signatures_only_when_asked_for(void **state)
{
	const char *sse = A_START A_OPEN("{'type':'thinking','thinking':'','signature':''}")
		A_DELTA("{'type':'signature_delta','signature':'SIG'}") A_CLOSE
		A_TEXT_BLOCK("hi") A_STOP("end_turn");
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, true);

	(void)state;
	has(writes(sse), "'summary':[],'encrypted_content':'gw1.a.");
	/* With nothing to read and nothing to send back there is no item. */
	req->wants_blobs = false;
	lacks(write_for(req, &a, sse), "reasoning','summary");
}

static void c66_show_none_hides_the_text(void **state)
{
	const char *sse = A_START A_OPEN("{'type':'thinking','thinking':'','signature':''}")
		A_DELTA("{'type':'thinking_delta','thinking':'secret'}")
		A_DELTA("{'type':'signature_delta','signature':'SIG'}") A_CLOSE
		A_STOP("end_turn");
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, true);
	const char *stream;

	(void)state;
	req->thinking.show = SHOW_NONE;
	stream = write_for(req, &a, sse);
	lacks(stream, "secret");
	lacks(stream, "summary_part");
	has(stream, "'encrypted_content':'gw1.a.");
}

static void c126a_a_refusal_says_something(void **state)
{
	const char *stop = A_START A_STOP("refusal");

	(void)state;
	has(writes(stop), "'content':[{'type':'refusal','refusal':'The request was declined.'}]");
	has(writes_whole(stop), "'content':[{'type':'refusal','refusal':'The request was "
		"declined.'}]");
	lacks(writes(A_START A_TEXT_BLOCK("sorry") A_STOP("refusal")), "'refusal':");
}

static void c129_citations_of_a_whole_text(void **state)
{
	const char *sse = A_START A_OPEN("{'type':'text','text':''}")
		A_DELTA("{'type':'citations_delta','citation':{'type':"
			"'web_search_result_location','url':'https://a','title':'A',"
			"'cited_text':'c','encrypted_index':'e'}}")
		A_TEXT("w\xc3\xb6rld") A_DELTA("{'type':'citations_delta','citation':{'type':"
			"'char_location','cited_text':'c'}}") A_CLOSE A_STOP("end_turn");

	(void)state;
	has(writes(sse), "'annotation_index':0,'annotation':{'type':'url_citation','url':'https:"
		"//a','title':'A','start_index':0,'end_index':5}}");
	lacks(writes(sse), "'annotation_index':1");
	has(writes_whole(sse), "'annotations':[{'type':'url_citation','url':'https://a',"
		"'title':'A','start_index':0,'end_index':5}]");
}

static void c142_errors_after_content(void **state)
{
	const char *stream = writes(A_START A_TEXT_BLOCK("one") A_OPEN("{'type':'text',"
		"'text':''}") A_TEXT("tw") "data: {'type':'error','error':{'type':"
		"'rate_limit_error','message':'slow'}}\n\n");

	(void)state;
	assert_counts_up(stream);
	has(stream, "event: response.failed");
	has(stream, "'error':{'code':'rate_limit_exceeded','message':'slow'}");
	has(stream, "'status':'incomplete','role':'assistant','content':[{'type':'output_text',"
		"'text':'tw'");
}

static void keepalive_is_a_frame_that_counts(void **state)
{
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, true);
	struct convert_stream *s = convert_stream_create(plan_of(&a, req, FORMAT_ANTHROPIC), true);
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	convert_stream_keepalive(s, &out);
	assert_string_equal(buf_text(&out), ": keep-alive\n\n");
	buf_clear(&out);
	convert_stream_feed(s, slice_of(json(A_START A_OPEN("{'type':'text','text':''}")
					A_TEXT("a"))), &out);
	convert_stream_keepalive(s, &out);
	assert_counts_up(buf_text(&out));
	has(buf_text(&out), "event: keepalive\ndata: {'type':'keepalive','sequence_number':5}\n\n");
	convert_stream_destroy(s);
	buf_release(&out);
}

static void echoes_what_the_client_asked(void **state)
{
	struct arena a;
	struct hub_request *req = new_request(&a, FORMAT_RESPONSES, false);
	const char *body;

	(void)state;
	req->max_tokens = 50;
	req->temperature = hub_number_of(req->arena, 0.25);
	req->thinking.effort = EFFORT_LOW;
	req->parallel = TRI_FALSE;
	req->metadata = slice_of("{\"run\":\"1\"}");
	req->cache_key = slice_of("key");
	req->tool_choice = (struct hub_tool_choice){ .mode = CHOICE_NAMED, .name = slice_of("f") };
	body = write_for(req, &a, A_START A_TEXT_BLOCK("a") A_STOP("end_turn"));
	has(body, "'max_output_tokens':50,");
	has(body, "'temperature':0.25,");
	has(body, "'reasoning':{'effort':'low',");
	has(body, "'parallel_tool_calls':false,");
	has(body, "'metadata':{'run':'1'}");
	has(body, "'prompt_cache_key':'key'");
	has(body, "'tool_choice':{'type':'function','name':'f'}");
}

/* C120: the last frame of a stream is what the whole answer is. */
static void c120_stream_and_whole_agree(void **state)
{
	static char whole[64 * 1024];
	const char *sse = A_START A_OPEN("{'type':'thinking','thinking':''}")
		A_DELTA("{'type':'thinking_delta','thinking':'t'}") A_CLOSE
		A_OPEN("{'type':'text','text':''}") A_CLOSE A_TEXT_BLOCK("x")
		A_OPEN("{'type':'server_tool_use','id':'s','name':'web_search','input':{'query':"
			"'q'}}") A_CLOSE A_OPEN(A_CALL) A_ARGS("{}") A_CLOSE
		A_OPEN("{'type':'redacted_thinking','data':'R'}") A_CLOSE
		A_STOP("max_tokens");
	const char *last;

	(void)state;
	str_copy(whole, sizeof whole, writes_whole(sse));
	last = strstr(writes(sse), "event: response.incomplete");
	assert_non_null(last);
	/* Their times of creation are the clock's. */
	assert_has(last, strstr(whole, "\"output\":["));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c135_what_done_frames_add),
		cmocka_unit_test(c135_reasoning_parts_become_one_block),
		cmocka_unit_test(c135_items_that_overlap_wait),
		cmocka_unit_test(c135_overlapping_is_bounded),
		cmocka_unit_test(servers_that_announce_nothing),
		cmocka_unit_test(c131_half_characters_are_joined),
		cmocka_unit_test(c125_stops),
		cmocka_unit_test(streams_without_an_end_fail),
		cmocka_unit_test(whole_answers_that_are_none),
		cmocka_unit_test(hostile_streams_end),
		cmocka_unit_test(c127_c142_usage_and_order),
		cmocka_unit_test(c142_a_cut_answer_has_a_cut_item),
		cmocka_unit_test(c142_calls_without_arguments),
		cmocka_unit_test(c48_custom_calls_get_their_text_back),
		cmocka_unit_test(c32_namespaces_come_back),
		cmocka_unit_test(c62_signatures_only_when_asked_for),
		cmocka_unit_test(c66_show_none_hides_the_text),
		cmocka_unit_test(c126a_a_refusal_says_something),
		cmocka_unit_test(c129_citations_of_a_whole_text),
		cmocka_unit_test(c142_errors_after_content),
		cmocka_unit_test(keepalive_is_a_frame_that_counts),
		cmocka_unit_test(echoes_what_the_client_asked),
		cmocka_unit_test(c120_stream_and_whole_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
