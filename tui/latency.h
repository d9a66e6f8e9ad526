/*
 * Percentiles of the last while, from the gateway's own histogram: it counts
 * since its start, so what lies between two looks is the difference of both.
 * One thread.
 */
#ifndef TUI_LATENCY_H
#define TUI_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATENCY_LOOKS 64 /* one a second */

struct bucket {
	double upper; /* milliseconds, inclusive */
	double count; /* since the gateway's start */
};

struct latency_look {
	int64_t at_s;
	struct bucket *items; /* owned; rising, those that have any */
	size_t count;
};

struct latency {
	struct latency_look looks[LATENCY_LOOKS]; /* a ring */
	size_t taken;
};

void latency_release(struct latency *l);

/* What the gateway tells now; copied. */
void latency_add(struct latency *l, const struct bucket *items, size_t count, int64_t now_s);

/* Of what ended within the last `seconds`, as far as it was watched. False:
 * nothing did. */
bool latency_percentiles(const struct latency *l, int64_t now_s, int seconds, double *p50,
			 double *p95);

#endif
