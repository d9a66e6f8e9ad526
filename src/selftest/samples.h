/* Measured times, all of them kept, and their quantiles. */
#ifndef SELFTEST_SAMPLES_H
#define SELFTEST_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "selftest/bench.h"

/* What comes beyond is not kept: 32 MB. */
#define MAX_SAMPLES (4 * 1000 * 1000)

struct samples {
	double *us;
	size_t count;
	size_t capacity;
};

void samples_add(struct samples *s, uint64_t ns);
void samples_release(struct samples *s);

/* Sorts them. All 0 when there are none. */
struct bench_times samples_times(struct samples *s);

#endif
