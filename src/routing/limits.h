/*
 * Requests and tokens per minute, requests per day, tokens per request, and
 * how many at once: of an upstream account, where a reached limit steers
 * requests elsewhere, and of a gateway key, where it refuses them.
 *
 * Minutes slide; a day ends at local midnight. Tokens are reserved by an
 * estimate when a request begins and corrected when its usage is known.
 *
 * Plain data without a lock; the owner serialises (router.h).
 */
#ifndef ROUTING_LIMITS_H
#define ROUTING_LIMITS_H

#include "base/json_write.h"
#include "config/config.h"
#include "routing/moment.h"

struct window;

struct counters {
	struct window *requests;        /* owned; NULL while no limit needs it */
	struct window *tokens;
	int64_t in_flight;
	int64_t day_requests;
	double day_usd;
	int64_t day_ends_wall_ms;       /* 0: nothing counted yet */
};

void counters_release(struct counters *c);

/* Makes what these limits need. Counts begin when a limit appears. */
void counters_prepare(struct counters *c, const struct limits *limits);

enum limit_kind { LIMIT_NONE, LIMIT_RPM, LIMIT_TPM, LIMIT_RPD, LIMIT_TPR, LIMIT_CONCURRENCY };

struct limit_check {
	enum limit_kind kind;           /* LIMIT_NONE: may begin */
	int64_t wait_ms;                /* until it may; -1: waiting does not help,
	                                 * or nobody knows (concurrency) */
};

/* Would a request of so many tokens be within the limits? `spare` are places
 * to leave free: background requests do not take the last one. Of several
 * reached limits the one that lasts longest is told. */
struct limit_check limits_check(struct counters *c, const struct limits *limits,
				int64_t tokens, int64_t spare, struct moment now);

/* What a request holds while it runs. */
struct reservation {
	int64_t tokens;
	int64_t at_mono_ms;
};

struct reservation limits_take(struct counters *c, int64_t tokens, struct moment now);

/* It ended: `tokens` were really used; nothing was sent at all: the request
 * itself does not count either. */
void limits_settle(struct counters *c, const struct reservation *r, int64_t tokens,
		   struct moment now);
void limits_refund(struct counters *c, const struct reservation *r, struct moment now);

/* Money spent today; counts for a budget. */
void limits_spend(struct counters *c, double usd, struct moment now);

/* Begins a new day when the old one is over. */
void counters_turn_day(struct counters *c, struct moment now);

/* "rpm", "tpm" …; and in words: "60 requests a minute". */
const char *limit_name(enum limit_kind kind);
void limit_explain(enum limit_kind kind, const struct limits *limits, struct buf *out);

/* Object {rpm:{limit,used}, …} of the limits that are set, and in_flight. */
void limits_write(struct counters *c, const struct limits *limits, struct json_writer *w,
		  struct moment now);

#endif
