/*
 * TLS to upstreams over a connected socket; the only file with libssl. Never
 * blocks. One set of roots a worker; a connection belongs to its worker.
 */
#ifndef TRANSFER_TLS_H
#define TRANSFER_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tls_roots;       /* who is trusted, and sessions to resume */
struct tls;             /* one connection */

/* `ca_file`: PEM; NULL: the system's directory. NULL + err when unreadable. */
struct tls_roots *tls_roots_create(const char *ca_file, struct err *err);
struct tls_roots *tls_roots_ref(struct tls_roots *r);
void tls_roots_unref(struct tls_roots *r);

/* A connection of a client to `host` (a name, or an address; IPv6 in
 * brackets), whose certificate must be good for it. Does not own `fd`. */
struct tls *tls_create(struct tls_roots *roots, int fd, const char *host);
void tls_destroy(struct tls *t);        /* sends close-notify when it can */

enum tls_wait { TLS_WAIT_READ, TLS_WAIT_WRITE, TLS_CLOSED, TLS_BROKEN };

/* True when done. */
bool tls_handshake(struct tls *t, enum tls_wait *wait);
/* Bytes moved; 0: see *wait. */
size_t tls_read(struct tls *t, void *bytes, size_t max, enum tls_wait *wait);
size_t tls_write(struct tls *t, const void *bytes, size_t len, enum tls_wait *wait);

/* Bytes of the peer that were taken from the socket and not yet read. */
bool tls_has_unread(const struct tls *t);
/* Was the peer checked against these very roots? */
bool tls_is_under(const struct tls *t, const struct tls_roots *roots);

/* Words for the last TLS_BROKEN. Borrowed until the next call. */
const char *tls_problem(const struct tls *t);

#endif
