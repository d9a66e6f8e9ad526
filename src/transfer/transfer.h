/*
 * One HTTP exchange with an upstream, as the rest of the gateway sees it
 * (architecture, decision 3): given method, URL, headers and body, it reports
 * head, body pieces and end. Worker thread only. Inhabitants: connections of
 * our own (transfer_direct.h), libcurl (transfer_curl.h) and the built-in
 * demo upstream (demo_upstream.h).
 *
 * After a start exactly one of: on_done, or the caller's transfer_abort().
 * Behind either the handle is gone. A start reports nothing from inside.
 */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "providers/provider.h"
#include "transfer/loop.h"

/* First member of every inhabitant's own struct. */
struct transfer {
	const struct transfer_ops *ops;
};

struct transfer_ops {
	void (*abort)(struct transfer *t);
	void (*pause)(struct transfer *t);
	void (*resume)(struct transfer *t);
	/* NULL: it always is. */
	bool (*is_connected)(const struct transfer *t);
	bool (*is_sent)(const struct transfer *t);
};

enum transfer_end {
	TRANSFER_OK,
	TRANSFER_DNS,           /* the name does not resolve */
	TRANSFER_CONNECT,       /* refused, unreachable */
	TRANSFER_TLS,           /* handshake or certificate */
	TRANSFER_TIMEOUT,       /* connect or TLS took too long */
	TRANSFER_CLOSED,        /* cut before its end */
	TRANSFER_PROTOCOL,      /* not HTTP, head too large */
};

struct transfer_head {
	int status;
	const struct header *headers;   /* in the spec's arena */
	size_t header_count;
	int64_t content_length;         /* -1: not announced */
};

struct transfer_events {
	/* The final head; 1xx are skipped. */
	void (*on_head)(void *ctx, const struct transfer_head *head);
	/* Always consumed whole; transfer_pause() stops what has not been read. */
	void (*on_body)(void *ctx, struct slice bytes);
	/* `detail`: words for the log and the error message. */
	void (*on_done)(void *ctx, enum transfer_end end, const char *detail);
};

struct transfer_spec {
	const char *method;
	const char *url;
	const struct header *headers;   /* must stay until the end */
	size_t header_count;
	struct slice body;              /* must stay until the end */
	bool has_body;
	bool is_stream;                 /* a stream of small events is expected */
	const char *proxy;              /* "" = none */
	const char *no_proxy;
	const char *ca_file;            /* extra roots, "" = system's alone */
	int64_t connect_timeout_ms;
	int64_t tls_timeout_ms;
	int64_t idle_timeout_ms;        /* how old a kept connection may be */
	struct arena *arena;            /* for the head; outlives the transfer */
	bool is_public_only;            /* connects to public addresses alone, and
					 * neither takes nor leaves a kept connection */
};

/* Safe inside every event but on_done. */
void transfer_abort(struct transfer *t);

/* Stops and goes on with on_body; pauses the upstream through TCP. What was
 * read before may be delivered from inside transfer_resume(). */
void transfer_pause(struct transfer *t);
void transfer_resume(struct transfer *t);

/* Does its request travel, or is the connection still being made? */
bool transfer_is_connected(const struct transfer *t);

/* Is the whole request on its way? An upstream may answer before it has read
 * all of it; until then the spec's body is needed. */
bool transfer_is_sent(const struct transfer *t);

const char *transfer_end_name(enum transfer_end end);

#endif
