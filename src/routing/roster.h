/*
 * The live state of every upstream account: ledger, quota, limits, health,
 * ramp in one place, found by id and kept over reloads of the configuration.
 *
 * Internal to this room; guarded by the router's lock.
 */
#ifndef ROUTING_ROSTER_H
#define ROUTING_ROSTER_H

#include "base/map.h"
#include "routing/breaker.h"
#include "routing/ledger.h"
#include "routing/limits.h"
#include "routing/quota.h"
#include "routing/ramp.h"
#include "routing/strategy.h"

struct model_state {
	char name[COOLDOWN_MODEL_BYTES];
	struct health health;
	struct breaker breaker;         /* failures of its answers */
	int64_t used_mono_ms;
};

struct upstream_state {
	char *id;                       /* owned */
	uint32_t number;                /* place in the roster */
	struct limits limits;           /* of the newest configuration */
	struct counters counters;
	struct ledger ledger;
	struct quota quota;
	struct ramp ramp;
	struct breaker breaker;         /* failures to reach it at all */
	struct model_state *models;     /* owned; those used last */
	size_t model_count;
};

struct roster {
	struct upstream_state **items;  /* owned, each; never removed */
	size_t count;
	size_t capacity;
	struct map by_id;
};

void roster_release(struct roster *r);

/* Found or made; stays where it is until the roster goes. */
struct upstream_state *roster_get(struct roster *r, const char *id);

/* NULL while nothing is known of the pair. */
const struct model_state *upstream_peek_model(const struct upstream_state *s,
					      const char *model);

/* Made when missing, in place of the one unused for longest. Valid until the
 * next call. */
struct model_state *upstream_model(struct upstream_state *s, const char *model,
				   int64_t now_mono_ms);

/* What an attempt that began at `began_mono_ms` came to: health, breakers and
 * ledger all learn of it. True when the ledger changed. */
bool upstream_failed(struct upstream_state *s, const struct ledger_failure *f,
		     struct moment now);
bool upstream_answered(struct upstream_state *s, const char *model, int64_t began_mono_ms,
		       int64_t ttft_ms, struct moment now);

/* A spent window as the cooldown that it amounts to, for lists. */
void upstream_spent_entry(const struct upstream_state *s, const struct quota_window *w,
			  struct cooldown *out);

#endif
