/*
 * Writing to a client's socket past libmicrohttpd, while that holds the
 * connection suspended with nothing of its own to send (architecture,
 * decision 2). What the socket does not take is kept and sent on EPOLLOUT.
 */
#ifndef GATEWAY_SOCKET_OUT_H
#define GATEWAY_SOCKET_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "providers/provider.h"

struct socket_out {
	int fd;                 /* borrowed, non-blocking */
	bool has_failed;        /* the peer is gone */
	struct buf backlog;     /* already framed */
};

void socket_out_init(struct socket_out *out, int fd);
void socket_out_release(struct socket_out *out);

/* Sends bytes as they are, or as one HTTP/1.1 chunk. Empty: nothing. */
void socket_out_raw(struct socket_out *out, struct slice bytes);
void socket_out_chunk(struct socket_out *out, struct slice bytes);

/* A whole answer with `Connection: close`, and the end of sending. */
void socket_out_refusal(struct socket_out *out, int status, const struct header *headers,
			size_t header_count, struct slice body);

/* Throws away what has arrived (bounded): closing with unread bytes would
 * reset the connection under the answer. */
void socket_out_discard_arrived(struct socket_out *out);

/* Sends of the backlog what the socket takes. */
void socket_out_flush(struct socket_out *out);

#endif
