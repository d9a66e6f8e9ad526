/* What users of other gateways learned about Gemini the hard way: a test for
 * each lesson, by its number. */
#include "tests/unit/gemini_world.h"

static void test_lesson_13_signatures_return_to_their_call(void **state)
{
	(void)state;
	expect(from_claude(LEVEL, LOOP(SEALED "," CALL)),
	       "'args':{}},'thoughtSignature':'U2ln'}]}");
	expect(from_claude(LEVEL, LOOP(SEALED ",{'type':'text','text':'x'}," CALL)),
	       "[{'text':'x'},{'functionCall':{'id':'t1','name':'f','args':{}},'thoughtSignature':"
	       "'U2ln'}]");
	expect(from_claude(LEVEL, LOOP(SEALED ",{'type':'text','text':'x'}," SEALED "," CALL)),
	       "[{'text':'x','thoughtSignature':'U2ln'},{'functionCall':{'id':'t1','name':'f',"
	       "'args':{}},'thoughtSignature':'U2ln'}]");
	expect(from_claude(LEVEL, LOOP(CALL)),
	       "'thoughtSignature':'skip_thought_signature_validator'");
	assert_lacks(from_claude(BUDGET, LOOP(CALL))->body, "thoughtSignature");
	assert_lacks(from_claude(LEVEL, LOOP("{'type':'thinking','thinking':'secret','signature':"
					     "'s'}," CALL))->body, "secret");
}

static void test_lesson_12_86_thoughts_are_apart(void **state)
{
	const char *got = read_by(FORMAT_CHAT, false,
		CHUNK("{'text':'hm','thought':true}", "")
		"data: {'candidates':[{'content':{'parts':[{'text':'yes'}]},'finishReason':"
		"'STOP'}],"
		"'usageMetadata':{'promptTokenCount':5,'candidatesTokenCount':2,"
		"'thoughtsTokenCount':3,'toolUsePromptTokenCount':1}}\r\n\r\n");

	(void)state;
	assert_has(got, json("'content':'yes'"));
	assert_has(got, json("'reasoning_content':'hm'"));
	assert_has(got, json("'prompt_tokens':6,'completion_tokens':5,'total_tokens':11"));
	assert_has(got, json("'reasoning_tokens':3"));
}

static void test_lesson_18_calls_without_ids_get_stable_ones(void **state)
{
	const char *sse = CHUNK("{'functionCall':{'name':'f'}},{'functionCall':{'name':'f'}}",
				STOPPED);
	char first[4096];
	const char *id;

	(void)state;
	str_copy(first, sizeof first, read_by(FORMAT_ANTHROPIC, false, sse));
	assert_string_equal(first, read_by(FORMAT_ANTHROPIC, false, sse));
	id = strstr(first, "call_");
	assert_non_null(id);
	assert_null(strstr(id + 29, "\"id\":\"call_") &&
		    strncmp(id, strstr(id + 29, "call_"), 29) == 0 ? id : NULL);
}

/* Results of parallel calls are one content, as many as there were calls. */
static void test_lesson_26_27_results_match_their_calls(void **state)
{
	struct converted_text *got;

	(void)state;
	got = expect(from_chat(LEVEL, "{'model':'m','messages':[{'role':'user','content':'go'},{"
			       "'role':'assistant','tool_calls':[{'id':'a','type':'function',"
			       "'function':{'name':'f','arguments':''}},{'id':'b',"
			       "'type':'function',"
			       "'function':{'name':'g','arguments':'[1]'}}]},{'role':'tool',"
			       "'tool_call_id':'a','content':'one'},{'role':'tool','tool_call_id':"
			       "'b','content':'two'}]}"),
		     "{'role':'user','parts':[{'functionResponse':{'id':'a','name':'f','response':"
		     "{'output':'one'}}},{'functionResponse':{'id':'b','name':'g','response':{"
		     "'output':'two'}}}]}]");
	expect(got, "{'functionCall':{'id':'b','name':'g','args':{'_raw':'[1]'}}}");
	assert_has(got->warnings, "rewritten:tool_use.input");
}

static void test_lesson_28_a_response_is_an_object(void **state)
{
	(void)state;
	expect(from_claude(LEVEL, LOOP(CALL)), "'response':{'output':'ok'}");
}

/* The newer members take JSON Schema, the classic ones a part of it. */
static void test_lesson_39_to_44_schemas(void **state)
{
	const char *body =
		"{'model':'m','messages':[{'role':'user','content':'a'}],'tools':[{'type':"
		"'function','function':{'name':'f','parameters':{'$schema':'s','type':'object',"
		"'properties':{'a':{'type':['string','null']},'b':{'anyOf':[{'type':'integer'},{"
		"'type':'null'}]},'c':{'type':'integer','enum':[1,2]},'d':{'type':'array'},'e':{"
		"'$ref':'#/$defs/E'},'format':{'const':'x'}},'required':['a','gone'],'$defs':{'E':{"
		"'type':'object','properties':{'e':{'$ref':'#/$defs/E'}}}}}}}]}";
	struct string_pair pairs[] = { { "json_schema_params", "false" } };
	const struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = FORMAT_GEMINI,
		.provider = PROVIDER_GOOGLE,
		.model = BUDGET,
		.options = { pairs, 1 },
	};
	struct converted_text *got = convert_text(&c, json(body));

	(void)state;
	expect(got, "'a':{'nullable':true,'type':'STRING'},'b':{'nullable':true,'type':'INTEGER'},"
	       "'c':{'type':'INTEGER','description':'enum: [1,2]'},'d':{'type':'ARRAY','items':{"
	       "'type':'STRING'}}");
	expect(got, "'format':{'type':'STRING','enum':['x']}},'required':['a']}");
	assert_lacks(got->body, "$defs\":");
	assert_lacks(got->body, "$schema");
	expect(from_chat(LEVEL, body), "'parametersJsonSchema':{'type':'object','properties':{'a':{"
	       "'type':['string','null']}");
}

static void test_lesson_48_names_in_either_spelling(void **state)
{
	(void)state;
	expect(own(LEVEL, "{'system_instruction':{'parts':[{'text':'s'}]}," HI "}"),
	       "{'systemInstruction':{'parts':[{'text':'s'}]}");
}

static void test_lesson_50_52_empty_texts_and_neighbours(void **state)
{
	(void)state;
	expect(from_chat(LEVEL, "{'model':'m','messages':[{'role':'user','content':'a'},{'role':"
			 "'assistant','content':''},{'role':'user','content':'b'}]}"),
	       "'contents':[{'role':'user','parts':[{'text':'a'},{'text':'b'}]}]");
}

static void test_lesson_51_53_system_in_the_middle_and_a_model_first(void **state)
{
	(void)state;
	expect(from_chat(LEVEL, "{'model':'m','messages':[{'role':'system','content':'first'},{"
			 "'role':'assistant','content':'a'},{'role':'system','content':'s'},{"
			 "'role':"
			 "'user','content':'b'}]}"),
	       "{'systemInstruction':{'parts':[{'text':'first'}]},'contents':[{'role':'user',"
	       "'parts':[{'text':'(continued)'}]},{'role':'model','parts':[{'text':'a'}]},{'role':"
	       "'user','parts':[{'text':'<system>\\ns\\n</system>'},{'text':'b'}]}]");
}

static void test_lesson_57_58_documents_and_audio(void **state)
{
	struct converted_text *got;

	(void)state;
	got = from_chat(LEVEL, "{'model':'m','messages':[{'role':'user','content':[{'type':'file',"
			"'file':{'filename':'a.pdf','file_data':'data:application/pdf;base64,"
			"JVBERi0='}},{'type':'input_audio','input_audio':{'data':'AAAA','format':"
			"'mp3'}}]}]}");
	expect(got, "{'inlineData':{'mimeType':'application/pdf','data':'JVBERi0='}}");
	expect(got, "{'inlineData':{'mimeType':'audio/mpeg','data':'AAAA'}}");
}

static void test_lesson_65_at_most_five_stops(void **state)
{
	struct converted_text *got =
		from_claude(LEVEL, "{'model':'m','max_tokens':9,'messages':[{'role':'user',"
			"'content':"
			    "'a'}],'stop_sequences':['1','2','3','4','5','6']}");

	(void)state;
	expect(got, "'stopSequences':['1','2','3','4','5']");
	assert_has(got->warnings, "dropped:stop");
}

static void test_lesson_67_68_form_and_number_of_answers(void **state)
{
	struct converted_text *got;

	(void)state;
	got = from_chat(LEVEL, "{'model':'m','messages':[{'role':'user','content':'a'}],'n':2,"
			"'response_format':{'type':'json_schema','json_schema':{'name':'x',"
			"'schema':{"
			"'type':'object'}}}}");
	expect(got, "'candidateCount':2");
	expect(got, "'responseMimeType':'application/json','responseJsonSchema':{'type':'object'}");
}

static void test_lesson_80_81_reasons(void **state)
{
	(void)state;
	assert_has(read_by(FORMAT_CHAT, false, CHUNK("{'functionCall':{'name':'f'}}", STOPPED)),
		   json("'finish_reason':'tool_calls'"));
	assert_has(read_by(FORMAT_CHAT, false, CHUNK("{'text':'a'}", ",'finishReason':'SAFETY'")),
		   json("'finish_reason':'content_filter'"));
	assert_has(read_by(FORMAT_CHAT, false, CHUNK("{'text':'a'}",
						     ",'finishReason':'MAX_TOKENS'")),
		   json("'finish_reason':'length'"));
	assert_string_equal(read_by(FORMAT_CHAT, false,
				    CHUNK("", ",'finishReason':'MALFORMED_FUNCTION_CALL'")),
			    "failed");
}

/* The delay of a refused upstream reaches the client. */
static void test_lesson_89_errors_keep_their_delay(void **state)
{
	struct convert_stream *s =
		convert_stream_create(new_plan(FORMAT_GEMINI, FORMAT_GEMINI, true), true);
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	convert_stream_feed(s, slice_of(json(CHUNK("{'text':'a'}", "")
		"data: {'error':{'code':429,'message':'slow','status':'RESOURCE_EXHAUSTED',"
		"'details':"
		"[{'@type':'type.googleapis.com/google.rpc.RetryInfo',"
		"'retryDelay':'1.5s'}]}}\n\n")),
		&out);
	assert_int_equal(convert_stream_error(s)->retry_after_ms, 1500);
	assert_has(buf_text(&out), json("'status':'RESOURCE_EXHAUSTED'"));
	assert_has(buf_text(&out), json("'retryDelay':'2s'"));
	convert_stream_destroy(s);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lesson_13_signatures_return_to_their_call),
		cmocka_unit_test(test_lesson_12_86_thoughts_are_apart),
		cmocka_unit_test(test_lesson_18_calls_without_ids_get_stable_ones),
		cmocka_unit_test(test_lesson_26_27_results_match_their_calls),
		cmocka_unit_test(test_lesson_28_a_response_is_an_object),
		cmocka_unit_test(test_lesson_39_to_44_schemas),
		cmocka_unit_test(test_lesson_48_names_in_either_spelling),
		cmocka_unit_test(test_lesson_50_52_empty_texts_and_neighbours),
		cmocka_unit_test(test_lesson_51_53_system_in_the_middle_and_a_model_first),
		cmocka_unit_test(test_lesson_57_58_documents_and_audio),
		cmocka_unit_test(test_lesson_65_at_most_five_stops),
		cmocka_unit_test(test_lesson_67_68_form_and_number_of_answers),
		cmocka_unit_test(test_lesson_80_81_reasons),
		cmocka_unit_test(test_lesson_89_errors_keep_their_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
