/*
 * Which sealed requests have been taken: each one once. A request is taken
 * when its time is within SEALED_WINDOW_MS of ours, not before the gateway's
 * start (what was taken before it is forgotten) and its nonce is new. Shared
 * by all workers; one short critical section for each sealed request.
 *
 * Bounded: when full, requests are refused, for none that could come again may
 * be forgotten.
 */
#ifndef GATEWAY_SEALED_MEMORY_H
#define GATEWAY_SEALED_MEMORY_H

#include "gateway/sealed_envelope.h"

#define SEALED_WINDOW_MS (300 * 1000)

enum sealed_verdict {
	SEALED_FRESH,
	SEALED_EARLY,           /* older than this gateway */
	SEALED_SKEWED,          /* its clock and ours differ too much */
	SEALED_REPLAYED,
	SEALED_FULL,
};

struct sealed_memory;

struct sealed_memory *sealed_memory_create(uint64_t start_ms, size_t max_count);
void sealed_memory_destroy(struct sealed_memory *m);        /* NULL is fine */

/* To be asked once for each request, after it has been opened: a stranger
 * could fill it otherwise. `now_ms` is wall time. Any thread. */
enum sealed_verdict sealed_memory_take(struct sealed_memory *m, const char *kid,
				       const struct sealed_stamp *stamp, uint64_t now_ms);

#endif
