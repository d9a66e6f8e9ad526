/*
 * When server failures are more than bad luck: five within a minute, or half
 * of at least ten requests. Five scattered ones among very many successes are
 * bad luck still: below a tenth of the requests they open nothing, unless
 * they came in a row.
 *
 * Plain data without a lock; times are monotonic milliseconds.
 */
#ifndef ROUTING_BREAKER_H
#define ROUTING_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 5
#define BREAKER_SLOTS 6

struct breaker_slot {
	int64_t number;         /* which ten seconds since the clock began */
	uint32_t good;
	uint32_t bad;
};

struct breaker {
	int64_t last_failures[BREAKER_FAILURES];   /* a ring; 0: none */
	unsigned next;
	unsigned in_a_row;
	struct breaker_slot slots[BREAKER_SLOTS];
};

void breaker_good(struct breaker *b, int64_t now_mono_ms);

/* True when this failure opens the breaker; it then starts anew. */
bool breaker_bad(struct breaker *b, int64_t now_mono_ms);

#endif
