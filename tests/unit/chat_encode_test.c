/* Requests to OpenAI Chat upstreams, rule by rule. */
#include "tests/unit/chat_world.h"

/* ---- requests out ---- */

#define A_USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define A_SYSTEM \
	"\"system\":[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}],"

static void system_role_by_server(void **state)
{
	const char *body = A_HEAD A_SYSTEM A_USER "}";

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", body), "[{\"role\":\"developer\",\"content\":["
	    "{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}]}");
	has(to_server("http://localhost:11434/v1", body),
	    "[{\"role\":\"system\",\"content\":\"one\\n\\ntwo\"},");
	has(with_option("developer_role", "system", FORMAT_ANTHROPIC, body),
	    "[{\"role\":\"system\"");
}

static void c41_mid_system_keeps_its_role(void **state)
{
	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", A_MESSAGES(SAY("user", "hi") ","
		 SAY("system", "be brief") "," SAY("user", "go"))),
	    "{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"developer\",\"content\":"
	    "\"be brief\"},{\"role\":\"user\",\"content\":\"go\"}");
}

static void c42_texts_join_without_gap(void **state)
{
	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", A_MESSAGES(SAY("user", "hi") ",{\"role\":"
		 "\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":"
		 "\"text\",\"text\":\"b\"}]}," SAY("user", "go"))),
	    "{\"role\":\"assistant\",\"content\":\"ab\"}");
	refused(from(FORMAT_ANTHROPIC, "gpt-4o", A_MESSAGES(SAY("user", ""))), "at least one");
}

static void c43_prefill(void **state)
{
	const char *body = A_MESSAGES(SAY("user", "hi") "," SAY("assistant", "It is"));

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", body), "{\"role\":\"assistant\",\"content\":"
	    "\"It is\"}]");
	assert_has(from(FORMAT_ANTHROPIC, "gpt-4o", body)->warnings, "emulated:");
	has(to_server("https://api.mistral.ai/v1", body), "\"content\":\"It is\",\"prefix\":true");
}

#define A_TURN(results) \
	A_MESSAGES(SAY("user", "hi") ",{\"role\":\"assistant\",\"content\":[" A_USE("t1") "," \
		   A_USE("t2") "]},{\"role\":\"user\",\"content\":[" results "]}")
#define A_RESULT(id, content) \
	"{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":" content "}"
#define A_IMAGE \
	"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\"," \
	"\"data\":\"" PNG "\"}}"

static void c45_results_and_their_media(void **state)
{
	struct converted_text *got = from(FORMAT_ANTHROPIC, "gpt-4o", A_TURN(
		"{\"type\":\"text\",\"text\":\"then\"}," A_RESULT("t2", "\"two\"") ","
		A_RESULT("t1", "[{\"type\":\"text\",\"text\":\"see\"}," A_IMAGE "]")));

	(void)state;
	has(got, "{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"see\"},"
	    "{\"role\":\"tool\",\"tool_call_id\":\"t2\",\"content\":\"two\"},"
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
	    "\"[content of tool result t1]\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
	    "\"data:image/png;base64," PNG "\"}}]},{\"role\":\"user\",\"content\":\"then\"}]");
	assert_has(got->warnings, "rewritten:messages.tool_result");
}

static void c46_c47_errors_and_empty_results(void **state)
{
	const char *marked = MESSAGES(SAY("user", "hi") "," CALLS(CALL("c1", "f", "{}")) ","
				      RESULT("c1", "[tool error] boom"));

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", A_TURN(
		"{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"is_error\":true,\"content\":"
		"\"boom\"},{\"type\":\"tool_result\",\"tool_use_id\":\"t2\"}")),
	    "\"t1\",\"content\":\"[tool error] boom\"},{\"role\":\"tool\",\"tool_call_id\":"
	    "\"t2\",\"content\":\"\"}");
	has(to_claude(marked), "\"content\":\"boom\",\"is_error\":true");
	has(from(FORMAT_CHAT, "gpt-4o", marked), "\"content\":\"[tool error] boom\"");
}

static void c51_c53_choices(void **state)
{
	static const char *const pairs[][2] = {
		{ "{\"type\":\"auto\"}", "\"tool_choice\":\"auto\"" },
		{ "{\"type\":\"any\"}", "\"tool_choice\":\"required\"" },
		{ "{\"type\":\"none\"}", "\"tool_choice\":\"none\"" },
		{ "{\"type\":\"tool\",\"name\":\"f\"}", "\"tool_choice\":{\"type\":\"function\","
		  "\"function\":{\"name\":\"f\"}}" },
		{ "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}",
		  "\"tool_choice\":\"auto\",\"parallel_tool_calls\":false" },
	};
	char body[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		snprintf(body, sizeof body, A_HEAD "\"tools\":[{\"name\":\"f\",\"input_schema\":"
			 "{}}],\"tool_choice\":%s," A_USER "}", pairs[i][0]);
		has(from(FORMAT_ANTHROPIC, "gpt-4o", body), pairs[i][1]);
	}
	assert_lacks(from(FORMAT_ANTHROPIC, "gpt-4o", A_HEAD "\"tool_choice\":{\"type\":\"any\"},"
			  A_USER "}")->body, "tool_choice");
}

static void c51_servers_without_allowed_tools(void **state)
{
	struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_COMPATIBLE,
		.model = "m",
	};
	struct converted_text *got = convert_text(&c, HEAD
		"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":"
		"\"function\",\"function\":{\"name\":\"g\"}}],\"tool_choice\":{\"type\":"
		"\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":"
		"\"function\",\"function\":{\"name\":\"g\"}}]}}," USER "}");

	(void)state;
	has(got, "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}],"
	    "\"tool_choice\":\"required\"");
	assert_has(got->warnings, "rewritten:tool_choice.allowed_tools");
}

static void c54_c57_account(void **state)
{
	const char *body = A_HEAD "\"metadata\":{\"user_id\":\"u1\"},\"service_tier\":"
		"\"standard_only\"," A_USER "}";

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", body),
	    "\"safety_identifier\":\"u1\",\"service_tier\":\"default\"");
	has(to_server("http://localhost:8000/v1", body), "\"user\":\"u1\"");
	assert_lacks(to_server("http://localhost:8000/v1", body)->body, "service_tier");
	assert_lacks(to_server("https://api.mistral.ai/v1", body)->body, "u1");
}

static void c56_breakpoints_by_option(void **state)
{
	const char *body = A_HEAD "\"system\":[{\"type\":\"text\",\"text\":\"s\","
		"\"cache_control\":{\"type\":\"ephemeral\"}}]," A_USER "}";

	(void)state;
	has(with_option("openai_breakpoints", "true", FORMAT_ANTHROPIC, body),
	    "[{\"type\":\"text\",\"text\":\"s\",\"prompt_cache_breakpoint\":{\"mode\":"
	    "\"explicit\"}}]");
	has(from(FORMAT_ANTHROPIC, "gpt-4o", body), "\"content\":\"s\"");
}

static void c58_several_answers(void **state)
{
	(void)state;
	refused(to_claude(HEAD "\"n\":2," USER "}"), "n: ");
	has(from(FORMAT_CHAT, "gpt-4o", HEAD "\"n\":2," USER "}"), "\"n\":2");
	refused(from(FORMAT_CHAT, "gpt-4o", HEAD "\"n\":17," USER "}"), "n: at most 16");
	refused(with_option("n", "omit", FORMAT_CHAT, HEAD "\"n\":2," USER "}"), "n: ");
}

static void c59_usage_is_always_asked_for(void **state)
{
	const char *body = A_HEAD "\"stream\":true," A_USER "}";

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", body),
	    "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
	assert_lacks(with_option("stream_options", "omit", FORMAT_ANTHROPIC, body)->body,
		     "stream_options");
	assert_lacks(from(FORMAT_ANTHROPIC, "gpt-4o", A_HEAD A_USER "}")->body, "stream");
}

#define A_THOUGHT(signature) \
	"{\"type\":\"thinking\",\"thinking\":\"hmm\",\"signature\":\"" signature "\"}"
#define A_LOOP(thought) \
	A_MESSAGES(SAY("user", "hi") ",{\"role\":\"assistant\",\"content\":[" thought "," \
		   A_USE("t1") "]},{\"role\":\"user\",\"content\":[" A_RESULT("t1", "\"r\"") "]}")

static void c63_reasoning_goes_back(void **state)
{
	const char *own = A_LOOP(A_THOUGHT(""));
	const char *foreign = A_LOOP(A_THOUGHT("signed-by-anthropic"));
	const char *plain = A_MESSAGES(SAY("user", "hi") ",{\"role\":\"assistant\",\"content\":["
		A_THOUGHT("") ",{\"type\":\"text\",\"text\":\"a\"}]}," SAY("user", "go"));
	/* {"type":"reasoning.text","signature":"S"} */
	const char *details = A_LOOP(A_THOUGHT("gw1.r.eyJkIjoie1widHlwZVwiOlwicmVhc29uaW5nLnRleHR"
		"cIixcInNpZ25hdHVyZVwiOlwiU1wifSJ9"));

	(void)state;
	has(to_server("https://api.deepseek.com", own), "\"reasoning_content\":\"hmm\"");
	has(to_server("https://api.deepseek.com", foreign), "\"reasoning_content\":\"\"");
	assert_lacks(to_server("https://api.deepseek.com", plain)->body, "reasoning_content");
	has(to_server("https://api.mistral.ai/v1", plain), "\"content\":[{\"type\":\"thinking\","
	    "\"thinking\":[{\"type\":\"text\",\"text\":\"hmm\"}]},{\"type\":\"text\",\"text\":"
	    "\"a\"}]");
	has(to_server("https://openrouter.ai/api/v1", details), "\"reasoning_details\":[{\"type\":"
	    "\"reasoning.text\",\"signature\":\"S\",\"text\":\"hmm\"}]");
	assert_lacks(to_server("https://openrouter.ai/api/v1", foreign)->body, "hmm");
	assert_lacks(to_server("http://localhost:8000/v1", own)->body, "hmm");
	assert_lacks(from(FORMAT_ANTHROPIC, "gpt-6", own)->body, "hmm");
}

static void c75_documents(void **state)
{
	const char *text = A_MESSAGES("{\"role\":\"user\",\"content\":[{\"type\":\"document\","
		"\"title\":\"T\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\","
		"\"data\":\"body\"}}]}");

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", text), "\"content\":\"T\\n\\nbody\"");
	refused(from(FORMAT_ANTHROPIC, "gpt-4o", A_MESSAGES("{\"role\":\"user\",\"content\":["
		"{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://x/a\"}}]}")),
		"document URLs");
	refused(with_option("images", "no", FORMAT_ANTHROPIC,
			    A_MESSAGES("{\"role\":\"user\",\"content\":[" A_IMAGE "]}")),
		"images are not supported");
}

static void c86_c87_ids_and_names(void **state)
{
	const char *body = A_MESSAGES(SAY("user", "hi") ",{\"role\":\"assistant\",\"content\":["
		A_USE("toolu_0123456789012345678901234567890123456789") "]},{\"role\":\"user\","
		"\"content\":[" A_RESULT("toolu_0123456789012345678901234567890123456789",
					 "\"r\"") "]}");

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", body), "\"tool_calls\":[{\"id\":\"call_");
	assert_lacks(from(FORMAT_ANTHROPIC, "gpt-4o", body)->body, "toolu_");
	assert_lacks(to_server("https://api.mistral.ai/v1", body)->body, "toolu_");
	has(to_server("http://localhost:8000/v1", body), "\"tool_call_id\":\"toolu_0123");
}

static void c91_strict_only_where_it_fits(void **state)
{
	const char *loose = A_HEAD "\"tools\":[{\"name\":\"f\",\"strict\":true,\"input_schema\":"
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}]," A_USER "}";
	struct converted_text *got = from(FORMAT_ANTHROPIC, "gpt-4o", loose);

	(void)state;
	has(got, "\"strict\":false");
	assert_has(got->warnings, "rewritten:tools.strict");
	has(from(FORMAT_CHAT, "gpt-4o", HEAD "\"tools\":[{\"type\":\"function\",\"function\":"
		 "{\"name\":\"f\",\"strict\":true,\"parameters\":{\"type\":\"object\","
		 "\"properties\":{\"a\":{}}}}}]," USER "}"), "\"strict\":true");
}

static void c97_c98_json(void **state)
{
	const char *schema = A_HEAD "\"output_config\":{\"format\":{\"type\":\"json_schema\","
		"\"schema\":{\"type\":\"object\",\"properties\":{},\"required\":[],"
		"\"additionalProperties\":false}}}," A_USER "}";
	const char *object = HEAD "\"response_format\":{\"type\":\"json_object\"}," USER "}";

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", schema),
	    "\"json_schema\":{\"name\":\"response\",\"schema\":");
	has(to_server("https://api.deepseek.com", schema),
	    "\"response_format\":{\"type\":\"json_object\"}");
	has(to_server("https://api.deepseek.com", schema), "It must match this JSON schema:\\n"
	    "{\\\"type\\\":\\\"object\\\"");
	assert_has(to_server("https://api.deepseek.com", schema)->warnings,
		   "emulated:response_format");
	has(from(FORMAT_CHAT, "gpt-4o", object), "{\"role\":\"developer\",\"content\":\"Respond "
	    "with a single JSON object and nothing else.\"}");
	assert_lacks(with_option("response_format", "none", FORMAT_CHAT, object)->body,
		     "response_format");
	has(with_option("response_format", "none", FORMAT_CHAT, object), "single JSON object");
}

static void c100_c102_sampling(void **state)
{
	const char *body = HEAD "\"temperature\":1.70,\"top_p\":0.9,\"frequency_penalty\":3,"
		"\"presence_penalty\":0,\"seed\":7,\"top_k\":5,\"logprobs\":true," USER "}";
	struct converted_text *got = from(FORMAT_CHAT, "gpt-4o", body);

	(void)state;
	has(got, "\"temperature\":1.70,\"top_p\":0.9,\"frequency_penalty\":2,"
	    "\"presence_penalty\":0,\"seed\":7,\"logprobs\":true");
	assert_string_equal(got->warnings,
			    "clamped:frequency_penalty, dropped:top_k");
	got = from(FORMAT_CHAT, "gpt-6-sol", HEAD "\"temperature\":0.5,\"top_p\":1,"
		   "\"presence_penalty\":0," USER "}");
	assert_lacks(got->body, "temperature");
	assert_lacks(got->body, "presence_penalty");
	assert_string_equal(got->warnings, "dropped:temperature");
	has(to_server("https://openrouter.ai/api/v1", A_HEAD "\"top_k\":5," A_USER "}"),
	    "\"top_k\":5");
	has(to_server("https://api.mistral.ai/v1", A_HEAD "\"temperature\":1.0," A_USER "}"),
	    "\"temperature\":1.0");
}

static void c102_seed_of_mistral(void **state)
{
	struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_COMPATIBLE,
		.model = "mistral-large",
		.base_url = "https://api.mistral.ai/v1",
	};

	(void)state;
	has(convert_text(&c, HEAD "\"seed\":7," USER "}"), "\"random_seed\":7");
}

static void c103_c104_max_tokens(void **state)
{
	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-4o", A_HEAD A_USER "}"), "\"max_completion_tokens\":100");
	has(to_server("http://localhost:8000/v1", A_HEAD A_USER "}"), "\"max_tokens\":100");
	assert_lacks(from(FORMAT_CHAT, "gpt-4o", HEAD USER "}")->body, "max_");
	has(from(FORMAT_ANTHROPIC, "gpt-4o", "{\"model\":\"m\",\"max_tokens\":0," A_USER "}"),
	    "\"max_completion_tokens\":1");
}

static void c106_stops(void **state)
{
	const char *body = A_HEAD "\"stop_sequences\":[\"1\",\"\",\"2\",\"3\",\"4\",\"5\"],"
		A_USER "}";
	struct converted_text *got = from(FORMAT_ANTHROPIC, "gpt-4o", body);

	(void)state;
	has(got, "\"stop\":[\"1\",\"2\",\"3\",\"4\"]");
	assert_has(got->warnings, "dropped:stop");
	got = from(FORMAT_ANTHROPIC, "gpt-6-sol", body);
	assert_lacks(got->body, "\"stop\"");
	assert_string_equal(got->warnings, "");
}

static void c110_effort(void **state)
{
	const char *body = A_HEAD "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":31999},"
		A_USER "}";
	const char *off = A_HEAD "\"thinking\":{\"type\":\"disabled\"}," A_USER "}";

	(void)state;
	has(from(FORMAT_ANTHROPIC, "gpt-6-sol", body), "\"reasoning_effort\":\"xhigh\"");
	has(from(FORMAT_ANTHROPIC, "o3", body), "\"reasoning_effort\":\"high\"");
	assert_lacks(from(FORMAT_ANTHROPIC, "gpt-4o", body)->body, "reasoning_effort");
	assert_has(from(FORMAT_ANTHROPIC, "gpt-4o", body)->warnings, "dropped:reasoning_effort");
	has(from(FORMAT_ANTHROPIC, "gpt-6-sol", off), "\"reasoning_effort\":\"none\"");
	has(from(FORMAT_ANTHROPIC, "gpt-5", off), "\"reasoning_effort\":\"minimal\"");
	assert_lacks(from(FORMAT_ANTHROPIC, "o3", off)->body, "reasoning_effort");
	assert_lacks(from(FORMAT_ANTHROPIC, "gpt-6-sol", A_HEAD "\"thinking\":{\"type\":"
			  "\"adaptive\"}," A_USER "}")->body, "reasoning_effort");
}

static void think_toggles(void **state)
{
	const char *on = A_HEAD "\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\","
		"\"budget_tokens\":8192}," A_USER "}";
	const char *off = A_HEAD "\"thinking\":{\"type\":\"disabled\"}," A_USER "}";

	(void)state;
	has(to_server("https://api.deepseek.com", on),
	    "\"thinking\":{\"type\":\"enabled\"},\"reasoning_effort\":\"medium\"");
	has(to_server("https://api.deepseek.com", off), "\"thinking\":{\"type\":\"disabled\"}");
	assert_lacks(to_server("https://api.deepseek.com", off)->body, "reasoning_effort");
	has(to_server("https://openrouter.ai/api/v1", on),
	    "\"reasoning\":{\"max_tokens\":8192}");
	has(to_server("https://openrouter.ai/api/v1", A_HEAD "\"thinking\":{\"type\":\"enabled\","
		      "\"budget_tokens\":8192}," A_USER "}"), "\"reasoning\":{\"effort\":"
	    "\"medium\"}");
	has(to_server("https://openrouter.ai/api/v1", off), "\"reasoning\":{\"enabled\":false}");
	has(with_option("think_toggle", "chat_template_kwargs.enable_thinking", FORMAT_ANTHROPIC,
			off), "\"chat_template_kwargs\":{\"enable_thinking\":false}");
}

static void c162_hints_go_silently(void **state)
{
	struct converted_text *got = from(FORMAT_ANTHROPIC, "gpt-4o", A_HEAD
		"\"system\":[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: cc_version=1;"
		"\"},{\"type\":\"text\",\"text\":\"real\",\"cache_control\":{\"type\":"
		"\"ephemeral\"}}],\"diagnostics\":{}," A_USER "}");

	(void)state;
	has(got, "{\"role\":\"developer\",\"content\":\"real\"}");
	assert_lacks(got->body, "billing");
	assert_string_equal(got->warnings, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(system_role_by_server),
		cmocka_unit_test(c41_mid_system_keeps_its_role),
		cmocka_unit_test(c42_texts_join_without_gap),
		cmocka_unit_test(c43_prefill),
		cmocka_unit_test(c45_results_and_their_media),
		cmocka_unit_test(c46_c47_errors_and_empty_results),
		cmocka_unit_test(c51_c53_choices),
		cmocka_unit_test(c51_servers_without_allowed_tools),
		cmocka_unit_test(c54_c57_account),
		cmocka_unit_test(c56_breakpoints_by_option),
		cmocka_unit_test(c58_several_answers),
		cmocka_unit_test(c59_usage_is_always_asked_for),
		cmocka_unit_test(c63_reasoning_goes_back),
		cmocka_unit_test(c75_documents),
		cmocka_unit_test(c86_c87_ids_and_names),
		cmocka_unit_test(c91_strict_only_where_it_fits),
		cmocka_unit_test(c97_c98_json),
		cmocka_unit_test(c100_c102_sampling),
		cmocka_unit_test(c102_seed_of_mistral),
		cmocka_unit_test(c103_c104_max_tokens),
		cmocka_unit_test(c106_stops),
		cmocka_unit_test(c110_effort),
		cmocka_unit_test(think_toggles),
		cmocka_unit_test(c162_hints_go_silently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
