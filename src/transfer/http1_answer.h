/*
 * Reads an upstream's HTTP/1.1 answer as it arrives (RFC 9112): the head, the
 * body out of whichever framing, the end. Knows no socket; worker thread only.
 *
 *     while ((event = http1_answer_next(a, &bytes, &piece)) != HTTP1_MORE) …
 */
#ifndef TRANSFER_HTTP1_ANSWER_H
#define TRANSFER_HTTP1_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "providers/provider.h"

enum http1_event {
	HTTP1_MORE,     /* every byte is consumed; the answer goes on */
	HTTP1_HEAD,     /* the final head is there: status, headers, content_length */
	HTTP1_BODY,     /* `piece` is of the body */
	HTTP1_END,      /* the answer is whole; what is left of the bytes is not of it */
	HTTP1_BAD,      /* not HTTP, or more than is allowed: `problem` says what */
};

enum http1_phase {
	PHASE_STATUS_LINE,
	PHASE_HEADERS,
	PHASE_LENGTH,           /* `left` bytes of body */
	PHASE_UNTIL_CLOSE,
	PHASE_CHUNK_SIZE,
	PHASE_CHUNK_DATA,
	PHASE_CHUNK_END,
	PHASE_TRAILERS,
	PHASE_OVER,
};

struct http1_answer {
	int status;
	struct header *headers;         /* in the arena; at most MAX_UPSTREAM_HEADERS */
	size_t header_count;
	int64_t content_length;         /* -1: not announced */
	bool keeps_alive;               /* may the connection be used again */
	const char *problem;            /* of HTTP1_BAD */

	enum http1_phase phase;
	bool has_no_body;               /* the answer to a HEAD */
	bool is_http10;
	bool is_chunked;
	bool is_close_named;
	bool is_keep_alive_named;
	size_t head_bytes;
	unsigned folds;                 /* continued header lines */
	uint64_t left;
	struct arena *arena;
	struct buf partial;             /* a line of which the end is still to come */
};

/* `is_head`: the request's method was HEAD. The arena outlives it. */
void http1_answer_init(struct http1_answer *a, struct arena *arena, bool is_head);
void http1_answer_release(struct http1_answer *a);

/* Takes from the front of *bytes. `piece` borrows from them. */
enum http1_event http1_answer_next(struct http1_answer *a, struct slice *bytes,
				   struct slice *piece);

/* The connection ended: is that the answer's end as well? */
bool http1_answer_ends_here(const struct http1_answer *a);

#endif
