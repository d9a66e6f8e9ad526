#include "gateway/socket_out.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/limits.h"

/* One chunk of an upstream is at most curl's buffer; a backlog above its mark
 * pauses the upstream, so this bound is never met in good order. */
#define BACKLOG_MAX (4 * MIB)

/* A refused sender's bytes that are read to let the answer through. */
#define MAX_DISCARD_BYTES (1 * MIB)

/* An emptied backlog larger than this goes back to the system. */
#define BACKLOG_KEEP (4 * KIB)

void socket_out_init(struct socket_out *out, int fd)
{
	*out = (struct socket_out){ .fd = fd, .backlog = BUF_INIT(BACKLOG_MAX) };
}

void socket_out_release(struct socket_out *out)
{
	buf_release(&out->backlog);
}

/* Bytes taken; 0 when the socket is full or broken. */
static size_t send_parts(struct socket_out *out, struct iovec *parts, size_t count)
{
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = count };
	ssize_t put;

	do {
		put = sendmsg(out->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (put < 0 && errno == EINTR);
	if (put < 0) {
		out->has_failed = errno != EAGAIN && errno != EWOULDBLOCK;
		return 0;
	}
	return (size_t)put;
}

static void keep_rest(struct socket_out *out, const struct iovec *parts, size_t count,
		      size_t sent)
{
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < parts[i].iov_len ? sent : parts[i].iov_len;

		sent -= skip;
		buf_add(&out->backlog, (const char *)parts[i].iov_base + skip,
			parts[i].iov_len - skip);
	}
	if (out->backlog.failed) {
		out->has_failed = true;
	}
}

static void put_parts(struct socket_out *out, struct iovec *parts, size_t count)
{
	size_t sent = 0;
	size_t total = 0;

	if (out->has_failed) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		total += parts[i].iov_len;
	}
	if (!out->backlog.len) {
		sent = send_parts(out, parts, count);
	}
	if (sent < total && !out->has_failed) {
		keep_rest(out, parts, count, sent);
	}
}

/* iovec wants a pointer it may not write through. */
static void *unconst(const char *ptr)
{
	union { const char *in; void *out; } u = { .in = ptr };

	return u.out;
}

void socket_out_raw(struct socket_out *out, struct slice bytes)
{
	struct iovec part = { unconst(bytes.ptr), bytes.len };

	if (bytes.len) {
		put_parts(out, &part, 1);
	}
}

void socket_out_chunk(struct socket_out *out, struct slice bytes)
{
	char size[24];
	int len = snprintf(size, sizeof size, "%zx\r\n", bytes.len);
	struct iovec parts[] = {
		{ size, (size_t)len },
		{ unconst(bytes.ptr), bytes.len },
		{ unconst("\r\n"), 2 },
	};

	if (bytes.len) {
		put_parts(out, parts, ARRAY_LEN(parts));
	}
}

void socket_out_flush(struct socket_out *out)
{
	struct iovec part = { out->backlog.ptr, out->backlog.len };

	if (out->has_failed || !out->backlog.len) {
		return;
	}
	buf_drop(&out->backlog, send_parts(out, &part, 1));
	if (!out->backlog.len && out->backlog.capacity > BACKLOG_KEEP) {
		buf_release(&out->backlog);
	}
}

void socket_out_refusal(struct socket_out *out, int status, const struct header *headers,
			size_t header_count, struct slice body)
{
	struct buf text = BUF_INIT(MAX_ERROR_BODY_BYTES);

	buf_addf(&text, "HTTP/1.1 %d Refused\r\nConnection: close\r\nContent-Length: %zu\r\n",
		 status, body.len);
	for (size_t i = 0; i < header_count; i++) {
		buf_addf(&text, "%s: %s\r\n", headers[i].name, headers[i].value);
	}
	buf_adds(&text, "\r\n");
	buf_add(&text, body.ptr, body.len);
	socket_out_raw(out, buf_slice(&text));
	shutdown(out->fd, SHUT_WR);
	buf_release(&text);
}

void socket_out_discard_arrived(struct socket_out *out)
{
	char scratch[16 * KIB];

	for (size_t left = MAX_DISCARD_BYTES; left > 0;) {
		ssize_t got = recv(out->fd, scratch, sizeof scratch, MSG_DONTWAIT);

		if (got <= 0) {
			return;
		}
		left -= (size_t)got < left ? (size_t)got : left;
	}
}
