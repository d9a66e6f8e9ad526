#include "transfer/direct_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"

/* What goes into one TLS record at most. */
#define TLS_RECORD_BYTES (16 * KIB)

static void free_conn(struct deferred *d)
{
	free((char *)d - offsetof(struct direct_conn, free));
}

struct direct_conn *direct_conn_create(struct loop *loop, int fd,
				       void (*on_ready)(struct watch *w, uint32_t events))
{
	struct direct_conn *c = xcalloc(1, sizeof *c);

	c->loop = loop;
	c->free.run = free_conn;
	c->watch = (struct watch){ .fd = fd, .on_ready = on_ready };
	c->events = EPOLLIN | EPOLLRDHUP;
	if (!loop_watch(loop, &c->watch, c->events)) {
		close(fd);
		free(c);
		return NULL;
	}
	return c;
}

void direct_conn_destroy(struct direct_conn *c)
{
	int fd = c->watch.fd;

	if (fd < 0) {
		return;
	}
	tls_destroy(c->tls);
	c->tls = NULL;
	loop_unwatch(c->loop, &c->watch);
	close(fd);
	loop_defer(c->loop, &c->free);
}

/* Without EPOLLIN the peer's FIN is no news either: it stays behind the data.
 * A reset cannot be masked; it is told once. */
void direct_conn_want(struct direct_conn *c, uint32_t events)
{
	events |= events & EPOLLIN ? EPOLLRDHUP : 0u;
	events |= events ? 0u : EPOLLONESHOT;
	if (c->events != events) {
		c->events = events;
		loop_rewatch(c->loop, &c->watch, events);
	}
}

static enum direct_io tls_outcome(enum tls_wait wait)
{
	switch (wait) {
	case TLS_WAIT_READ:
	case TLS_WAIT_WRITE:
		return DIRECT_WAIT;
	case TLS_CLOSED:
		return DIRECT_ENDED;
	case TLS_BROKEN:
		break;
	}
	return DIRECT_BROKEN;
}

static enum direct_io socket_outcome(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK ? DIRECT_WAIT : DIRECT_BROKEN;
}

enum direct_io direct_conn_read(struct direct_conn *c, char *bytes, size_t max, size_t *moved)
{
	enum tls_wait wait = TLS_BROKEN;
	ssize_t got;

	if (c->tls) {
		*moved = tls_read(c->tls, bytes, max, &wait);
		return *moved ? DIRECT_MOVED : tls_outcome(wait);
	}
	do {
		got = recv(c->watch.fd, bytes, max, 0);
	} while (got < 0 && errno == EINTR);
	if (got <= 0) {
		return got ? socket_outcome() : DIRECT_ENDED;
	}
	*moved = (size_t)got;
	return DIRECT_MOVED;
}

/* A short body goes into the head's record. */
static enum direct_io write_tls(struct direct_conn *c, struct slice first, struct slice then,
				size_t *moved)
{
	enum tls_wait wait = TLS_BROKEN;
	char record[TLS_RECORD_BYTES];

	if (first.len && first.len + then.len <= sizeof record) {
		memcpy(record, first.ptr, first.len);
		if (then.len) {
			memcpy(record + first.len, then.ptr, then.len);
		}
		first = (struct slice){ record, first.len + then.len };
	} else if (!first.len) {
		first = then;
	}
	*moved = tls_write(c->tls, first.ptr, first.len, &wait);
	return *moved ? DIRECT_MOVED : tls_outcome(wait);
}

/* iovec wants a pointer it may not write through. */
static void *unconst(const char *ptr)
{
	union { const char *in; void *out; } u = { .in = ptr };

	return u.out;
}

enum direct_io direct_conn_write(struct direct_conn *c, struct slice first, struct slice then,
				 size_t *moved)
{
	struct iovec parts[] = {
		{ unconst(first.ptr), first.len },
		{ unconst(then.ptr), then.len },
	};
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = ARRAY_LEN(parts) };
	ssize_t put;

	if (c->tls) {
		return write_tls(c, first, then, moved);
	}
	do {
		put = sendmsg(c->watch.fd, &msg, MSG_NOSIGNAL);
	} while (put < 0 && errno == EINTR);
	if (put < 0) {
		return socket_outcome();
	}
	*moved = (size_t)put;
	return DIRECT_MOVED;
}
