/*
 * The control API (product: §11): one router for every reader and changer of
 * a gateway's state. A running gateway serves it on the Unix socket
 * (control/socket.h); where none runs, the client calls the same router in
 * its own process, on the files (control/client.h).
 *
 * Any thread: every connection of the socket is a thread of its own.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "config/config.h"

struct control;
struct running_list;
struct history;
struct key_ring;
struct oauth;
struct router;
struct stats;

/* How a running gateway is, at one moment. */
struct runtime_facts {
	int64_t started_ms;             /* wall clock */
	char listen[128];               /* "127.0.0.1:3847" */
	unsigned in_flight;
	unsigned workers;
	bool is_draining;
	bool is_demo;
	bool needs_restart;             /* a setting that only a restart puts in force */
	char config_error[MAX_ERR_MSG]; /* why the file is not in force; "" = it is */
	char store_problem[MAX_ERR_MSG];
	char state_problem[MAX_ERR_MSG];        /* why state.db is not written; "" = it is */
};

/* What a running gateway lends to its control API. The keeper implements it;
 * every member may be called from any thread. */
struct control_runtime {
	void *ctx;

	/* The snapshot in force; a new reference. */
	struct config *(*config)(void *ctx);
	void (*facts)(void *ctx, struct runtime_facts *out);
	/* Appends the text of the file that is in force; it may hold secrets. */
	void (*config_text)(void *ctx, struct buf *out);

	/* Reads the file again and puts it in force before it returns. */
	bool (*reload)(void *ctx, struct err *err);

	/* Keeps (NULL: forgets) a secret and renews the key ring. */
	bool (*put_secret)(void *ctx, const char *account, const struct secret *value,
			   struct err *err);

	/* The accounts' secrets in force; a new reference. */
	struct key_ring *(*keys)(void *ctx);

	/* Sign-ins to accounts; borrowed. NULL + ERR_STORE. */
	struct oauth *(*oauth)(void *ctx, struct err *err);

	/* What routing remembers. Borrowed. */
	struct router *router;

	/* What it has counted. Borrowed. */
	struct stats *stats;

	/* … and remembered. Borrowed. */
	struct history *history;

	/* What is in progress; to be released (gateway/running.h). */
	void (*running)(void *ctx, struct running_list *out);
	/* Ends the request of this id. False: it does not run. */
	bool (*cancel)(void *ctx, const char *id);

	/* Begins the end: draining, or `now`. Returns at once. */
	void (*stop)(void *ctx, bool now);
};

/* `runtime` NULL: no gateway runs, handlers work on the files. Both paths are
 * copied; `runtime` is borrowed and outlives the control. */
struct control *control_create(const char *home, const char *config_path,
			       const struct control_runtime *runtime);
void control_destroy(struct control *c);

struct control_request {
	const char *method;
	const char *target;             /* path with query, as on the wire */
	struct slice body;              /* JSON; empty: none */
};

/* Answers one request: JSON is appended to `out`, the HTTP status returned.
 * A failure is {"error":{code,message,hint}}. `out` may hold a secret (a new
 * gateway key): wipe it. */
int control_dispatch(struct control *c, const struct control_request *req, struct buf *out);

/* Appends a failure's JSON; its HTTP status. */
int control_write_error(const struct err *err, struct buf *out);

/* Where an SSE answer goes. */
struct control_sink {
	void *ctx;
	/* False: the reader is gone. */
	bool (*send)(void *ctx, struct slice bytes);
	/* Waits; false: the reader is gone or the gateway ends. */
	bool (*wait)(void *ctx, int timeout_ms);
};

/* Is the target one that streams? */
bool control_is_stream(const struct control_request *req);

/* Serves a streaming target until either side ends. A failure before the
 * first event is returned like control_dispatch()'s and nothing was sent;
 * otherwise 200. */
int control_follow(struct control *c, const struct control_request *req,
		   const struct control_sink *sink, struct buf *out);

/* The socket of a home: inside it, or below $XDG_RUNTIME_DIR when that name
 * would be too long for a socket address. ERR_INVALID when neither fits. */
bool control_socket_path(const char *home, struct buf *out, struct err *err);

#endif
