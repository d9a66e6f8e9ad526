/*
 * What upstreams report about their own limits, in three steps: the headers
 * of one answer become readings; readings update what is known of an account;
 * what is known steers requests away from spent windows and shows on screens.
 *
 * Windows are named by their length ("5h", "7d"), never by their position in
 * a header: vendors move them around. Families understood:
 * anthropic-ratelimit-unified-*, anthropic-ratelimit-*, x-ratelimit-*,
 * x-codex-* (and x-<limit>-primary-*), retry-after, retry-after-ms,
 * x-should-retry.
 *
 * Plain data without a lock; the owner serialises (router.h).
 */
#ifndef ROUTING_QUOTA_H
#define ROUTING_QUOTA_H

#include "base/json_write.h"
#include "config/config.h"
#include "routing/moment.h"

#define QUOTA_WINDOWS 16        /* a subscription's worth and some models' own */
#define QUOTA_NAME_BYTES 32
#define QUOTA_MODELS_BYTES 128

struct quota_reading {
	char name[QUOTA_NAME_BYTES];
	char models[24];        /* pattern of those it counts; "" = all */
	bool is_per_model;      /* it counts only the model that was asked */
	int64_t length_ms;      /* 0: unknown */
	double used;            /* fraction, may exceed 1; negative: unknown */
	int64_t limit;          /* -1: unknown, as all below */
	int64_t remaining;
	int64_t reset_ms;       /* from now */
	bool is_spent;          /* the next request would be refused */
	const char *header;     /* "name: value" comes from these; borrowed */
	const char *value;
};

enum unified_status { UNIFIED_NONE, UNIFIED_ALLOWED, UNIFIED_REJECTED };

/* All an answer's headers say about limits. */
struct quota_readings {
	struct quota_reading items[QUOTA_WINDOWS];
	size_t count;
	enum unified_status unified;
	int64_t retry_after_ms;         /* -1: not said */
	const char *retry_header;       /* borrowed, with its value */
	const char *retry_value;
	int should_retry;               /* -1 not said, 0, 1 */
};

void quota_read(const struct pair_list *headers, int64_t now_wall_ms,
		struct quota_readings *r);

struct quota_window {
	char name[QUOTA_NAME_BYTES];
	char models[QUOTA_MODELS_BYTES];     /* those it counts; "" = all */
	bool is_pattern;                     /* of `models` */
	int64_t length_ms;
	double used;
	int64_t limit;
	int64_t remaining;
	struct moment reset;            /* wall_ms 0: unknown */
	bool is_spent;
	int64_t seen_wall_ms;
};

struct quota {
	struct quota_window windows[QUOTA_WINDOWS];
	size_t count;
	bool any_spent;                 /* hint: false means none is */
};

/* `model` is the one that the answer came from. */
void quota_update(struct quota *q, const struct quota_readings *r, const char *model,
		  struct moment now);

/* The spent window that keeps `model` away longest, or NULL. */
const struct quota_window *quota_spent(const struct quota *q, const char *model,
				       struct moment now);

/* Is this one spent and of such a length (an hour and more) that people should
 * hear of it? Short ones come and go with every request. */
bool quota_is_news(const struct quota_window *w, struct moment now);

/* Somebody knows better: until the next answer says so, nothing is spent. */
void quota_forgive(struct quota *q);

/* A long window is so nearly spent that others should go first; the rest is
 * kept so that the switch comes before the hard stop. */
bool quota_is_nearly_spent(const struct quota *q, const char *model, struct moment now);

/* Part of the weekly window still to come, 0…1; 1 when there is none. What
 * resets first is best used first. */
double quota_week_left(const struct quota *q, struct moment now);

/* When the window will be spent at its present pace; 0: not before it resets. */
int64_t quota_forecast(const struct quota_window *w, int64_t now_wall_ms);

/* Array of {window models length_seconds used limit remaining reset forecast spent}. */
void quota_write(const struct quota *q, struct json_writer *w, struct moment now);

#endif
