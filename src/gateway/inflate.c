#include "gateway/inflate.h"

bool inflate_broken(struct err *err)
{
	return err_setf(err, ERR_INVALID, "the request's body is not valid compressed data");
}

bool inflate_too_large(const struct buf *out, struct err *err)
{
	return err_setf(err, ERR_TOO_LARGE,
			"the request's body is larger than %zu bytes when decompressed",
			out->max);
}

bool inflate_body(const char *encoding, struct slice in, struct buf *out, struct err *err)
{
	static const struct {
		const char *name;
		bool (*decode)(struct slice in, struct buf *out, struct err *err);
	} decoders[] = {
		{ "gzip", inflate_zlib },
		{ "x-gzip", inflate_zlib },
		{ "deflate", inflate_zlib },
#ifdef HAVE_BROTLI
		{ "br", inflate_brotli },
#endif
#ifdef HAVE_ZSTD
		{ "zstd", inflate_zstd },
#endif
	};

	for (size_t i = 0; i < ARRAY_LEN(decoders); i++) {
		if (str_ieq(encoding, decoders[i].name)) {
			return decoders[i].decode(in, out, err);
		}
	}
	return err_setf(err, ERR_USAGE, "content-encoding %.40s is not supported", encoding);
}
