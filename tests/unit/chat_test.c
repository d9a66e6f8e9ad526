/* Requests of OpenAI Chat clients, rule by rule; and trips there and back. */
#include "tests/unit/chat_world.h"

#include <stdlib.h>

#include "formats/json_tree.h"

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
	has(complete(FORMAT_CHAT, HEAD "\"prompt\":[\"a\",\"b\"]}"), "\"content\":\"a\"");
	refused(complete(FORMAT_CHAT, HEAD "\"prompt\":[\"a\",1]}"), "each must be text");
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
		cmocka_unit_test(c113_prompts),
		cmocka_unit_test(c173_chat_to_anthropic_and_back),
		cmocka_unit_test(c173_anthropic_to_chat_and_back),
		cmocka_unit_test(many_results_between_messages),
		cmocka_unit_test(hostile_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
