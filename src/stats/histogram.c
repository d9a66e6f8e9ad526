#include "stats/histogram.h"

#define SUB_COUNT (1U << HISTOGRAM_SUB_BITS)
#define MAX_OFFSET UINT32_MAX

/* Upper ends are inclusive: a value belongs where value - 1 does when lower
 * ends are. */
static unsigned index_of(uint64_t value)
{
	uint64_t offset = value ? value - 1 : 0;
	unsigned shift;

	if (offset > MAX_OFFSET) {
		offset = MAX_OFFSET;
	}
	if (offset < SUB_COUNT) {
		return (unsigned)offset;
	}
	shift = 63 - (unsigned)__builtin_clzll(offset) - HISTOGRAM_SUB_BITS;
	return (shift << HISTOGRAM_SUB_BITS) + (unsigned)(offset >> shift);
}

uint64_t histogram_upper_end(unsigned index)
{
	unsigned shift = index >> HISTOGRAM_SUB_BITS;

	if (shift < 2) {
		return index + 1;
	}
	shift--;
	return ((uint64_t)(index - (shift << HISTOGRAM_SUB_BITS)) + 1) << shift;
}

void histogram_add(struct histogram *h, int64_t value)
{
	if (value < 0) {
		return;
	}
	h->count++;
	h->sum += (uint64_t)value;
	if ((uint64_t)value > h->max) {
		h->max = (uint64_t)value;
	}
	h->buckets[index_of((uint64_t)value)]++;
}

void histogram_merge(struct histogram *h, const struct histogram *more)
{
	if (!more->count) {
		return;
	}
	h->count += more->count;
	h->sum += more->sum;
	if (more->max > h->max) {
		h->max = more->max;
	}
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		h->buckets[i] += more->buckets[i];
	}
}

int64_t histogram_percentile(const struct histogram *h, unsigned percent)
{
	uint64_t wanted = (h->count * percent + 99) / 100;
	uint64_t seen = 0;

	if (!h->count) {
		return -1;
	}
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= wanted && seen) {
			uint64_t end = histogram_upper_end(i);

			return (int64_t)(end < h->max ? end : h->max);
		}
	}
	return (int64_t)h->max;
}

uint64_t histogram_up_to(const struct histogram *h, uint64_t limit)
{
	unsigned last = index_of(limit);
	uint64_t count = 0;

	for (unsigned i = 0; i <= last; i++) {
		count += h->buckets[i];
	}
	return count;
}
