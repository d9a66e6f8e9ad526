/*
 * When a crowd moves to another upstream at once, it gets in slowly: one
 * request, and one more each 250 ms or success, for 30 seconds. Only requests
 * that came from elsewhere are held back; those that belong here are not.
 *
 * Plain data without a lock; times are monotonic milliseconds.
 */
#ifndef ROUTING_RAMP_H
#define ROUTING_RAMP_H

#include <stdbool.h>
#include <stdint.h>

struct ramp {
	int64_t since_ms;       /* 0: no crowd */
	int64_t successes;
	int64_t moved_in_flight;
	int64_t recent_ms;      /* start of the second that is counted */
	int64_t recent;         /* arrivals from elsewhere in it */
};

/* May a request that moved here begin now? Otherwise *wait_ms says when to
 * ask again. Changes nothing. */
bool ramp_admits(const struct ramp *r, int64_t now_mono_ms, int64_t *wait_ms);

/* It begins; enough of them within a second are a crowd. */
void ramp_begin(struct ramp *r, int64_t now_mono_ms);
void ramp_succeeded(struct ramp *r);
void ramp_end(struct ramp *r);

#endif
