#include "formats/sse.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void record(void *ctx, const struct sse_event *ev)
{
	struct buf *log = ctx;

	buf_addf(log, "%s%.*s|%.*s\n", ev->is_comment ? "#" : "", (int)ev->name.len,
		 ev->name.len ? ev->name.ptr : "", (int)ev->data.len, ev->data.ptr);
}

/* Every split into two pieces, and single bytes, give the same events. */
static void expect(const char *text, const char *want)
{
	size_t len = strlen(text);

	for (size_t cut = 0; cut <= len; cut++) {
		struct buf log = BUF_INIT(64 * KIB);
		struct sse_parser p;
		size_t step = cut ? cut : 1;

		sse_init(&p);
		for (size_t at = 0; at < len; at += step) {
			size_t piece = len - at < step ? len - at : step;

			assert_true(sse_feed(&p, text + at, piece, record, &log));
		}
		sse_finish(&p, record, &log);
		assert_string_equal(buf_text(&log), want);
		sse_release(&p);
		buf_release(&log);
	}
}

static void reads_plain_events(void **state)
{
	(void)state;
	expect("event: a\ndata: {\"x\":1}\n\ndata: two\n\n", "a|{\"x\":1}\n|two\n");
}

/* field-lessons 75 */
static void takes_sloppy_servers(void **state)
{
	(void)state;
	expect("data:no space\r\n\r\n", "|no space\n");
	expect("data: cr\r\rdata: x\r\r", "|cr\n|x\n");
	expect("\xef\xbb\xbf" "data: bom\n\n", "|bom\n");
	expect("data: a\ndata: b\ndata:\n\n", "|a\nb\n\n");
	expect("event: nothing\n\ndata: x\n\n", "|x\n");
	expect(": comment\n\ndata: x\n\n", "#| comment\n|x\n");
	expect("data: no end", "|no end\n");
	expect("data: no blank\n", "|no blank\n");
	expect("id: 3\nretry: 10\nfoo: bar\ndata: x\n\n", "|x\n");
	expect("data\n\n", "");
	expect("data:  two blanks\n\n", "| two blanks\n");
}

static void takes_bare_json(void **state)
{
	(void)state;
	expect("data: x\n\n{\"error\":{\"message\":\"m\"}}\n", "|x\n|{\"error\":{\"message\":\"m\"}}\n");
}

/* field-lessons 77 */
static void takes_megabyte_lines(void **state)
{
	struct buf big = BUF_INIT(8 * MIB);
	struct buf log = BUF_INIT(8 * MIB);
	struct sse_parser p;

	(void)state;
	buf_adds(&big, "data: ");
	for (int i = 0; i < 4096; i++) {
		for (int k = 0; k < 64; k++) {
			buf_adds(&big, "0123456789abcdef");
		}
	}
	buf_adds(&big, "\n\n");
	sse_init(&p);
	for (size_t at = 0; at < big.len; at += 1000) {
		size_t len = big.len - at < 1000 ? big.len - at : 1000;

		assert_true(sse_feed(&p, big.ptr + at, len, record, &log));
	}
	assert_int_equal(log.len, big.len - strlen("data: \n\n") + strlen("|\n"));
	assert_true(p.line.capacity <= 4 * KIB && p.data.capacity <= 4 * KIB);
	sse_release(&p);
	buf_release(&big);
	buf_release(&log);
}

static void bounds_an_event(void **state)
{
	struct buf log = BUF_INIT(KIB);
	struct sse_parser p;

	(void)state;
	sse_init(&p);
	p.line.max = 100;
	assert_true(sse_feed(&p, "data: 0123456789", 16, record, &log));
	for (int i = 0; i < 8; i++) {
		sse_feed(&p, "0123456789", 10, record, &log);
	}
	assert_false(sse_feed(&p, "0123456789", 10, record, &log));
	sse_release(&p);
	buf_release(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_plain_events),
		cmocka_unit_test(takes_sloppy_servers),
		cmocka_unit_test(takes_bare_json),
		cmocka_unit_test(takes_megabyte_lines),
		cmocka_unit_test(bounds_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
