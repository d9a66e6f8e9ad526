/* Gemini's generateContent in both directions, rule by rule. JSON is written
 * with ' for " here. */
#include "tests/unit/gemini_world.h"

#include <stdlib.h>

/* ---- requests: decode ---- */

static void c35_both_spellings(void **state)
{
	struct converted_text *got;

	(void)state;
	got = expect(own(LEVEL, "{'system_instruction':{'parts':[{'text':'brief'}]},'contents':["
			 "{'role':'user','parts':[{'inline_data':{'mime_type':'image/png','data':'"
			 PNG "'}}]}],'generation_config':{'max_output_tokens':7,'top_p':0.50,"
			 "'thinking_config':{'thinking_level':'low'}},'tools':[{"
			 "'function_declarations':[{'name':'f','parameters_json_schema':{'type':"
			 "'object'}}]}],'tool_config':{'function_calling_config':{'mode':'any'}}}"),
		     "'systemInstruction':{'parts':[{'text':'brief'}]}");
	expect(got, "{'inlineData':{'mimeType':'image/png','data':'" PNG "'}}");
	expect(got, "'maxOutputTokens':7,'topP':0.50,'thinkingConfig':{'thinkingLevel':'LOW'}");
	expect(got, "'parametersJsonSchema':{'type':'object'}");
	expect(got, "'functionCallingConfig':{'mode':'ANY'}");
	expect_refusal(own(LEVEL, "{}"), "contents: Field required");
	expect_refusal(own(LEVEL, "{'contents':[{'role':'robot','parts':[]}]}"),
		       "contents[0].role");
}

static void c36_parts_by_type(void **state)
{
	struct converted_text *got;

	(void)state;
	got = expect(to_claude("{'contents':[{'role':'user','parts':[{'inlineData':{'mimeType':"
			       "'application/pdf','data':'JVBERi0='}},{'fileData':{'mimeType':"
			       "'image/png','fileUri':'https://example.org/a.png'}}]}]}"),
		     "{'type':'document','source':{'type':'base64','media_type':'application/pdf'");
	expect(got, "{'type':'image','source':{'type':'url','url':'https://example.org/a.png'}}");
	expect_refusal(to_claude("{'contents':[{'parts':[{'fileData':{'mimeType':'image/png',"
				 "'fileUri':'https:"
				 "//generativelanguage.googleapis.com/v1beta/files/"
				 "x'}}]}]}"), "uploaded to another provider");
	expect_refusal(to_claude("{'contents':[{'parts':[{'inlineData':{'mimeType':'audio/wav',"
				 "'data':'AAAA'}}]}]}"), "audio is not supported");
	expect_refusal(to_claude("{'contents':[{'parts':[{'hologram':{'x':1}}]}]}"), "hologram");
}

static void c37_calls_without_ids_are_paired(void **state)
{
	struct converted_text *got;

	(void)state;
	got = expect(to_claude("{'contents':[{'parts':[{'text':'go'}]},{'role':'model','parts':["
			       "{'functionCall':{'name':'f','args':{'a':1}}},{'functionCall':{"
			       "'name':'f','args':{}}}]},{'role':'function','parts':["
			       "{'functionResponse':{'name':'f','response':{'output':'one'}}},"
			       "{'functionResponse':{'name':'f','response':{'error':'two'}}}]}]}"),
		     "'id':'call_00010000','name':'f','input':{'a':1}");
	expect(got, "'tool_use_id':'call_00010000','content':'one'}");
	expect(got, "'tool_use_id':'call_00010001','content':'two','is_error':true}");
	expect_refusal(to_claude("{'contents':[{'parts':[{'functionResponse':{'name':'g',"
				 "'response':{}}}]}]}"), "contents[0].parts[0].functionResponse");
}

static void c37_other_responses_are_json(void **state)
{
	const char *body = "{'contents':[{'parts':[{'text':'go'}]},{'role':'model','parts':["
		"{'functionCall':{'id':'a','name':'f'}}]},{'parts':[{'functionResponse':{'id':'a',"
		"'name':'f','response':{'t':[1, 2.0]},'parts':[{'inlineData':{'mimeType':"
		"'image/png','data':'" PNG "'}}]}}]}]}";

	(void)state;
	expect(own(LEVEL, body), "'response':{'output':'{\\'t\\':[1, 2.0]}'},'parts':[{"
		"'inlineData':"
	       "{'mimeType':'image/png'");
}

static void c38_settings(void **state)
{
	struct converted_text *got;

	(void)state;
	got = expect(own(LEVEL, "{" HI ",'generationConfig':{'maxOutputTokens':'9','temperature':"
			 "1.0,'topK':3,'stopSequences':['a','b'],'candidateCount':2,'seed':5,"
			 "'responseLogprobs':true,'logprobs':4,'presencePenalty':0.5,"
			 "'responseMimeType':'application/json','responseSchema':{'type':'OBJECT',"
			 "'properties':{'a':{'type':'STRING','nullable':true}}},'speechConfig':{"
			 "'x':1}}}"),
		     "'maxOutputTokens':9,'candidateCount':2,'responseLogprobs':true,'logprobs':4,"
		     "'temperature':1.0,'topK':3,'seed':5,'presencePenalty':0.5,'stopSequences':"
		     "['a','b']");
	expect(got, "'responseJsonSchema':{'type':'object','properties':{'a':{'type':['string',"
	       "'null']}}}");
	expect(got, "'speechConfig':{'x':1}");
	expect(to_claude("{" HI ",'generationConfig':{'responseMimeType':'text/x.enum',"
			 "'responseSchema':{'type':'STRING','enum':['a']}}}"),
	       "'schema':{'type':'string','enum':['a']}");
}

static void c40_choices_and_extras(void **state)
{
	const char *tools = "'tools':[{'functionDeclarations':[{'name':'f'},{'name':'g'}]}]";
	char body[1024];

	(void)state;
	snprintf(body, sizeof body, "{" HI ",%s,'toolConfig':{'functionCallingConfig':{'mode':"
		 "'VALIDATED','allowedFunctionNames':['f','g']},'retrievalConfig':{'x':"
		 "1}}}", tools);
	expect(own(LEVEL, body), "'functionCallingConfig':{'mode':'VALIDATED',"
	       "'allowedFunctionNames':['f','g']},'retrievalConfig':{'x':1}}");
	snprintf(body, sizeof body, "{" HI ",%s,'toolConfig':{'functionCallingConfig':{'mode':"
		 "'ANY','allowedFunctionNames':['g']}}}", tools);
	expect(to_claude(body), "'tool_choice':{'type':'tool','name':'g'}");
	expect_refusal(to_claude("{" HI ",'cachedContent':'cachedContents/x'}"), "cachedContent");
	assert_has(to_claude("{" HI ",'safetySettings':[],'labels':{}}")->warnings,
		   "dropped:safetySettings");
}

/* Chunks that a client kept as contents are one turn, and one text. */
static void pieces_of_a_turn_are_joined(void **state)
{
	struct converted_text *got;

	(void)state;
	got = to_claude("{'contents':[{'parts':[{'text':'go'}]},{'role':'model','parts':[{'text':"
			"'a'}]},{'role':'model','parts':[{'text':'\\n\\n'}]},{'role':'model',"
			"'parts':"
			"[{'text':'b'},{'text':''}]},{'parts':[{'text':'on'}]}]}");
	expect(got, "{'role':'assistant','content':[{'type':'text','text':'a\\n\\nb'}]}");
}

/* ---- requests: encode ---- */

static void c41_c42_roles(void **state)
{
	struct converted_text *got;

	(void)state;
	got = expect(from_chat(LEVEL, "{'model':'m','messages':[{'role':'assistant','content':'a'},"
			       "{'role':'user','content':'b'},{'role':'system','content':'s'},"
			       "{'role':'user','content':''}]}"),
		     "'contents':[{'role':'user','parts':[{'text':'(continued)'}]},{'role':'model',"
		     "'parts':[{'text':'a'}]},{'role':'user','parts':[{'text':'b'},{'text':"
		     "'<system>\\ns\\n</system>'}]}]");
	assert_has(got->warnings, "rewritten:messages");
	expect_refusal(from_chat(LEVEL, "{'model':'m','messages':[{'role':'user','content':''}]}"),
		       "at least one message");
}

static void c43_prefill_is_history(void **state)
{
	struct converted_text *got =
		from_claude(LEVEL, "{'model':'m','max_tokens':9,'messages':[{'role':'user',"
			    "'content':'a'},{'role':'assistant','content':'b'}]}");

	(void)state;
	expect(got, "{'role':'model','parts':[{'text':'b'}]}]");
	assert_has(got->warnings, "emulated:messages");
}

/* field-lessons 26, 27 */
static void c45_c46_c88_results_form_one_content(void **state)
{
	struct converted_text *got;

	(void)state;
	expect(from_claude(LEVEL, CALLS("")),
	       "{'role':'user','parts':[{'functionResponse':{'id':'t2','name':'g','response':{"
	       "'output':''},'parts':[{'inlineData':{'mimeType':'image/png','data':'" PNG "'}}]}},"
	       "{'functionResponse':{'id':'t1','name':'f','response':{'error':'bad'}}},{'text':"
	       "'and'}]}");
	got = expect(from_claude(BUDGET, CALLS("")),
		     "[{'functionResponse':{'name':'g','response':{'output':''}}},"
		     "{'functionResponse':{'name':'f','response':{'error':'bad'}}},{'inlineData':{"
		     "'mimeType':'image/png','data':'" PNG "'}},{'text':'and'}]");
	expect(got, "{'functionCall':{'name':'f','args':{}}}");
	assert_has(got->warnings, "rewritten:messages.tool_result");
}

static void c61_only_the_first_call_of_the_current_turn(void **state)
{
	struct converted_text *got = from_claude(LEVEL, CALLS(""));

	(void)state;
	/* The user spoke after these calls: they are of an earlier turn. */
	assert_true(got->ok);
	assert_lacks(got->body, "skip_thought_signature_validator");
	got = from_claude(LEVEL, "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':"
			  "'go'},{'role':'assistant','content':[" CALL ",{'type':'tool_use','id':"
			  "'t2','name':'f','input':{}}]},{'role':'user','content':[{'type':"
			  "'tool_result','tool_use_id':'t1'},{'type':'tool_result','tool_use_id':"
			  "'t2'}]}]}");
	expect(got, "'thoughtSignature':'skip_thought_signature_validator'},{'functionCall':{'id':"
	       "'t2','name':'f','args':{}}}]");
	got = from_claude(LEVEL, "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':"
			  "'go'},{'role':'assistant','content':[{'type':'text','text':'a'}," SEALED
			  "]},{'role':'user','content':'on'}]}");
	expect(got, "[{'text':'a','thoughtSignature':'U2ln'}]");
}

static void c50_c51_tools(void **state)
{
	const char *search = "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':"
		"'a'}],"
		"'tools':[{'type':'web_search_20250305','name':'web_search'}]}";
	struct convert_case c = {
		.from = FORMAT_ANTHROPIC,
		.to = FORMAT_GEMINI,
		.provider = PROVIDER_GOOGLE,
		.model = LEVEL,
	};
	struct string_pair pairs[] = { { "map_web_search", "true" } };
	struct converted_text *got;

	(void)state;
	assert_has(convert_text(&c, json(search))->warnings, "dropped:tools.web_search_20250305");
	c.options = (struct pair_list){ pairs, 1 };
	expect(convert_text(&c, json(search)), "'tools':[{'googleSearch':{}}]");
	got = expect(own(LEVEL, "{" HI ",'tools':[{'google_search':{}},{'codeExecution':{}}]}"),
		     "'tools':[{'googleSearch':{}},{'codeExecution':{}}]");
	assert_lacks(got->body, "toolConfig");
	expect(from_chat(LEVEL, "{'model':'m','messages':[{'role':'user','content':'a'}],'tools':[{"
			 "'type':'function','function':{'name':'1.bad name'}}],'tool_choice':"
			 "'required','parallel_tool_calls':false}"),
	       "'functionDeclarations':[{'name':'_1.bad_name'}]}],'toolConfig':{"
	       "'functionCallingConfig':{'mode':'ANY'}}");
}

/* field-lessons 65 */
static void c58_c102_c106_limits(void **state)
{
	const char *head = "'model':'m','messages':[{'role':'user','content':'a'}]";
	struct converted_text *got;
	char body[1024];

	(void)state;
	snprintf(body, sizeof body, "{%s,'n':9}", head);
	expect_refusal(from_chat(LEVEL, body), "at most 8");
	snprintf(body, sizeof body, "{%s,'stop':['1','2','3','4','5','6'],'seed':4294967303,"
		 "'frequency_penalty':2,'temperature':3}", head);
	got = expect(from_chat(LEVEL, body), "'temperature':2,'seed':7,'frequencyPenalty':1.999,"
		     "'stopSequences':['1','2','3','4','5']");
	assert_has(got->warnings, "dropped:stop");
	got = from_chat(BUDGET, body);
	assert_lacks(got->body, "frequencyPenalty");
	assert_has(got->warnings, "dropped:frequencyPenalty");
}

static void expect_thinking(const char *model, const char *effort, const char *want)
{
	char body[256];

	snprintf(body, sizeof body, "{'model':'m','messages':[{'role':'user','content':'a'}],"
		 "'reasoning_effort':'%s'}", effort);
	expect(from_chat(model, body), want);
}

static void c111_thinking(void **state)
{
	(void)state;
	expect_thinking(LEVEL, "none", "'thinkingConfig':{'thinkingLevel':'MINIMAL',"
			"'includeThoughts':true}");
	expect_thinking(PRO, "minimal", "'thinkingLevel':'LOW'");
	expect_thinking(LEVEL, "xhigh", "'thinkingLevel':'HIGH'");
	expect_thinking(BUDGET, "none", "'thinkingConfig':{'thinkingBudget':0}");
	expect_thinking(BUDGET_PRO, "none", "'thinkingConfig':{'thinkingBudget':128");
	expect_thinking(BUDGET, "medium", "'thinkingBudget':8192");
	expect(own(BUDGET, "{" HI ",'generationConfig':{'thinkingConfig':{'thinkingBudget':-1}}}"),
	       "'thinkingConfig':{'thinkingBudget':-1}");
	expect(own(BUDGET, "{" HI ",'generationConfig':{'thinkingConfig':{'thinkingBudget':"
		"99999}}}"),
	       "'thinkingBudget':24576");
	assert_lacks(own(LEVEL, "{" HI "}")->body, "thinkingConfig");
	assert_has(from_chat("gemini-2.0-flash", json("{'model':'m','messages':[{'role':'user',"
			     "'content':'a'}],'reasoning_effort':'low'}"))->warnings,
		   "dropped:thinking");
}

static void c95_c99_schemas(void **state)
{
	const char *body = "{'model':'m','messages':[{'role':'user','content':'a'}],'tools':[{"
		"'type':"
		"'function','function':{'name':'f','parameters':{'type':'object','properties':{'a':"
		"{'type':['string','null']}}}}}],'response_format':{'type':'json_object'}}";
	struct string_pair pairs[] = { { "json_schema_params", "false" } };
	struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = FORMAT_GEMINI,
		.provider = PROVIDER_GOOGLE,
		.model = BUDGET,
		.options = { pairs, 1 },
	};
	struct converted_text *got = convert_text(&c, json(body));

	(void)state;
	expect(got, "'parameters':{'type':'OBJECT','properties':{'a':{'nullable':true,'type':"
	       "'STRING'}}}");
	assert_lacks(got->body, "responseMimeType");
	assert_has(got->warnings, "dropped:response_format");
	expect(from_chat(LEVEL, body), "'responseMimeType':'application/json'");
}

#define WITH_IMAGE \
	"{'model':'m','messages':[{'role':'user','content':[{'type':'image_url','image_url':{" \
	"'url':" \
	"'%s'}}]}]}"

static void c76_urls(void **state)
{
	struct convert_case c = { .from = FORMAT_CHAT, .to = FORMAT_GEMINI, .model = LEVEL };
	char text[512];

	(void)state;
	snprintf(text, sizeof text, WITH_IMAGE, "https://example.org/a.PNG?x=1");
	expect(from_chat(LEVEL, text), "{'fileData':{'mimeType':'image/png','fileUri':"
	       "'https://example.org/a.PNG?x=1'}}");
	c.provider = PROVIDER_COMPATIBLE;
	expect_refusal(convert_text(&c, json(text)), "image URLs are not supported");
	snprintf(text, sizeof text, WITH_IMAGE, "http://example.org/a.png");
	expect_refusal(from_chat(LEVEL, text), "https://");
}

/* ---- answers ---- */

static void c125_stops(void **state)
{
	static const struct {
		const char *reason;
		const char *parts;
		const char *want;
	} cases[] = {
		{ "STOP", "{'text':'a'}", "'stop_reason':'end_turn'" },
		{ "STOP", "{'functionCall':{'name':'f'}}", "'stop_reason':'tool_use'" },
		{ "CONTINUATION", "{'text':'a'}", "'stop_reason':'max_tokens'" },
		{ "RECITATION", "", "'stop_reason':'refusal'" },
		{ "LANGUAGE", "{'text':'a'}", "'stop_reason':'end_turn'" },
		{ "OTHER", "", "failed" },
		{ "SOMETHING_NEW", "", "failed" },
		{ "MALFORMED_FUNCTION_CALL", "{'text':'a'}", "failed" },
		{ "MALFORMED_FUNCTION_CALL", "{'functionCall':{'name':'f'}}",
		  "'stop_reason':'tool_use'" },
	};
	char sse[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(sse, sizeof sse, "data: {'candidates':[{'content':{'parts':[%s]},"
			 "'finishReason':'%s'}]}\r\n\r\n", cases[i].parts, cases[i].reason);
		assert_has(read_by(FORMAT_ANTHROPIC, false, sse), json(cases[i].want));
	}
}

/* field-lessons 74, for Gemini: an end without a reason is none. */
static void c137_broken_streams(void **state)
{
	(void)state;
	assert_string_equal(read_by(FORMAT_ANTHROPIC, false, CHUNK("{'text':'a'}", "")), "failed");
	assert_string_equal(read_by(FORMAT_ANTHROPIC, false, ""), "failed");
	assert_has(read_by(FORMAT_ANTHROPIC, true, CHUNK("{'text':'a'}", "")), "event: error");
	assert_has(read_by(FORMAT_ANTHROPIC, false,
			   "data: {'promptFeedback':{'blockReason':'SAFETY'}}\r\n\r\n"),
		   json("'content':[],'stop_reason':'refusal'"));
}

static void c131_halves_of_a_character(void **state)
{
	const char *got = read_by(FORMAT_ANTHROPIC, false,
				  CHUNK("{'text':'a\\ud83d'}", "")
				  CHUNK("{'text':'\\ude00b'}", STOPPED));

	(void)state;
	assert_has(got, "a\xf0\x9f\x98\x80" "b");
}

/* A signature closes its text; the next one is another block. */
static void c65_signatures_of_texts(void **state)
{
	const char *got = read_by(FORMAT_ANTHROPIC, false,
				  CHUNK("{'text':'a','thoughtSignature':'U2ln'}", "")
				  CHUNK("{'text':'b'}", STOPPED));

	(void)state;
	assert_has(got, json("[{'type':'thinking','thinking':'','signature':"
		"'gw1.g.eyJkIjoiVTJsbiJ9'"
			     "},{'type':'text','text':'a','citations':null},{'type':'text','text':"
			     "'b'"));
}

static void c129_offsets_are_bytes_there(void **state)
{
	const char *sse = CHUNK("{'text':'\xc3\xa4\xc3\xb6 Paris'}", STOPPED
		",'groundingMetadata':{'groundingChunks':[{'web':{'uri':'https://e.org','title':"
		"'t'}}"
		"],'groundingSupports':[{'segment':{'startIndex':5,'endIndex':10,'text':'Paris'},"
		"'groundingChunkIndices':[0,7]},{'segment':{'startIndex':5,'endIndex':99},"
		"'groundingChunkIndices':[0]}]}");
	const char *want = "'groundingSupports':[{'segment':{'startIndex':5,'endIndex':10,'text':"
		"'Paris'},'groundingChunkIndices':[0]}]";

	(void)state;
	assert_has(read_by(FORMAT_CHAT, false, sse), json("'start_index':3,'end_index':8"));
	assert_has(read_by(FORMAT_GEMINI, false, sse), json(want));
	assert_has(read_by(FORMAT_GEMINI, true, sse), json(want));
}

/* Vertex sends arguments in pieces. */
static void c137_partial_arguments(void **state)
{
	const char *got = read_by(FORMAT_GEMINI, false,
		CHUNK("{'functionCall':{'id':'a','name':'f','willContinue':true},"
		      "'thoughtSignature':'U2ln'}", "")
		CHUNK("{'functionCall':{'partialArgs':[{'jsonPath':'$.s','stringValue':'New ',"
		      "'willContinue':true},{'jsonPath':'$.n[0].x','numberValue':1.50}],"
		      "'willContinue':true}}", "")
		CHUNK("{'functionCall':{'partialArgs':[{'jsonPath':'$.s','stringValue':'\\'x\\''},"
		      "{'jsonPath':'$.n[1]','boolValue':true},{'jsonPath':'$.n[9]','boolValue':"
		      "true},"
		      "{'jsonPath':'$[\\'a b\\']','nullValue':'NULL_VALUE'}],'willContinue':"
		      "true}}", "")
		CHUNK("{'functionCall':{}}", STOPPED));

	(void)state;
	assert_has(got, json("'functionCall':{'id':'a','name':'f','args':{"));
	assert_has(got, json("'n':[{'x':1.50},true]"));
	assert_has(got, json("'a b':null"));
	assert_has(got, json("'thoughtSignature':'U2ln'"));
}

static void partial_texts_grow(void **state)
{
	(void)state;
	assert_has(read_by(FORMAT_GEMINI, false,
			   CHUNK("{'functionCall':{'name':'f','partialArgs':[{'jsonPath':'$.s',"
				 "'stringValue':'a'}],'willContinue':true}}", "")
			   CHUNK("{'functionCall':{'partialArgs':[{'jsonPath':'$.s','stringValue':"
				 "'b'}],'willContinue':true}}", ",'finishReason':'MAX_TOKENS'")),
		   json("'args':{'s':'ab'}"));
}

/* ---- Gemini clients ---- */

static const char chat_sse[] =
	"data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
	"\"a\"}}]}\n\n"
	"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
	"\"stop\"}]}\n\n"
	"data: [DONE]\n\n";

static const char chat_error[] =
	"data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
	"\"a\"}}]}\n\ndata: {\"error\":{\"message\":\"x\",\"code\":429}}\n\n";

static void c143_one_array_without_sse(void **state)
{
	struct answer_plan *plan = new_plan(FORMAT_GEMINI, FORMAT_CHAT, true);
	struct convert_stream *s;
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	plan->gemini_array = true;
	s = convert_stream_create(plan, true);
	assert_string_equal(convert_stream_content_type(s), "application/json");
	convert_stream_feed(s, slice_of(chat_sse), &out);
	assert_int_equal(convert_stream_finish(s, &out), CONVERT_COMPLETE);
	convert_stream_destroy(s);
	assert_true(str_starts(buf_text(&out), "[{"));
	assert_has(buf_text(&out), "},\r\n{");
	assert_true(str_ends(buf_text(&out), "}]"));
	buf_clear(&out);
	plan = new_plan(FORMAT_GEMINI, FORMAT_CHAT, true);
	plan->gemini_array = true;
	assert_int_equal(convert_stream_text(plan, chat_error, &out), CONVERT_FAILED);
	assert_has(buf_text(&out), "},\r\n{\"error\":{\"code\":429");
	assert_true(str_ends(buf_text(&out), "}]"));
	buf_release(&out);
}

static void c143_an_upstreams_array_is_read(void **state)
{
	struct convert_stream *s =
		convert_stream_create(new_plan(FORMAT_ANTHROPIC, FORMAT_GEMINI, false), false);
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	convert_stream_feed(s, slice_of(json("[{'candidates':[{'content':{'parts':[{'text':'a'}]}}]"
					     "}\r\n,\r\n{'candidates':[{'content':{'parts':[{"
					     "'text':"
					     "'b'}]},'finishReason':'STOP'}]}]")), &out);
	assert_int_equal(convert_stream_finish(s, &out), CONVERT_COMPLETE);
	assert_has(buf_text(&out), json("'text':'ab'"));
	convert_stream_destroy(s);
	buf_clear(&out);
	s = convert_stream_create(new_plan(FORMAT_ANTHROPIC, FORMAT_GEMINI, false), false);
	convert_stream_feed(s, slice_of(json("[{'error':{'code':429,'message':'slow','status':"
					     "'RESOURCE_EXHAUSTED'}}]")), &out);
	assert_int_equal(convert_stream_finish(s, &out), CONVERT_FAILED);
	assert_int_equal(convert_stream_error(s)->class, ERROR_RATE);
	convert_stream_destroy(s);
	buf_release(&out);
}

static void c143_signs_of_life(void **state)
{
	struct answer_plan *plan = new_plan(FORMAT_GEMINI, FORMAT_CHAT, true);
	struct convert_stream *s = convert_stream_create(plan, true);
	struct buf out = BUF_INIT(1 * KIB);

	(void)state;
	convert_stream_keepalive(s, &out);
	assert_string_equal(buf_text(&out), "\r\n");
	plan->gemini_array = true;
	buf_clear(&out);
	convert_stream_keepalive(s, &out);
	assert_int_equal(out.len, 0);
	convert_stream_destroy(s);
	buf_release(&out);
}

/* C64: Claude's thinking comes back through a Gemini client as it was. */
static void c64_foreign_signatures_survive_the_client(void **state)
{
	static const char sse[] =
		"data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{}}}\n\n"
		"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
		"\"thinking\",\"thinking\":\"why\",\"signature\":\"c2ln\"}}\n\n"
		"data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
		"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
		"data: {\"type\":\"message_stop\"}\n\n";
	struct buf out = BUF_INIT(64 * KIB);
	char body[2048];
	const char *sig;

	(void)state;
	convert_stream_text(new_plan(FORMAT_GEMINI, FORMAT_ANTHROPIC, false), sse, &out);
	assert_has(buf_text(&out), json("{'text':'why','thought':true},{'text':''"));
	sig = strstr(buf_text(&out), "thoughtSignature\":\"");
	assert_non_null(sig);
	sig += strlen("thoughtSignature\":\"");
	snprintf(body, sizeof body, "{'contents':[{'parts':[{'text':'go'}]},{'role':'model',"
		"'parts':["
		 "{'text':'why','thought':true},{'text':'','thoughtSignature':'%.*s'}]},{'parts':[{"
		 "'text':'on'}]}]}", (int)(strchr(sig, '"') - sig), sig);
	expect(to_claude(body), "{'type':'thinking','thinking':'why','signature':'c2ln'}");
	buf_release(&out);
}

static void random_bytes_never_crash(void **state)
{
	static const char sample[] =
		CHUNK("{'text':'a','thought':true}", "")
		CHUNK("{'functionCall':{'name':'f','partialArgs':[{'jsonPath':'$.a[0]',"
			"'stringValue':"
		      "'x'}],'willContinue':true}}", "") CHUNK("{'text':'b'}", STOPPED);
	char text[sizeof sample];

	(void)state;
	srand(7);
	for (int round = 0; round < 300; round++) {
		memcpy(text, sample, sizeof sample);
		for (int k = 0; k <= round % 4; k++) {
			text[(size_t)rand() % (sizeof sample - 1)] = (char)(rand() % 255 + 1);
		}
		read_by(round % 2 ? FORMAT_GEMINI : FORMAT_ANTHROPIC, round % 3, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c35_both_spellings),
		cmocka_unit_test(c36_parts_by_type),
		cmocka_unit_test(c37_calls_without_ids_are_paired),
		cmocka_unit_test(c37_other_responses_are_json),
		cmocka_unit_test(c38_settings),
		cmocka_unit_test(c40_choices_and_extras),
		cmocka_unit_test(pieces_of_a_turn_are_joined),
		cmocka_unit_test(c41_c42_roles),
		cmocka_unit_test(c43_prefill_is_history),
		cmocka_unit_test(c45_c46_c88_results_form_one_content),
		cmocka_unit_test(c61_only_the_first_call_of_the_current_turn),
		cmocka_unit_test(c50_c51_tools),
		cmocka_unit_test(c58_c102_c106_limits),
		cmocka_unit_test(c111_thinking),
		cmocka_unit_test(c95_c99_schemas),
		cmocka_unit_test(c76_urls),
		cmocka_unit_test(c125_stops),
		cmocka_unit_test(c137_broken_streams),
		cmocka_unit_test(c131_halves_of_a_character),
		cmocka_unit_test(c65_signatures_of_texts),
		cmocka_unit_test(c129_offsets_are_bytes_there),
		cmocka_unit_test(c137_partial_arguments),
		cmocka_unit_test(partial_texts_grow),
		cmocka_unit_test(c143_one_array_without_sse),
		cmocka_unit_test(c143_an_upstreams_array_is_read),
		cmocka_unit_test(c143_signs_of_life),
		cmocka_unit_test(c64_foreign_signatures_survive_the_client),
		cmocka_unit_test(random_bytes_never_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
