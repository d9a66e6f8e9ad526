/*
 * As much of HTTP/1.1 as the control socket speaks: one request a connection,
 * bodies with a length, answers with a length or as an event stream. Inside
 * control/ only; blocking.
 */
#ifndef CONTROL_HTTP_H
#define CONTROL_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* A request line with its headers, or a status line with them. */
#define MAX_CONTROL_HEAD_BYTES (16 * KIB)

/* Slices into the text that was parsed. */
struct http_head {
	struct slice method;            /* of a request */
	struct slice target;
	int status;                     /* of an answer */
	bool has_length;
	uint64_t length;                /* of the body */
	bool is_chunked;
	bool expects_continue;
	bool is_event_stream;
	bool is_from_a_page;            /* an Origin, or a Host that is not this machine */
};

/* The head's size with its blank line, or 0: it is not complete yet. */
size_t http_head_size(struct slice text);

/* Both take a complete head; ERR_USAGE when it is not HTTP/1.x. */
bool http_parse_request(struct slice text, struct http_head *head, struct err *err);
bool http_parse_answer(struct slice text, struct http_head *head, struct err *err);

/* Reads until the head is complete; what came behind it stays in `in` too.
 * Returns its size, or 0 + err (the peer left, was silent for too long, or
 * sends a head beyond MAX_CONTROL_HEAD_BYTES). */
size_t http_read_head(int fd, struct buf *in, struct err *err);

/* Reads until `in` holds `size` bytes. */
bool http_read_to(int fd, struct buf *in, size_t size, struct err *err);

/* Reads what is there, at least one byte; 0: the peer is done. */
bool http_read_some(int fd, struct buf *in, size_t *got, struct err *err);

/* Writes everything, never SIGPIPE; false: the peer is gone. */
bool http_write(int fd, struct slice bytes);

/* Status line and headers of an answer; `length` < 0: an event stream. */
void http_answer_head(struct buf *out, int status, int64_t length);

#endif
