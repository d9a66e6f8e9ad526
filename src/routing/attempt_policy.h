/*
 * What to do after a failed attempt: product, section 7, for one request. Pure
 * functions.
 */
#ifndef ROUTING_ATTEMPT_POLICY_H
#define ROUTING_ATTEMPT_POLICY_H

#include "routing/classify.h"

enum policy {
	POLICY_STOP,            /* no other route would do better */
	POLICY_REPEAT,          /* the same route, after a pause */
	POLICY_REFRESH,         /* the same route, once its token is renewed */
	POLICY_KEEP,            /* the route may be used again when its time comes */
	POLICY_NEXT,            /* the route is done with for this request */
};

struct policy_facts {
	const struct verdict *verdict;
	unsigned requests;              /* sent on this route so far */
	bool is_oauth;
	bool is_refreshed;              /* its token was renewed for this request */
	double lot;                     /* random, 0…1 */
};

/* *pause_ms is set for POLICY_REPEAT. */
enum policy policy_after(const struct policy_facts *f, int64_t *pause_ms);

/* Is this failure to be held against the upstream yet? Pauses that the table
 * grants come first, except where a breaker counts. */
bool policy_blames(const struct policy_facts *f, enum policy p);

/* Is `b` more useful to the client than `a` (which may be NULL)? Of equals
 * the later one is. */
bool policy_prefers(const struct verdict *a, const struct verdict *b);

/* The status that a client gets for a class, when none was received. */
int policy_status(enum failure_class c);

#endif
