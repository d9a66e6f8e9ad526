/*
 * Which candidate a walk should try at this moment, or what it has to wait
 * for. Order: the session's own upstream, then level, then other vendors than
 * an overloaded one, then priority, then the strategy's score, then the place
 * in the plan.
 *
 * Internal to this room; with the router's lock held.
 */
#ifndef ROUTING_SELECT_H
#define ROUTING_SELECT_H

#include "routing/gate.h"
#include "routing/router_core.h"
#include "routing/walk.h"

/* What is remembered of a candidate once it failed or was passed over. */
struct candidate_note {
	uint8_t requests;
	bool is_spent;                  /* done with, for this request */
	bool is_refreshed;              /* its token was renewed meanwhile */
	bool is_passed;                 /* `gate` says why, when last looked at */
	struct gate gate;
};

#define NO_CANDIDATE SIZE_MAX

struct selection {
	size_t candidate;               /* NO_CANDIDATE: see wait_ms */
	bool is_probe;                  /* take the lease */
	int64_t wait_ms;                /* worth waiting for; -1: nothing is */
};

struct selection select_candidate(struct walk *w, struct moment now);

/* The note of a candidate, making room for notes at the first call. */
struct candidate_note *walk_note(struct walk *w, size_t candidate);

/* Requests of this walk sent to the candidate so far. */
unsigned walk_requests(const struct walk *w, size_t candidate);

struct gate walk_gate(struct walk *w, size_t candidate, bool is_moved, struct moment now);

#endif
