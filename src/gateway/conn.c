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

/* A body in one piece costs one turn of the loop, and leaves the sender alone
 * instead of waking it for each window. Below this it comes at once anyway. */
#define GATHER_FROM_BYTES ((size_t)24 * 1024)
#define GATHER_MAX_BYTES ((size_t)1024 * 1024)

/* Whoever sends more slowly is read as it comes. */
#define GATHER_MS 10

static void set_low_mark(struct conn *conn, size_t bytes)
{
	int value = (int)bytes;

	if (bytes != conn->gathered &&
	    setsockopt(conn->fd, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value) == 0) {
		conn->gathered = bytes;
	}
}

static void on_gather_timer(struct timer *t)
{
	struct conn *conn = (struct conn *)((char *)t - offsetof(struct conn, gather_timer));

	conn->is_slow = true;
	set_low_mark(conn, 1);
}

void conn_gather(struct conn *conn, size_t left)
{
	if (left < GATHER_FROM_BYTES || conn->is_slow) {
		loop_timer_clear(conn->loop, &conn->gather_timer);
		set_low_mark(conn, 1);
		conn->is_slow = conn->is_slow && left;
		return;
	}
	if (conn->gathered == 1) {
		loop_timer_set(conn->loop, &conn->gather_timer, GATHER_MS);
	}
	if (conn->gathered == 1 || left < conn->gathered) {
		set_low_mark(conn, left / 2 < GATHER_MAX_BYTES ? left / 2 : GATHER_MAX_BYTES);
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
	conn->gather_timer.on_fire = on_gather_timer;
	conn->gathered = 1;
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
	loop_timer_clear(conn->loop, &conn->gather_timer);
	loop_unwatch(conn->loop, &conn->watch);
	loop_defer(conn->loop, &conn->free);
}
