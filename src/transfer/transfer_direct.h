/*
 * Transfers over connections of our own: HTTP/1.1 to upstreams that are
 * reached without a proxy, which is nearly all of them. A fraction of the
 * work of transfer_curl.h, which takes the rest. One pool a worker.
 */
#ifndef TRANSFER_TRANSFER_DIRECT_H
#define TRANSFER_TRANSFER_DIRECT_H

#include "transfer/direct_pool.h"
#include "transfer/transfer.h"

/* Is this transfer one for it? */
bool direct_transfer_suits(const struct transfer_spec *spec);

/* NULL + err when it cannot begin. The handle lives in the spec's arena. */
struct transfer *direct_transfer_start(struct direct_pool *p, const struct transfer_spec *spec,
				       const struct transfer_events *events, void *ctx,
				       struct err *err);

#endif
