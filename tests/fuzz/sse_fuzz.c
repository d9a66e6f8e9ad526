/* The event stream reader: any split of the bytes gives the same events. */
#include "tests/fuzz/fuzz.h"

#include "base/limits.h"
#include "formats/sse.h"

static void note(void *ctx, const struct sse_event *ev)
{
	struct buf *seen = ctx;

	buf_addf(seen, "%d %zu ", ev->is_comment, ev->name.len);
	buf_add(seen, ev->name.ptr, ev->name.len);
	buf_addf(seen, " %zu ", ev->data.len);
	buf_add(seen, ev->data.ptr, ev->data.len);
	buf_addc(seen, '\n');
}

static void read_pieces(struct slice text, bool whole, struct buf *seen)
{
	struct sse_parser p;
	uint32_t state = (uint32_t)text.len;

	sse_init(&p);
	while (text.len) {
		size_t len = whole ? text.len : fuzz_piece(text, &state);

		assert(sse_feed(&p, text.ptr, len, note, seen));
		text.ptr += len;
		text.len -= len;
	}
	sse_finish(&p, note, seen);
	sse_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(16 * MIB);
	struct buf pieces = BUF_INIT(16 * MIB);

	read_pieces(fuzz_text(data, size), true, &whole);
	read_pieces(fuzz_text(data, size), false, &pieces);
	assert(whole.len == pieces.len);
	assert(!whole.len || memcmp(whole.ptr, pieces.ptr, whole.len) == 0);
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
