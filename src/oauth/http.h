/*
 * Single, blocking HTTP calls to a vendor's login endpoints. Tokens travel in
 * them: only over TLS, or to this machine; no redirect is followed; what was
 * sent and received is wiped. Never on a worker.
 */
#ifndef OAUTH_HTTP_H
#define OAUTH_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/* Strings are never NULL; "" means none. */
struct web_route {
	const char *http_proxy;
	const char *https_proxy;
	const char *no_proxy;
	const char *ca_file;          /* further trusted roots, PEM */
};

struct web_request {
	const char *url;
	struct slice json;            /* POSTed; empty: a GET */
	const struct secret *bearer;  /* NULL: none */
	long timeout_ms;              /* of the whole call */
	const struct web_route *route;
};

struct web_answer {
	long status;
	struct buf body;              /* at most MAX_OAUTH_ANSWER_BYTES */
	int64_t retry_after_ms;       /* 0: not said */
};

/* True with any complete answer, whatever its status. ERR_FAILED when there
 * is none, ERR_INVALID when the address must not see a token. */
bool web_call(const struct web_request *req, struct web_answer *out, struct err *err);
void web_answer_release(struct web_answer *a);   /* wipes */

#endif
