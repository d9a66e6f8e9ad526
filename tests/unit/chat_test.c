/* OpenAI Chat in both directions, rule by rule: requests. */
#include "tests/unit/convert_world.h"

#include <stdlib.h>

#include "formats/json_tree.h"

#define HEAD "{\"model\":\"m\","
#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define MESSAGES(list) HEAD "\"messages\":[" list "]}"
#define SAY(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define CALL(id, name, args) \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\"," \
	"\"arguments\":\"" args "\"}}"
#define CALLS(list) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" list "]}"
#define RESULT(id, text) \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" text "\"}"
/* The same for Anthropic. */
#define A_HEAD "{\"model\":\"m\",\"max_tokens\":100,"
#define A_MESSAGES(list) A_HEAD "\"messages\":[" list "]}"
#define A_USE(id) \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":{\"a\":1}}"
#define PNG "iVBORw0KGgo="

/* ---- the ways in and out ---- */

static struct converted_text *to_claude(const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = FORMAT_ANTHROPIC,
		.provider = PROVIDER_ANTHROPIC,
		.model = "claude-sonnet-4-5",
	};

	return convert_text(&c, body);
}

static struct converted_text *from(enum format_id format, const char *model, const char *body)
{
	const struct convert_case c = {
		.from = format,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_OPENAI,
		.model = model,
	};

	return convert_text(&c, body);
}

/* An Anthropic client at a compatible server, known by its host. */
static struct converted_text *to_server(const char *base_url, const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_ANTHROPIC,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_COMPATIBLE,
		.model = "some-model",
		.base_url = base_url,
	};

	return convert_text(&c, body);
}

static struct converted_text *with_option(const char *name, const char *value,
					  enum format_id format, const char *body)
{
	struct string_pair pair = { name, value };
	const struct convert_case c = {
		.from = format,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_OPENAI,
		.model = "gpt-4o",
		.options = { &pair, 1 },
	};

	return convert_text(&c, body);
}

static void has(struct converted_text *got, const char *part)
{
	if (!got->ok) {
		print_error("refused: %s\n", got->body);
	}
	assert_true(got->ok);
	assert_has(got->body, part);
}

static void refused(struct converted_text *got, const char *message)
{
	assert_false(got->ok);
	assert_has(got->body, message);
}

/* ---- requests in ---- */

static void c20_leading_system_messages(void **state)
{
	(void)state;
	has(to_claude(MESSAGES(SAY("system", "a") "," SAY("developer", "b") ","
			       SAY("user", "hi"))),
	    "\"system\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]");
	has(to_claude(MESSAGES(SAY("user", "hi") "," SAY("system", "later"))),
	    "<system>\\nlater\\n</system>");
	refused(to_claude(MESSAGES(SAY("robot", "x"))), "messages[0].role");
	refused(to_claude(HEAD "\"messages\":[]}"), "at least one message");
	refused(to_claude(MESSAGES("{\"role\":\"user\"}")), "messages[0].content");
}

static void c21_assistant_blocks_in_order(void **state)
{
	struct converted_text *got = from(FORMAT_CHAT, "gpt-4o", MESSAGES(
		SAY("user", "hi") ",{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
		CALL("c1", "f", "{}") "]}," RESULT("c1", "r")));

	(void)state;
	has(got, "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\"");
	has(to_claude(MESSAGES(SAY("user", "hi") ",{\"role\":\"assistant\",\"content\":\"t\","
		"\"reasoning_content\":\"foreign thought\",\"refusal\":\"no\",\"tool_calls\":["
		CALL("c1", "f", "{}") "]}," RESULT("c1", "r"))),
	    "[{\"type\":\"text\",\"text\":\"t\"},{\"type\":\"text\",\"text\":\"no\"},"
	    "{\"type\":\"tool_use\",\"id\":\"c1\"");
}

static void c21_function_calls_of_old(void **state)
{
	const char *body = HEAD
		"\"functions\":[{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}],"
		"\"function_call\":{\"name\":\"f\"},\"messages\":[" SAY("user", "hi") ","
		"{\"role\":\"assistant\",\"content\":null,\"function_call\":{\"name\":\"f\","
		"\"arguments\":\"{}\"}},{\"role\":\"function\",\"name\":\"f\",\"content\":"
		"\"done\"}]}";

	(void)state;
	has(to_claude(body), "{\"type\":\"tool_use\",\"id\":\"call_fn_1\",\"name\":\"f\"");
	has(to_claude(body), "\"tool_use_id\":\"call_fn_1\",\"content\":\"done\"");
	has(to_claude(body), "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}");
	refused(to_claude(MESSAGES("{\"role\":\"function\",\"name\":\"g\",\"content\":\"x\"}")),
		"messages[0].name");
}

static void c22_results_join_in_call_order(void **state)
{
	const char *body = MESSAGES(SAY("user", "hi") ","
		CALLS(CALL("c1", "f", "{}") "," CALL("c2", "f", "{}")) ","
		RESULT("c2", "second") "," RESULT("c1", "first") "," SAY("user", "and") ","
		SAY("user", "more"));

	(void)state;
	has(to_claude(body), "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
	    "\"tool_use_id\":\"c1\",\"content\":\"first\"},{\"type\":\"tool_result\","
	    "\"tool_use_id\":\"c2\",\"content\":\"second\"},{\"type\":\"text\",\"text\":\"and\"},"
	    "{\"type\":\"text\",\"text\":\"more\"}]");
	refused(to_claude(MESSAGES(SAY("user", "hi") "," CALLS(CALL("c1", "f", "{}")))), "c1");
	refused(to_claude(MESSAGES(SAY("user", "hi") "," RESULT("c9", "x"))), "c9");
	refused(to_claude(MESSAGES(SAY("user", "hi") "," CALLS(CALL("c1", "f", "{}")) ","
				   RESULT("c1", "x") "," RESULT("c1", "y"))), "more than one");
}

#define PART(part) MESSAGES("{\"role\":\"user\",\"content\":[" part "]}")
#define IMAGE(url) "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"

static void c23_media(void **state)
{
	(void)state;
	has(to_claude(PART(IMAGE("data:;base64," PNG))),
	    "{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"" PNG "\"}");
	has(to_claude(PART(IMAGE("https://example.org/a.png"))),
	    "{\"type\":\"url\",\"url\":\"https://example.org/a.png\"}");
	refused(to_claude(PART(IMAGE("file:///etc/passwd"))),
		"messages[0].content[0].image_url.url");
	refused(to_claude(PART(IMAGE("data:image/png,abc"))), "messages[0].content[0]");
	has(to_claude(PART("{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":"
			   "\"data:application/pdf;base64,JVBERi0=\"}}")),
	    "\"media_type\":\"application/pdf\",\"data\":\"JVBERi0=\"}");
	refused(to_claude(PART("{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}")),
		"another provider");
	refused(to_claude(PART("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\","
			       "\"format\":\"wav\"}}")), "audio");
	refused(to_claude(PART("{\"type\":\"hologram\"}")), "hologram");
	refused(to_claude(PART("7")), "messages[0].content[0].type");
}

static void c24_newer_names_win(void **state)
{
	(void)state;
	has(to_claude(HEAD "\"max_tokens\":5,\"max_completion_tokens\":7,\"stop\":\"END\"," USER
		      "}"), "\"max_tokens\":7,");
	has(to_claude(HEAD "\"stop\":\"END\"," USER "}"), "\"stop_sequences\":[\"END\"]");
	refused(to_claude(HEAD "\"n\":0," USER "}"), "n: must be");
}

static void c25_response_format(void **state)
{
	const char *body = HEAD "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
		"{\"name\":\"my city\",\"schema\":{\"type\":\"object\"}}}," USER "}";

	(void)state;
	has(to_claude(body), "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":"
	    "{\"type\":\"object\"}}}");
	has(from(FORMAT_CHAT, "gpt-4o", body), "\"json_schema\":{\"name\":\"my_city\",\"schema\":"
	    "{\"type\":\"object\"},\"strict\":false}");
}

static void c26_thinking_in_every_spelling(void **state)
{
	(void)state;
	has(to_claude(HEAD "\"reasoning_effort\":\"low\",\"max_tokens\":9000," USER "}"),
	    "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}");
	assert_lacks(to_claude(HEAD "\"reasoning_effort\":\"none\"," USER "}")->body, "thinking");
	has(to_claude(HEAD "\"reasoning\":{\"max_tokens\":3000,\"exclude\":true},\"max_tokens\":"
		      "9000," USER "}"),
	    "\"budget_tokens\":3000,\"display\":\"omitted\"");
	has(to_claude(HEAD "\"thinking\":{\"type\":\"enabled\"},\"max_tokens\":9000," USER "}"),
	    "\"budget_tokens\":8192");
	assert_lacks(to_claude(HEAD "\"reasoning\":{\"enabled\":false}," USER "}")->body,
		     "thinking");
	has(to_claude(HEAD "\"user\":\"old\",\"safety_identifier\":\"new\"," USER "}"),
	    "\"user_id\":\"new\"");
}

static void c27_tools(void **state)
{
	const char *custom = HEAD "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"sql\","
		"\"format\":{\"type\":\"grammar\",\"grammar\":{\"syntax\":\"lark\","
		"\"definition\":\"start: x\"}}}}]," USER "}";
	const char *allowed = HEAD "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
		"\"f\"}},{\"type\":\"function\",\"function\":{\"name\":\"g\"}}],\"tool_choice\":"
		"{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":["
		"{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}}," USER "}";

	(void)state;
	has(to_claude(custom), "Input grammar (lark):\\nstart: x");
	has(from(FORMAT_CHAT, "gpt-4o", custom), "{\"type\":\"custom\",\"custom\":{\"name\":"
	    "\"sql\",\"format\":{\"type\":\"grammar\",\"grammar\":{\"syntax\":\"lark\","
	    "\"definition\":\"start: x\"}}}}");
	assert_lacks(to_claude(allowed)->body, "\"f\"");
	has(from(FORMAT_CHAT, "gpt-4o", allowed), "\"tool_choice\":{\"type\":\"allowed_tools\","
	    "\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\","
	    "\"function\":{\"name\":\"g\"}}]}}");
	refused(to_claude(HEAD "\"tools\":[{\"type\":\"function\",\"function\":{}}]," USER "}"),
		"name");
	assert_has(to_claude(HEAD "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
			     "\"f\"}}],\"tool_choice\":\"sometimes\"," USER "}")->warnings,
		   "unknown:tool_choice");
}

static void c28_members_of_chat_alone(void **state)
{
	struct converted_text *got = to_claude(HEAD "\"logit_bias\":{\"1\":2},\"metadata\":{},"
		"\"prompt_cache_retention\":\"24h\",\"modalities\":[\"text\"]," USER "}");

	(void)state;
	assert_string_equal(got->warnings, "dropped:logit_bias");
	refused(to_claude(HEAD "\"modalities\":[\"text\",\"audio\"],\"audio\":{\"voice\":\"x\"},"
			  USER "}"), "audio");
	has(from(FORMAT_CHAT, "gpt-4o", HEAD "\"logit_bias\":{\"1\":2},\"store\":true,"
		 "\"metadata\":{\"k\":\"v\"}," USER "}"), "\"store\":true,\"metadata\":"
	    "{\"k\":\"v\"},\"logit_bias\":{\"1\":2}");
}

static void c50_web_search(void **state)
{
	struct string_pair pair = { "map_web_search", "true" };
	struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = FORMAT_ANTHROPIC,
		.provider = PROVIDER_ANTHROPIC,
		.model = "claude-sonnet-4-5",
		.options = { &pair, 1 },
	};
	const char *body = HEAD "\"web_search_options\":{\"search_context_size\":\"low\","
		"\"user_location\":{\"type\":\"approximate\",\"approximate\":{\"city\":\"Paris\"}"
		"}}," USER "}";

	(void)state;
	has(convert_text(&c, body), "{\"type\":\"web_search_20250305\"");
	assert_has(to_claude(body)->warnings, "dropped:tools.web_search");
	has(from(FORMAT_CHAT, "gpt-4o-search-preview", body), "\"web_search_options\":"
	    "{\"search_context_size\":\"low\",\"user_location\":{\"type\":\"approximate\","
	    "\"approximate\":{\"city\":\"Paris\"}}}");
}

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
	refused(from(FORMAT_CHAT, "gpt-4o", HEAD "\"n\":9," USER "}"), "n: at most 8");
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
	    "\"presence_penalty\":0,\"seed\":7");
	assert_string_equal(got->warnings,
			    "clamped:frequency_penalty, dropped:top_k, dropped:logprobs");
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

/* ---- /v1/completions (C113) ---- */

static struct converted_text *complete(enum format_id to, const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = to,
		.provider = to == FORMAT_CHAT ? PROVIDER_OPENAI : PROVIDER_ANTHROPIC,
		.model = to == FORMAT_CHAT ? "gpt-4o" : "claude-sonnet-4-5",
		.text_completion = true,
	};

	return convert_text(&c, body);
}

static void c113_prompts(void **state)
{
	(void)state;
	has(complete(FORMAT_CHAT, HEAD "\"prompt\":\"Once\",\"stream\":true}"),
	    "\"messages\":[{\"role\":\"user\",\"content\":\"Once\"}],"
	    "\"max_completion_tokens\":16,\"stream\":true");
	has(complete(FORMAT_ANTHROPIC, HEAD "\"prompt\":[\"Once\"],\"max_tokens\":40,\"stop\":"
		     "[\"x\"]}"), "\"max_tokens\":40,\"messages\":[{\"role\":\"user\"");
	has(complete(FORMAT_CHAT, HEAD "\"prompt\":\"a\",\"logit_bias\":{\"1\":1},\"n\":2}"),
	    "\"logit_bias\":{\"1\":1}");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":[\"a\",\"b\"]}"), "one prompt");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":[1,2,3]}"), "not tokens");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":[[1]]}"), "not tokens");
	refused(complete(FORMAT_CHAT, HEAD "\"x\":1}"), "prompt: Field required");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":\"a\",\"suffix\":\"b\"}"), "suffix");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":\"a\",\"echo\":true}"), "echo");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":\"a\",\"best_of\":2}"), "best_of");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":\"a\",\"logprobs\":0}"), "logprobs");
}

/* ---- round trips (C173) ---- */

/* The body that comes back when it goes to the other format and from there
 * again; what it was first is compared after one trip, so that spellings that
 * mean the same (a string for one text) are the same. */
static void comes_back(enum format_id own, enum format_id other, const char *body)
{
	const enum provider_id providers[] = {
		[FORMAT_ANTHROPIC] = PROVIDER_ANTHROPIC,
		[FORMAT_CHAT] = PROVIDER_OPENAI,
	};
	const char *const models[] = {
		[FORMAT_ANTHROPIC] = "claude-sonnet-4-5",
		[FORMAT_CHAT] = "gpt-4o",
	};
	const struct convert_case same = { own, own, providers[own], models[own], { NULL, 0 },
					   NULL, false };
	const struct convert_case there = { own, other, providers[other], models[other],
					    { NULL, 0 }, NULL, false };
	const struct convert_case back = { other, own, providers[own], models[own],
					   { NULL, 0 }, NULL, false };
	char *first;
	char *middle;

	assert_true(convert_text(&same, body)->ok);
	first = strdup(convert_text(&same, body)->body);
	middle = strdup(convert_text(&there, first)->body);
	has(convert_text(&back, middle), "model");
	assert_string_equal(convert_text(&back, middle)->body, first);
	free(first);
	free(middle);
}

static void c173_chat_to_anthropic_and_back(void **state)
{
	(void)state;
	comes_back(FORMAT_CHAT, FORMAT_ANTHROPIC, HEAD "\"max_tokens\":50,\"temperature\":0.50,"
		"\"stop\":[\"A\",\"B\"],\"stream\":true,\"user\":\"u\",\"tools\":[{\"type\":"
		"\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":"
		"{\"type\":\"object\",\"properties\":{\"z\":{},\"a\":{}}}}}],\"tool_choice\":"
		"\"required\",\"messages\":[" SAY("system", "be brief") ",{\"role\":\"user\","
		"\"content\":[{\"type\":\"text\",\"text\":\"look\"}," IMAGE("data:image/png;base64,"
		PNG) "]}," CALLS(CALL("c1", "f", "{\\\"z\\\": 1.0}") "," CALL("c2", "f", "{}")) ","
		RESULT("c1", "r1") "," RESULT("c2", "[tool error] r2") "]}");
}

static void c173_anthropic_to_chat_and_back(void **state)
{
	(void)state;
	comes_back(FORMAT_ANTHROPIC, FORMAT_CHAT, "{\"model\":\"m\",\"max_tokens\":50,"
		"\"temperature\":0.50,\"stop_sequences\":[\"A\"],\"tools\":[{\"name\":\"f\","
		"\"description\":\"d\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],"
		"\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":"
		"true},\"system\":[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":"
		"\"two\"}],\"messages\":[" SAY("user", "hi") ",{\"role\":\"assistant\",\"content\":["
		"{\"type\":\"text\",\"text\":\"so\"}," A_USE("t1") "]},{\"role\":\"user\",\"content\":["
		"{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"is_error\":true,\"content\":"
		"\"boom\"},{\"type\":\"text\",\"text\":\"and\"}]}],\"metadata\":{\"user_id\":\"u\"},"
		"\"stream\":true}");
}

/* Results and system messages in turn: work must not grow with their square. */
static void many_results_between_messages(void **state)
{
	struct buf body = BUF_INIT(16 * MIB);
	const size_t rounds = 20000;

	(void)state;
	buf_adds(&body, HEAD "\"messages\":[" SAY("user", "hi") ",{\"role\":\"assistant\","
		 "\"tool_calls\":[");
	for (size_t i = 0; i < rounds; i++) {
		buf_addf(&body, "%s{\"id\":\"c%zu\",\"function\":{\"name\":\"f\"}}", i ? "," : "", i);
	}
	buf_adds(&body, "]}");
	for (size_t i = 0; i < rounds; i++) {
		buf_addf(&body, ",{\"role\":\"tool\",\"tool_call_id\":\"c%zu\",\"content\":\"\"},"
			 SAY("system", "s"), i);
	}
	buf_adds(&body, "]}");
	assert_true(to_claude(buf_text(&body))->ok);
	assert_true(from(FORMAT_CHAT, "gpt-4o", buf_text(&body))->ok);
	buf_release(&body);
}

/* A mutated body is converted or refused, and what is converted is JSON. */
static void hostile_bodies(void **state)
{
	static const char sample[] = HEAD "\"n\":1,\"stop\":[\"a\"],\"tools\":[{\"type\":"
		"\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}],\"tool_choice\":"
		"{\"type\":\"function\",\"function\":{\"name\":\"f\"}},\"reasoning\":{\"effort\":"
		"\"low\"},\"messages\":[" SAY("system", "s") ",{\"role\":\"user\",\"content\":["
		"{\"type\":\"text\",\"text\":\"t\"}," IMAGE("data:image/png;base64," PNG) "]},"
		"{\"role\":\"assistant\",\"reasoning_details\":[{\"type\":\"reasoning.text\","
		"\"text\":\"r\"}],\"tool_calls\":[" CALL("c1", "f", "{}") "]},"
		RESULT("c1", "x") "," SAY("user", "go") "]}";

	(void)state;
	srand(12);
	for (int round = 0; round < 3000; round++) {
		char text[sizeof sample];
		struct converted_text *got;
		struct arena a;

		memcpy(text, sample, sizeof sample);
		for (int k = 0; k <= round % 4; k++) {
			text[(size_t)rand() % (sizeof sample - 1)] = (char)(rand() % 255 + 1);
		}
		got = round % 2 ? to_claude(text) : from(FORMAT_CHAT, "gpt-4o", text);
		arena_init(&a, 4096);
		assert_true(!got->ok || json_is_object_text(slice_of(got->body)));
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c20_leading_system_messages),
		cmocka_unit_test(c21_assistant_blocks_in_order),
		cmocka_unit_test(c21_function_calls_of_old),
		cmocka_unit_test(c22_results_join_in_call_order),
		cmocka_unit_test(c23_media),
		cmocka_unit_test(c24_newer_names_win),
		cmocka_unit_test(c25_response_format),
		cmocka_unit_test(c26_thinking_in_every_spelling),
		cmocka_unit_test(c27_tools),
		cmocka_unit_test(c28_members_of_chat_alone),
		cmocka_unit_test(c50_web_search),
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
		cmocka_unit_test(c113_prompts),
		cmocka_unit_test(c173_chat_to_anthropic_and_back),
		cmocka_unit_test(c173_anthropic_to_chat_and_back),
		cmocka_unit_test(many_results_between_messages),
		cmocka_unit_test(hostile_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
