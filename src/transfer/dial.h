/*
 * From a URL to a connected TCP socket: names are resolved and addresses
 * tried by libcurl, on the worker's loop. Worker thread only.
 */
#ifndef TRANSFER_DIAL_H
#define TRANSFER_DIAL_H

#include <stdbool.h>

#include "transfer/transfer.h"
#include "transfer/transfer_curl.h"

/* A URL taken apart. All text is owned. */
struct dial_url {
	bool is_tls;
	char *host;             /* IPv6 in brackets */
	unsigned port;
	char *target;           /* path and query, as they go into a request line */
	char *authority;        /* value of the Host header */
};

/* False: not a plain http(s) URL (credentials or a non-ASCII name in it). */
bool dial_url_parse(const char *text, struct dial_url *url);
void dial_url_release(struct dial_url *url);

struct dial;

/* `fd` is the caller's to close, non-blocking, close-on-exec; -1: `end` and
 * `detail` say why. Behind it the handle is gone. Never from inside a start. */
typedef void (*dial_done)(void *ctx, int fd, enum transfer_end end, const char *detail);

/* NULL: libcurl does not take it. */
struct dial *dial_start(struct curl_pool *pool, const struct dial_url *url, int64_t timeout_ms,
			dial_done done, void *ctx);
void dial_cancel(struct dial *d);

#endif
