/*
 * What the direct transport keeps between transfers: origins with their idle
 * connections, URLs taken apart, trusted roots, a buffer to read into. One a
 * worker.
 */
#ifndef TRANSFER_DIRECT_POOL_H
#define TRANSFER_DIRECT_POOL_H

#include <sys/types.h>
#include <time.h>

#include "base/map.h"
#include "transfer/dial.h"
#include "transfer/direct_conn.h"

#define DIRECT_READ_BYTES (64 * 1024)

struct direct_pool;

/* Scheme, host, port and roots; lives as long as the pool, because there are
 * no more of them than the configuration names. */
struct direct_origin {
	struct direct_pool *pool;
	struct dial_url url;
	struct tls_roots *roots;        /* NULL: plain */
	bool is_outdated;               /* the roots' file has changed */
	struct direct_conn *idle;       /* newest first */
	struct direct_conn *oldest;
	size_t idle_count;
};

/* A URL, cut up once. */
struct direct_target {
	struct direct_origin *origin;
	char *target;                   /* owned; of the request line */
};

struct direct_pool {
	struct loop *loop;
	struct curl_pool *curl;         /* borrowed; it dials */
	struct map targets;             /* URL and roots → direct_target */
	struct map origins;
	struct map roots;               /* file → tls_roots */
	struct file_mark {
		ino_t inode;
		off_t bytes;
		struct timespec changed;
	} ca_mark;                      /* of the configured file as last seen */
	char *bytes;                    /* DIRECT_READ_BYTES; used inside one event */
};

struct direct_pool *direct_pool_create(struct loop *loop, struct curl_pool *curl);
void direct_pool_destroy(struct direct_pool *p);

/* NULL without err: not for the direct transport. Borrowed until the next
 * call; its origin stays. */
const struct direct_target *direct_pool_target(struct direct_pool *p, const char *url,
					       const char *ca_file, struct err *err);

/* The configuration is a new one. When its file of trusted roots has changed
 * since, it is read again, and connections under the old ones serve no more. */
void direct_pool_refresh(struct direct_pool *p, const char *ca_file);

/* An idle connection no older than this, or NULL. */
struct direct_conn *direct_pool_take(struct direct_pool *p, struct direct_origin *o,
				     int64_t max_idle_ms);
/* Keeps a connection on which nothing is under way, unless it cannot serve
 * others: TLS holds bytes behind the answer, or its roots are the old ones. */
void direct_pool_keep(struct direct_pool *p, struct direct_conn *c);
/* The peer of an idle connection has something to say. */
void direct_pool_idle_event(struct direct_pool *p, struct direct_conn *c);

#endif
