/*
 * The inside of a router, for the files that make it up. Everything is
 * guarded by `lock`, except what is marked otherwise.
 */
#ifndef ROUTING_ROUTER_CORE_H
#define ROUTING_ROUTER_CORE_H

#include <pthread.h>

#include "routing/estimate.h"
#include "routing/roster.h"
#include "routing/router.h"

struct key_state {
	char *id;                       /* owned */
	struct counters counters;
};

struct router {
	pthread_mutex_t lock;
	struct config *config;          /* the newest; a reference */
	struct upstream_state **table;  /* owned: its accounts' states, by index */
	struct roster upstreams;
	struct map keys;                /* id → struct key_state, owned */
	struct affinity sessions;
	struct affinity pins;
	struct estimates estimates;
	struct throttle throttle;
	bool has_files;                 /* among the pins; atomic */
	uint64_t random;                /* never 0 */
};

/* With the lock held. An older snapshot's accounts are found by id. */
struct upstream_state *router_state(struct router *r, const struct config *config,
				    const struct upstream_account *account);
struct key_state *router_key(struct router *r, const char *id);

/* `key` of affinity_id(); with the lock held. */
void router_put_pin(struct router *r, uint64_t key, const char *account_id, struct moment now);

/* Above 0 and at most 1; with the lock held. */
double router_lot(struct router *r);

#endif
