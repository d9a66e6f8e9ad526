/*
 * Who goes first among candidates of one priority, as a score: the lowest
 * wins, equals go by their place in the plan. And the health that scores are
 * made of: how long the first byte takes, how often it fails.
 *
 * Pure functions over plain data; times are monotonic milliseconds.
 */
#ifndef ROUTING_STRATEGY_H
#define ROUTING_STRATEGY_H

#include "config/config.h"

/* Of one upstream and model. Old samples fade; after ten minutes without any
 * the pair is unknown again and worth a try. */
struct health {
	double ttft_ms;
	double failures;        /* decaying share, 0…1 */
	uint32_t samples;
	int64_t sampled_mono_ms;
};

void health_answered(struct health *h, int64_t ttft_ms, int64_t now_mono_ms);
void health_failed(struct health *h, int64_t now_mono_ms);
bool health_is_known(const struct health *h, int64_t now_mono_ms);

struct contender {
	const struct health *health;
	int64_t in_flight;
	int weight;
	double week_left;       /* quota_week_left() */
	int64_t now_mono_ms;
	double lot;             /* random, above 0 and at most 1 */
};

double strategy_score(enum strategy s, const struct contender *c);

/* Is a lot drawn for this one? Others need no random number. */
bool strategy_needs_lot(enum strategy s);

/* Does it look at `health`? Others need nobody to look it up. */
bool strategy_needs_health(enum strategy s);

#endif
