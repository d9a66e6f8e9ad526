/*
 * Transfers by libcurl's multi interface: every proxy, TLS and HTTP case. One
 * pool a worker, with its connections and spare handles.
 */
#ifndef TRANSFER_TRANSFER_CURL_H
#define TRANSFER_TRANSFER_CURL_H

#include "transfer/transfer.h"

struct curl_pool;

/* Once in the process, before any thread starts. */
void curl_pool_init_process(void);

struct curl_pool *curl_pool_create(struct loop *loop, struct err *err);
void curl_pool_destroy(struct curl_pool *p);

/* NULL + err when the URL or an option is refused. */
struct transfer *curl_transfer_start(struct curl_pool *p, const struct transfer_spec *spec,
				     const struct transfer_events *events, void *ctx,
				     struct err *err);

/* The address that `location` means for who asked `base`; in the arena. NULL:
 * none. */
const char *curl_redirect(const char *base, const char *location, struct arena *a);

#endif
