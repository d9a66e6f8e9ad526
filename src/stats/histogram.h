/*
 * Counts of values in log-linear buckets: sixteen to each power of two, so a
 * percentile is at most 1/16 too high, at a fixed size whatever comes. Upper
 * ends are inclusive, and powers of two are upper ends, so cumulative counts
 * up to them are exact (Prometheus' `le`).
 *
 * Plain data without a lock; the owner serialises. Values beyond 2^32 count
 * as that.
 */
#ifndef STATS_HISTOGRAM_H
#define STATS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 4
#define HISTOGRAM_BUCKETS ((32 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint32_t buckets[HISTOGRAM_BUCKETS];
};

/* A negative value is none. */
void histogram_add(struct histogram *h, int64_t value);
void histogram_merge(struct histogram *h, const struct histogram *more);

/* The value that `percent` of all do not exceed; -1 when there are none. */
int64_t histogram_percentile(const struct histogram *h, unsigned percent);

/* The inclusive upper end of a bucket. */
uint64_t histogram_upper_end(unsigned bucket);

/* How many are at most `limit`, a power of two. */
uint64_t histogram_up_to(const struct histogram *h, uint64_t limit);

#endif
