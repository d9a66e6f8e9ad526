/*
 * Ten minutes of the past, second by second, for graphs: of the whole gateway
 * and of each upstream. Filled from snapshots; a second nobody looked at is a
 * gap, not a zero. One thread.
 */
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "tui/latency.h"
#include "tui/snapshot.h"

#define HISTORY_SECONDS 600

struct second {
	float requests, errors, tokens;
	float p50, p95; /* ms, NAN without requests */
	bool is_known;
};

struct series {
	struct second seconds[HISTORY_SECONDS]; /* a ring by time */
	int64_t last_s;				/* newest second it has */
};

struct history {
	struct series total;
	struct map upstreams; /* name -> struct series, owned */
	struct latency latency;
	struct map seen;      /* ids of finished requests counted already */
	double last_requests, last_errors, last_tokens; /* cumulative, NAN: not told */
	int64_t busy_s;					/* the last second with any request */
	bool has_begun;
};

void history_init(struct history *h);
void history_release(struct history *h);

/* Takes what is new in `s`, at wall second `now_s`. */
void history_add(struct history *h, const struct snapshot *s, int64_t now_s);

/* The newest second a graph shows: time stands still a minute after the last
 * request, so that nothing scrolls while nothing happens. */
int64_t history_end_s(const struct history *h, int64_t now_s);

const struct series *history_upstream(const struct history *h, const char *name);

enum history_value { HISTORY_REQUESTS, HISTORY_ERRORS, HISTORY_TOKENS, HISTORY_P50, HISTORY_P95 };

/* `count` values ending at `end_s`, `step` seconds each: sums of the first
 * three per second, the largest of the others; NAN: gap. */
void history_values(const struct series *s, enum history_value what, int64_t end_s, int step,
		    double *out, int count);

/* Per second over the last `seconds` up to `end_s`; NAN when nothing is known. */
double history_rate(const struct series *s, enum history_value what, int64_t end_s, int seconds);

#endif
