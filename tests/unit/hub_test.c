/* The hub's own pieces: emitter, checks, warnings, effort, ids, envelope,
 * stop scanner. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/limits.h"
#include "formats/effort.h"
#include "formats/envelope.h"
#include "formats/event.h"
#include "formats/hub_check.h"
#include "formats/ids.h"
#include "formats/model_traits.h"
#include "formats/route_options.h"
#include "formats/stop_scan.h"
#include "formats/warnings.h"
#include "tests/unit/test_arena.h"

/* ---- C130 ---- */

static void check_event(void *ctx, const struct event *ev)
{
	event_check(ctx, ev);
}

/* Whatever order a decoder calls in, the grammar holds (asserted in debug
 * builds). */
static void emitter_keeps_the_grammar(void **state)
{
	const struct hub_stop stop = { .kind = STOP_END };
	const struct answer_head head = { .created = 1 };
	const struct hub_usage usage = HUB_USAGE_INIT;
	const struct hub_sig sig = { ORIGIN_GEMINI, { "x", 1 }, { NULL, 0 } };

	(void)state;
	srand(7);
	for (int round = 0; round < 2000; round++) {
		struct event_check check = { .is_started = false };
		struct emitter e = { .sink = { check_event, &check } };

		for (int step = 0; step < 20; step++) {
			switch (rand() % 10) {
			case 0: emit_start(&e, &head, &usage); break;
			case 1: emit_ensure(&e, BLOCK_TEXT); break;
			case 2: emit_ensure(&e, BLOCK_THINKING); break;
			case 3: emit_delta(&e, DELTA_TEXT, slice_of("t")); break;
			case 4: emit_delta(&e, DELTA_ARGS, slice_of("")); break;
			case 5: emit_sig(&e, &sig); break;
			case 6: emit_close(&e); break;
			case 7: emit_usage(&e, &usage); break;
			case 8: step % 5 ? emit_ping(&e) : emit_stop(&e, &stop); break;
			default: step % 7 ? emit_close(&e) : emit_end(&e); break;
			}
		}
		assert_false(e.is_over && e.is_open);
	}
}

/* ---- C9 ---- */

static void warnings_are_bounded(void **state)
{
	struct warnings w;
	struct buf out = BUF_INIT(4 * KIB);

	(void)state;
	warnings_init(&w, &arena);
	warn(&w, WARN_CLAMPED, "temperature");
	warn(&w, WARN_CLAMPED, "temperature");
	assert_null(w.lossy);
	warn(&w, WARN_DROPPED, "tools.%s", "a b,c\r\n");
	warnings_text(&w, &out);
	assert_string_equal(buf_text(&out), "clamped:temperature, dropped:tools.a_b_c__");
	assert_string_equal(w.lossy, "tools.a_b_c__");
	buf_clear(&out);
	for (int i = 0; i < 40; i++) {
		warn(&w, WARN_UNKNOWN, "a.rather.long.path.of.a.member.number.%d", i);
	}
	warnings_text(&w, &out);
	assert_true(out.len <= MAX_WARNINGS_BYTES);
	assert_string_equal(buf_text(&out) + out.len - 6, ", more");
	buf_release(&out);
}

/* ---- C107 ---- */

static void effort_and_budget_round_trip(void **state)
{
	(void)state;
	for (int level = EFFORT_NONE; level <= EFFORT_MAX; level++) {
		assert_int_equal(effort_of_budget(effort_to_budget((enum hub_effort)level)),
				 level);
	}
	assert_int_equal(effort_of_budget(31999), EFFORT_XHIGH);
}

static void effort_fits_the_model(void **state)
{
	struct model_traits t;

	(void)state;
	model_traits_find(FORMAT_ANTHROPIC, slice_of("claude-opus-4-6"), &t);
	assert_int_equal(effort_fit(EFFORT_XHIGH, &t), EFFORT_HIGH);
	assert_int_equal(effort_fit(EFFORT_MAX, &t), EFFORT_MAX);
	assert_int_equal(effort_fit(EFFORT_MINIMAL, &t), EFFORT_LOW);
	model_traits_find(FORMAT_RESPONSES, slice_of("gpt-5"), &t);
	assert_int_equal(effort_fit(EFFORT_MAX, &t), EFFORT_HIGH);
}

static void model_names_are_bare(void **state)
{
	struct model_traits t;

	(void)state;
	model_traits_find(FORMAT_ANTHROPIC, slice_of("anthropic/Claude-Sonnet-4-5-20250929[1m]"),
			  &t);
	assert_int_equal(t.thinking, STYLE_BUDGET);
	assert_int_equal(t.max_output, 64000);
	model_traits_find(FORMAT_GEMINI, slice_of("models/gemini-2.5-pro"), &t);
	assert_int_equal(t.budget_min, 128);
	assert_false(t.can_disable);
	model_traits_find(FORMAT_CHAT, slice_of("o3-mini"), &t);
	assert_false(t.stop);
	model_traits_find(FORMAT_CHAT, slice_of("llama3"), &t);
	assert_true(t.stop && t.sampling);
	assert_int_equal(t.thinking, STYLE_LEVEL);
	model_traits_find(FORMAT_CHAT, slice_of("openai/gpt-4o"), &t);
	assert_int_equal(t.thinking, STYLE_NONE);
}

/* ---- C84-C89 ---- */

static const char *wire(struct wire_map *m, const char *original)
{
	struct slice got = wire_map_get(m, slice_of(original));

	return arena_strndup(&arena, got.ptr, got.len);
}

static void ids_fit_their_targets(void **state)
{
	struct wire_map m;
	const char *first;

	(void)state;
	wire_map_init(&m, &arena, WIRE_ID_ANTHROPIC);
	assert_string_equal(wire(&m, "toolu_01-A"), "toolu_01-A");
	assert_string_equal(wire(&m, "call:1"), "call_1");
	first = wire(&m, "call_1");
	assert_string_not_equal(first, "call_1");
	assert_true(str_starts(first, "call_1_"));
	assert_string_equal(wire(&m, "call:1"), "call_1");
	assert_string_equal(wire(&m, "call_1"), first);
	assert_true(str_starts(wire(&m, ""), "call_"));
	wire_map_release(&m);

	wire_map_init(&m, &arena, WIRE_ID_40);
	assert_int_equal(strlen(wire(&m, "0123456789012345678901234567890123456789x")), 37);
	assert_string_equal(wire(&m, "functions.x:0"), "functions.x:0");
	wire_map_release(&m);

	wire_map_init(&m, &arena, WIRE_ID_MISTRAL);
	assert_string_equal(wire(&m, "abcDEF123"), "abcDEF123");
	assert_int_equal(strlen(wire(&m, "toolu_01")), 9);
	wire_map_release(&m);
}

static void names_fit_their_targets(void **state)
{
	struct wire_map m;
	const char *name;

	(void)state;
	wire_map_init(&m, &arena, WIRE_NAME_64);
	assert_string_equal(wire(&m, "mcp.server/tool"), "mcp_server_tool");
	assert_string_equal(wire(&m, "wörld"), "w_rld");
	name = wire(&m, "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg");
	assert_int_equal(strlen(name), 64);
	assert_int_equal(name[55], '_');
	wire_map_release(&m);

	wire_map_init(&m, &arena, WIRE_NAME_GEMINI);
	assert_string_equal(wire(&m, "1st.tool"), "_1st.tool");
	assert_string_equal(wire(&m, "-x"), "_-x");
	wire_map_release(&m);
}

/* ---- C64 ---- */

static void envelope_round_trip(void **state)
{
	const struct hub_sig sig = { ORIGIN_OPENAI, slice_of("blob+/=\""), slice_of("rs_1") };
	struct slice text = envelope_seal(&arena, &sig, ORIGIN_ANTHROPIC);
	struct hub_sig back = envelope_open(&arena, text, ORIGIN_ANTHROPIC);

	(void)state;
	assert_true(str_starts(text.ptr, "gw1.o."));
	assert_int_equal(back.origin, ORIGIN_OPENAI);
	assert_true(slice_same(back.data, sig.data));
	assert_true(slice_same(back.item_id, sig.item_id));
	back = envelope_open(&arena, slice_of("plain"), ORIGIN_ANTHROPIC);
	assert_int_equal(back.origin, ORIGIN_ANTHROPIC);
	assert_int_equal(envelope_open(&arena, slice_of("gw1.o.!!!"), ORIGIN_GEMINI).origin,
			 ORIGIN_NONE);
	assert_int_equal(envelope_open(&arena, slice_of("gw1.x.e30"), ORIGIN_GEMINI).origin,
			 ORIGIN_NONE);
	assert_int_equal(envelope_open(&arena, SLICE_NULL, ORIGIN_GEMINI).origin, ORIGIN_NONE);
}

/* ---- C106 ---- */

static const char *scan_pieces(const char *text, size_t step, const char *const *stops,
			       const char **hit)
{
	struct hub_name *names = NULL;
	struct stop_scan scan;
	struct buf out = BUF_INIT(KIB);
	const struct hub_name *found = NULL;
	const char *result;

	for (; *stops; stops++) {
		hub_name_add(&arena, &names, slice_of(*stops));
	}
	stop_scan_init(&scan, names);
	for (size_t at = 0; at < strlen(text) && !found; at += step) {
		size_t len = strlen(text) - at < step ? strlen(text) - at : step;
		struct slice ready;

		found = stop_scan_feed(&scan, (struct slice){ text + at, len });
		ready = stop_scan_ready(&scan);
		buf_add(&out, ready.ptr, ready.len);
		stop_scan_drop(&scan);
	}
	if (!found) {
		stop_scan_flush(&scan);
		buf_add(&out, stop_scan_ready(&scan).ptr, stop_scan_ready(&scan).len);
	}
	*hit = found ? found->text.ptr : NULL;
	result = arena_strdup(&arena, buf_text(&out));
	stop_scan_release(&scan);
	buf_release(&out);
	return result;
}

static void stops_are_found_in_any_split(void **state)
{
	static const char *const stops[] = { "END", "\n\nHuman:", NULL };
	const char *hit;

	(void)state;
	for (size_t step = 1; step < 20; step++) {
		assert_string_equal(scan_pieces("one EN two ENDED", step, stops, &hit),
				    "one EN two ");
		assert_string_equal(hit, "END");
		assert_string_equal(scan_pieces("a\n\nHum\n\nHuman: b", step, stops, &hit),
				    "a\n\nHum");
		assert_string_equal(scan_pieces("nothing E", step, stops, &hit), "nothing E");
		assert_null(hit);
	}
}

/* ---- C15, C44, C89 ---- */

static struct hub_block *call(const char *id)
{
	struct hub_block *b = hub_block_new(&arena, BLOCK_TOOL_USE);

	b->tool_use.id = slice_of(id);
	return b;
}

static struct hub_block *result(const char *id)
{
	struct hub_block *b = hub_block_new(&arena, BLOCK_TOOL_RESULT);

	b->tool_result.id = slice_of(id);
	return b;
}

static void results_answer_calls(void **state)
{
	struct hub_request *req = hub_request_new(&arena, FORMAT_CHAT);
	struct hub_message *user;
	struct warnings w;
	struct api_error why;

	(void)state;
	warnings_init(&w, &arena);
	hub_append(&hub_message_new(req, ROLE_ASSISTANT)->blocks, call("a"));
	hub_append(&hub_message_continue(req, ROLE_ASSISTANT)->blocks, call("b"));
	user = hub_message_new(req, ROLE_USER);
	hub_append(&user->blocks, result("b"));
	assert_false(hub_check(req, false, &w, &why));
	assert_non_null(strstr(why.message, "`a`"));
	assert_true(hub_check(req, true, &w, &why));
	assert_int_equal(user->blocks.count, 2);
	assert_true(hub_check(req, false, &w, &why));
	hub_append(&user->blocks, result("b"));
	assert_false(hub_check(req, true, &w, &why));
	assert_non_null(strstr(why.message, "more than one"));
}

static void results_need_calls(void **state)
{
	struct hub_request *req = hub_request_new(&arena, FORMAT_CHAT);
	struct warnings w;
	struct api_error why;

	(void)state;
	warnings_init(&w, &arena);
	hub_append(&hub_message_new(req, ROLE_USER)->blocks, result("x"));
	assert_false(hub_check(req, true, &w, &why));
	assert_int_equal(why.class, ERROR_INVALID);
	req = hub_request_new(&arena, FORMAT_CHAT);
	hub_append(&hub_message_new(req, ROLE_ASSISTANT)->blocks, call("last"));
	assert_false(hub_check(req, false, &w, &why));
	assert_true(hub_check(req, true, &w, &why));
	assert_int_equal(req->last_message->role, ROLE_USER);
}

static void tool_names_are_unique(void **state)
{
	struct hub_request *req = hub_request_new(&arena, FORMAT_CHAT);
	struct warnings w;
	struct api_error why;

	(void)state;
	warnings_init(&w, &arena);
	hub_tool_new(req, TOOL_FUNCTION)->name = slice_of("one");
	assert_true(hub_check(req, false, &w, &why));
	hub_tool_new(req, TOOL_CUSTOM)->name = slice_of("one");
	assert_false(hub_check(req, false, &w, &why));
}

/* ---- options ---- */

static void options_have_presets_and_words(void **state)
{
	struct string_pair pairs[] = {
		{ "strict", "yes" }, { "tool_id_style", "keep" }, { "stop_max", "2" },
		{ "temperature_max", "1.2" },
	};
	struct upstream_account account = {
		.provider = PROVIDER_COMPATIBLE,
		.base_url = "https://api.mistral.ai/v1",
	};
	struct route_options o;

	(void)state;
	route_options_read(&account, &o);
	assert_int_equal(o.tool_id_style, TOOL_ID_MISTRAL9);
	assert_int_equal(o.max_tokens_field, FIELD_MAX_TOKENS);
	assert_true(o.temperature_max == 1.5);
	account.options = (struct pair_list){ pairs, ARRAY_LEN(pairs) };
	route_options_read(&account, &o);
	assert_true(o.strict);
	assert_int_equal(o.tool_id_style, TOOL_ID_KEEP);
	assert_int_equal(o.stop_max, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emitter_keeps_the_grammar),
		cmocka_unit_test(warnings_are_bounded),
		cmocka_unit_test(effort_and_budget_round_trip),
		cmocka_unit_test(effort_fits_the_model),
		cmocka_unit_test(model_names_are_bare),
		cmocka_unit_test(ids_fit_their_targets),
		cmocka_unit_test(names_fit_their_targets),
		cmocka_unit_test(envelope_round_trip),
		cmocka_unit_test(stops_are_found_in_any_split),
		cmocka_unit_test(results_answer_calls),
		cmocka_unit_test(results_need_calls),
		cmocka_unit_test(tool_names_are_unique),
		cmocka_unit_test(options_have_presets_and_words),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
