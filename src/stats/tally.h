/*
 * What is counted of a set of requests: those of an upstream's model, of a
 * gateway key, of a worker. Plain data without a lock.
 */
#ifndef STATS_TALLY_H
#define STATS_TALLY_H

#include "base/json_write.h"
#include "stats/histogram.h"
#include "stats/record.h"

/* Statuses that vendors use; more are counted under 0. */
#define TALLY_STATUSES 24
/* Classes of failure; more are counted under the last one. */
#define TALLY_CLASSES 24

struct status_count {
	int status;
	int64_t count;
};

struct class_count {
	char name[24];
	int64_t count;
	int64_t failovers;      /* of them, those after which another upstream was asked */
};

/* Sums that are also kept by the hour. */
struct usage_sums {
	int64_t requests;
	int64_t errors;         /* record_is_error() */
	int64_t tokens_in;      /* includes cached */
	int64_t tokens_out;     /* includes reasoning */
	int64_t cache_read;
	int64_t cache_write;
	int64_t reasoning;
	int64_t cost_pico_usd;  /* of the priced */
	int64_t unpriced;       /* requests whose cost is not */
};

void usage_sums_add(struct usage_sums *s, const struct request_record *r);
void usage_sums_merge(struct usage_sums *s, const struct usage_sums *more);

/* What they cost, COST_UNKNOWN when no part of it is known. */
int64_t usage_sums_cost(const struct usage_sums *s);

/* Members of an open object: requests errors tokens_in tokens_out cache_read
 * cache_write reasoning cost_usd unpriced_requests. */
void usage_sums_write(const struct usage_sums *s, struct json_writer *w);

struct tally {
	struct usage_sums sums;
	int64_t cancelled;      /* the client left */
	int64_t attempts;       /* requests sent upstream */
	int64_t failed_attempts;
	int64_t timed_tokens;   /* of streams … */
	int64_t timed_ms;       /* … and how long they flowed */
	struct status_count statuses[TALLY_STATUSES];
	struct class_count classes[TALLY_CLASSES];    /* of failed attempts */
	struct histogram ttft_ms;
	struct histogram total_ms;
};

/* A finished request, not its attempts. */
void tally_request(struct tally *t, const struct request_record *r);

/* One attempt; `is_failover`: another upstream was asked after it. */
void tally_attempt(struct tally *t, const struct attempt_record *a, bool is_failover);

void tally_merge(struct tally *t, const struct tally *more);
int64_t tally_failovers(const struct tally *t);

/* Members of an open object: requests errors cancelled attempts failed_attempts
 * failovers errors_by_class{} statuses{} ttft_ms{} total_ms{}
 * tokens_per_second tokens{} cost_usd unpriced_requests. */
void tally_write(const struct tally *t, struct json_writer *w);

#endif
