#include "routing/strategy.h"

#include <math.h>

#define FORGET_MS (10LL * 60 * 1000)
#define WEIGHT_OF_NEWEST 0.25

/* What somebody unknown is taken for once one request is on its way there. */
#define USUAL_TTFT_MS 1000.0

/* Those that answer within the clock's tick are alike, but not when busy. */
#define LEAST_TTFT_MS 1.0

/* However often it fails: nobody's expected time grows beyond this. */
#define LEAST_SUCCESS 0.05

bool health_is_known(const struct health *h, int64_t now_mono_ms)
{
	return h->samples && now_mono_ms - h->sampled_mono_ms < FORGET_MS;
}

/* The first samples count more, so that one bad beginning fades quickly. */
static void sample(struct health *h, int64_t now_mono_ms)
{
	if (!health_is_known(h, now_mono_ms)) {
		*h = (struct health){ .ttft_ms = h->ttft_ms };
	}
	h->samples++;
	h->sampled_mono_ms = now_mono_ms;
}

static double weight_of_newest(uint32_t samples)
{
	double first = 1.0 / samples;

	return first > WEIGHT_OF_NEWEST ? first : WEIGHT_OF_NEWEST;
}

void health_answered(struct health *h, int64_t ttft_ms, int64_t now_mono_ms)
{
	double weight;

	sample(h, now_mono_ms);
	weight = weight_of_newest(h->samples);
	h->ttft_ms += ((double)ttft_ms - h->ttft_ms) * weight;
	h->failures -= h->failures * weight;
}

void health_failed(struct health *h, int64_t now_mono_ms)
{
	sample(h, now_mono_ms);
	if (h->ttft_ms <= 0) {
		h->ttft_ms = USUAL_TTFT_MS;
	}
	h->failures += (1 - h->failures) * weight_of_newest(h->samples + 1);
}

static double at_least(double value, double least)
{
	return value > least ? value : least;
}

static double ttft_ms(const struct contender *c)
{
	if (!health_is_known(c->health, c->now_mono_ms)) {
		return c->in_flight ? USUAL_TTFT_MS : 0;
	}
	return at_least(c->health->ttft_ms, LEAST_TTFT_MS);
}

static double success(const struct contender *c)
{
	bool is_known = health_is_known(c->health, c->now_mono_ms);

	return is_known ? at_least(1 - c->health->failures, LEAST_SUCCESS) : 1;
}

/* By the time until a first byte comes, tries that fail included. Unknown ones
 * are tried early, one request at a time. Of two that are alike the one whose
 * weekly window resets first is used up first. */
static double health_first(const struct contender *c)
{
	return ttft_ms(c) * (double)(c->in_flight + 1) * (0.5 + 0.5 * c->week_left) /
	       (success(c) * c->weight);
}

double strategy_score(enum strategy s, const struct contender *c)
{
	switch (s) {
	case STRATEGY_HEALTH_FIRST:
		return health_first(c);
	case STRATEGY_WEIGHTED:
		/* The smallest of exponential lots is drawn in proportion to
		 * the weights. */
		return (double)(-logf((float)c->lot) / (float)c->weight);
	case STRATEGY_LEAST_CONNECTIONS:
		return (double)c->in_flight / c->weight;
	case STRATEGY_LEAST_LATENCY:
		return ttft_ms(c) / success(c);
	case STRATEGY_RANDOM:
		return c->lot;
	case STRATEGY_PRIORITY:         /* file order */
	case STRATEGY_ROUND_ROBIN:      /* the plan rotates */
		break;
	}
	return 0;
}

bool strategy_needs_lot(enum strategy s)
{
	return s == STRATEGY_WEIGHTED || s == STRATEGY_RANDOM;
}

bool strategy_needs_health(enum strategy s)
{
	return s == STRATEGY_HEALTH_FIRST || s == STRATEGY_LEAST_LATENCY;
}
