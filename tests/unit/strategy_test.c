#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "routing/strategy.c"

#include "routing/estimate.h"
#include "routing/ramp.h"
#include "tests/unit/rows.h"

#define NOW 5000000LL

static struct health healthy(int64_t ttft_ms)
{
	struct health h = { .samples = 0 };

	for (int i = 0; i < 10; i++) {
		health_answered(&h, ttft_ms, NOW);
	}
	return h;
}

static double score(enum strategy s, const struct health *h, int64_t in_flight, int weight)
{
	struct contender c = { .health = h, .in_flight = in_flight, .weight = weight,
			       .week_left = 1, .now_mono_ms = NOW, .lot = 0.5 };

	return strategy_score(s, &c);
}

static void health_first_takes_the_least_expected_time(void **state)
{
	struct health fast = healthy(200);
	struct health slow = healthy(900);
	enum strategy s = STRATEGY_HEALTH_FIRST;

	(void)state;
	assert_true(score(s, &fast, 0, 1) < score(s, &slow, 0, 1));
	assert_true(score(s, &fast, 9, 1) > score(s, &slow, 0, 1));
	assert_true(score(s, &slow, 0, 10) < score(s, &fast, 0, 1));
}

static void failures_make_an_upstream_look_slower(void **state)
{
	struct health steady = healthy(300);
	struct health shaky = healthy(250);

	(void)state;
	health_failed(&shaky, NOW);
	health_failed(&shaky, NOW);
	assert_true(score(STRATEGY_HEALTH_FIRST, &steady, 0, 1) <
		    score(STRATEGY_HEALTH_FIRST, &shaky, 0, 1));
	for (int i = 0; i < 20; i++) {
		health_answered(&shaky, 250, NOW);
	}
	assert_true(score(STRATEGY_HEALTH_FIRST, &shaky, 0, 1) <
		    score(STRATEGY_HEALTH_FIRST, &steady, 0, 1));
}

static void the_quickest_count_what_is_under_way(void **state)
{
	struct health quick = { .samples = 5, .ttft_ms = 0, .sampled_mono_ms = 1000 };
	struct contender busy = { .health = &quick, .in_flight = 1, .weight = 1,
				  .now_mono_ms = 1000, .week_left = 1, .lot = 1 };
	struct contender idle = busy;

	(void)state;
	idle.in_flight = 0;
	assert_true(strategy_score(STRATEGY_HEALTH_FIRST, &idle) <
		    strategy_score(STRATEGY_HEALTH_FIRST, &busy));
}

static void unknown_ones_are_tried_early_one_at_a_time(void **state)
{
	struct health unknown = { .samples = 0 };
	struct health known = healthy(300);

	(void)state;
	assert_true(score(STRATEGY_HEALTH_FIRST, &unknown, 0, 1) <
		    score(STRATEGY_HEALTH_FIRST, &known, 0, 1));
	assert_true(score(STRATEGY_HEALTH_FIRST, &unknown, 1, 1) >
		    score(STRATEGY_HEALTH_FIRST, &known, 1, 1));
	known.sampled_mono_ms = NOW - FORGET_MS;
	assert_false(health_is_known(&known, NOW));
}

static void means_decay(void **state)
{
	struct health h = healthy(1000);

	(void)state;
	for (int i = 0; i < 20; i++) {
		health_answered(&h, 100, NOW);
	}
	assert_true(h.ttft_ms > 99 && h.ttft_ms < 110);
}

static void the_week_that_ends_first_is_used_first(void **state)
{
	struct health h = healthy(300);
	struct contender sooner = { .health = &h, .weight = 1, .week_left = 0.1,
				    .now_mono_ms = NOW };
	struct contender later = sooner;

	(void)state;
	later.week_left = 0.9;
	assert_true(strategy_score(STRATEGY_HEALTH_FIRST, &sooner) <
		    strategy_score(STRATEGY_HEALTH_FIRST, &later));
}

static void the_other_strategies(void **state)
{
	struct health fast = healthy(200);
	struct health slow = healthy(900);

	(void)state;
	assert_true(score(STRATEGY_LEAST_CONNECTIONS, &slow, 1, 1) <
		    score(STRATEGY_LEAST_CONNECTIONS, &fast, 2, 1));
	assert_true(score(STRATEGY_LEAST_CONNECTIONS, &slow, 3, 2) <
		    score(STRATEGY_LEAST_CONNECTIONS, &fast, 2, 1));
	assert_true(score(STRATEGY_LEAST_LATENCY, &fast, 50, 1) <
		    score(STRATEGY_LEAST_LATENCY, &slow, 0, 1));
	assert_true(score(STRATEGY_PRIORITY, &fast, 5, 1) == score(STRATEGY_PRIORITY, &slow, 0, 1));
	assert_true(score(STRATEGY_ROUND_ROBIN, &fast, 5, 1) ==
		    score(STRATEGY_ROUND_ROBIN, &slow, 0, 1));
	assert_true(strategy_needs_lot(STRATEGY_WEIGHTED) && strategy_needs_lot(STRATEGY_RANDOM));
	assert_false(strategy_needs_lot(STRATEGY_HEALTH_FIRST));
}

static void weights_are_shares(void **state)
{
	struct health h = healthy(1);
	uint64_t random = 12345;
	int wins = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double scores[2];

		for (int j = 0; j < 2; j++) {
			struct contender c = { .health = &h, .weight = j ? 1 : 3,
					       .now_mono_ms = NOW };

			random = random * 6364136223846793005u + 1442695040888963407u;
			c.lot = ((double)(random >> 33) + 1) / 2147483648.0;
			scores[j] = strategy_score(STRATEGY_WEIGHTED, &c);
		}
		wins += scores[0] < scores[1];
	}
	assert_in_range(wins, 14500, 15500);    /* three quarters */
}

/* --- ramp --- */

static void a_few_arrivals_are_no_crowd(void **state)
{
	struct ramp r = { .since_ms = 0 };
	int64_t wait;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(ramp_admits(&r, NOW + i * 500, &wait));
		ramp_begin(&r, NOW + i * 500);
	}
}

static void a_crowd_gets_in_step_by_step(void **state)
{
	struct ramp r = { .since_ms = 0 };
	int64_t wait = 0;
	int in = 0;

	(void)state;
	while (ramp_admits(&r, NOW, &wait)) {
		ramp_begin(&r, NOW);
		in++;
	}
	assert_int_equal(in, 8);
	assert_int_equal(wait, 250);
	for (int i = 0; i < 7; i++) {
		ramp_end(&r);
	}
	/* one is inside, as at the beginning of a ramp */
	assert_false(ramp_admits(&r, NOW, &wait));
	assert_true(ramp_admits(&r, NOW + 250, &wait));
	assert_false(ramp_admits(&r, NOW + 249, &wait));
	ramp_succeeded(&r);
	assert_true(ramp_admits(&r, NOW, &wait));
	/* over after half a minute */
	r.moved_in_flight = 1000;
	assert_false(ramp_admits(&r, NOW + 29999, &wait));
	assert_true(ramp_admits(&r, NOW + 30000, &wait));
}

/* --- estimates --- */

static void estimates_learn_per_model(void **state)
{
	struct estimates e;

	(void)state;
	estimates_init(&e);
	assert_int_equal(estimate_prompt(&e, "m", 4000), 1001);
	assert_int_equal(estimate_answer(&e, "m", 0), 500);
	assert_int_equal(estimate_answer(&e, "m", 20), 20);
	estimate_learn(&e, "m", 3000, 1000, 0);
	assert_int_equal(estimate_prompt(&e, "m", 3000), 1001);
	assert_int_equal(estimate_prompt(&e, "other", 4000), 1001);
	for (int i = 0; i < 100; i++) {
		estimate_learn(&e, "m", 5000, 1000, 2000);
	}
	assert_in_range(estimate_prompt(&e, "m", 5000), 995, 1005);
	assert_in_range(estimate_answer(&e, "m", 0), 1990, 2000);
	estimates_release(&e);
}

static void nonsense_teaches_nothing(void **state)
{
	struct estimates e;

	(void)state;
	estimates_init(&e);
	estimate_learn(&e, "m", 4000, 0, 0);
	estimate_learn(&e, "m", 10, 5000, 0);
	assert_int_equal(estimate_prompt(&e, "m", 4000), 1001);
	estimate_learn(&e, "big", 100000000, 10, 0);
	assert_true(estimate_prompt(&e, "big", 16000) >= 1000);
	for (int i = 0; i < 5000; i++) {
		char name[16];

		snprintf(name, sizeof name, "m%d", i);
		estimate_learn(&e, name, 4000, 1000, 10);
	}
	estimates_release(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(health_first_takes_the_least_expected_time),
		cmocka_unit_test(failures_make_an_upstream_look_slower),
		cmocka_unit_test(the_quickest_count_what_is_under_way),
		cmocka_unit_test(unknown_ones_are_tried_early_one_at_a_time),
		cmocka_unit_test(means_decay),
		ROW_TEST("rule 16", the_week_that_ends_first_is_used_first),
		cmocka_unit_test(the_other_strategies),
		cmocka_unit_test(weights_are_shares),
		ROW_TEST("rule 15", a_few_arrivals_are_no_crowd),
		ROW_TEST("rule 15", a_crowd_gets_in_step_by_step),
		cmocka_unit_test(estimates_learn_per_model),
		cmocka_unit_test(nonsense_teaches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
