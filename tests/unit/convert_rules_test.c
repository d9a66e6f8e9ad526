/*
 * Rules of conversion that belong to no single format. JSON stands with ' for
 * " here.
 */
#include "tests/unit/exchange_world.h"

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT
#define R FORMAT_RESPONSES
#define G FORMAT_GEMINI

static const struct way a_to[] = {
	{ A, C, NULL, NULL, { NULL, NULL } },
	{ A, R, NULL, NULL, { NULL, NULL } },
	{ A, G, NULL, NULL, { NULL, NULL } },
};
static const struct way g_to[] = {
	{ G, A, NULL, NULL, { NULL, NULL } },
	{ G, C, NULL, NULL, { NULL, NULL } },
	{ G, R, NULL, NULL, { NULL, NULL } },
};

static void sends(const struct way *way, const char *body, const char *part)
{
	request(way, json(body), json(part));
}

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

#define A_RESULT(content) \
	"{'model':'m','max_tokens':100,'tools':[{'name':'f','input_schema':{}}]," \
	"'messages':[{'role':'user','content':'hi'},{'role':'assistant','content':[" \
	"{'type':'tool_use','id':'t1','name':'f','input':{}}]},{'role':'user','content':[" \
	"{'type':'tool_result','tool_use_id':'t1','content':[" content "]}]}]}"

/* Claude Code's search for tools answers with pointers to them. */
static void c71_a_pointer_to_a_tool_is_told_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(a_to); i++) {
		sends(&a_to[i], A_RESULT("{'type':'tool_reference','tool_name':'Notebook'}"),
		      "Tool available: Notebook");
		has(got.warnings, "rewritten:messages.tool_reference");
	}
}

static void c71_a_search_result_is_told_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(a_to); i++) {
		sends(&a_to[i], A_RESULT("{'type':'search_result','source':'http://x','title':'T',"
			"'content':[{'type':'text','text':'found'}]}"), "T (http://x)\\nfound");
	}
}

static void c71_content_that_nobody_else_reads_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(a_to); i++) {
		refused(&a_to[i], json(A_RESULT("{'type':'browser_state','x':1}")),
			"browser_state");
	}
}

static void c161_how_to_look_at_a_medium(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(g_to); i++) {
		sends(&g_to[i], "{'contents':[{'role':'user','parts':[{'inlineData':{'mimeType':"
		      "'image/png','data':'iVBORw0KGgo='},'mediaResolution':{'level':"
		      "'MEDIA_RESOLUTION_LOW'},'videoMetadata':{'fps':1}}]}]}", "iVBORw0KGgo=");
		has(got.warnings, "dropped:contents.mediaResolution");
		has(got.warnings, "dropped:contents.videoMetadata");
	}
}

/* ---- requests ---- */

static const struct way *way_of(enum format_id client, enum format_id upstream)
{
	static struct way way;

	way = (struct way){ client, upstream, NULL, NULL, { NULL, NULL } };
	return &way;
}

static const struct way *to_model(enum format_id client, enum format_id upstream,
				  const char *model)
{
	static struct way way;

	way = (struct way){ client, upstream, model, NULL, { NULL, NULL } };
	return &way;
}

#define A_BODY(more) "{'model':'m','max_tokens':5000," more \
	"'messages':[{'role':'user','content':'hi'}]}"
#define C_BODY(more) "{'model':'m'," more "'messages':[{'role':'user','content':'hi'}]}"
#define R_BODY(more) "{'model':'m'," more "'input':'hi'}"
#define G_BODY(more) "{" more "'contents':[{'role':'user','parts':[{'text':'hi'}]}]}"

static void c4_numbers_and_order_stay(void **state)
{
	static const char body[] = "{'model':'m','max_tokens':9,'messages':[{'role':'user',"
		"'content':'hi'},{'role':'assistant','content':[{'type':'tool_use','id':'t1','name':"
		"'f','input':{'z':12345678901234567890,'a':1.0,'e':1e5}}]},{'role':'user','content':"
		"[{'type':'tool_result','tool_use_id':'t1','content':'ok'}]}]}";

	(void)state;
	sends(way_of(A, G), body, "'args':{'z':12345678901234567890,'a':1.0,'e':1e5}");
	sends(way_of(A, C), body,
	      "{\\'z\\':12345678901234567890,\\'a\\':1.0,\\'e\\':1e5}");
	sends(way_of(C, A), "{'model':'m','messages':[{'role':'user','content':'a\\ud800b'}]}",
	      "a\xef\xbf\xbd" "b");
}

#define EVENT(type, more) "data: {'type':'" type "'" more "}\n\n"

/* New words of a vendor: members and events pass by, values stay harmless. */
static void c3_what_is_not_known_is_tolerated(void **state)
{
	(void)state;
	sends(way_of(A, C), "{'model':'m','max_tokens':9,'brand_new':{'a':[1]},'messages':[{'role':"
	      "'user','new_member':1,'content':[{'type':'text','text':'hi','newer':true}]}]}",
	      "'content':'hi'");
	run(way_of(C, A), json(C_BODY("'stream':true,")), json(
		EVENT("message_start", ",'message':{'id':'m','model':'c','new':1,'usage':{"
		      "'input_tokens':1,'output_tokens':1,'new_tokens':7}}")
		EVENT("brand_new_event", ",'x':1")
		EVENT("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}")
		EVENT("content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'one'}")
		EVENT("content_block_stop", ",'index':0")
		EVENT("message_delta", ",'delta':{'stop_reason':'brand_new_reason'},"
		      "'usage':{'output_tokens':2}")
		EVENT("message_stop", "")));
	assert_int_equal(got.state, CONVERT_COMPLETE);
	has(got.answer, "'content':'one'");
	has(got.answer, "'finish_reason':'stop'");
	lacks(got.answer, "brand_new");
}

static void c12_only_leading_system_messages_lead(void **state)
{
	(void)state;
	sends(way_of(C, G), "{'model':'m','messages':[{'role':'system','content':'one'},{'role':"
	      "'developer','content':'two'},{'role':'user','content':'hi'},{'role':'system',"
	      "'content':'late'},{'role':'user','content':'go'}]}",
	      "'systemInstruction':{'parts':[{'text':'one'},{'text':'two'}]}");
	has(got.body, "{'text':'<system>\\nlate\\n</system>'}");
}

static void c13_c70_server_blocks_stay_with_their_maker(void **state)
{
	static const char body[] = "{'model':'m','max_tokens':9,'messages':[{'role':'user',"
		"'content':'hi'},{'role':'assistant','content':[{'type':'server_tool_use','id':'s1',"
		"'name':'web_search','input':{'query':'q'}},{'type':'web_search_tool_result',"
		"'tool_use_id':'s1','content':[{'type':'web_search_result','url':'http://u','title':"
		"'T','encrypted_content':'SECRET'}]},{'type':'text','text':'so'}]},{'role':'user',"
		"'content':'go'}]}";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(a_to); i++) {
		sends(&a_to[i], body, "Search results:\\n- T (http://u)");
		lacks(got.body, "SECRET");
		has(got.warnings, "dropped:messages.server_tool_use");
		has(got.warnings, "rewritten:messages.web_search_tool_result");
	}
}

static void c14_system_as_text_or_blocks(void **state)
{
	(void)state;
	sends(way_of(A, C), A_BODY("'system':'be',"), "'content':'be'");
	sends(way_of(A, R), A_BODY("'system':[{'type':'text','text':'be','cache_control':{'type':"
	      "'ephemeral'}},{'type':'text','text':'brief'}],"), "'instructions':'be\\n\\nbrief'");
}

static void c16_thinking_in_its_three_modes(void **state)
{
	const struct way *way = to_model(A, R, "gpt-6-sol");

	(void)state;
	sends(way, A_BODY("'thinking':{'type':'enabled','budget_tokens':4000},"),
	      "'reasoning':{'effort':'low'");
	sends(way, A_BODY("'thinking':{'type':'disabled'},"), "'reasoning':{'effort':'none'}");
	sends(way, A_BODY("'thinking':{'type':'adaptive','display':'summarized'},'output_config':"
	      "{'effort':'high'},"), "'effort':'high'");
	has(got.body, "'summary':'auto'");
	sends(way, A_BODY("'thinking':{'type':'adaptive'},"), "'m");
	lacks(got.body, "'effort'");
}

static void c18_c54_c55_account_and_tier(void **state)
{
	(void)state;
	sends(way_of(A, C), A_BODY("'service_tier':'standard_only','metadata':{'user_id':'u1'},"),
	      "'safety_identifier':'u1'");
	has(got.body, "'service_tier':'default'");
	sends(way_of(C, A), C_BODY("'service_tier':'auto',"), "'service_tier':'auto'");
	sends(way_of(C, A), C_BODY("'service_tier':'default',"), "'service_tier':'standard_only'");
	sends(way_of(C, A), C_BODY("'service_tier':'flex',"), "'m");
	lacks(got.body, "service_tier");
	sends(way_of(C, G), C_BODY("'service_tier':'flex',"), "'serviceTier':'flex'");
	sends(way_of(C, G), C_BODY("'service_tier':'default',"), "'serviceTier':'standard'");
}

static void c39_thinking_of_gemini(void **state)
{
	const struct way *way = to_model(G, R, "gpt-6-sol");

	(void)state;
	sends(way, G_BODY("'generationConfig':{'thinkingConfig':{'thinkingBudget':0}},"),
	      "'effort':'none'");
	sends(way, G_BODY("'generationConfig':{'thinkingConfig':{'thinkingLevel':'HIGH',"
	      "'includeThoughts':true}},"), "'effort':'high'");
	has(got.body, "'summary':'auto'");
	sends(way, G_BODY("'generationConfig':{'thinkingConfig':{'thinkingBudget':-1}},"), "'m");
	lacks(got.body, "'effort'");
}

static void c74_detail_of_images(void **state)
{
#define IMAGE(detail) "{'type':'image_url','image_url':{'url':'data:image/png;base64," \
	"iVBORw0KGgo='" detail "}}"
#define IMAGES(parts) "{'model':'m','messages':[{'role':'user','content':[" parts "]}]}"
	(void)state;
	sends(way_of(C, R), IMAGES(IMAGE(",'detail':'high'")), "'detail':'high'");
	sends(way_of(C, R), IMAGES(IMAGE("")), "'detail':'auto'");
	sends(way_of(C, G), IMAGES(IMAGE(",'detail':'low'")), "MEDIA_RESOLUTION_LOW");
	sends(way_of(C, G), IMAGES(IMAGE(",'detail':'low'") "," IMAGE("")), "inlineData");
	lacks(got.body, "MEDIA_RESOLUTION_LOW");
	sends(way_of(C, A), IMAGES(IMAGE(",'detail':'low'")), "'type':'image'");
	lacks(got.body, "detail");
}

static void c77_files_stay_with_their_issuer(void **state)
{
	(void)state;
	refused(way_of(A, R), json("{'model':'m','max_tokens':9,'messages':[{'role':'user','content':"
		"[{'type':'document','source':{'type':'file','file_id':'file_a'}}]}]}"), "file_a");
	refused(way_of(C, G), json("{'model':'m','messages':[{'role':'user','content':[{'type':"
		"'file','file':{'file_id':'file_c'}}]}]}"), "file_c");
	sends(way_of(C, R), "{'model':'m','messages':[{'role':'user','content':[{'type':'file',"
	      "'file':{'file_id':'file_c'}}]}]}", "'file_id':'file_c'");
}

static void c84_c85_one_map_for_calls_and_results(void **state)
{
	(void)state;
	sends(way_of(C, A), "{'model':'m','messages':[{'role':'user','content':'hi'},{'role':"
	      "'assistant','tool_calls':[{'id':'a.b','type':'function','function':{'name':'f',"
	      "'arguments':'{}'}},{'id':'a:b','type':'function','function':{'name':'f','arguments':"
	      "'{}'}}]},{'role':'tool','tool_call_id':'a.b','content':'1'},{'role':'tool',"
	      "'tool_call_id':'a:b','content':'2'}]}", "'id':'a_b'");
	has(got.body, "'tool_use_id':'a_b'");
	assert_int_equal(count(got.body, json("'a_b'")), 2);
	assert_int_equal(count(got.body, json("'a_b_")), 2);
}

static void c101_top_k_and_top_p(void **state)
{
	(void)state;
	sends(way_of(A, C), A_BODY("'top_k':5,"), "'m");
	lacks(got.body, "top_k");
	has(got.warnings, "dropped:top_k");
	sends(way_of(A, G), A_BODY("'top_k':5,"), "'topK':5");
	sends(way_of(G, A), G_BODY("'generationConfig':{'temperature':0.5,'topP':0.9},"),
	      "'temperature':0.5");
	lacks(got.body, "top_p");
	has(got.warnings, "dropped:top_p");
}

static void c105_c109_c112_effort_of_older_models(void **state)
{
	(void)state;
	sends(way_of(C, A), C_BODY("'reasoning_effort':'medium','max_completion_tokens':20000,"),
	      "'thinking':{'type':'enabled','budget_tokens':8192}");
	has(got.body, "'max_tokens':20000");
	lacks(got.body, "display");
	sends(way_of(C, A), C_BODY("'reasoning_effort':'none',"), "'m");
	lacks(got.body, "'thinking'");
	sends(to_model(C, G, "gemini-2.5-flash"), C_BODY("'reasoning_effort':'medium',"
	      "'max_completion_tokens':20000,"), "'maxOutputTokens':20000");
}

/* C160, line by line; what a format's own tests refuse is there. */
static void c160_what_is_refused(void **state)
{
	static const struct {
		enum format_id client, upstream;
		const char *body;
		const char *named;
	} cases[] = {
		{ R, A, R_BODY("'previous_response_id':'r1',"), "previous_response_id" },
		{ R, G, R_BODY("'conversation':'c1',"), "conversation" },
		{ R, C, R_BODY("'prompt':{'id':'p'},"), "prompt" },
		{ R, A, R_BODY("'background':true,"), "background" },
		{ R, A, "{'model':'m','input':[{'type':'item_reference','id':'x'}]}",
		  "item_reference" },
		{ G, A, G_BODY("'cachedContent':'c',"), "cachedContent" },
		{ C, A, C_BODY("'n':2,"), "n" },
		{ C, R, C_BODY("'n':2,"), "n" },
		{ C, G, C_BODY("'n':9,"), "n" },
		{ C, A, C_BODY("'modalities':['text','audio'],'audio':{'voice':'a'},"), "audio" },
		{ C, A, "{'model':'m','messages':[{'role':'user','content':[{'type':'input_audio',"
			"'input_audio':{'data':'AAAA','format':'wav'}}]}]}", "audio" },
		{ A, C, A_BODY("'tools':[{'type':'computer_20250124','name':'computer'}],"),
		  "computer" },
		{ A, G, A_BODY("'mcp_servers':[{'type':'url','url':'http://x','name':'n'}],"),
		  "mcp_servers" },
		{ A, C, A_BODY("'container':'c',"), "container" },
		{ A, R, A_BODY("'thread':{'id':'t'},"), "thread" },
		{ A, C, A_BODY("'tools':[{'type':'web_search_20250305','name':'web_search'}],"
			       "'tool_choice':{'type':'tool','name':'web_search'},"), "web_search" },
		{ A, C, A_BODY("'tools':[{'name':'f','input_schema':{}},{'name':'f','input_schema':"
			       "{}}],"), "f" },
		{ C, A, "{'model':'m','messages':[{'role':'user','content':'hi'},{'role':'tool',"
			"'tool_call_id':'t9','content':'x'}]}", "t9" },
		{ C, A, "{'model':'m','messages':[{'role':'robot','content':'hi'}]}", "role" },
		{ C, A, "{'model':'m'}", "messages" },
		{ A, C, "[]", "object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		refused(way_of(cases[i].client, cases[i].upstream), json(cases[i].body),
			cases[i].named);
	}
}

/* C161, line by line, and C162: what goes without a word. */
static void c161_what_is_dropped_with_a_warning(void **state)
{
	static const struct {
		enum format_id client, upstream;
		const char *body;
		const char *warning;
	} cases[] = {
		{ C, A, C_BODY("'frequency_penalty':0.5,"), "dropped:frequency_penalty" },
		{ C, A, C_BODY("'seed':5,"), "dropped:seed" },
		{ C, G, C_BODY("'logit_bias':{'5':1},"), "dropped:logit_bias" },
		{ C, A, C_BODY("'logprobs':true,"), "dropped:logprobs" },
		{ C, R, C_BODY("'prediction':{'type':'content','content':'x'},"), "dropped:prediction" },
		{ A, G, A_BODY("'stop_sequences':['a','b','c','d','e','f'],"), "dropped:stop" },
		{ A, C, A_BODY("'tools':[{'type':'web_search_20250305','name':'web_search'},{'name':"
			       "'f','input_schema':{}}],"), "dropped:tools" },
		{ A, R, A_BODY("'context_management':{'edits':[]},"), "dropped:context_management" },
		{ A, G, A_BODY("'speed':'fast',"), "dropped:speed" },
		{ A, C, A_BODY("'inference_geo':'eu',"), "dropped:inference_geo" },
		{ G, A, G_BODY("'safetySettings':[],"), "dropped:safetySettings" },
		{ C, G, C_BODY("'parallel_tool_calls':false,'tools':[{'type':'function','function':"
			       "{'name':'f'}}],"), "dropped:parallel" },
		{ R, A, R_BODY("'truncation':'auto',"), "dropped:truncation" },
		{ R, C, R_BODY("'max_tool_calls':3,"), "dropped:max_tool_calls" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sends(way_of(cases[i].client, cases[i].upstream), cases[i].body, "hi");
		has(got.warnings, cases[i].warning);
	}
}

/* ---- answers ---- */

static const char *answers(const struct way *way, const char *body, const char *upstream)
{
	run(way, json(body), json(upstream));
	assert_true(got.ok);
	return got.answer;
}

#define A_WHOLE(content, reason, more) \
	"{'id':'m1','type':'message','role':'assistant','model':'x','content':[" content "]," \
	"'stop_reason':'" reason "'" more ",'usage':{'input_tokens':3,'cache_read_input_tokens':4," \
	"'cache_creation_input_tokens':5,'output_tokens':7}}"
#define A_PARTS "{'type':'thinking','thinking':'hm','signature':'S'},{'type':'text','text':'one'}," \
	"{'type':'tool_use','id':'t1','name':'f','input':{'a':1}}"
#define C_WHOLE(message, reason) "{'id':'c1','model':'x','choices':[{'index':0,'message':" message \
	",'finish_reason':'" reason "'}]}"

static void c8_ids_of_the_gateway(void **state)
{
	static const char answer[] = "{'candidates':[{'content':{'parts':[{'text':'a'},"
		"{'functionCall':{'name':'f','args':{}}}]},'finishReason':'STOP'}]}";

	(void)state;
	has(answers(way_of(C, G), C_BODY(""), answer), "'id':'chatcmpl-");
	has(got.answer, "'id':'call_");
	has(answers(way_of(A, G), A_BODY(""), answer), "'id':'msg_");
	has(answers(way_of(R, G), R_BODY(""), answer), "'id':'resp_");
	has(got.answer, "'id':'fc_");
}

static void c11_counts_include_what_was_cached(void **state)
{
	const char *upstream = A_WHOLE("{'type':'text','text':'a'}", "end_turn", "");

	(void)state;
	has(answers(way_of(C, A), C_BODY(""), upstream), "'prompt_tokens':12");
	has(got.answer, "'total_tokens':19");
	has(answers(way_of(R, A), R_BODY(""), upstream), "'input_tokens':12");
	has(answers(way_of(G, A), G_BODY(""), upstream), "'promptTokenCount':12");
}

static void c67_thinking_that_was_not_asked_for(void **state)
{
	static const char thinking[] = "{'candidates':[{'content':{'parts':[{'text':'secret',"
		"'thought':true},{'text':'said'}]},'finishReason':'STOP'}]}";

	(void)state;
	has(answers(way_of(A, G), A_BODY("'thinking':{'type':'adaptive','display':'omitted'},"),
		    thinking), "said");
	lacks(got.answer, "secret");
	has(answers(way_of(A, G), A_BODY("'thinking':{'type':'adaptive','display':'summarized'},"),
		    thinking), "secret");
}

static void c121_order_of_what_chat_said(void **state)
{
	static const char said[] = C_WHOLE("{'role':'assistant','content':'one','reasoning_content':"
		"'hm','tool_calls':[{'id':'t1','type':'function','function':{'name':'f','arguments':"
		"'{}'}}]}", "tool_calls");

	(void)state;
	has(answers(way_of(A, C), A_BODY(""), said),
	    "'content':[{'type':'thinking','thinking':'hm','signature':''},{'type':'text','text':"
	    "'one','citations':null},{'type':'tool_use','id':'t1','name':'f','input':{}}]");
	has(answers(way_of(A, C), A_BODY(""), C_WHOLE("{'role':'assistant','content':''}", "stop")),
	    "'content':[]");
}

static void c123_items_in_order(void **state)
{
	const char *answer = answers(way_of(R, A), R_BODY("'reasoning':{'summary':'auto'},"),
				     A_WHOLE(A_PARTS, "tool_use", ""));
	const char *reasoning = strstr(answer, json("'type':'reasoning'"));
	const char *message = strstr(answer, json("'type':'message'"));
	const char *call = strstr(answer, json("'type':'function_call'"));

	(void)state;
	assert_true(reasoning && message && call && reasoning < message && message < call);
	has(answer, "'call_id':'t1'");
}

static void c124_one_candidate(void **state)
{
	(void)state;
	answers(way_of(G, A), G_BODY("'generationConfig':{'thinkingConfig':{'includeThoughts':true}},"),
		A_WHOLE(A_PARTS, "tool_use", ""));
	has(got.answer, "'parts':[{'text':'hm','thought':true");
	has(got.answer, "'functionCall':{'id':'t1','name':'f','args':{'a':1}}");
	has(got.answer, "'finishReason':'STOP'");
	has(got.answer, "'index':0");
	assert_int_equal(count(got.answer, json("'finishReason'")), 1);
}

static void c126_which_stop_text_it_was(void **state)
{
	static const char upstream[] = "{'candidates':[{'content':{'parts':[{'text':'a'}]},"
		"'finishReason':'STOP'}]}";

	(void)state;
	has(answers(way_of(A, G), A_BODY("'stop_sequences':['x','y'],"), upstream),
	    "'stop_sequence':null");
	has(answers(way_of(C, A), C_BODY("'stop':'x',"), A_WHOLE("{'type':'text','text':'a'}",
	    "stop_sequence", ",'stop_sequence':'x'")), "'finish_reason':'stop'");
}

static void c126b_a_filter_is_a_refusal_to_anthropic(void **state)
{
	(void)state;
	has(answers(way_of(A, G), A_BODY(""), "{'candidates':[{'content':{'parts':[{'text':'a'}]},"
		    "'finishReason':'SAFETY'}]}"), "'stop_reason':'refusal'");
	has(got.answer, "'stop_details':null");
}

#define A_SSE(text) "data: " text "\n\n"
#define A_SAID A_SSE("{'type':'message_start','message':{'id':'m','model':'x','usage':{}}}") \
	A_SSE("{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}") \
	A_SSE("{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'one'}}")
#define A_REASON A_SSE("{'type':'content_block_stop','index':0}") \
	A_SSE("{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{}}")

static void c132_where_a_stream_of_anthropic_ends(void **state)
{
	(void)state;
	answers(way_of(C, A), C_BODY("'stream':true,"), A_SAID A_REASON);
	assert_int_equal(got.state, CONVERT_COMPLETE);
	answers(way_of(C, A), C_BODY("'stream':true,"), A_SAID);
	assert_int_equal(got.state, CONVERT_FAILED);
	has(got.answer, "'error'");
	lacks(got.answer, "[DONE]");
}

static void c146_what_the_stop_scanner_held_back(void **state)
{
	(void)state;
	has(answers(way_of(A, R), A_BODY("'stop_sequences':['END'],"),
		    "{'id':'r','model':'x','status':'completed','output':[{'type':'message',"
		    "'content':[{'type':'output_text','text':'the EN'}]}]}"), "'text':'the EN'");
	has(answers(way_of(A, R), A_BODY("'stop_sequences':['END'],"),
		    "{'id':'r','model':'x','status':'completed','output':[{'type':'message',"
		    "'content':[{'type':'output_text','text':'the END is near'}]}]}"),
	    "'text':'the '");
	has(got.answer, "'stop_sequence':'END'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c71_a_pointer_to_a_tool_is_told_in_words),
		cmocka_unit_test(c71_a_search_result_is_told_in_words),
		cmocka_unit_test(c71_content_that_nobody_else_reads_is_refused),
		cmocka_unit_test(c161_how_to_look_at_a_medium),
		cmocka_unit_test(c4_numbers_and_order_stay),
		cmocka_unit_test(c3_what_is_not_known_is_tolerated),
		cmocka_unit_test(c12_only_leading_system_messages_lead),
		cmocka_unit_test(c13_c70_server_blocks_stay_with_their_maker),
		cmocka_unit_test(c14_system_as_text_or_blocks),
		cmocka_unit_test(c16_thinking_in_its_three_modes),
		cmocka_unit_test(c18_c54_c55_account_and_tier),
		cmocka_unit_test(c39_thinking_of_gemini),
		cmocka_unit_test(c74_detail_of_images),
		cmocka_unit_test(c77_files_stay_with_their_issuer),
		cmocka_unit_test(c84_c85_one_map_for_calls_and_results),
		cmocka_unit_test(c101_top_k_and_top_p),
		cmocka_unit_test(c105_c109_c112_effort_of_older_models),
		cmocka_unit_test(c160_what_is_refused),
		cmocka_unit_test(c161_what_is_dropped_with_a_warning),
		cmocka_unit_test(c8_ids_of_the_gateway),
		cmocka_unit_test(c11_counts_include_what_was_cached),
		cmocka_unit_test(c67_thinking_that_was_not_asked_for),
		cmocka_unit_test(c121_order_of_what_chat_said),
		cmocka_unit_test(c123_items_in_order),
		cmocka_unit_test(c124_one_candidate),
		cmocka_unit_test(c126_which_stop_text_it_was),
		cmocka_unit_test(c126b_a_filter_is_a_refusal_to_anthropic),
		cmocka_unit_test(c132_where_a_stream_of_anthropic_ends),
		cmocka_unit_test(c146_what_the_stop_scanner_held_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
