/* An upstream's HTTP/1.1 answer: any split of the bytes gives the same head,
 * body and end. */
#include "tests/fuzz/fuzz.h"

#include "base/limits.h"
#include "transfer/http1_answer.h"

static void note_head(const struct http1_answer *a, struct buf *seen)
{
	buf_addf(seen, "%d %lld %d\n", a->status, (long long)a->content_length, a->keeps_alive);
	for (size_t i = 0; i < a->header_count; i++) {
		assert(!strpbrk(a->headers[i].value, "\r\n"));
		buf_addf(seen, "%s: %s\n", a->headers[i].name, a->headers[i].value);
	}
}

/* False: the answer is over, or bad. */
static bool take(struct http1_answer *a, struct slice bytes, struct buf *seen)
{
	struct slice piece;

	for (;;) {
		switch (http1_answer_next(a, &bytes, &piece)) {
		case HTTP1_MORE:
			assert(!bytes.len);
			return true;
		case HTTP1_HEAD:
			note_head(a, seen);
			break;
		case HTTP1_BODY:
			assert(piece.len);
			buf_add(seen, piece.ptr, piece.len);
			break;
		case HTTP1_END:
			buf_adds(seen, "\nend");
			return false;
		case HTTP1_BAD:
			assert(!str_empty(a->problem));
			buf_adds(seen, "\nbad");
			return false;
		}
	}
}

static void read_pieces(struct slice text, bool is_head, bool whole, struct buf *seen)
{
	uint32_t state = (uint32_t)text.len;
	struct http1_answer a;
	struct arena arena;
	bool goes_on = true;

	arena_init(&arena, 4096);
	http1_answer_init(&a, &arena, is_head);
	while (text.len && goes_on) {
		size_t len = whole ? text.len : fuzz_piece(text, &state);

		goes_on = take(&a, (struct slice){ text.ptr, len }, seen);
		text.ptr += len;
		text.len -= len;
	}
	buf_addf(seen, " %d", goes_on && http1_answer_ends_here(&a));
	http1_answer_release(&a);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int is_head = 0; is_head < 2; is_head++) {
		struct buf whole = BUF_INIT(16 * MIB);
		struct buf pieces = BUF_INIT(16 * MIB);

		read_pieces(fuzz_text(data, size), is_head, true, &whole);
		read_pieces(fuzz_text(data, size), is_head, false, &pieces);
		assert(str_eq(buf_text(&whole), buf_text(&pieces)) && whole.len == pieces.len);
		buf_release(&whole);
		buf_release(&pieces);
	}
	return 0;
}
