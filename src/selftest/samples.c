#include "selftest/samples.h"

#include <stdlib.h>

#include "base/mem.h"

void samples_add(struct samples *s, uint64_t ns)
{
	if (s->count >= MAX_SAMPLES) {
		return;
	}
	if (s->count == s->capacity) {
		s->capacity = s->capacity ? 2 * s->capacity : 1024;
		s->us = xrealloc(s->us, s->capacity * sizeof *s->us);
	}
	s->us[s->count++] = (double)ns / 1000;
}

void samples_release(struct samples *s)
{
	free(s->us);
	*s = (struct samples){ 0 };
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The smallest value that at least `percent` of them do not exceed. */
static double quantile(const struct samples *s, size_t percent)
{
	size_t rank = (s->count * percent + 99) / 100;

	return s->us[rank ? rank - 1 : 0];
}

struct bench_times samples_times(struct samples *s)
{
	if (!s->count) {
		return (struct bench_times){ 0 };
	}
	qsort(s->us, s->count, sizeof *s->us, compare);
	return (struct bench_times){
		.p50_us = quantile(s, 50), .p90_us = quantile(s, 90), .p99_us = quantile(s, 99),
		.count = s->count,
	};
}
