/* The model's name put into an answer that passes through: any split of the
 * bytes gives the same output. */
#include "tests/fuzz/fuzz.h"

#include "base/limits.h"
#include "gateway/model_filter.h"

static void filter(struct slice text, enum format_id format, bool whole, struct buf *out)
{
	uint32_t state = (uint32_t)text.len;
	struct model_filter f;

	model_filter_init(&f, format, "asked");
	f.hides_usage = format == FORMAT_CHAT && (text.len & 1);
	if (text.len && strchr("{[", text.ptr[0])) {
		model_filter_json(&f, text, out);
		text.len = 0;
	}
	while (text.len) {
		size_t len = whole ? text.len : fuzz_piece(text, &state);

		model_filter_feed(&f, (struct slice){ text.ptr, len }, out);
		text.ptr += len;
		text.len -= len;
	}
	model_filter_finish(&f, out);
	model_filter_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum format_id formats[] = { FORMAT_ANTHROPIC, FORMAT_CHAT,
						  FORMAT_RESPONSES, FORMAT_GEMINI };

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct buf whole = BUF_INIT(16 * MIB);
		struct buf pieces = BUF_INIT(16 * MIB);

		filter(fuzz_text(data, size), formats[i], true, &whole);
		filter(fuzz_text(data, size), formats[i], false, &pieces);
		assert(whole.len == pieces.len);
		assert(!whole.len || memcmp(whole.ptr, pieces.ptr, whole.len) == 0);
		buf_release(&whole);
		buf_release(&pieces);
	}
	return 0;
}
