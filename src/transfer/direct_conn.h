/*
 * A connection to an upstream that the direct transport owns: a non-blocking
 * socket in the worker's epoll, with or without TLS over it. Worker thread
 * only.
 */
#ifndef TRANSFER_DIRECT_CONN_H
#define TRANSFER_DIRECT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "transfer/loop.h"
#include "transfer/tls.h"

struct direct_origin;
struct direct_transfer;

struct direct_conn {
	struct watch watch;             /* first member */
	struct deferred free;
	struct loop *loop;
	struct tls *tls;                /* NULL: plain */
	struct direct_origin *origin;
	struct direct_transfer *user;   /* NULL: idle */
	struct direct_conn *next;       /* among its origin's idle ones */
	struct direct_conn *prev;
	uint64_t idle_since_ms;
	uint32_t events;                /* asked of epoll now */
};

enum direct_io {
	DIRECT_MOVED,           /* some bytes did */
	DIRECT_WAIT,            /* nothing until epoll says so */
	DIRECT_ENDED,           /* the peer sends no more */
	DIRECT_BROKEN,
};

/* Takes `fd` over; NULL when epoll refuses it (it is closed then). */
struct direct_conn *direct_conn_create(struct loop *loop, int fd,
				       void (*on_ready)(struct watch *w, uint32_t events));
/* Closes; the memory goes at the end of the turn. */
void direct_conn_destroy(struct direct_conn *c);

/* Watches for these: EPOLLIN, EPOLLOUT; 0 for nothing but the connection's end. */
void direct_conn_want(struct direct_conn *c, uint32_t events);

/* *moved is set with DIRECT_MOVED only. */
enum direct_io direct_conn_read(struct direct_conn *c, char *bytes, size_t max, size_t *moved);
/* Head and body leave together where that is possible. */
enum direct_io direct_conn_write(struct direct_conn *c, struct slice first, struct slice then,
				 size_t *moved);

#endif
