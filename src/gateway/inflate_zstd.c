/* Zstandard (RFC 8878) by libzstd, where it was there at build time. */
#include "gateway/inflate.h"

#include "base/limits.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

#define STEP_BYTES (64 * KIB)

bool inflate_zstd(struct slice in, struct buf *out, struct err *err)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer input = { in.ptr, in.len, 0 };
	size_t state = 1;
	bool ok = stream != NULL;

	while (ok && state != 0) {
		size_t room = out->max - out->len < STEP_BYTES ? out->max - out->len : STEP_BYTES;
		ZSTD_outBuffer output;

		if (!room) {
			ok = inflate_too_large(out, err);
			break;
		}
		buf_reserve(out, room);
		output = (ZSTD_outBuffer){ out->ptr + out->len, room, 0 };
		state = ZSTD_decompressStream(stream, &output, &input);
		out->len += output.pos;
		out->ptr[out->len] = '\0';
		if (ZSTD_isError(state) ||
		    (state && input.pos == input.size && output.pos < room)) {
			ok = inflate_broken(err);
		}
	}
	ZSTD_freeDStream(stream);
	return ok;
}
#endif
