/*
 * libcurl's multi interface on a worker's loop: its sockets, its timer, and
 * what is kept for reuse. For the files that use libcurl; worker thread only.
 * Its handles are `void *` here (as they are to libcurl), so that its header
 * stays where it is used.
 */
#ifndef TRANSFER_CURL_POOL_H
#define TRANSFER_CURL_POOL_H

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "transfer/ca_bundle.h"
#include "transfer/loop.h"
#include "transfer/transfer_curl.h"

/* What an easy handle's CURLOPT_PRIVATE names: who is told of its end. */
struct curl_job {
	void (*on_end)(struct curl_job *job, int code);   /* a CURLcode */
};

struct curl_pool {
	void *multi;                    /* CURLM */
	struct loop *loop;
	struct timer timer;
	struct deferred kick;           /* act on libcurl's 0 ms timer this turn */
	struct vec spare;               /* easy handles */
	struct map urls;                /* text → CURLU */
	struct curl_socket **sockets;   /* by descriptor */
	size_t socket_count;
	const char *system_ca;          /* libcurl's own default; may be NULL */
	char *extra_ca;                 /* proxy.ca_file that is in the bundle, or NULL */
	struct ca_bundle bundle;
};

/* CURLOPT_CLOSESOCKETFUNCTION of every handle of the pool, data the pool. */
int curl_pool_close_socket(void *pool, int fd);

/* File of the trusted roots: the system's, with `extra` ("" for none) beside
 * them; NULL + err when that cannot be read. Borrowed. */
const char *curl_pool_roots(struct curl_pool *p, const char *extra, struct err *err);

/* The extra file has changed: it is read again when it is next asked for. */
void curl_pool_forget_roots(struct curl_pool *p);

/* The parsed URL (CURLU), kept for the next time; NULL: not a URL. Borrowed
 * until the next call. */
void *curl_pool_url(struct curl_pool *p, const char *text);

#endif
