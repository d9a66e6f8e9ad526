/*
 * Log probabilities between the formats (C58, L11), asked for and answered,
 * whole and as they flow. JSON stands with ' for " here.
 */
#include "tests/unit/exchange_world.h"

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT
#define R FORMAT_RESPONSES
#define G FORMAT_GEMINI

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

static const struct way *way_of(enum format_id client, enum format_id upstream)
{
	static struct way way;

	way = (struct way){ client, upstream, NULL, NULL, { NULL, NULL } };
	return &way;
}

static void sends(const struct way *way, const char *body, const char *part)
{
	request(way, json(body), json(part));
}

static void answers(const struct way *way, const char *body, const char *upstream)
{
	run(way, json(body), json(upstream));
	assert_true(got.ok);
	assert_int_equal(got.state, CONVERT_COMPLETE);
}

#define C_BODY(more) "{'model':'m'," more "'messages':[{'role':'user','content':'hi'}]}"
#define R_BODY(more) "{'model':'m'," more "'input':'hi'}"
#define G_BODY(more) "{'generationConfig':{" more "},'contents':[{'role':'user','parts':" \
	"[{'text':'hi'}]}]}"
#define C_ASKS "'logprobs':true,'top_logprobs':2,"
#define R_ASKS "'include':['message.output_text.logprobs'],'top_logprobs':2,"
#define G_ASKS "'responseLogprobs':true,'logprobs':2"

/* ---- requests ---- */

static void c58_requests_from_chat(void **state)
{
	(void)state;
	sends(way_of(C, R), C_BODY(C_ASKS), "'include':['message.output_text.logprobs']");
	has(got.body, "'top_logprobs':2");
	assert_string_equal(got.warnings, "");
	sends(way_of(C, G), C_BODY(C_ASKS), G_ASKS);
	assert_string_equal(got.warnings, "");
	sends(way_of(C, G), C_BODY("'logprobs':true,'top_logprobs':50,"), "'logprobs':20");
	has(got.warnings, "clamped:top_logprobs");
	sends(way_of(C, A), C_BODY(C_ASKS), "hi");
	lacks(got.body, "logprobs");
	has(got.warnings, "dropped:logprobs");
}

static void c58_requests_from_responses(void **state)
{
	(void)state;
	sends(way_of(R, C), R_BODY(R_ASKS), "'logprobs':true,'top_logprobs':2");
	assert_string_equal(got.warnings, "");
	sends(way_of(R, G), R_BODY(R_ASKS), G_ASKS);
	assert_string_equal(got.warnings, "");
	sends(way_of(R, A), R_BODY(R_ASKS), "hi");
	has(got.warnings, "dropped:logprobs");
	sends(way_of(R, C), R_BODY("'top_logprobs':2,"), "hi");
	lacks(got.body, "logprobs");
	has(got.warnings, "dropped:logprobs");
	sends(way_of(R, C), R_BODY("'top_logprobs':0,"), "hi");
	assert_string_equal(got.warnings, "");
	sends(way_of(R, C), R_BODY("'top_logprobs':-3,"), "hi");
	assert_string_equal(got.warnings, "");
}

static void c58_requests_from_gemini(void **state)
{
	(void)state;
	sends(way_of(G, C), G_BODY(G_ASKS), "'logprobs':true,'top_logprobs':2");
	assert_string_equal(got.warnings, "");
	sends(way_of(G, R), G_BODY(G_ASKS), "'include':['message.output_text.logprobs']");
	has(got.body, "'top_logprobs':2");
	sends(way_of(G, C), G_BODY("'responseLogprobs':true"), "'logprobs':true");
	lacks(got.body, "top_logprobs");
	sends(way_of(G, C), G_BODY("'responseLogprobs':true,'logprobs':-1"), "'logprobs':true");
	lacks(got.body, "top_logprobs");
	sends(way_of(G, A), G_BODY(G_ASKS), "hi");
	has(got.warnings, "dropped:logprobs");
}

static void c58_not_where_they_could_not_come_back(void **state)
{
	const struct way omits = { R, C, NULL, NULL, { "logprobs", "omit" } };
	const struct way thinks = { R, C, NULL, NULL, { "inline_think_parse", "yes" } };
	const struct way reasons = { R, C, "gpt-6-sol", NULL, { NULL, NULL } };
	const struct way *ways[] = { &omits, &thinks, &reasons };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		sends(ways[i], R_BODY(R_ASKS), "hi");
		lacks(got.body, "logprobs");
		has(got.warnings, "dropped:logprobs");
	}
	/* Responses knows no stop texts: the gateway looks for them (C106). */
	sends(way_of(C, R), C_BODY(C_ASKS "'stop':['x'],"), "hi");
	lacks(got.body, "logprobs");
	has(got.warnings, "dropped:logprobs");
}

/* ---- whole answers ---- */

#define TOKEN_H "{'token':'H\xc3\xa9','logprob':-0.25,'bytes':[72,195,169],'top_logprobs':[" \
	"{'token':'H\xc3\xa9','logprob':-0.25,'bytes':[72,195,169]}," \
	"{'token':'Y','logprob':-2.50,'bytes':[89]}]}"
#define TOKEN_BANG "{'token':'!','logprob':-0.75,'bytes':[33],'top_logprobs':[]}"
#define TOKENS TOKEN_H "," TOKEN_BANG
#define CHOSEN "'chosenCandidates':[{'token':'H\xc3\xa9','logProbability':-0.25}," \
	"{'token':'!','logProbability':-0.75}]"
#define TOPS "'topCandidates':[{'candidates':[{'token':'H\xc3\xa9','logProbability':-0.25}," \
	"{'token':'Y','logProbability':-2.50}]},{'candidates':[]}]"

#define C_WHOLE "{'id':'c','model':'x','choices':[{'index':0,'message':{'role':'assistant'," \
	"'content':'H\xc3\xa9!'},'logprobs':{'content':[" TOKENS "],'refusal':null}," \
	"'finish_reason':'stop'}]}"
#define R_WHOLE "{'id':'r','model':'x','status':'completed','output':[{'type':'message','id':'i'," \
	"'status':'completed','role':'assistant','content':[{'type':'output_text','text':" \
	"'H\xc3\xa9!','annotations':[],'logprobs':[" TOKENS "]}]}]}"
#define G_WHOLE "{'candidates':[{'content':{'parts':[{'text':'H\xc3\xa9!'}]},'finishReason':" \
	"'STOP','avgLogprobs':-0.5,'logprobsResult':{" TOPS "," CHOSEN "}}]}"

#define IN_CHAT "'logprobs':{'content':[" TOKENS "],'refusal':null}"
#define IN_RESPONSES "'logprobs':[" TOKENS "]"
#define IN_GEMINI "'logprobsResult':{" CHOSEN "," TOPS "},'avgLogprobs':-0.5"

static void l11_whole_answers(void **state)
{
	static const struct {
		enum format_id client, upstream;
		const char *body, *upstream_says, *client_gets;
	} cases[] = {
		{ C, R, C_BODY(C_ASKS), R_WHOLE, IN_CHAT },
		{ C, G, C_BODY(C_ASKS), G_WHOLE, IN_CHAT },
		{ R, C, R_BODY(R_ASKS), C_WHOLE, IN_RESPONSES },
		{ R, G, R_BODY(R_ASKS), G_WHOLE, IN_RESPONSES },
		{ G, C, G_BODY(G_ASKS), C_WHOLE, IN_GEMINI },
		{ G, R, G_BODY(G_ASKS), R_WHOLE, IN_GEMINI },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		answers(way_of(cases[i].client, cases[i].upstream), cases[i].body,
			cases[i].upstream_says);
		has(got.answer, cases[i].client_gets);
	}
	answers(way_of(R, C), R_BODY(R_ASKS), C_WHOLE);
	has(got.answer, "'top_logprobs':2,'top_p'");
}

static void c58_none_for_who_did_not_ask(void **state)
{
	(void)state;
	answers(way_of(C, G), C_BODY(""), G_WHOLE);
	has(got.answer, "'logprobs':null");
	answers(way_of(R, C), R_BODY(""), C_WHOLE);
	has(got.answer, "'logprobs':[]");
	answers(way_of(G, C), G_BODY(""), C_WHOLE);
	lacks(got.answer, "ogprobs");
	answers(way_of(A, C), "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':"
		"'hi'}]}", C_WHOLE);
	lacks(got.answer, "logprobs");
	answers(way_of(C, A), C_BODY(C_ASKS), "{'id':'m','type':'message','role':'assistant',"
		"'model':'x','content':[{'type':'text','text':'a'}],'stop_reason':'end_turn',"
		"'usage':{'input_tokens':1,'output_tokens':1}}");
	has(got.answer, "'logprobs':null");
}

/* Part of a character: its token says so in words, its bytes are told. */
static void l11_bytes_that_are_no_text_stay(void **state)
{
	static const char part[] = "{'token':'bytes:\\\\xc3','logprob':-1,'bytes':[195],"
		"'top_logprobs':[]}";
	char whole[1024];

	(void)state;
	snprintf(whole, sizeof whole, "{'id':'c','model':'x','choices':[{'index':0,'message':"
		 "{'role':'assistant','content':'H'},'logprobs':{'content':[%s,{'token':7},"
		 "{'token':'a','logprob':'x'},4]},'finish_reason':'stop'}]}", part);
	answers(way_of(R, C), R_BODY(R_ASKS), whole);
	has(got.answer, "'logprobs':[{'token':'bytes:\\\\xc3','logprob':-1,'bytes':[195],"
	    "'top_logprobs':[]}]");
}

static void c58_refusals_have_their_own(void **state)
{
	answers(way_of(G, C), G_BODY(G_ASKS), "{'id':'c','model':'x','choices':[{'index':0,"
		"'message':{'role':'assistant','content':null,'refusal':'No'},'logprobs':{"
		"'content':null,'refusal':[{'token':'No','logprob':-1,'top_logprobs':[]}]},"
		"'finish_reason':'stop'}]}");
	(void)state;
	has(got.answer, "'chosenCandidates':[{'token':'No','logProbability':-1}]");
	lacks(got.answer, "topCandidates");
}

/* ---- streams ---- */

#define C_CHUNK(text, tokens, finish) "data: {'id':'c','model':'x','choices':[{'index':0," \
	"'delta':{'content':'" text "'},'logprobs':{'content':[" tokens "],'refusal':null}," \
	"'finish_reason':" finish "}]}\n\n"
#define C_STREAM C_CHUNK("H\xc3\xa9", TOKEN_H, "null") C_CHUNK("!", TOKEN_BANG, "'stop'") \
	"data: [DONE]\n\n"
#define G_CHUNK(text, chosen, tops, more) "data: {'candidates':[{'content':{'parts':[{'text':'" \
	text "'}]},'logprobsResult':{'chosenCandidates':[" chosen "],'topCandidates':[" tops \
	"]}" more "}]}\n\n"
#define G_STREAM G_CHUNK("H\xc3\xa9", "{'token':'H\xc3\xa9','logProbability':-0.25}", \
	"{'candidates':[{'token':'H\xc3\xa9','logProbability':-0.25}," \
	"{'token':'Y','logProbability':-2.50}]}", "") \
	G_CHUNK("!", "{'token':'!','logProbability':-0.75}", "", ",'finishReason':'STOP'")
#define R_FRAME(type, more) "data: {'type':'" type "'" more "}\n\n"
#define R_DELTA(text, tokens) R_FRAME("response.output_text.delta", ",'output_index':0," \
	"'content_index':0,'delta':'" text "','logprobs':[" tokens "]")
#define R_STREAM R_FRAME("response.created", ",'response':{'id':'r','model':'x'}") \
	R_FRAME("response.output_item.added", ",'output_index':0,'item':{'type':'message'," \
		"'id':'i','role':'assistant','content':[]}") \
	R_FRAME("response.content_part.added", ",'output_index':0,'part':{'type':'output_text'," \
		"'text':''}") \
	R_DELTA("H\xc3\xa9", TOKEN_H) R_DELTA("!", TOKEN_BANG) \
	R_FRAME("response.content_part.done", ",'output_index':0,'part':{'type':'output_text'," \
		"'text':'H\xc3\xa9!','logprobs':[" TOKENS "]}") \
	R_FRAME("response.completed", ",'response':{'id':'r','model':'x','status':'completed'}")

static void assert_chat_stream(void)
{
	has(got.answer, "'delta':{'content':'H\xc3\xa9'},'logprobs':{'content':[" TOKEN_H
	    "],'refusal':null}");
	has(got.answer, "'delta':{'content':'!'},'logprobs':{'content':[" TOKEN_BANG
	    "],'refusal':null}");
	assert_int_equal(count(got.answer, json("'token':'!'")), 1);
	has(got.answer, "'delta':{},'logprobs':null,'finish_reason':'stop'");
}

static void l11_streams_to_chat(void **state)
{
	(void)state;
	answers(way_of(C, G), C_BODY("'stream':true," C_ASKS), G_STREAM);
	assert_chat_stream();
	answers(way_of(C, R), C_BODY("'stream':true," C_ASKS), R_STREAM);
	assert_chat_stream();
}

static void assert_gemini_stream(void)
{
	has(got.answer, "'logprobsResult':{'chosenCandidates':[{'token':'H\xc3\xa9',"
	    "'logProbability':-0.25}],'topCandidates':[{'candidates':[{'token':'H\xc3\xa9',"
	    "'logProbability':-0.25},{'token':'Y','logProbability':-2.50}]}]}");
	has(got.answer, "'logprobsResult':{'chosenCandidates':[{'token':'!',"
	    "'logProbability':-0.75}]}");
	assert_int_equal(count(got.answer, "logprobsResult"), 2);
	has(got.answer, "'avgLogprobs':-0.5");
}

static void l11_streams_to_gemini(void **state)
{
	struct way way = { G, C, NULL, NULL, { NULL, NULL } };

	(void)state;
	path_stream = true;
	run(&way, json(G_BODY(G_ASKS)), json(C_STREAM));
	assert_int_equal(got.state, CONVERT_COMPLETE);
	assert_gemini_stream();
	way.upstream = R;
	run(&way, json(G_BODY(G_ASKS)), json(R_STREAM));
	assert_int_equal(got.state, CONVERT_COMPLETE);
	assert_gemini_stream();
	path_stream = false;
}

static void assert_responses_stream(void)
{
	has(got.answer, "'delta':'H\xc3\xa9','logprobs':[" TOKEN_H "]");
	has(got.answer, "'delta':'!','logprobs':[" TOKEN_BANG "]");
	has(got.answer, "'text':'H\xc3\xa9!','logprobs':[" TOKENS "]");
	/* The text's end, the part's, the item's, the response's. */
	assert_int_equal(count(got.answer, json(IN_RESPONSES)), 4);
}

static void l11_streams_to_responses(void **state)
{
	(void)state;
	answers(way_of(R, C), R_BODY("'stream':true," R_ASKS), C_STREAM);
	assert_responses_stream();
	answers(way_of(R, G), R_BODY("'stream':true," R_ASKS), G_STREAM);
	assert_responses_stream();
}

/* A stream for a client that wants a whole answer. */
static void l11_streams_are_folded(void **state)
{
	(void)state;
	answers(way_of(C, R), C_BODY(C_ASKS), R_STREAM);
	has(got.answer, IN_CHAT);
	answers(way_of(G, C), G_BODY(G_ASKS), C_STREAM);
	has(got.answer, IN_GEMINI);
}

/* A token that gives no text yet comes with the text behind it, at the latest
 * at the end. */
static void l11_tokens_without_text(void **state)
{
	(void)state;
	answers(way_of(C, R), C_BODY("'stream':true," C_ASKS),
		R_FRAME("response.created", ",'response':{'id':'r','model':'x'}")
		R_FRAME("response.output_item.added", ",'output_index':0,'item':{'type':"
			"'message','id':'i','role':'assistant','content':[]}")
		R_DELTA("", TOKEN_H) R_DELTA("a", "") R_DELTA("", TOKEN_BANG)
		R_FRAME("response.completed", ",'response':{'id':'r','status':'completed'}"));
	has(got.answer, "'delta':{'content':'a'},'logprobs':{'content':[" TOKEN_H "]");
	has(got.answer, "'delta':{'content':''},'logprobs':{'content':[" TOKEN_BANG "]");
}

static void c58_streams_tell_none_unasked(void **state)
{
	(void)state;
	answers(way_of(R, C), R_BODY("'stream':true,"), C_STREAM);
	lacks(got.answer, "'token'");
	answers(way_of(C, G), C_BODY("'stream':true,"), G_STREAM);
	lacks(got.answer, "'token'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c58_requests_from_chat),
		cmocka_unit_test(c58_requests_from_responses),
		cmocka_unit_test(c58_requests_from_gemini),
		cmocka_unit_test(c58_not_where_they_could_not_come_back),
		cmocka_unit_test(l11_whole_answers),
		cmocka_unit_test(c58_none_for_who_did_not_ask),
		cmocka_unit_test(l11_bytes_that_are_no_text_stay),
		cmocka_unit_test(c58_refusals_have_their_own),
		cmocka_unit_test(l11_streams_to_chat),
		cmocka_unit_test(l11_streams_to_gemini),
		cmocka_unit_test(l11_streams_to_responses),
		cmocka_unit_test(l11_streams_are_folded),
		cmocka_unit_test(l11_tokens_without_text),
		cmocka_unit_test(c58_streams_tell_none_unasked),
	};

	return cmocka_run_group_tests_name("logprobs", tests, NULL, NULL);
}
