/*
 * What routing remembers, as documents of state.db: cooldowns, quota windows
 * and the day's counts in one, which sessions belong to which upstream in
 * another. Only what has changed is written.
 */
#ifndef SERVER_ROUTING_STATE_H
#define SERVER_ROUTING_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct history;
struct router;

/* Before the first request. */
void routing_state_load(struct history *history, struct router *router);

/* Of what was written last; zero at first. */
struct routing_saved {
	uint64_t routing;               /* checksums */
	uint64_t bindings;
	uint64_t bindings_at_ms;        /* monotonic */
};

/* Bindings change with every request and are many: they are written every few
 * seconds, and `at_end`. */
void routing_state_save(struct history *history, struct router *router,
			struct routing_saved *saved, bool at_end);

#endif
