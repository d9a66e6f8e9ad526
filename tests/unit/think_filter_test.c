/* Reasoning inside the text (C134b): events in, events out as one line of text. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/limits.h"
#include "formats/think_filter.c"

/* "0think(" opens block 0, ")" closes it, "." ends; texts stand between. */
static void write_down(void *ctx, const struct event *ev)
{
	struct buf *out = ctx;

	switch (ev->kind) {
	case EVENT_BLOCK_START:
		buf_addf(out, "%u%s(", ev->index,
			 ev->block->kind == BLOCK_THINKING ? "think" :
			 ev->block->kind == BLOCK_TEXT ? "text" : "tool");
		break;
	case EVENT_DELTA:
		buf_add(out, ev->text.ptr, ev->text.len);
		break;
	case EVENT_BLOCK_STOP:
		buf_addc(out, ')');
		break;
	case EVENT_END:
		buf_addc(out, '.');
		break;
	default:
		break;
	}
}

/* One text block in pieces of `piece` bytes, then a tool call. */
static void run(const char *text, size_t piece, struct buf *out)
{
	const struct event_sink sink = { write_down, out };
	struct think_filter *f = think_filter_create(&sink);
	struct emitter e = { .sink = think_filter_sink(f) };
	const struct answer_head head = { .created = 1 };
	const struct hub_block tool = { .kind = BLOCK_TOOL_USE };

	emit_start(&e, &head, NULL);
	emit_ensure(&e, BLOCK_TEXT);
	for (size_t at = 0; at < strlen(text); at += piece) {
		size_t left = strlen(text) - at;

		emit_delta(&e, DELTA_TEXT,
			   (struct slice){ text + at, left < piece ? left : piece });
	}
	emit_open(&e, &tool);
	emit_end(&e);
	think_filter_destroy(f);
}

static void expect(const char *text, const char *want)
{
	for (size_t piece = 1; piece <= strlen(text); piece++) {
		struct buf out = BUF_INIT(4 * KIB);

		run(text, piece, &out);
		assert_string_equal(buf_text(&out), want);
		buf_release(&out);
	}
}

static void c134b_tags_at_the_beginning(void **state)
{
	(void)state;
	expect("<think>\nReasoning.\n</think>\n\nAnswer.",
	       "0think(Reasoning.)1text(Answer.)2tool().");
	expect(" \n<think>a\n\nb</think>c", "0think(a\n\nb)1text(c)2tool().");
	expect("<think></think>c", "0text(c)1tool().");
}

static void c134b_only_at_the_beginning(void **state)
{
	(void)state;
	expect("Use <think> for </think>.", "0text(Use <think> for </think>.)1tool().");
	expect("<thin ice", "0text(<thin ice)1tool().");
	expect("<think>a</think>b<think>c</think>",
	       "0think(a)1text(b<think>c</think>)2tool().");
}

static void c134b_unclosed_is_all_thought(void **state)
{
	(void)state;
	expect("<think>a </thin", "0think(a </thin)1tool().");
	expect("<thi", "0text(<thi)1tool().");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c134b_tags_at_the_beginning),
		cmocka_unit_test(c134b_only_at_the_beginning),
		cmocka_unit_test(c134b_unclosed_is_all_thought),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
