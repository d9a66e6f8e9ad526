/* gzip (RFC 1952) and deflate, with zlib or raw framing, by zlib. */
#include "gateway/inflate.h"

#include <zlib.h>

#include "base/limits.h"

#define STEP_BYTES (64 * KIB)
#define AUTO_HEADER 32
#define RAW_DEFLATE (-MAX_WBITS)

static bool run(z_stream *z, struct buf *out, struct err *err)
{
	int state = Z_OK;

	while (state != Z_STREAM_END) {
		size_t room = out->max - out->len < STEP_BYTES ? out->max - out->len : STEP_BYTES;

		if (!room) {
			return inflate_too_large(out, err);
		}
		buf_reserve(out, room);
		z->next_out = (Bytef *)out->ptr + out->len;
		z->avail_out = (uInt)room;
		state = inflate(z, Z_NO_FLUSH);
		out->len += room - z->avail_out;
		if (state != Z_OK && state != Z_STREAM_END) {
			return inflate_broken(err);
		}
	}
	out->ptr[out->len] = '\0';
	return true;
}

static bool decode(struct slice in, int window_bits, struct buf *out, struct err *err)
{
	z_stream z = { 0 };
	union { const char *in; Bytef *out; } start = { in.ptr };
	bool ok;

	z.next_in = start.out;
	z.avail_in = (uInt)in.len;
	if (inflateInit2(&z, window_bits) != Z_OK) {
		return inflate_broken(err);
	}
	ok = run(&z, out, err);
	inflateEnd(&z);
	return ok;
}

/* "deflate" is sent both with and without zlib's header: try both. */
bool inflate_zlib(struct slice in, struct buf *out, struct err *err)
{
	size_t before = out->len;
	struct err first = ERR_INIT;

	if (decode(in, MAX_WBITS + AUTO_HEADER, out, &first)) {
		return true;
	}
	if (first.kind == ERR_TOO_LARGE || (in.len && (unsigned char)in.ptr[0] == 0x1f)) {
		return err_setf(err, first.kind, "%s", first.msg);
	}
	out->len = before;
	return decode(in, RAW_DEFLATE, out, err);
}
