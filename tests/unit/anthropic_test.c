/* Anthropic Messages in both directions, rule by rule. */
#include "tests/unit/convert_world.h"

#include <stdlib.h>

#define HEAD "{\"model\":\"m\",\"max_tokens\":100,"
#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define LOOP \
	"\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":" \
	"[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\"," \
	"\"content\":[{\"type\":\"text\",\"text\":\"and\"},{\"type\":\"tool_result\"," \
	"\"tool_use_id\":\"t1\"}]}]"

static struct converted_text *to_model(const char *model, const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_ANTHROPIC,
		.to = FORMAT_ANTHROPIC,
		.provider = PROVIDER_ANTHROPIC,
		.model = model,
	};

	return convert_text(&c, body);
}

static void accept(const char *model, const char *body, const char *part)
{
	struct converted_text *got = to_model(model, body);

	if (!got->ok) {
		print_error("refused: %s\n", got->body);
	}
	assert_true(got->ok);
	assert_has(got->body, part);
}

static void refuse(const char *model, const char *body, const char *message)
{
	struct converted_text *got = to_model(model, body);

	assert_false(got->ok);
	assert_has(got->body, message);
}

static void c15_results_come_first_and_match(void **state)
{
	(void)state;
	accept("claude-sonnet-5-5", HEAD LOOP "}",
	       "[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\"},{\"type\":\"text\"");
	refuse("claude-sonnet-5-5", HEAD
	       "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
	       "\"tool_use_id\":\"x\"}]}]}", "`x`");
}

static void c19_max_tokens_is_required(void **state)
{
	(void)state;
	refuse("claude-sonnet-5-5", "{\"model\":\"m\"," USER "}", "max_tokens: Field required");
	refuse("claude-sonnet-5-5", "[]", "not a JSON object");
	refuse("claude-sonnet-5-5", "{", "not JSON");
	refuse("claude-sonnet-5-5", HEAD "\"messages\":[{\"role\":\"robot\",\"content\":\"\"}]}",
	       "messages.0.role");
}

static void c41_system_inside_the_conversation(void **state)
{
	const char *body = HEAD
		"\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"system\","
		"\"content\":\"be brief\"},{\"role\":\"user\",\"content\":\"go\"}]}";

	(void)state;
	accept("claude-sonnet-4-6", body,
	       "{\"type\":\"text\",\"text\":\"<system>\\nbe brief\\n</system>\"},"
	       "{\"type\":\"text\",\"text\":\"go\"}]");
	assert_has(to_model("claude-sonnet-4-6", body)->warnings, "rewritten:messages.system");
	accept("claude-sonnet-5-5", body,
	       "{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"be brief\"}]}");
}

static void c42_roles_alternate(void **state)
{
	(void)state;
	accept("claude-sonnet-4-5", HEAD
	       "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"user\","
	       "\"content\":\"b\"},{\"role\":\"user\",\"content\":\"  \"},{\"role\":\"user\","
	       "\"content\":\"c\"}]}",
	       "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
	       "\"(continued)\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
	       "\"text\":\"a\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
	       "\"b\"},{\"type\":\"text\",\"text\":\"c\"}]}]");
	refuse("claude-sonnet-4-5", HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}",
	       "at least one message is required");
}

static void c43_prefill(void **state)
{
	const char *body = HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
			   "{\"role\":\"assistant\",\"content\":\"It is \\n\"}]}";

	(void)state;
	accept("claude-sonnet-4-5", body, "\"text\":\"It is\"");
	refuse("claude-sonnet-5-5", body, "does not continue");
}

static void c56_last_four_marks_stay(void **state)
{
	struct converted_text *got = to_model("claude-sonnet-5-5", HEAD
		"\"system\":[{\"type\":\"text\",\"text\":\"1\",\"cache_control\":{\"type\":"
		"\"ephemeral\"}},{\"type\":\"text\",\"text\":\"2\",\"cache_control\":{\"type\":"
		"\"ephemeral\",\"ttl\":\"1h\"}}],\"messages\":[{\"role\":\"user\",\"content\":["
		"{\"type\":\"text\",\"text\":\"3\",\"cache_control\":{\"type\":\"ephemeral\"}},"
		"{\"type\":\"text\",\"text\":\"4\",\"cache_control\":{\"type\":\"ephemeral\"}},"
		"{\"type\":\"text\",\"text\":\"5\",\"cache_control\":{\"type\":\"ephemeral\"}}]}]}");

	(void)state;
	assert_true(got->ok);
	assert_has(got->body, "{\"type\":\"text\",\"text\":\"1\"}");
	assert_has(got->body, "\"text\":\"2\",\"cache_control\":{\"type\":\"ephemeral\","
		   "\"ttl\":\"1h\"}");
	assert_has(got->body, "\"text\":\"5\",\"cache_control\"");
}

static void c60_only_own_thinking_goes_back(void **state)
{
	struct converted_text *got = to_model("claude-sonnet-5-5", HEAD
		"\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\","
		"\"content\":[{\"type\":\"thinking\",\"thinking\":\"mine\",\"signature\":\"s\"},"
		"{\"type\":\"thinking\",\"thinking\":\"unsigned\"},{\"type\":\"thinking\","
		"\"thinking\":\"\",\"signature\":\"gw1.g.eyJkIjoieCJ9\"},{\"type\":\"thinking\","
		"\"thinking\":\"\",\"signature\":\"omitted\"},{\"type\":\"text\",\"text\":\"a\"}]},"
		"{\"role\":\"user\",\"content\":\"b\"}]}");

	(void)state;
	assert_has(got->body, "\"thinking\":\"mine\",\"signature\":\"s\"");
	assert_has(got->body, "\"thinking\":\"\",\"signature\":\"omitted\"");
	assert_lacks(got->body, "unsigned");
	assert_lacks(got->body, "gw1.");
}

static void c60_loop_without_thinking_switches_it_off(void **state)
{
	const char *body = HEAD "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048},"
			   LOOP "}";
	struct converted_text *got = to_model("claude-sonnet-4-5", body);

	(void)state;
	assert_lacks(got->body, "budget_tokens");
	assert_has(got->warnings, "emulated:thinking");
	accept("claude-sonnet-5-5", body, "\"thinking\":{\"type\":\"adaptive\"}");
}

static void c100_sampling(void **state)
{
	const char *body = HEAD "\"temperature\":1.50,\"top_p\":0.90," USER "}";
	struct converted_text *got = to_model("claude-sonnet-4-5", body);

	(void)state;
	assert_has(got->body, "\"temperature\":1}");
	assert_lacks(got->body, "top_p");
	assert_has(got->warnings, "clamped:temperature, dropped:top_p");
	assert_string_equal(got->anthropic_version, "2023-06-01");
	got = to_model("claude-sonnet-5-5", body);
	assert_lacks(got->body, "temperature");
	assert_string_equal(got->anthropic_version, "2026-10-21");
	accept("claude-sonnet-4-5", HEAD "\"temperature\":0.50," USER "}", "\"temperature\":0.50");
}

static void c104_budget_below_max_tokens(void **state)
{
	(void)state;
	accept("claude-sonnet-4-5", HEAD
	       "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":31999}," USER "}",
	       "\"max_tokens\":33023,");
	accept("claude-3-7-sonnet", HEAD
	       "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":90000}," USER "}",
	       "\"budget_tokens\":62976");
}

static void c108_adaptive_models(void **state)
{
	(void)state;
	accept("claude-opus-4-6", HEAD
	       "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192}," USER "}",
	       "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"medium\"}");
	accept("claude-sonnet-5-5", HEAD "\"thinking\":{\"type\":\"disabled\"}," USER "}",
	       "\"thinking\":{\"type\":\"between_tools\"}");
	accept("claude-opus-5-5", HEAD "\"thinking\":{\"type\":\"disabled\"}," USER "}",
	       "\"output_config\":{\"effort\":\"low\"}");
	accept("claude-sonnet-5", HEAD "\"thinking\":{\"type\":\"disabled\"}," USER "}",
	       "\"thinking\":{\"type\":\"disabled\"}");
	accept("claude-sonnet-4-5", HEAD
	       "\"max_tokens\":20000,\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"},"
	       USER "}", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192,\"display\":"
	       "\"omitted\"}");
}

static void c17_c52_tool_choice(void **state)
{
	const char *body = HEAD
		"\"tools\":[{\"name\":\"f\",\"input_schema\":{}}],\"tool_choice\":{\"type\":"
		"\"any\",\"disable_parallel_tool_use\":true}," USER "}";

	(void)state;
	accept("claude-sonnet-5", body, "\"input_schema\":{\"type\":\"object\",\"properties\":"
	       "{}}}],\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true}");
	accept("claude-fable-5", body, "\"tool_choice\":{\"type\":\"any\"");
	accept("claude-sonnet-5-5", body, "\"tool_choice\":{\"type\":\"auto\"");
	accept("claude-opus-5-5", body, "\"tool_choice\":{\"type\":\"auto\"");
	assert_has(to_model("claude-opus-5-5", body)->warnings, "emulated:tool_choice");
	refuse("claude-sonnet-5-5", HEAD
	       "\"tools\":[{\"name\":\"f\"},{\"name\":\"f\"}]," USER "}", "given twice");
}

static void c71_unknown_blocks_come_back(void **state)
{
	(void)state;
	accept("claude-sonnet-5-5", HEAD
	       "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"search_result\","
	       "\"source\":\"s\",\"n\":1.0}]}]}",
	       "{\"type\":\"search_result\",\"source\":\"s\",\"n\":1.0}");
}

static void c72_images_are_checked(void **state)
{
	(void)state;
	accept("claude-sonnet-5-5", HEAD
	       "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":"
	       "{\"type\":\"base64\",\"media_type\":\"image/jpeg\",\"data\":\"iVBO\\nRw0KGgo=\"}"
	       "}]}]}", "\"media_type\":\"image/png\",\"data\":\"iVBORw0KGgo=\"");
	refuse("claude-sonnet-5-5", HEAD
	       "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":"
	       "{\"type\":\"base64\",\"media_type\":\"image/bmp\",\"data\":\"AAAA\"}}]}]}",
	       "image/bmp");
	refuse("claude-sonnet-5-5", HEAD
	       "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":"
	       "{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"!\"}}]}]}",
	       "not base64");
}

static void c97_structured_output_is_emulated(void **state)
{
	(void)state;
	accept("claude-3-5-haiku", HEAD
	       "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":"
	       "\"object\"}}}," USER "}",
	       "\"tool_choice\":{\"type\":\"tool\",\"name\":\"json_response\"}");
}

static void c10_strict_refuses_losses(void **state)
{
	struct string_pair pairs[] = { { "strict", "true" } };
	const struct convert_case c = {
		.from = FORMAT_ANTHROPIC,
		.to = FORMAT_ANTHROPIC,
		.provider = PROVIDER_ANTHROPIC,
		.model = "claude-sonnet-5-5",
		.options = { pairs, 1 },
	};

	(void)state;
	assert_false(convert_text(&c, HEAD "\"top_k\":5," USER "}")->ok);
	assert_true(convert_text(&c, HEAD USER "}")->ok);
}

/* ---- streams ---- */

#define START \
	"data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\",\"usage\":" \
	"{\"input_tokens\":3,\"cache_read_input_tokens\":4,\"output_tokens\":1}}}\n\n"
#define OPEN(block) \
	"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":" block "}\n\n"
#define DELTA(delta) \
	"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" delta "}\n\n"
#define CLOSE "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
#define FINISH \
	"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":" \
	"{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n"

static struct answer_plan *new_plan(bool stream)
{
	const struct upstream_account account = { .provider = PROVIDER_ANTHROPIC };
	struct route_options options;
	struct hub_request *req;
	struct answer_plan *plan;
	struct arena a;

	arena_init(&a, 1024);
	route_options_read(&account, &options);
	req = hub_request_new(&a, FORMAT_ANTHROPIC);
	req->stream = stream;
	plan = answer_plan_create(req, FORMAT_ANTHROPIC, slice_of("asked"), &options);
	arena_release(&a);
	return plan;
}

static void c7_c127_usage_is_cumulative(void **state)
{
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	assert_int_equal(convert_stream_text(new_plan(false), START OPEN(
		"{\"type\":\"text\",\"text\":\"\"}") DELTA("{\"type\":\"text_delta\",\"text\":"
		"\"a\\ud83d\"}") DELTA("{\"type\":\"text_delta\",\"text\":\"\\ude00\"}")
		CLOSE FINISH, &out), CONVERT_COMPLETE);
	assert_has(buf_text(&out), "\"model\":\"asked\"");
	assert_has(buf_text(&out), "a\xf0\x9f\x98\x80");
	assert_has(buf_text(&out), "\"input_tokens\":3,");
	assert_has(buf_text(&out), "\"cache_read_input_tokens\":4,");
	assert_has(buf_text(&out), "\"output_tokens\":9");
	buf_release(&out);
}

/* field-lessons 4 */
static void one_signature_a_block(void **state)
{
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	convert_stream_text(new_plan(true), START OPEN(
		"{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
		DELTA("{\"type\":\"signature_delta\",\"signature\":\"one\"}")
		DELTA("{\"type\":\"signature_delta\",\"signature\":\"two\"}")
		CLOSE FINISH, &out);
	assert_lacks(buf_text(&out), "one");
	assert_has(buf_text(&out), "{\"type\":\"signature_delta\",\"signature\":\"two\"}");
	buf_release(&out);
}

static void c106_stops_found_by_the_gateway(void **state)
{
	struct answer_plan *plan = new_plan(true);
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	hub_name_add(&plan->arena, &plan->stops, slice_of("STOP"));
	assert_int_equal(convert_stream_text(plan, START OPEN(
		"{\"type\":\"text\",\"text\":\"\"}")
		DELTA("{\"type\":\"text_delta\",\"text\":\"one ST\"}")
		DELTA("{\"type\":\"text_delta\",\"text\":\"OP two\"}") CLOSE FINISH, &out),
		CONVERT_COMPLETE);
	assert_has(buf_text(&out), "\"text\":\"one \"");
	assert_lacks(buf_text(&out), "two");
	assert_has(buf_text(&out), "\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"STOP\"");
	buf_release(&out);
}

static void c145_early_errors_write_nothing(void **state)
{
	struct convert_stream *s = convert_stream_create(new_plan(true), true);
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	assert_int_equal(convert_stream_feed(s, slice_of(START), &out), CONVERT_WAITING);
	buf_clear(&out);
	assert_int_equal(convert_stream_feed(s, slice_of(
		"data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"
		"\"busy\"}}\n\n"), &out), CONVERT_FAILED);
	assert_int_equal(out.len, 0);
	assert_false(convert_stream_wrote_error(s));
	assert_int_equal(convert_stream_error(s)->class, ERROR_OVERLOADED);
	convert_stream_destroy(s);
	buf_release(&out);
}

static void c147_a_json_answer_becomes_a_stream(void **state)
{
	struct convert_stream *s = convert_stream_create(new_plan(true), false);
	struct buf out = BUF_INIT(64 * KIB);

	(void)state;
	convert_stream_feed(s, slice_of("{\"id\":\"m\",\"content\":[{\"type\":\"text\",\"text\":"
		"\"hey\"}],\"stop_reason\":\"end_turn\",\"usage\":{}}"), &out);
	assert_int_equal(out.len, 0);
	assert_int_equal(convert_stream_finish(s, &out), CONVERT_COMPLETE);
	assert_has(buf_text(&out), "event: message_stop");
	assert_has(buf_text(&out), "\"text\":\"hey\"");
	convert_stream_destroy(s);
	buf_release(&out);
}

/* A mutated stream ends somehow, and in debug builds within the grammar. */
static void hostile_streams_end(void **state)
{
	static const char sample[] = START OPEN("{\"type\":\"server_tool_use\",\"id\":\"s\","
		"\"name\":\"web_search\",\"input\":{}}") DELTA("{\"type\":\"input_json_delta\","
		"\"partial_json\":\"{}\"}") CLOSE OPEN("{\"type\":\"tool_use\",\"id\":\"t\","
		"\"name\":\"f\",\"input\":{\"a\":1}}") CLOSE OPEN("{\"type\":\"thinking\","
		"\"thinking\":\"\",\"signature\":\"x\"}") DELTA("{\"type\":\"thinking_delta\","
		"\"thinking\":\"t\\ud83d\"}") CLOSE FINISH;

	(void)state;
	srand(11);
	for (int round = 0; round < 3000; round++) {
		char text[sizeof sample];
		struct buf out = BUF_INIT(256 * KIB);
		enum convert_state end;

		memcpy(text, sample, sizeof sample);
		for (int k = 0; k <= round % 4; k++) {
			text[(size_t)rand() % (sizeof sample - 1)] = (char)(rand() % 255 + 1);
		}
		end = convert_stream_text(new_plan(round % 2), text, &out);
		assert_true(end == CONVERT_COMPLETE || end == CONVERT_FAILED);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c15_results_come_first_and_match),
		cmocka_unit_test(c19_max_tokens_is_required),
		cmocka_unit_test(c41_system_inside_the_conversation),
		cmocka_unit_test(c42_roles_alternate),
		cmocka_unit_test(c43_prefill),
		cmocka_unit_test(c56_last_four_marks_stay),
		cmocka_unit_test(c60_only_own_thinking_goes_back),
		cmocka_unit_test(c60_loop_without_thinking_switches_it_off),
		cmocka_unit_test(c100_sampling),
		cmocka_unit_test(c104_budget_below_max_tokens),
		cmocka_unit_test(c108_adaptive_models),
		cmocka_unit_test(c17_c52_tool_choice),
		cmocka_unit_test(c71_unknown_blocks_come_back),
		cmocka_unit_test(c72_images_are_checked),
		cmocka_unit_test(c97_structured_output_is_emulated),
		cmocka_unit_test(c10_strict_refuses_losses),
		cmocka_unit_test(c7_c127_usage_is_cumulative),
		cmocka_unit_test(one_signature_a_block),
		cmocka_unit_test(c106_stops_found_by_the_gateway),
		cmocka_unit_test(c145_early_errors_write_nothing),
		cmocka_unit_test(c147_a_json_answer_becomes_a_stream),
		cmocka_unit_test(hostile_streams_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
