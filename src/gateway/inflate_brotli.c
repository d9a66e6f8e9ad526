/* brotli (RFC 7932) by libbrotlidec, where it was there at build time. */
#include "gateway/inflate.h"

#include "base/limits.h"

#ifdef HAVE_BROTLI
#include <brotli/decode.h>

#define STEP_BYTES (64 * KIB)

bool inflate_brotli(struct slice in, struct buf *out, struct err *err)
{
	BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	const uint8_t *next_in = (const uint8_t *)in.ptr;
	size_t left = in.len;
	BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
	bool ok = state != NULL;

	while (ok && result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
		size_t room = out->max - out->len < STEP_BYTES ? out->max - out->len : STEP_BYTES;
		size_t before = room;
		uint8_t *next_out;

		if (!room) {
			ok = inflate_too_large(out, err);
			break;
		}
		buf_reserve(out, room);
		next_out = (uint8_t *)out->ptr + out->len;
		result = BrotliDecoderDecompressStream(state, &left, &next_in, &room, &next_out,
						       NULL);
		out->len += before - room;
		out->ptr[out->len] = '\0';
	}
	if (ok && result != BROTLI_DECODER_RESULT_SUCCESS) {
		ok = inflate_broken(err);
	}
	BrotliDecoderDestroyInstance(state);
	return ok;
}
#endif
