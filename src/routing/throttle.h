/*
 * Token buckets in front of everything: all requests, one address, one model.
 * A request takes from all of them or from none. Addresses are remembered in
 * a bounded table, so a stranger cannot fill memory by inventing them.
 *
 * Plain data without a lock; times are monotonic milliseconds.
 */
#ifndef ROUTING_THROTTLE_H
#define ROUTING_THROTTLE_H

#include "config/config.h"
#include "routing/lru.h"

struct bucket {
	double tokens;
	int64_t at_ms;
};

struct throttle {
	struct bucket global;
	bool is_started;
	struct lru addresses;
	struct bucket *address_buckets;      /* owned; NULL until first needed */
	struct lru models;
	struct bucket *model_buckets;
};

void throttle_release(struct throttle *t);

enum throttle_kind { THROTTLE_NONE, THROTTLE_GLOBAL, THROTTLE_ADDRESS, THROTTLE_MODEL };

struct throttle_result {
	enum throttle_kind kind;        /* THROTTLE_NONE: go on */
	int64_t wait_ms;                /* until a token is there */
};

/* `address` of the client, `model` as asked (NULL: none). */
struct throttle_result throttle_take(struct throttle *t, const struct rate_limit_config *c,
				     const char *address, const char *model,
				     int64_t now_mono_ms);

#endif
