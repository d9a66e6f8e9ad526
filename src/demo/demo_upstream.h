/*
 * The built-in demo upstream as a transfer: answers made in this process
 * (demo_answer.h), sent piece by piece on the worker's timers.
 */
#ifndef DEMO_UPSTREAM_H
#define DEMO_UPSTREAM_H

#include "transfer/loop.h"
#include "transfer/transfer.h"

/* Needs of the spec: method, url, body, arena. Never fails. */
struct transfer *demo_upstream_start(struct loop *loop, const struct transfer_spec *spec,
				     const struct transfer_events *events, void *ctx);

#endif
