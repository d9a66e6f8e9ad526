/*
 * A client's connection as the worker's own epoll sees it: whether the peer
 * has left, and when the socket takes more. libmicrohttpd does neither while
 * it holds the connection suspended. One edge-triggered registration serves
 * the connection's whole life.
 */
#ifndef GATEWAY_CONN_H
#define GATEWAY_CONN_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "transfer/loop.h"

struct client;

struct conn {
	struct watch watch;             /* first member */
	struct timer timer;
	struct deferred free;
	struct loop *loop;
	int fd;                         /* libmicrohttpd's */
	bool has_left;                  /* the peer sends no more */
	bool is_slow;                   /* its body takes its time */
	struct client *active;          /* request in progress, or NULL */
	struct timer gather_timer;
	size_t gathered;                /* SO_RCVLOWAT as it is set; 1: each byte is news */
	bool (*is_waiting)(const struct client *c);   /* suspended for its answer */
	void (*on_left)(struct client *c);
	void (*on_writable)(struct client *c);
	char address[INET6_ADDRSTRLEN];
};

/* The callbacks are called for `active` while it is waiting. */
struct conn *conn_create(struct loop *loop, int fd, const struct sockaddr *peer);

/* So many more bytes of a body are on their way: the worker is woken once for
 * many of them, unless they take their time. 0: it is complete. */
void conn_gather(struct conn *conn, size_t left);

/* Before the socket is closed; freed at the end of the turn. */
void conn_destroy(struct conn *conn);

#endif
