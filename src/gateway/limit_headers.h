/*
 * What an upstream's headers say about its limits, in the words of a client of
 * another format (C153, C154). Worker thread; strings live in the arena.
 */
#ifndef GATEWAY_LIMIT_HEADERS_H
#define GATEWAY_LIMIT_HEADERS_H

#include "transfer/transfer.h"

/* Most that limit_headers_write() writes beside those it forwards. */
#define LIMIT_HEADERS 8

/* Milliseconds until a retry makes sense; 0: not said. */
int64_t limit_headers_retry_ms(const struct pair_list *from, int64_t now_wall_ms);

/* Into `out`, which has room for from->count + LIMIT_HEADERS; returns how many.
 * Between the two formats of OpenAI the headers keep their names; otherwise
 * requests and tokens are translated and `retry_ms` (0: none) is written.
 * Subscription windows never cross, and Gemini's clients know no such headers. */
size_t limit_headers_write(enum format_id upstream, enum format_id client,
			   const struct pair_list *from, int64_t retry_ms,
			   struct arena *a, struct header *out);

#endif
