/*
 * May a request begin on an upstream and model at this moment; if not, why
 * and for how long? Cooldowns first, then quotas that the upstream reported,
 * then configured limits, then the ramp.
 *
 * Internal to this room; with the router's lock held.
 */
#ifndef ROUTING_GATE_H
#define ROUTING_GATE_H

#include "routing/roster.h"

enum gate_kind {
	GATE_OPEN,
	GATE_PROBE,             /* open for one request, as a probe */
	GATE_COOLING,
	GATE_QUOTA,
	GATE_LIMIT,
	GATE_RAMP,
	GATE_ATTEMPTS,          /* enough routes of this level were tried */
};

struct gate {
	enum gate_kind kind;
	enum failure_class class;       /* COOLING */
	enum limit_kind limit;          /* LIMIT */
	bool is_measured;               /* COOLING: the end is certain */
	bool is_leased;                 /* COOLING: somebody probes right now */
	bool is_open_ended;             /* COOLING: only a person ends it */
	int64_t wait_ms;                /* until it opens; -1: unknown or never */
	int64_t until_wall_ms;          /* the same for people; 0: unknown */
};

struct gate_request {
	const char *model;
	int64_t tokens;
	bool is_background;
	bool is_moved;                  /* comes from elsewhere: the ramp counts */
};

struct gate gate_check(struct upstream_state *s, const struct gate_request *g,
		       struct moment now);

/* Is the end known, however far? A guess is not. */
bool gate_is_timed(const struct gate *g);

/* For people: "cooling down for 41 s: rate limit". */
void gate_explain(const struct gate *g, struct moment now, struct buf *out);

/* The class of failure that a client should be told of. */
enum failure_class gate_class(const struct gate *g);

#endif
