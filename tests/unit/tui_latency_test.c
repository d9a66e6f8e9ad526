/* Percentiles between two looks at a histogram that only grows. */
#include "tui/latency.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void only_what_came_between_counts(void **state)
{
	static const struct bucket first[] = { { 10, 1000 }, { 500, 3 } };
	static const struct bucket second[] = { { 10, 1000 }, { 20, 10 }, { 500, 4 } };
	struct latency l = { .taken = 0 };
	double p50 = 0;
	double p95 = 0;

	(void)state;
	assert_false(latency_percentiles(&l, 100, 60, &p50, &p95));
	latency_add(&l, first, 2, 100);
	assert_false(latency_percentiles(&l, 100, 60, &p50, &p95));
	latency_add(&l, second, 3, 101);
	assert_true(latency_percentiles(&l, 101, 60, &p50, &p95));
	assert_true(p50 == 20 && p95 == 500);
	latency_release(&l);
}

static void what_is_older_is_forgotten(void **state)
{
	struct latency l = { .taken = 0 };
	double p50 = 0;
	double p95 = 0;

	(void)state;
	for (int s = 0; s < 200; s++) {
		const struct bucket items[] = { { 100, s < 50 ? 7 * s : 350 },
						{ 900, s > 150 ? s - 150 : 0 } };

		latency_add(&l, items, 2, 1000 + s);
	}
	assert_true(latency_percentiles(&l, 1199, 60, &p50, &p95));
	assert_true(p50 == 900 && p95 == 900);
	latency_release(&l);
}

static void a_gateway_that_began_anew_has_no_past(void **state)
{
	static const struct bucket before[] = { { 10, 1000 } };
	static const struct bucket after[] = { { 10, 2 }, { 40, 5 } };
	struct latency l = { .taken = 0 };
	double p50 = 0;
	double p95 = 0;

	(void)state;
	latency_add(&l, before, 1, 1);
	latency_add(&l, before, 1, 2);
	assert_false(latency_percentiles(&l, 2, 60, &p50, &p95));
	latency_add(&l, after, 2, 3);
	assert_true(latency_percentiles(&l, 3, 60, &p50, &p95));
	assert_true(p50 == 40);
	latency_release(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_came_between_counts),
		cmocka_unit_test(what_is_older_is_forgotten),
		cmocka_unit_test(a_gateway_that_began_anew_has_no_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
