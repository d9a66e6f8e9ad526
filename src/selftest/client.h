/*
 * A client of the gateway under test: one request on a connection of its own,
 * and the answer in whole. Blocking; any thread.
 */
#ifndef SELFTEST_CLIENT_H
#define SELFTEST_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "transfer/http1_answer.h"

/* Where the gateway is. */
struct target {
	int port;                       /* of 127.0.0.1 */
	const char *key;
	bool (*is_ending)(const void *ctx);     /* NULL: nobody can end it */
	const void *ctx;
};

struct reply {
	struct arena arena;
	struct http1_answer head;       /* status, headers */
	struct buf body;
	const char *problem;            /* why there is no whole answer; "" = there is one */
};

/* Connects to a port of 127.0.0.1; -1 when that fails. */
int loopback_dial(int port);

/* A socket bound to a free port of 127.0.0.1, on which nobody listens yet; -1 +
 * err when there is none. */
int loopback_bind(int *port, struct err *err);

/* Appends a POST of `body` in HTTP/1.1; `connection` is "close" or
 * "keep-alive". */
void client_write_post(const struct target *t, const char *path, struct slice body,
		       const char *connection, struct buf *out);

/* Fills `reply`, whatever comes of it; release it. */
void client_post(const struct target *t, const char *path, struct slice body,
		 struct reply *reply);
void reply_release(struct reply *r);

/* A header of the answer; "" when it is not there. */
const char *reply_header(const struct reply *r, const char *name);

#endif
