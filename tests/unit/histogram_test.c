#include "stats/histogram.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void small_values_are_exact(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	for (int i = 1; i <= 10; i++) {
		histogram_add(&h, i);
	}
	assert_int_equal(histogram_percentile(&h, 50), 5);
	assert_int_equal(histogram_percentile(&h, 90), 9);
	assert_int_equal(histogram_percentile(&h, 99), 10);
	assert_int_equal(h.sum, 55);
}

static void nothing_has_no_percentile(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, -1);
	assert_int_equal(h.count, 0);
	assert_int_equal(histogram_percentile(&h, 50), -1);
}

/* Every value lies in a bucket whose end is at most a sixteenth above it. */
static void buckets_are_narrow(void **state)
{
	(void)state;
	for (uint64_t v = 1; v < (1ULL << 32); v += 1 + v / 37) {
		uint64_t end = histogram_upper_end(index_of(v));

		assert_true(index_of(v) < HISTOGRAM_BUCKETS);
		assert_true(end >= v);
		assert_true(end <= v + v / 16 + 1);
		assert_int_equal(index_of(end), index_of(v));
		assert_int_equal(index_of(end + 1), index_of(v) + (end < UINT32_MAX));
	}
}

static void huge_values_count_as_the_largest(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, INT64_MAX);
	assert_int_equal(h.buckets[HISTOGRAM_BUCKETS - 1], 1);
	assert_int_equal(histogram_up_to(&h, 1 << 20), 0);
}

static void powers_of_two_are_upper_ends(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 31; bit++) {
		struct histogram h = { 0 };

		histogram_add(&h, INT64_C(1) << bit);
		histogram_add(&h, (INT64_C(1) << bit) + 1);
		assert_int_equal(histogram_up_to(&h, UINT64_C(1) << bit), 1);
	}
}

static void merging_adds_everything(void **state)
{
	struct histogram a = { 0 };
	struct histogram b = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		histogram_add(i % 2 ? &a : &b, i);
	}
	histogram_merge(&a, &b);
	assert_int_equal(a.count, 1000);
	assert_int_equal(a.max, 999);
	assert_in_range(histogram_percentile(&a, 50), 499, 531);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(nothing_has_no_percentile),
		cmocka_unit_test(buckets_are_narrow),
		cmocka_unit_test(huge_values_count_as_the_largest),
		cmocka_unit_test(powers_of_two_are_upper_ends),
		cmocka_unit_test(merging_adds_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
