/*
 * The listening side of one worker: accepts, reads requests, sends answers.
 * Its implementation is the only file with libmicrohttpd.
 */
#ifndef GATEWAY_LISTENER_H
#define GATEWAY_LISTENER_H

#include "base/err.h"
#include "gateway/client.h"
#include "transfer/loop.h"

struct listener;

struct listener_options {
	int socket_fd;                  /* listening, non-blocking; taken over */
	int64_t timeout_ms;             /* receiving a request without progress */
	unsigned max_connections;
	const char *tls_cert;           /* PEM text, NULL: plain */
	const char *tls_key;
};

/* NULL + err. `events` and `ctx` must outlive the listener. */
struct listener *listener_create(struct loop *loop, const struct listener_options *options,
				 const struct client_events *events, void *ctx,
				 struct err *err);
/* Closes every connection. */
void listener_destroy(struct listener *l);

/* Lets libmicrohttpd do what is due; called at the end of every turn. Returns
 * how long the loop may sleep. */
uint64_t listener_run(struct listener *l);

/* Has something to do without waiting (a connection was resumed). */
bool listener_is_due(const struct listener *l);

/* Accepts no more; open connections go on. */
void listener_quiesce(struct listener *l);

#endif
