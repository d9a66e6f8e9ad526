/*
 * The user's own system text in the bytes of a body: every case says exactly
 * which bytes come out. And in the hub.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/prompt_splice.c"

#define BOTH 0
#define ONLY_BEFORE 1
#define ONLY_AFTER 2

struct splice_case {
	enum format_id format;
	int which;
	const char *body;
	const char *expected;
};

static struct prompt_texts texts_of(int which)
{
	struct prompt_texts t = { SLICE_NULL, SLICE_NULL, SLICE_NULL, SLICE_NULL };

	if (which != ONLY_AFTER) {
		t.before = slice_of("B\"1\"");
		t.before_gap = slice_of("\n");
	}
	if (which != ONLY_BEFORE) {
		t.after_gap = slice_of("|");
		t.after = slice_of("A\\2");
	}
	return t;
}

/* Edits at one place go in the order in which they were made. */
static void apply(const struct prompt_splice *s, struct slice body, struct buf *out)
{
	const char *from = body.ptr;
	bool done[PROMPT_MAX_EDITS] = { false };

	for (size_t round = 0; round < s->count; round++) {
		size_t first = SIZE_MAX;

		for (size_t i = 0; i < s->count; i++) {
			if (!done[i] && (first == SIZE_MAX ||
					 s->edits[i].range.ptr < s->edits[first].range.ptr)) {
				first = i;
			}
		}
		done[first] = true;
		assert_true(s->edits[first].range.ptr >= from);
		buf_add(out, from, (size_t)(s->edits[first].range.ptr - from));
		buf_add(out, s->edits[first].text.ptr, s->edits[first].text.len);
		from = s->edits[first].range.ptr + s->edits[first].range.len;
	}
	buf_add(out, from, (size_t)(body.ptr + body.len - from));
}

static void check(const struct splice_case *c, bool is_count)
{
	struct prompt_texts texts = texts_of(c->which);
	struct buf out = BUF_INIT(64 * KIB);
	struct arena a;
	struct prompt_splice s = {
		.arena = &a, .texts = &texts, .format = c->format, .is_count = is_count,
		.role = "system", .model = "m/\"x\"",
	};

	arena_init(&a, 4096);
	prompt_splice(&s, slice_of(c->body));
	apply(&s, slice_of(c->body), &out);
	assert_string_equal(buf_text(&out), c->expected);
	buf_release(&out);
	arena_release(&a);
}

#define B "B\\\"1\\\""
#define A "A\\\\2"
#define BLOCK(text) "{\"type\":\"text\",\"text\":\"" text "\"}"

static void test_anthropic(void **state)
{
	static const struct splice_case cases[] = {
		{ FORMAT_ANTHROPIC, BOTH, "{\"model\":\"m\"}",
		  "{\"system\":\"" B "|" A "\",\"model\":\"m\"}" },
		{ FORMAT_ANTHROPIC, ONLY_AFTER, " { } ", " {\"system\":\"" A "\" } " },
		{ FORMAT_ANTHROPIC, BOTH, "{\"system\" : null , \"x\":1.0}",
		  "{\"system\" : \"" B "|" A "\" , \"x\":1.0}" },
		{ FORMAT_ANTHROPIC, BOTH, "{\"system\":\"\"}", "{\"system\":\"" B "|" A "\"}" },
		{ FORMAT_ANTHROPIC, BOTH, "{\"sys\\u0074em\":\"\\u00e9\\\"\"}",
		  "{\"sys\\u0074em\":\"" B "\\n\\u00e9\\\"|" A "\"}" },
		{ FORMAT_ANTHROPIC, ONLY_BEFORE, "{\"system\":\"own\"}",
		  "{\"system\":\"" B "\\nown\"}" },
		{ FORMAT_ANTHROPIC, ONLY_AFTER, "{\"system\":\"own\"}",
		  "{\"system\":\"own|" A "\"}" },
		{ FORMAT_ANTHROPIC, BOTH, "{\"system\":[ ]}",
		  "{\"system\":[" BLOCK(B) "," BLOCK(A) " ]}" },
		{ FORMAT_ANTHROPIC, BOTH,
		  "{\"system\":[ {\"type\":\"text\",\"text\":\"x\",\"cache_control\":{}} , 2 ]}",
		  "{\"system\":[ " BLOCK(B) ",{\"type\":\"text\",\"text\":\"x\","
		  "\"cache_control\":{}} , 2," BLOCK(A) " ]}" },
		{ FORMAT_ANTHROPIC, BOTH, "{\"system\":7}", "{\"system\":7}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(&cases[i], i % 2);
	}
}

static void test_first_blocks_of_claude_code_keep_their_place(void **state)
{
	static const struct splice_case cases[] = {
		{ FORMAT_ANTHROPIC, ONLY_BEFORE,
		  "{\"system\":[" BLOCK("x-anthropic-billing-header: a") ","
		  BLOCK("You are Claude Code, b") "," BLOCK("c") "]}",
		  "{\"system\":[" BLOCK("x-anthropic-billing-header: a") ","
		  BLOCK("You are Claude Code, b") "," BLOCK(B) "," BLOCK("c") "]}" },
		{ FORMAT_ANTHROPIC, BOTH,
		  "{\"system\":[" BLOCK("You are Claude Code, b") "]}",
		  "{\"system\":[" BLOCK("You are Claude Code, b") "," BLOCK(B) "," BLOCK(A) "]}" },
	};

	(void)state;
	check(&cases[0], false);
	check(&cases[1], false);
}

#define SYSTEM(text) "{\"role\":\"system\",\"content\":\"" text "\"}"
#define USER "{\"role\":\"user\",\"content\":\"hi\"}"

static void test_chat(void **state)
{
	static const struct splice_case cases[] = {
		{ FORMAT_CHAT, BOTH, "{\"messages\":[" USER "]}",
		  "{\"messages\":[" SYSTEM(B "|" A) "," USER "]}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":[]}", "{\"messages\":[" SYSTEM(B "|" A) "]}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":[" SYSTEM("own") "," USER "]}",
		  "{\"messages\":[" SYSTEM(B "\\nown|" A) "," USER "]}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":[ " SYSTEM("one") " , {\"content\":[" BLOCK("two")
		  "],\"role\":\"developer\"} , " USER "]}",
		  "{\"messages\":[ " SYSTEM(B "\\none") " , {\"content\":[" BLOCK("two") ","
		  BLOCK(A) "],\"role\":\"developer\"} , " USER "]}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":[{\"role\":\"system\",\"content\":[" BLOCK("x")
		  "]}]}",
		  "{\"messages\":[{\"role\":\"system\",\"content\":[" BLOCK(B) "," BLOCK("x") ","
		  BLOCK(A) "]}]}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":[{\"role\":\"system\",\"content\":null}]}",
		  "{\"messages\":[" SYSTEM(B) ",{\"role\":\"system\",\"content\":null},"
		  SYSTEM(A) "]}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":[" USER "," SYSTEM("late") "]}",
		  "{\"messages\":[" SYSTEM(B "|" A) "," USER "," SYSTEM("late") "]}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":\"x\"}", "{\"messages\":\"x\"}" },
		{ FORMAT_CHAT, BOTH, "{\"messages\":[1]}",
		  "{\"messages\":[" SYSTEM(B "|" A) ",1]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(&cases[i], false);
	}
}

static void test_responses(void **state)
{
	static const struct splice_case cases[] = {
		{ FORMAT_RESPONSES, BOTH, "{\"input\":\"hi\"}",
		  "{\"instructions\":\"" B "|" A "\",\"input\":\"hi\"}" },
		{ FORMAT_RESPONSES, BOTH, "{\"input\":[" USER "],\"instructions\":\"own\"}",
		  "{\"input\":[" USER "],\"instructions\":\"" B "\\nown|" A "\"}" },
		{ FORMAT_RESPONSES, BOTH, "{\"input\":[" SYSTEM("x") "," USER "],"
		  "\"instructions\":null}",
		  "{\"input\":[" SYSTEM("x") "," SYSTEM(A) "," USER "],"
		  "\"instructions\":\"" B "\"}" },
		{ FORMAT_RESPONSES, ONLY_AFTER, "{\"input\":[" SYSTEM("x") "]}",
		  "{\"input\":[" SYSTEM("x") "," SYSTEM(A) "]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(&cases[i], i % 2);
	}
}

#define PART(text) "{\"text\":\"" text "\"}"

static void test_gemini(void **state)
{
	static const struct splice_case cases[] = {
		{ FORMAT_GEMINI, BOTH, "{\"contents\":[]}",
		  "{\"systemInstruction\":{\"parts\":[" PART(B "|" A) "]},\"contents\":[]}" },
		{ FORMAT_GEMINI, BOTH, "{}",
		  "{\"systemInstruction\":{\"parts\":[" PART(B "|" A) "]}}" },
		{ FORMAT_GEMINI, BOTH, "{\"systemInstruction\":{\"parts\":[" PART("x") " ]}}",
		  "{\"systemInstruction\":{\"parts\":[" PART(B) "," PART("x") "," PART(A) " ]}}" },
		{ FORMAT_GEMINI, BOTH, "{\"system_instruction\":{\"parts\":[" PART("x") "]}}",
		  "{\"system_instruction\":{\"parts\":[" PART(B) "," PART("x") "," PART(A) "]}}" },
		{ FORMAT_GEMINI, BOTH, "{\"system_instruction\":null}",
		  "{\"system_instruction\":{\"parts\":[" PART(B "|" A) "]}}" },
		{ FORMAT_GEMINI, BOTH, "{\"systemInstruction\":{\"role\":\"user\"}}",
		  "{\"systemInstruction\":{\"parts\":[" PART(B "|" A) "],\"role\":\"user\"}}" },
		{ FORMAT_GEMINI, BOTH, "{\"systemInstruction\":\"x\"}",
		  "{\"systemInstruction\":\"x\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(&cases[i], false);
	}
}

static void test_gemini_counts_whole_requests(void **state)
{
	static const struct splice_case cases[] = {
		{ FORMAT_GEMINI, BOTH, "{ \"contents\" : [1] }",
		  "{ \"generateContentRequest\":{\"model\":\"models/m/\\\"x\\\"\","
		  "\"systemInstruction\":{\"parts\":[" PART(B "|" A) "]},"
		  "\"contents\" : [1]} }" },
		{ FORMAT_GEMINI, ONLY_BEFORE,
		  "{\"generateContentRequest\":{\"contents\":[1]}}",
		  "{\"generateContentRequest\":{\"systemInstruction\":{\"parts\":[" PART(B)
		  "]},\"contents\":[1]}}" },
		{ FORMAT_GEMINI, ONLY_BEFORE,
		  "{\"contents\":[1],\"systemInstruction\":{\"parts\":[]}}",
		  "{\"contents\":[1],\"systemInstruction\":{\"parts\":[" PART(B) "]}}" },
		{ FORMAT_GEMINI, ONLY_BEFORE, "{}", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(&cases[i], true);
	}
}

static const char *hub_texts(struct hub_request *req)
{
	struct buf out = BUF_INIT(KIB);
	const char *text;

	blocks_each(block, &req->system) {
		buf_addf(&out, "<%.*s>", (int)block->text.text.len, block->text.text.ptr);
	}
	text = arena_strdup(req->arena, buf_text(&out));
	buf_release(&out);
	return text;
}

static void test_the_hub(void **state)
{
	const struct prompt_texts both = texts_of(BOTH);
	struct hub_request *req;
	struct hub_block *cached;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	req = hub_request_new(&a, FORMAT_CHAT);
	prompt_into_hub(req, &both);
	assert_string_equal(hub_texts(req), "<B\"1\"|A\\2>");
	req = hub_request_new(&a, FORMAT_CHAT);
	hub_append(&req->system, hub_text_new(&a, slice_of("own")));
	prompt_into_hub(req, &both);
	assert_string_equal(hub_texts(req), "<B\"1\"\nown|A\\2>");
	req = hub_request_new(&a, FORMAT_ANTHROPIC);
	hub_append(&req->system, hub_text_new(&a, slice_of("You are Claude Code, x")));
	cached = hub_text_new(&a, slice_of("own"));
	cached->cache = CACHE_DEFAULT;
	hub_append(&req->system, cached);
	prompt_into_hub(req, &both);
	assert_string_equal(hub_texts(req), "<You are Claude Code, x><B\"1\"><own><A\\2>");
	assert_int_equal(req->system.count, 4);
	assert_null(req->system.last->next);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anthropic),
		cmocka_unit_test(test_first_blocks_of_claude_code_keep_their_place),
		cmocka_unit_test(test_chat),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_gemini),
		cmocka_unit_test(test_gemini_counts_whole_requests),
		cmocka_unit_test(test_the_hub),
	};

	return cmocka_run_group_tests_name("prompt_splice", tests, NULL, NULL);
}
