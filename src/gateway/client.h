/*
 * One request of a client, seen from the rest of the gateway: its head, its
 * body as it comes, and the answer's way back. libmicrohttpd is behind it
 * (listener.c); no type of it shows here. Worker thread of the connection
 * only.
 *
 * Life: on_request (head is there) → on_body … → on_body_end, then exactly
 * one of client_respond() or client_start()…client_finish(), at once or later;
 * on_gone at any time in between when the client leaves, after which the
 * answer functions do nothing; last of all on_done, behind which the handle
 * is gone.
 */
#ifndef GATEWAY_CLIENT_H
#define GATEWAY_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "providers/provider.h"

struct client;

struct client_events {
	/* The head cannot be read (status 400, 414, 431 …): method and headers
	 * are not there. Only client_refuse_now() may follow, no other event. */
	void (*on_bad_head)(void *ctx, struct client *c, int status);
	void (*on_request)(void *ctx, struct client *c);
	void (*on_body)(void *ctx, struct client *c, struct slice bytes);
	/* Where so many further bytes of the body may be put, without a copy;
	 * NULL: nowhere. on_filled says that they are there. */
	char *(*on_room)(void *ctx, struct client *c, size_t bytes);
	void (*on_filled)(void *ctx, struct client *c, size_t bytes);
	void (*on_body_end)(void *ctx, struct client *c);
	void (*on_writable)(void *ctx, struct client *c);   /* backlog below half its mark */
	void (*on_gone)(void *ctx, struct client *c);
	void (*on_done)(void *ctx, struct client *c);
};

/* The user's own object for this request. */
void client_set_user(struct client *c, void *user);
void *client_user(const struct client *c);

/* Head; borrowed for the life of the request. The path is as sent, without
 * the query; the query without '?', "" when there is none. */
const char *client_method(const struct client *c);
const char *client_path(const struct client *c);
const char *client_query(const struct client *c);
const char *client_header(const struct client *c, const char *name);   /* NULL: none */
/* A header with a NUL in it is visited with an empty name. */
void client_each_header(const struct client *c,
			void (*visit)(void *ctx, const char *name, const char *value),
			void *ctx);
bool client_is_http10(const struct client *c);
/* Numeric address of the peer, without port. */
const char *client_address(const struct client *c);

/* The connection closes behind the answer: its framing cannot be trusted. */
void client_close_after(struct client *c);

/* A whole answer. `body` is copied. Header names must not be
 * content-length, transfer-encoding or connection. May come before the
 * request's body has arrived: the rest of it is then read and thrown away (up
 * to MAX_DRAIN_BYTES), so that the answer is not lost in a reset. */
void client_respond(struct client *c, int status, const struct header *headers,
		    size_t header_count, struct slice body);

/* Begins an answer whose body follows. length -1: not known (chunked). */
void client_start(struct client *c, int status, const struct header *headers,
		  size_t header_count, int64_t length);
/* Sends, or keeps what the socket does not take; one HTTP chunk a call where
 * chunks are used. Returns the bytes now waiting. */
size_t client_write(struct client *c, struct slice bytes);
/* Ends the answer; is_clean false cuts the connection without the last chunk,
 * so that nobody takes the part for the whole. */
void client_finish(struct client *c, bool is_clean);

/* While the request's body is on its way: answer now and close, whatever is
 * still to come. Used when the sender is too slow. */
void client_refuse_now(struct client *c, int status, const struct header *headers,
		       size_t header_count, struct slice body);

#endif
