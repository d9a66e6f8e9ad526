/* Requests of OpenAI Responses in both directions, rule by rule. */
#include "tests/unit/convert_world.h"

#include "formats/envelope.h"
#include "formats/format.h"

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

#define ASK "{'model':'m','input':'hi',"
#define ITEMS(items) "{'model':'m','input':[" items "]}"
#define USER "{'role':'user','content':'hi'}"
#define CALL "{'type':'function_call','call_id':'c1','name':'f','arguments':'{}'}"
#define OUTPUT "{'type':'function_call_output','call_id':'c1','output':'done'}"

/* ---- from Responses ---- */

static struct converted_text *to_claude(const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_RESPONSES,
		.to = FORMAT_ANTHROPIC,
		.provider = PROVIDER_ANTHROPIC,
		.model = "claude-sonnet-5",
	};

	return convert_text(&c, json(body));
}

static const char *accepted(struct converted_text *got)
{
	if (!got->ok) {
		print_error("refused: %s\n", got->body);
	}
	assert_true(got->ok);
	return got->body;
}

static void refused(struct converted_text *got, const char *message)
{
	assert_false(got->ok);
	has(got->body, message);
}

static void c29_instructions_and_leading_messages_are_the_system(void **state)
{
	(void)state;
	has(accepted(to_claude("{'model':'m','instructions':'one','input':[{'role':'developer',"
		"'content':'two'},{'type':'message','role':'system','content':[{'type':"
		"'input_text','text':'three'}]}," USER ",{'role':'developer','content':"
		"'later'}]}")),
		"'system':[{'type':'text','text':'one'},{'type':'text','text':'two'},"
		"{'type':'text','text':'three'}],'messages':[{'role':'user','content':[{'type':"
		"'text','text':'hi'}]},{'role':'system'");
	has(accepted(to_claude("{'model':'m','input':'hi'}")),
		"'messages':[{'role':'user','content':[{'type':'text','text':'hi'}]}]");
}

static void c30_items_become_turns(void **state)
{
	(void)state;
	has(accepted(to_claude(ITEMS(USER ",{'type':'reasoning','summary':[]},{'type':'message',"
		"'role':'assistant','content':[{'type':'output_text','text':'let me'}]},"
		CALL "," USER "," OUTPUT))),
		"{'role':'assistant','content':[{'type':'text','text':'let me'},"
		"{'type':'tool_use','id':'c1','name':'f','input':{}}]},{'role':'user','content':"
		"[{'type':'tool_result','tool_use_id':'c1','content':'done'},{'type':'text',"
		"'text':'hi'}]}]");
}

/* Responses takes an output anywhere behind its call, others do not. */
static void c30_late_outputs_go_behind_their_calls(void **state)
{
	(void)state;
	has(accepted(to_claude(ITEMS(USER "," CALL ",{'type':'message','role':'developer',"
		"'content':'note'},{'role':'user','content':'go'},{'type':'message',"
		"'role':'assistant','content':'ok'}," OUTPUT
		",{'role':'user','content':'on'}"))),
		"{'type':'tool_use','id':'c1','name':'f','input':{}}]},{'role':'user','content':"
		"[{'type':'tool_result','tool_use_id':'c1','content':'done'}]},{'role':'system'");
}

static void c31_custom_calls_and_parts(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_claude(ITEMS(USER ",{'type':'custom_tool_call','call_id':'c1',"
		"'name':'apply_patch','input':'a\\'b\\n'},{'type':'custom_tool_call_output',"
		"'call_id':'c1','output':[{'type':'input_text','text':'[tool error] no'},"
		"{'type':'input_image','image_url':'data:image/png;base64,iVBORw0KGgo='}]}")));
	has(body, "'input':{'input':'a\\'b\\n'}");
	has(body, "'content':[{'type':'text','text':'no'},{'type':'image','source':{'type':"
		"'base64','media_type':'image/png','data':'iVBORw0KGgo='}}],'is_error':true");
}

static void c32_reasoning_and_format(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_claude(ASK "'reasoning':{'effort':'low','summary':'auto'},"
		"'text':{'verbosity':'low','format':{'type':'json_schema','name':'n','schema':{"
		"'type':'object'}}}}"));
	has(body, "'thinking':{'type':'adaptive','display':'summarized'},'output_config':{"
		"'effort':'low','format':{'type':'json_schema','schema':{'type':'object'}}}");
	has(accepted(to_claude(ASK "'reasoning':{'effort':'high'}}")),
		"'display':'omitted'");
	has(accepted(to_claude(ASK "'reasoning':{'effort':'none'}}")),
		"'thinking':{'type':'disabled'}");
	lacks(accepted(to_claude(ASK "'reasoning':null}")), "thinking");
}

static void c32_strict_by_default_where_the_schema_allows_it(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_claude(ASK "'tools':[{'type':'function','name':'a','parameters':{"
		"'type':'object','properties':{},'required':[],'additionalProperties':false}},"
		"{'type':'function','name':'b','parameters':{'type':'object'}},"
		"{'type':'function','name':'c','strict':null,'parameters':null},"
		"{'type':'function','name':'d','strict':true,'parameters':{'type':'object'}}]}"));
	has(body, "'additionalProperties':false},'strict':true}");
	has(body, "'name':'b','input_schema':{'type':'object'}}");
	has(body, "'name':'c','input_schema':{'type':'object','properties':{}}}");
	has(body, "'name':'d','input_schema':{'type':'object'},'strict':true}");
}

static void c32_namespaces_become_prefixes(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_claude("{'model':'m','tools':[{'type':'namespace','name':'crm',"
		"'description':'d','tools':[{'type':'function','name':'find','parameters':{"
		"'type':'object'}}]}],'tool_choice':{'type':'function','namespace':'crm',"
		"'name':'find'},'input':[" USER ",{'type':'function_call','call_id':'c1',"
		"'namespace':'crm','name':'find','arguments':''}," OUTPUT "]}"));
	has(body, "'tools':[{'name':'crm__find'");
	has(body, "'tool_choice':{'type':'tool','name':'crm__find'}");
	has(body, "'name':'crm__find','input':{}");
}

static void c33_stored_state_is_refused(void **state)
{
	static const char *const members[] = {
		"previous_response_id", "conversation", "prompt", "background",
	};
	static const char *const values[] = { "'resp_1'", "'conv_1'", "{'id':'p'}", "true" };
	char body[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		snprintf(body, sizeof body, "{'model':'m','%s':%s,'input':[" OUTPUT "]}",
			 members[i], values[i]);
		refused(to_claude(body), members[i]);
		has(to_claude(body)->body, "is not supported by this upstream");
	}
	refused(to_claude(ITEMS("{'type':'item_reference','id':'msg_1'}")),
		"item_reference is not supported");
	accepted(to_claude(ASK "'background':false,'store':true}"));
}

static void c34_hints_are_named_or_silent(void **state)
{
	struct converted_text *got = to_claude(ASK "'truncation':'auto','max_tool_calls':3,"
		"'metadata':{'a':'b'},'prompt_cache_key':'k','include':["
		"'reasoning.encrypted_content'],'context_management':[],'max_output_tokens':77}");

	(void)state;
	has(accepted(got), "'max_tokens':77");
	assert_string_equal(got->warnings, "dropped:max_tool_calls, dropped:context_management,"
		" dropped:truncation");
	assert_string_equal(to_claude(ASK "'truncation':'disabled'}")->warnings, "");
}

static void malformed_requests_name_their_place(void **state)
{
	(void)state;
	refused(to_claude("{'model':'m'}"), "input: Field required");
	refused(to_claude("{'input':7}"), "input: expected");
	refused(to_claude(ITEMS("{'role':'robot','content':''}")), "input[0].role");
	refused(to_claude(ITEMS(USER ",{}")), "input[1].type");
	refused(to_claude(ITEMS("3")), "input[0].type");
	refused(to_claude(ITEMS("{'role':'user'}")), "input[0].content");
	refused(to_claude(ITEMS("{'role':'user','content':[{'type':'input_image','image_url':"
		"'ftp://x'}]}")), "input[0].content[0].image_url");
	refused(to_claude(ITEMS("{'role':'user','content':[{'text':'x'}]}")),
		"input[0].content[0].type");
	refused(to_claude(ITEMS(USER "," OUTPUT)), "`c1`");
}

static void c50_hosted_tools(void **state)
{
	struct converted_text *got;

	(void)state;
	got = to_claude(ASK "'tools':[{'type':'web_search'},{'type':'function',"
		"'name':'web_search','parameters':{}}]}");
	has(accepted(got), "'tools':[{'name':'web_search','input_schema'");
	assert_string_equal(got->warnings, "dropped:tools.web_search");
	refused(to_claude(ASK "'tools':[{'type':'web_search'}],'tool_choice':{'type':"
		"'web_search'}}"), "`web_search`");
	refused(to_claude(ASK "'tools':[{'type':'mcp','server_label':'s'}]}"), "`mcp`");
	refused(to_claude(ASK "'tools':[{'type':'computer_use_preview'}]}"), "computer");
	got = to_claude(ASK "'tools':[{'type':'local_shell'},{'type':'image_generation',"
		"'name':'x'}]}");
	lacks(accepted(got), "tools");
	assert_string_equal(got->warnings, "dropped:tools.local_shell,"
		" dropped:tools.image_generation");
}

static void c51_allowed_tools(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_claude(ASK "'tools':[{'type':'function','name':'a'},{'type':'custom',"
		"'name':'b'},{'type':'function','name':'c'}],'tool_choice':{'type':"
		"'allowed_tools','mode':'required','tools':[{'type':'function','name':'a'},"
		"{'type':'custom','name':'b'}]}}"));
	lacks(body, "'name':'c'");
	has(body, "'tool_choice':{'type':'any'}");
}

static void c70_c71_items_of_the_vendor(void **state)
{
	struct converted_text *got;

	(void)state;
	got = to_claude(ITEMS(USER ",{'type':'web_search_call','id':'ws','action':{'type':"
		"'search','query':'q'}},{'type':'web_search_call','id':'w2','action':{'type':"
		"'search','sources':[{'url':'https://a'},{'url':'https://b'}]}},"
		"{'type':'code_interpreter_call','code':'1+1','outputs':[{'type':'logs',"
		"'logs':'2'}]},{'type':'local_shell_call','call_id':'x'}," USER));
	has(accepted(got), "{'type':'text','text':'Search results:\\n- https://a\\n- https:"
		"//b'},{'type':'text','text':'```\\n1+1\\n```\\n```\\n2\\n```'}");
	has(got->warnings, "dropped:messages.web_search_call, rewritten:"
		"messages.web_search_call, rewritten:messages.code_interpreter_call,"
		" dropped:messages.local_shell_call");
	refused(to_claude(ITEMS(USER ",{'type':'local_shell_call_output','id':'x'}")),
		"`local_shell_call_output`");
	refused(to_claude(ITEMS(USER ",{'type':'compaction','encrypted_content':'x'}")),
		"`compaction`");
	refused(to_claude(ITEMS("{'role':'user','content':[{'type':'input_file','file_id':"
		"'file_1'}]}")), "`file_1`");
}

static void settings_may_change_on_the_way(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_claude(ITEMS(USER ",{'type':'configuration_update','reasoning':{"
		"'effort':'low'}},{'type':'additional_tools','role':'developer','tools':[{"
		"'type':'function','name':'late'}]}")));
	has(body, "'effort':'low'");
	has(body, "'name':'late'");
}

/* ---- to Responses ---- */

static struct converted_text *to_model(const char *model, const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_ANTHROPIC,
		.to = FORMAT_RESPONSES,
		.provider = PROVIDER_OPENAI,
		.model = model,
	};

	return convert_text(&c, json(body));
}

static struct converted_text *to_gpt(const char *body)
{
	return to_model("gpt-6-sol", body);
}

#define A_HEAD "{'model':'m','max_tokens':100,"
#define A_USER "'messages':[{'role':'user','content':'hi'}]"

static void c41_system_messages_keep_their_place(void **state)
{
	(void)state;
	has(accepted(to_gpt(A_HEAD "'system':[{'type':'text','text':'a'},{'type':'text',"
		"'text':'b'}],'messages':[{'role':'user','content':'hi'},{'role':'system',"
		"'content':'now'}]}")),
		"'instructions':'a\\n\\nb','input':[{'type':'message','role':'user','content':[{"
		"'type':'input_text','text':'hi'}]},{'type':'message','role':'developer',"
		"'content':[{'type':'input_text','text':'now'}]}]");
}

static void c43_prefill_is_history(void **state)
{
	struct converted_text *got = to_gpt(A_HEAD "'messages':[{'role':'user','content':'hi'},"
		"{'role':'assistant','content':'It'}]}");

	(void)state;
	has(accepted(got), "{'type':'message','role':'assistant','content':[{'type':"
		"'output_text','text':'It','annotations':[]}]}]");
	assert_string_equal(got->warnings, "emulated:messages.prefill");
}

#define A_LOOP(content) \
	A_HEAD "'messages':[{'role':'user','content':'hi'},{'role':'assistant'," \
	"'content':[{'type':'tool_use','id':'t1','name':'f','input':{'a': 1.0}}]}," \
	"{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1'" content \
	"}]}]}"

static void c45_c47_results(void **state)
{
	(void)state;
	has(accepted(to_gpt(A_LOOP(""))),
		"{'type':'function_call','call_id':'t1','name':'f','arguments':'{\\'a\\': "
		"1.0}'},{'type':'function_call_output','call_id':'t1','output':''}]");
	has(accepted(to_gpt(A_LOOP(",'is_error':true,'content':'bad'"))),
		"'output':'[tool error] bad'");
	has(accepted(to_gpt(A_LOOP(",'is_error':true,'content':[{'type':'image','source':{"
		"'type':'url','url':'https://x/a.png'}}]"))),
		"'output':[{'type':'input_text','text':'[tool error] '},{'type':'input_image',"
		"'detail':'auto','image_url':'https://x/a.png'}]");
}

static void c51_choices(void **state)
{
#define A_TOOLS "'tools':[{'name':'f','input_schema':{}}],"
	(void)state;
	has(accepted(to_gpt(A_HEAD A_TOOLS "'tool_choice':{'type':'any',"
		"'disable_parallel_tool_use':true}," A_USER "}")),
		"'tool_choice':'required','parallel_tool_calls':false");
	has(accepted(to_gpt(A_HEAD A_TOOLS "'tool_choice':{'type':'tool','name':'f'},"
		A_USER "}")), "'tool_choice':{'type':'function','name':'f'}");
	has(accepted(to_gpt(A_HEAD A_TOOLS "'tool_choice':{'type':'none'}," A_USER "}")),
		"'tool_choice':'none'");
	/* Left out, strict would mean true. */
	has(accepted(to_gpt(A_HEAD A_TOOLS A_USER "}")),
		"'parameters':{'type':'object','properties':{}},'strict':false}");
	lacks(accepted(to_gpt(A_HEAD "'tool_choice':{'type':'auto','disable_parallel_tool_use':"
		"true}," A_USER "}")), "parallel");
}

static void c49_c50_tools_of_anthropic(void **state)
{
	struct string_pair pairs[] = { { "map_web_search", "on" } };
	const struct convert_case mapped = {
		.from = FORMAT_ANTHROPIC,
		.to = FORMAT_RESPONSES,
		.provider = PROVIDER_OPENAI,
		.model = "gpt-6-sol",
		.options = { pairs, 1 },
	};
	const char *body = A_HEAD "'tools':[{'type':'web_search_20250305','name':'web_search',"
		"'allowed_domains':['a.org'],'user_location':{'type':'approximate',"
		"'city':'Rome'}},{'type':'bash_20250124','name':'bash'}],'tool_choice':{'type':"
		"'tool','name':'web_search'}," A_USER "}";

	(void)state;
	refused(to_gpt(body), "web_search");
	body = accepted(convert_text(&mapped, json(body)));
	has(body, "'tools':[{'type':'web_search','filters':{'allowed_domains':['a.org']},"
		"'user_location':{'type':'approximate','city':'Rome'}},{'type':'function',"
		"'name':'bash'");
	has(body, "'tool_choice':{'type':'web_search'}");
}

static void c54_to_c57_account(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_gpt(A_HEAD "'metadata':{'user_id':'{\\'session_id\\':"
		"\\'0195d0f0-0000-7000-8000-000000000000\\',\\'device_id\\':\\'d\\'}'},"
		"'service_tier':'standard_only'," A_USER "}"));
	has(body, "'store':false");
	has(body, "'safety_identifier':'");
	has(body, "'prompt_cache_key':'");
	lacks(body, "session_id");
	has(body, "'service_tier':'default'");
}

static void c62_only_own_reasoning_goes_back(void **state)
{
	const char *body;

	(void)state;
	body = accepted(to_gpt(A_HEAD "'messages':[{'role':'user','content':'hi'},"
		"{'role':'assistant','content':[{'type':'thinking','thinking':'hm','signature':"
		"'gw1.o.eyJkIjoiRU5DIiwiaSI6InJzXzEifQ'},{'type':'thinking','thinking':'claude',"
		"'signature':'sig'},{'type':'redacted_thinking','data':'R'},{'type':'text',"
		"'text':'a'}]},{'role':'user','content':'b'}]}"));
	has(body, "{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text',"
		"'text':'hm'}],'encrypted_content':'ENC'},{'type':'message','role':'assistant'");
	lacks(body, "claude");
	lacks(body, "redacted");
}

/* A redacted block of Anthropic lives in a Responses client as reasoning. */
static void c64_redacted_thinking_comes_home(void **state)
{
	const char *body = accepted(to_claude(ITEMS(USER ",{'type':'reasoning','id':'rs_1',"
		"'summary':[],'encrypted_content':"
		"'gw1.a.eyJkIjoiQkxPQiIsImkiOiJyZWRhY3RlZF90aGlua2luZyJ9'},{'type':'reasoning',"
		"'summary':[{'type':'summary_text','text':'one'},{'type':'summary_text',"
		"'text':'two'}],'encrypted_content':'gw1.a.eyJkIjoiU0lHIn0'},"
		"{'type':'reasoning','summary':[],'encrypted_content':'OWN'},"
		"{'role':'assistant','content':'x'}," USER)));

	(void)state;
	has(body, "[{'type':'redacted_thinking','data':'BLOB'},{'type':'thinking','thinking':"
		"'one\\n\\ntwo','signature':'SIG'},{'type':'text'");
}

static void c72_c75_media(void **state)
{
#define A_BLOCK(block) A_HEAD "'messages':[{'role':'user','content':[" block "]}]}"
	(void)state;
	has(accepted(to_gpt(A_BLOCK("{'type':'document','title':'T','source':{'type':'base64',"
		"'media_type':'application/pdf','data':'JVBE\\nRi0='}}"))),
		"{'type':'input_file','filename':'T','file_data':'data:application/pdf;base64,"
		"JVBERi0='}");
	has(accepted(to_gpt(A_BLOCK("{'type':'document','title':'T','source':{'type':'text',"
		"'media_type':'text/plain','data':'body'}}"))),
		"{'type':'input_text','text':'T\\n\\nbody'}");
	has(accepted(to_gpt(A_BLOCK("{'type':'document','source':{'type':'url','url':'https:"
		"//x/a.pdf'}}"))), "{'type':'input_file','file_url':'https://x/a.pdf'}");
	refused(to_gpt(A_BLOCK("{'type':'image','source':{'type':'file','file_id':"
		"'file_9'}}")), "`file_9`");
	refused(to_gpt(A_BLOCK("{'type':'search_result','source':'s'}")), "`search_result`");
	refused(to_gpt(A_BLOCK("{'type':'text','text':''}")), "at least one message");
}

static void c97_structured_output(void **state)
{
	struct converted_text *got = to_gpt(A_HEAD "'output_config':{'format':{'type':"
		"'json_schema','schema':{'type':'object','properties':{'a':{}}}}},"
		A_USER "}");

	(void)state;
	has(accepted(got), "'text':{'format':{'type':'json_schema','name':'response','schema':{"
		"'type':'object','properties':{'a':{}}},'strict':false}}");
	assert_string_equal(got->warnings, "rewritten:text.format.strict");
}

static void c104_c106_c110_limits(void **state)
{
	struct converted_text *got = to_gpt("{'model':'m','max_tokens':5,'temperature':0.5,"
		"'top_k':3,'stop_sequences':['END'],'thinking':{'type':'disabled'},"
		A_USER "}");

	(void)state;
	has(accepted(got), "'max_output_tokens':16");
	has(got->body, "'reasoning':{'effort':'none'}");
	has(got->body, "'include':['reasoning.encrypted_content']");
	lacks(got->body, "temperature");
	lacks(got->body, "stop");
	assert_string_equal(got->warnings, "dropped:top_k, clamped:max_tokens,"
		" dropped:temperature");
	/* A model that does not reason refuses to be asked for its reasoning. */
	got = to_model("gpt-4.1", "{'model':'m','max_tokens':50,'temperature':0.50,"
		       A_USER "}");
	has(accepted(got), "'temperature':0.50");
	lacks(got->body, "include");
	has(accepted(to_gpt(A_HEAD "'thinking':{'type':'enabled','budget_tokens':20000,"
		"'display':'summarized'}," A_USER "}")),
		"'reasoning':{'effort':'high','summary':'auto'}");
}

/* ---- what no client of these two formats can ask for ---- */

static struct converted_text *encode_hub(struct hub_request *req)
{
	static struct converted_text out;
	const struct upstream_account account = { .provider = PROVIDER_OPENAI };
	const struct convert_target target = { FORMAT_RESPONSES, &account, "gpt-4.1", "asked", 0 };
	struct api_error error = { .message = "" };
	struct warnings warnings;
	struct converted converted;

	out = (struct converted_text){ .ok = false };
	warnings_init(&warnings, req->arena);
	out.ok = convert_encode(req, &target, &warnings, &converted, &error);
	str_copy(out.body, sizeof out.body, out.ok ? buf_text(&converted.body) : error.message);
	if (out.ok) {
		str_copy(out.warnings, sizeof out.warnings, buf_text(&converted.warnings));
		converted_release(&converted);
	}
	return &out;
}

static struct hub_request *chat_request(struct arena *a, const char *text)
{
	struct hub_request *req = hub_request_new(a, FORMAT_CHAT);

	hub_append(&hub_message_new(req, ROLE_USER)->blocks, hub_text_new(a, slice_of(text)));
	return req;
}

static void c58_c102_no_counterpart(void **state)
{
	struct converted_text *got;
	struct hub_request *req;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	req = chat_request(&a, "hi");
	req->seed = 7;
	req->frequency_penalty = hub_number_of(&a, 0.5);
	req->presence_penalty = hub_number_of(&a, 0);
	req->logprobs = true;
	req->verbosity = slice_of("high");
	req->temperature = hub_number_of(&a, 1.7);
	got = encode_hub(req);
	assert_true(got->ok);
	has(got->body, "'temperature':1.7");
	has(got->body, "'text':{'verbosity':'high'}");
	has(got->body, "'include':['message.output_text.logprobs']");
	assert_string_equal(got->warnings, "dropped:frequency_penalty, dropped:seed");
	req->n = 2;
	refused(encode_hub(req), "n: ");
	arena_release(&a);
}

static void c57_metadata_only_when_stored(void **state)
{
	struct hub_request *req;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	req = chat_request(&a, "hi");
	req->metadata = slice_of("{\"a\":\"b\"}");
	lacks(accepted(encode_hub(req)), "metadata");
	req->store = TRI_TRUE;
	has(accepted(encode_hub(req)), "'store':true,'metadata':{'a':'b'}");
	arena_release(&a);
}

/* The vendor looks for the word in the input alone, not in the instructions. */
static void c98_the_word_json(void **state)
{
	struct hub_request *req;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	req = chat_request(&a, "hi");
	req->output.kind = OUTPUT_JSON;
	hub_append(&req->system, hub_text_new(&a, slice_of("Answer in JSON.")));
	has(accepted(encode_hub(req)),
		"'input':[{'type':'message','role':'developer','content':[{'type':"
		"'input_text','text':'" JSON_SENTENCE "'}]},{'type':'message'");
	req = chat_request(&a, "hi, as Json");
	req->output.kind = OUTPUT_JSON;
	lacks(accepted(encode_hub(req)), JSON_SENTENCE);
	arena_release(&a);
}

static void c72_audio_and_video(void **state)
{
	struct hub_request *req;
	struct hub_block *audio;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	req = chat_request(&a, "hi");
	audio = hub_block_new(&a, BLOCK_AUDIO);
	audio->media.media = (struct hub_media){
		.source = SOURCE_BASE64,
		.mime = slice_of("audio/wav"),
		.data = slice_of("AAAA"),
	};
	hub_append(&req->messages->blocks, audio);
	has(accepted(encode_hub(req)), "{'type':'input_audio','input_audio':{'data':'AAAA',"
		"'format':'wav'}}");
	audio->media.media.mime = slice_of("audio/flac");
	refused(encode_hub(req), "audio");
	audio->kind = BLOCK_VIDEO;
	refused(encode_hub(req), "video");
	arena_release(&a);
}

/* ---- there and back (C173) ---- */

static void c173_anthropic_survives_the_way_through_responses(void **state)
{
	static char there[16 * 1024];
	const char *back;
	const char *content =
		"'messages':[{'role':'user','content':[{'type':'text','text':'hi'},"
		"{'type':'image','source':{'type':'base64','media_type':'image/png',"
		"'data':'iVBORw0KGgo='}}]},{'role':'assistant','content':[{'type':'text',"
		"'text':'ok'},{'type':'tool_use','id':'toolu_1','name':'f','input':{'big':"
		"12345678901234567890,'f':1.0}},{'type':'tool_use','id':'toolu_2','name':'f',"
		"'input':{}}]},{'role':'user','content':[{'type':'tool_result','tool_use_id':"
		"'toolu_1','content':'r','is_error':true},{'type':'tool_result','tool_use_id':"
		"'toolu_2','content':'s'},{'type':'text','text':'go on'}]}]";
	char body[4096];

	(void)state;
	snprintf(body, sizeof body, A_HEAD "'system':'be','tools':[{'name':'f','description':"
		"'d','input_schema':{'type':'object','x-y':[1]}}],%s}",
		 content);
	str_copy(there, sizeof there, accepted(to_gpt(body)));
	back = accepted(to_claude(there));
	has(back, content);
	has(back, "'system':'be'");
	has(back, "{'name':'f','description':'d','input_schema':{'type':'object','x-y':[1]}}");
	has(back, "'max_tokens':100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c29_instructions_and_leading_messages_are_the_system),
		cmocka_unit_test(c30_items_become_turns),
		cmocka_unit_test(c30_late_outputs_go_behind_their_calls),
		cmocka_unit_test(c31_custom_calls_and_parts),
		cmocka_unit_test(c32_reasoning_and_format),
		cmocka_unit_test(c32_strict_by_default_where_the_schema_allows_it),
		cmocka_unit_test(c32_namespaces_become_prefixes),
		cmocka_unit_test(c33_stored_state_is_refused),
		cmocka_unit_test(c34_hints_are_named_or_silent),
		cmocka_unit_test(malformed_requests_name_their_place),
		cmocka_unit_test(c50_hosted_tools),
		cmocka_unit_test(c51_allowed_tools),
		cmocka_unit_test(c70_c71_items_of_the_vendor),
		cmocka_unit_test(settings_may_change_on_the_way),
		cmocka_unit_test(c41_system_messages_keep_their_place),
		cmocka_unit_test(c43_prefill_is_history),
		cmocka_unit_test(c45_c47_results),
		cmocka_unit_test(c51_choices),
		cmocka_unit_test(c49_c50_tools_of_anthropic),
		cmocka_unit_test(c54_to_c57_account),
		cmocka_unit_test(c62_only_own_reasoning_goes_back),
		cmocka_unit_test(c64_redacted_thinking_comes_home),
		cmocka_unit_test(c72_c75_media),
		cmocka_unit_test(c97_structured_output),
		cmocka_unit_test(c104_c106_c110_limits),
		cmocka_unit_test(c58_c102_no_counterpart),
		cmocka_unit_test(c57_metadata_only_when_stored),
		cmocka_unit_test(c98_the_word_json),
		cmocka_unit_test(c72_audio_and_video),
		cmocka_unit_test(c173_anthropic_survives_the_way_through_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
