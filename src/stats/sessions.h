/*
 * What each session's prompt cache did: how much of its prompts was read from
 * it, and what was lost when the session moved to another upstream, whose
 * cache was cold. The last thousand sessions, in memory. Plain data without a
 * lock.
 */
#ifndef STATS_SESSIONS_H
#define STATS_SESSIONS_H

#include "base/json_write.h"
#include "base/map.h"
#include "stats/prices.h"
#include "stats/tally.h"

#define SESSIONS_KEPT 1000

struct session;

struct sessions {
	struct map index;
	struct session *items[SESSIONS_KEPT];   /* owned; in no order */
	size_t count;
};

void sessions_release(struct sessions *s);

/* One finished request; nothing when it belongs to no session. */
void sessions_add(struct sessions *s, const struct request_record *r);

/* Array, newest first, of those with a request since then: {name upstream
 * model key client last_at switches cache_read_ratio lost_tokens lost_usd} and
 * the members of usage. Adds them up in `total`. */
void sessions_write(const struct sessions *s, const struct usage_config *prices,
		    int64_t since_ms, struct usage_sums *total, struct json_writer *w);

#endif
