/* Token counts of an answer that passes through: any split of the bytes gives
 * the same counts, and none is negative. */
#include "tests/fuzz/fuzz.h"

#include "formats/usage_scan.h"

static bool scan(struct slice text, enum format_id format, bool whole, struct hub_usage *usage)
{
	bool is_stream = !text.len || !strchr("{[", text.ptr[0]);
	uint32_t state = (uint32_t)text.len;
	struct usage_scan s;
	bool found;

	usage_scan_init(&s, format, is_stream);
	while (text.len) {
		size_t len = whole ? text.len : fuzz_piece(text, &state);

		usage_scan_feed(&s, (struct slice){ text.ptr, len });
		text.ptr += len;
		text.len -= len;
	}
	usage_scan_finish(&s);
	found = usage_scan_result(&s, usage);
	usage_scan_release(&s);
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum format_id formats[] = { FORMAT_NONE, FORMAT_ANTHROPIC, FORMAT_CHAT,
						  FORMAT_RESPONSES, FORMAT_GEMINI };

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct hub_usage a = HUB_USAGE_INIT;
		struct hub_usage b = HUB_USAGE_INIT;
		bool found = scan(fuzz_text(data, size), formats[i], true, &a);

		assert(scan(fuzz_text(data, size), formats[i], false, &b) == found);
		assert(!found || memcmp(&a, &b, sizeof a) == 0);
		assert(a.in_total >= -1 && a.out_total >= -1 && a.in_cached >= -1);
	}
	return 0;
}
