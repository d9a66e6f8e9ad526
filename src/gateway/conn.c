#include "gateway/conn.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/mem.h"

/* A half-closed peer's request that is not complete by then never will be. */
#define HALF_CLOSED_MS 1000

static void on_timer(struct timer *t)
{
	struct conn *conn = (struct conn *)((char *)t - offsetof(struct conn, timer));

	if (!conn->active || !conn->is_waiting(conn->active)) {
		shutdown(conn->fd, SHUT_RDWR);
	}
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct conn *conn = (struct conn *)w;
	struct client *c = conn->active;

	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) && !conn->has_left) {
		conn->has_left = true;
		loop_timer_set(conn->loop, &conn->timer, HALF_CLOSED_MS);
	}
	if (!c || !conn->is_waiting(c)) {
		return;
	}
	if (conn->has_left) {
		conn->on_left(c);
	} else if (events & EPOLLOUT) {
		conn->on_writable(c);
	}
}

static void set_address(struct conn *conn, const struct sockaddr *peer)
{
	const void *raw = NULL;

	if (peer && peer->sa_family == AF_INET) {
		raw = &((const struct sockaddr_in *)(const void *)peer)->sin_addr;
	} else if (peer && peer->sa_family == AF_INET6) {
		raw = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	}
	if (raw) {
		inet_ntop(peer->sa_family, raw, conn->address, sizeof conn->address);
	}
}

static void free_conn(struct deferred *d)
{
	free((char *)d - offsetof(struct conn, free));
}

struct conn *conn_create(struct loop *loop, int fd, const struct sockaddr *peer)
{
	struct conn *conn = xcalloc(1, sizeof *conn);

	conn->loop = loop;
	conn->fd = fd;
	conn->timer.on_fire = on_timer;
	conn->free.run = free_conn;
	conn->watch = (struct watch){ .fd = fd, .on_ready = on_ready };
	set_address(conn, peer);
	if (!loop_watch(loop, &conn->watch, EPOLLRDHUP | EPOLLOUT | EPOLLET)) {
		conn->watch.fd = -1;
	}
	return conn;
}

void conn_destroy(struct conn *conn)
{
	loop_timer_clear(conn->loop, &conn->timer);
	loop_unwatch(conn->loop, &conn->watch);
	loop_defer(conn->loop, &conn->free);
}
