/*
 * Compressed request bodies (content-encoding of the client), decoded under
 * the body's size cap. gzip, deflate; br and zstd where the libraries were
 * there at build time.
 */
#ifndef GATEWAY_INFLATE_H
#define GATEWAY_INFLATE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the decoded text to `out` (whose max is the cap). ERR_USAGE for an
 * encoding that is not known (415), ERR_INVALID for broken data (400),
 * ERR_TOO_LARGE beyond the cap (413). */
bool inflate_body(const char *encoding, struct slice in, struct buf *out, struct err *err);

/* One decoder each; same contract. */
bool inflate_zlib(struct slice in, struct buf *out, struct err *err);
bool inflate_brotli(struct slice in, struct buf *out, struct err *err);
bool inflate_zstd(struct slice in, struct buf *out, struct err *err);

/* For the decoders: the failures they share. */
bool inflate_broken(struct err *err);
bool inflate_too_large(const struct buf *out, struct err *err);

#endif
