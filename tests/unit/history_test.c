/* What goes from a conversation that another upstream signed (C6, C60, C64),
 * byte by byte. JSON stands with ' for " here. */
#define _GNU_SOURCE     /* memmem */
#include "tests/unit/convert_world.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "formats/history.c"

#define A FORMAT_ANTHROPIC
#define R FORMAT_RESPONSES
#define G FORMAT_GEMINI
#define ENVELOPES HISTORY_ENVELOPES
#define ALL HISTORY_ALL

static int by_place(const void *a, const void *b)
{
	const struct history_edit *const *x = a, *const *y = b;

	return (*x)->range.ptr < (*y)->range.ptr ? -1 : 1;
}

static void cleaned(enum format_id format, enum history_scope scope, const char *body,
		    const char *expected)
{
	const struct history_edit *edits[64];
	struct buf out = BUF_INIT(64 * KIB);
	struct slice text = slice_of(json(body));
	const char *from = text.ptr;
	struct arena a;
	size_t count = 0;

	arena_init(&a, 1024);
	for (const struct history_edit *e = history_clean(format, text, scope, &a); e;
	     e = e->next) {
		edits[count++] = e;
	}
	qsort(edits, count, sizeof edits[0], by_place);
	for (size_t i = 0; i < count; i++) {
		assert_true(edits[i]->range.ptr >= from);
		buf_add(&out, from, (size_t)(edits[i]->range.ptr - from));
		buf_add(&out, edits[i]->text.ptr, edits[i]->text.len);
		from = edits[i]->range.ptr + edits[i]->range.len;
	}
	buf_adds(&out, from);
	assert_string_equal(buf_text(&out), json(expected));
	assert_non_null(json_read(&a, buf_slice(&out), NULL));
	buf_release(&out);
	arena_release(&a);
}

#define THINK(sig) "{'type':'thinking','thinking':'t','signature':'" sig "'}"
#define TEXT "{'type':'text','text':'a'}"
#define USE "{'type':'tool_use','id':'t1'}"
#define SAID(blocks) "{'role':'assistant','content':[" blocks "]}"
#define USER "{'role':'user','content':'q'}"
#define RESULT "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1'}]}"
#define TALK(messages) "{'model':'m','messages':[" messages "],'x':1}"
#define OF_GEMINI "gw1.g.eyJkIjoiUyJ9"
#define OF_ANTHROPIC "gw1.a.eyJkIjoiUyJ9"
#define OF_OPENAI "gw1.o.eyJkIjoiUyJ9"

static void c64_envelopes_leave_anthropic(void **state)
{
	(void)state;
	cleaned(A, ENVELOPES, TALK(USER "," SAID(THINK("own") "," TEXT)),
		TALK(USER "," SAID(THINK("own") "," TEXT)));
	cleaned(A, ENVELOPES, TALK(USER "," SAID(THINK(OF_GEMINI) " , " TEXT)),
		TALK(USER "," SAID(" " TEXT)));
	cleaned(A, ENVELOPES, TALK(USER "," SAID(TEXT "," THINK(OF_GEMINI) "," THINK("own"))),
		TALK(USER "," SAID(TEXT "," THINK("own"))));
	cleaned(A, ENVELOPES, TALK(USER "," SAID(THINK(OF_ANTHROPIC) "," TEXT)),
		TALK(USER "," SAID(THINK("S") "," TEXT)));
	cleaned(A, ENVELOPES, TALK(USER "," SAID(THINK("gw1.broken") "," TEXT)),
		TALK(USER "," SAID(TEXT)));
}

static void lesson_2_a_message_of_thinking_alone_goes(void **state)
{
	(void)state;
	cleaned(A, ALL, TALK(USER "," SAID(THINK("other")) "," USER), TALK(USER "," USER));
	cleaned(A, ALL, TALK(USER "," SAID(THINK("other") ",{'type':'redacted_thinking','data':"
		"'x'}," TEXT) "," USER), TALK(USER "," SAID(TEXT) "," USER));
}

static void c60_manual_thinking_stops_in_a_loop(void **state)
{
	(void)state;
	cleaned(A, ALL, "{'thinking':{'type':'enabled','budget_tokens':1024},'messages':[" USER ","
		SAID(THINK("other") "," USE) "," RESULT "]}",
		"{'thinking':{'type':'disabled'},'messages':[" USER "," SAID(USE) "," RESULT "]}");
	cleaned(A, ALL, "{'thinking':{'type':'adaptive'},'messages':[" USER ","
		SAID(THINK("other") "," USE) "," RESULT "]}",
		"{'thinking':{'type':'adaptive'},'messages':[" USER "," SAID(USE) "," RESULT "]}");
	cleaned(A, ALL, "{'messages':[" USER "," SAID(THINK("other") "," TEXT) "," USER
		"],'thinking':{'type':'enabled','budget_tokens':1024}}",
		"{'messages':[" USER "," SAID(TEXT) "," USER
		"],'thinking':{'type':'enabled','budget_tokens':1024}}");
}

#define ON "'thinking':{'type':'enabled','budget_tokens':1024}"
#define OFF "'thinking':{'type':'disabled'}"
#define CLEAR "{'type':'clear_thinking_20251015','keep':'all'}"
#define LOOP(sig) "'messages':[" USER "," SAID(sig USE) "," RESULT "]"

/* The upstream would refuse what clears thinking that is off. */
static void c60_what_clears_thinking_goes_with_it(void **state)
{
	(void)state;
	cleaned(A, ALL, "{" ON ",'context_management':{'edits':[" CLEAR "]}," LOOP(THINK("o") ",")
		"}", "{" OFF "," LOOP("") "}");
	cleaned(A, ALL, "{'context_management':{'edits':[" CLEAR "]}," ON "," LOOP(THINK("o") ",")
		"}", "{" OFF "," LOOP("") "}");
	cleaned(A, ALL, "{" LOOP(THINK("o") ",") "," ON ",'context_management':{'edits':["
		"{'type':'clear_tool_uses_20250919'}, " CLEAR "]}}",
		"{" LOOP("") "," OFF ",'context_management':{'edits':["
		"{'type':'clear_tool_uses_20250919'}]}}");
	cleaned(A, ALL, "{" ON ",'context_management':{'edits':[]}," LOOP(THINK("o") ",") "}",
		"{" OFF ",'context_management':{'edits':[]}," LOOP("") "}");
}

static void c60_a_switch_is_told(void **state)
{
	static const char *const expected[] = { "dropped:context_management",
						"emulated:thinking" };
	struct slice text = slice_of(json("{" ON ",'context_management':{'edits':[" CLEAR "]},"
					  LOOP(THINK("o") ",") "}"));
	size_t told = 0;
	struct arena a;

	(void)state;
	arena_init(&a, 1024);
	for (const struct history_edit *e = history_clean(A, text, ALL, &a); e; e = e->next) {
		if (e->warning) {
			assert_true(told < ARRAY_LEN(expected));
			assert_string_equal(e->warning, expected[told++]);
		}
	}
	assert_int_equal(told, ARRAY_LEN(expected));
	arena_release(&a);
}

#define REASONING(blob) "{'type':'reasoning','id':'rs_1','summary':[],'encrypted_content':'" \
	blob "'}"
#define INPUT(items) "{'model':'m','input':[" items "]}"

static void c64_envelopes_leave_responses(void **state)
{
	(void)state;
	cleaned(R, ENVELOPES, "{'model':'m','input':'hi'}", "{'model':'m','input':'hi'}");
	cleaned(R, ENVELOPES, INPUT(USER "," REASONING("gAAA") "," REASONING(OF_GEMINI)),
		INPUT(USER "," REASONING("gAAA")));
	cleaned(R, ENVELOPES, INPUT(REASONING(OF_GEMINI) "," REASONING(OF_ANTHROPIC)), INPUT(""));
	cleaned(R, ENVELOPES, INPUT(REASONING(OF_OPENAI)), INPUT(REASONING("S")));
}

static void lesson_8_what_another_account_encrypted_goes(void **state)
{
	(void)state;
	cleaned(R, ALL, INPUT(USER "," REASONING("gAAA")
		",{'type':'function_call','id':'fc_1','call_id':'c'},"
		"{'id':'msg_1','type':'message','role':'assistant'}"
		",{'id':'only'},{'type':'item_reference','id':'x'},'odd'"),
		INPUT(USER ",{'type':'function_call','call_id':'c'},"
		"{'type':'message','role':'assistant'},{},{'type':'item_reference','id':'x'},"
		"'odd'"));
}

#define PARTS(parts) "{'contents':[{'role':'model','parts':[" parts "]}]}"
#define CALL(sig) "{'functionCall':{'name':'f'},'thoughtSignature':'" sig "'}"

static void c64_envelopes_leave_gemini(void **state)
{
	/* Base64 of OF_ANTHROPIC and of an envelope of Gemini's own. */
	static const char foreign[] = "Z3cxLmEuZXlKa0lqb2lVeUo5";
	static const char own[] = "Z3cxLmcuZXlKa0lqb2lVeUo5";
	char body[512];
	char expected[512];

	(void)state;
	assert_true(history_has_envelopes(G, slice_of(json("{'x':'Z3cxLmEuZXl'}"))));
	cleaned(G, ENVELOPES, PARTS(CALL("U0lH")), PARTS(CALL("U0lH")));
	snprintf(body, sizeof body, PARTS(CALL("%s") ",{'text':'a','thought_signature':'%s'},"
		 "{'thoughtSignature':'%s'}"), foreign, foreign, foreign);
	cleaned(G, ENVELOPES, body, PARTS(CALL(GEMINI_NO_SIGNATURE) ",{'text':'a'}"));
	snprintf(body, sizeof body, PARTS(CALL("%s")), own);
	snprintf(expected, sizeof expected, "%s", PARTS(CALL("S")));
	cleaned(G, ENVELOPES, body, expected);
	cleaned(G, ALL, PARTS("{'thoughtSignature':'U0lH','text':'a'}," CALL("U0lH")),
		PARTS("{'text':'a'}," CALL(GEMINI_NO_SIGNATURE)));
}

static void c6_only_marked_bodies_are_read(void **state)
{
	(void)state;
	assert_true(history_has_envelopes(A, slice_of(json("{'signature':'gw1.g.x'}"))));
	assert_false(history_has_envelopes(A, slice_of(json("{'text':'say gw1.'}"))));
	assert_false(history_has_envelopes(FORMAT_CHAT, slice_of(json("{'x':'gw1.g.x'}"))));
}

/* Encoders drop what is not signed (C60-C62); the rest is there. */
static void c6_a_conversation_forgets_its_signatures(void **state)
{
	static struct api_error error;
	const struct convert_source source = {
		.format = A,
		.body = slice_of(json("{'model':'m','max_tokens':9,'messages':[" USER ","
				      SAID("{'type':'redacted_thinking','data':'x'}," THINK(OF_OPENAI)
					   "," TEXT) "," USER "]}")),
	};
	struct warnings warnings;
	struct hub_request *req;
	struct hub_blocks *said;
	struct arena a;

	(void)state;
	arena_init(&a, 1024);
	req = convert_decode(&source, &a, &warnings, &error);
	said = &req->messages->next->blocks;
	assert_int_equal(said->count, 3);
	assert_int_equal(said->first->next->sig.origin, ORIGIN_OPENAI);
	history_forget(req);
	assert_int_equal(said->count, 2);
	assert_int_equal(said->first->kind, BLOCK_THINKING);
	assert_int_equal(said->first->sig.origin, ORIGIN_NONE);
	assert_ptr_equal(said->last, said->first->next);
	arena_release(&a);
}

static void what_refusals_look_like(void **state)
{
	static const struct {
		const char *message;
		bool is_refused;
	} cases[] = {
		{ "messages.1.content.0: Invalid `signature` in `thinking` block", true },
		{ "messages.1.content.0: Invalid signature in thinking block", true },
		{ "The encrypted content gAAA...DQ== could not be verified.", true },
		{ "Item with id 'rs_68' not found. Items are not persisted", true },
		{ "Corrupted thought signature.", true },
		{ "Unable to submit request because Thought signature is not valid", true },
		{ "Function call is missing a thought_signature in functionCall parts", false },
		{ "messages.0.content: Field required", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct api_error error = { .message = cases[i].message, .code = "" };

		assert_int_equal(history_is_refused(&error), cases[i].is_refused);
	}
}

/* Whatever comes, what is left is JSON again. */
static void hostile_bodies_stay_json(void **state)
{
	static const char *const odd[] = {
		"{}", "{'messages':{}}", "{'messages':[1,null,[],{'role':'assistant'}]}",
		"{'input':[null,{'type':'reasoning'}]}", "{'contents':[{'parts':{}}]}",
		"{'contents':[{'parts':[{'thoughtSignature':1}]}]}",
		"{'messages':[{'role':'assistant','content':[{'type':'thinking'}]}]}",
	};
	static const enum format_id formats[] = { A, R, G, FORMAT_CHAT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
			struct arena a;

			arena_init(&a, 256);
			history_clean(formats[f], slice_of(json(odd[i])), ALL, &a);
			history_clean(formats[f], slice_of(json(odd[i])), ENVELOPES, &a);
			history_clean(formats[f], slice_of("no json"), ALL, &a);
			arena_release(&a);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c64_envelopes_leave_anthropic),
		cmocka_unit_test(lesson_2_a_message_of_thinking_alone_goes),
		cmocka_unit_test(c60_manual_thinking_stops_in_a_loop),
		cmocka_unit_test(c60_what_clears_thinking_goes_with_it),
		cmocka_unit_test(c60_a_switch_is_told),
		cmocka_unit_test(c64_envelopes_leave_responses),
		cmocka_unit_test(lesson_8_what_another_account_encrypted_goes),
		cmocka_unit_test(c64_envelopes_leave_gemini),
		cmocka_unit_test(c6_only_marked_bodies_are_read),
		cmocka_unit_test(c6_a_conversation_forgets_its_signatures),
		cmocka_unit_test(what_refusals_look_like),
		cmocka_unit_test(hostile_bodies_stay_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
