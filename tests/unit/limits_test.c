#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "routing/limits.c"

#include "routing/queue.h"
#include "routing/throttle.h"
#include "tests/unit/rows.h"

#define SECONDS(n) ((n) * 1000LL)

static struct moment at(int64_t ms)
{
	return (struct moment){ .mono_ms = 900000000 + ms, .wall_ms = 1795244400000LL + ms };
}

/* As a request does: checks, and takes when it may. */
static bool enter(struct counters *c, const struct limits *l, int64_t tokens, int64_t when)
{
	if (limits_check(c, l, tokens, 0, at(when)).kind != LIMIT_NONE) {
		return false;
	}
	limits_take(c, tokens, at(when));
	return true;
}

static void minutes_slide(void **state)
{
	struct limits l = { .rpm = 3 };
	struct counters c = { .in_flight = 0 };
	struct limit_check check;

	(void)state;
	counters_prepare(&c, &l);
	assert_true(enter(&c, &l, 0, 0));
	assert_true(enter(&c, &l, 0, SECONDS(20)));
	assert_true(enter(&c, &l, 0, SECONDS(40)));
	check = limits_check(&c, &l, 0, 0, at(SECONDS(50)));
	assert_int_equal(check.kind, LIMIT_RPM);
	assert_int_equal(check.wait_ms, SECONDS(10));
	assert_false(enter(&c, &l, 0, SECONDS(60) - 251));
	assert_true(enter(&c, &l, 0, SECONDS(60)));
	assert_false(enter(&c, &l, 0, SECONDS(61)));
	assert_true(enter(&c, &l, 0, SECONDS(80)));
	counters_release(&c);
}

static void never_more_than_the_limit_in_any_minute(void **state)
{
	struct limits l = { .rpm = 50 };
	struct counters c = { .in_flight = 0 };
	int64_t times[4000];
	size_t count = 0;
	uint64_t random = 7;

	(void)state;
	counters_prepare(&c, &l);
	for (int64_t now = 0; now < SECONDS(600);) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		now += (int64_t)(random >> 33) % 700;
		if (enter(&c, &l, 0, now)) {
			times[count++] = now;
		}
	}
	assert_true(count > 400);
	for (size_t i = 50; i < count; i++) {
		/* a quarter of a second is the grain */
		assert_true(times[i] - times[i - 50] >= SECONDS(60) - 250);
	}
	counters_release(&c);
}

static void tokens_are_reserved_and_settled(void **state)
{
	struct limits l = { .tpm = 1000 };
	struct counters c = { .in_flight = 0 };
	struct reservation r;

	(void)state;
	counters_prepare(&c, &l);
	r = limits_take(&c, 600, at(0));
	assert_int_equal(limits_check(&c, &l, 500, 0, at(0)).kind, LIMIT_TPM);
	limits_settle(&c, &r, 300, at(SECONDS(5)));
	assert_int_equal(limits_check(&c, &l, 500, 0, at(SECONDS(5))).kind, LIMIT_NONE);
	r = limits_take(&c, 500, at(SECONDS(5)));
	limits_settle(&c, &r, 900, at(SECONDS(10)));
	assert_int_equal(limits_check(&c, &l, 1, 0, at(SECONDS(10))).kind, LIMIT_TPM);
	assert_int_equal(c.in_flight, 0);
	/* more than fits at all goes through alone */
	assert_int_equal(limits_check(&c, &l, 5000, 0, at(SECONDS(200))).kind, LIMIT_NONE);
	counters_release(&c);
}

static void a_refund_leaves_no_trace(void **state)
{
	struct limits l = { .rpm = 1, .tpm = 100, .rpd = 1 };
	struct counters c = { .in_flight = 0 };
	struct reservation r;

	(void)state;
	counters_prepare(&c, &l);
	r = limits_take(&c, 90, at(0));
	limits_refund(&c, &r, at(SECONDS(3)));
	assert_true(enter(&c, &l, 90, SECONDS(3)));
	/* settled after its minute: nothing to take back */
	r = limits_take(&c, 90, at(SECONDS(100)));
	limits_settle(&c, &r, 0, at(SECONDS(300)));
	assert_int_equal(c.tokens->sum, 0);
	counters_release(&c);
}

static void days_end_at_local_midnight(void **state)
{
	struct limits l = { .rpd = 2 };
	struct counters c = { .in_flight = 0 };
	struct limit_check check;
	int64_t midnight = clock_next_local_midnight(at(0).wall_ms) - at(0).wall_ms;

	(void)state;
	assert_true(enter(&c, &l, 0, 0));
	assert_true(enter(&c, &l, 0, 1));
	check = limits_check(&c, &l, 0, 0, at(2));
	assert_int_equal(check.kind, LIMIT_RPD);
	assert_int_equal(check.wait_ms, midnight - 2);
	assert_false(enter(&c, &l, 0, midnight - 1));
	assert_true(enter(&c, &l, 0, midnight));
	/* a clock set back by a week does not make the day a week longer */
	c.day_requests = 2;
	assert_true(enter(&c, &l, 0, -7 * 86400000LL));
	counters_release(&c);
}

static void single_requests_and_parallel_ones(void **state)
{
	struct limits l = { .tpr = 100, .concurrency = 2 };
	struct counters c = { .in_flight = 1 };
	struct limit_check check = limits_check(&c, &l, 101, 0, at(0));

	(void)state;
	assert_int_equal(check.kind, LIMIT_TPR);
	assert_int_equal(check.wait_ms, -1);
	assert_int_equal(limits_check(&c, &l, 100, 0, at(0)).kind, LIMIT_NONE);
	assert_int_equal(limits_check(&c, &l, 100, 1, at(0)).kind, LIMIT_CONCURRENCY);
	c.in_flight = 2;
	assert_int_equal(limits_check(&c, &l, 100, 0, at(0)).kind, LIMIT_CONCURRENCY);
	/* where there is only one place, it may be the last */
	c.in_flight = 0;
	l.concurrency = 1;
	assert_int_equal(limits_check(&c, &l, 100, 1, at(0)).kind, LIMIT_NONE);
}

static void the_longest_wait_is_told(void **state)
{
	struct limits l = { .rpm = 1, .rpd = 1 };
	struct counters c = { .in_flight = 0 };

	(void)state;
	counters_prepare(&c, &l);
	enter(&c, &l, 0, 0);
	assert_int_equal(limits_check(&c, &l, 0, 0, at(1)).kind, LIMIT_RPD);
	counters_release(&c);
}

/* --- throttle --- */

static struct rate_limit_config rates(void)
{
	return (struct rate_limit_config){ .enabled = true, .global_rps = 100, .per_ip_rps = 2,
					   .burst_factor = 1.5 };
}

static void buckets_fill_over_time(void **state)
{
	struct throttle t = { .is_started = false };
	struct rate_limit_config c = rates();
	struct throttle_result r;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(throttle_take(&t, &c, "1.2.3.4", "m", 1000).kind, THROTTLE_NONE);
	}
	r = throttle_take(&t, &c, "1.2.3.4", "m", 1000);
	assert_int_equal(r.kind, THROTTLE_ADDRESS);
	assert_in_range(r.wait_ms, 500, 501);
	assert_int_equal(throttle_take(&t, &c, "5.6.7.8", "m", 1000).kind, THROTTLE_NONE);
	assert_int_equal(throttle_take(&t, &c, "1.2.3.4", "m", 1501).kind, THROTTLE_NONE);
	throttle_release(&t);
}

static void a_refused_request_takes_from_no_bucket(void **state)
{
	struct throttle t = { .is_started = false };
	struct rate_limit_config c = rates();
	struct string_pair models[] = { { "gpt-*", "0.5" } };

	(void)state;
	c.per_ip_rps = 1000;
	c.per_model_rps = (struct pair_list){ models, 1 };
	assert_int_equal(throttle_take(&t, &c, "a", "gpt-5", 1000).kind, THROTTLE_NONE);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(throttle_take(&t, &c, "a", "gpt-6", 1000).kind, THROTTLE_MODEL);
	}
	assert_int_equal(throttle_take(&t, &c, "a", "claude", 1000).kind, THROTTLE_NONE);
	throttle_release(&t);
}

static void a_tiny_rate_still_lets_one_through(void **state)
{
	struct throttle t = { .is_started = false };
	struct rate_limit_config c = rates();

	(void)state;
	c.global_rps = 0.01;
	assert_int_equal(throttle_take(&t, &c, "a", NULL, 1000).kind, THROTTLE_NONE);
	assert_int_equal(throttle_take(&t, &c, "a", NULL, 1000).kind, THROTTLE_GLOBAL);
	c.enabled = false;
	assert_int_equal(throttle_take(&t, &c, "a", NULL, 1000).kind, THROTTLE_NONE);
	throttle_release(&t);
}

static void many_addresses_take_no_memory(void **state)
{
	struct throttle t = { .is_started = false };
	struct rate_limit_config c = rates();
	char address[32];

	(void)state;
	c.global_rps = 1e9;
	for (int i = 0; i < 100000; i++) {
		snprintf(address, sizeof address, "10.%d.%d.%d", i / 65536, i / 256 % 256, i % 256);
		throttle_take(&t, &c, address, NULL, 1000 + i);
	}
	assert_int_equal(t.addresses.count, 4096);
	throttle_release(&t);
}

/* --- queue --- */

static const struct concurrency_config two = { .enabled = true, .max_requests = 2,
					       .max_queue_size = 2, .queue_timeout_ms = 1000 };

static void the_queue_is_fair_and_bounded(void **state)
{
	struct queue q;
	struct ticket t[5] = { { .state = TICKET_IDLE } };
	int64_t running;
	int64_t waiting;

	(void)state;
	queue_init(&q);
	assert_int_equal(queue_enter(&q, &t[0], &two, 0, 0), QUEUE_RUN);
	assert_int_equal(queue_enter(&q, &t[1], &two, 0, 0), QUEUE_RUN);
	assert_int_equal(queue_enter(&q, &t[2], &two, 1, 0), QUEUE_WAIT);
	assert_int_equal(queue_enter(&q, &t[3], &two, 2, 0), QUEUE_WAIT);
	assert_int_equal(queue_enter(&q, &t[4], &two, 0, 0), QUEUE_FULL);
	queue_sizes(&q, &running, &waiting);
	assert_int_equal(running, 2);
	assert_int_equal(waiting, 2);
	assert_int_equal(queue_leave(&q, &t[0], &two, 10), 1 << 1);
	assert_true(queue_admitted(&q, &t[2]));
	assert_false(queue_admitted(&q, &t[3]));
	/* a newcomer does not overtake */
	assert_int_equal(queue_enter(&q, &t[0], &two, 0, 10), QUEUE_WAIT);
	assert_int_equal(queue_leave(&q, &t[1], &two, 20), 1 << 2);
	assert_int_equal(queue_leave(&q, &t[2], &two, 20), 1 << 0);
	assert_int_equal(queue_leave(&q, &t[3], &two, 20), 0);
	assert_int_equal(queue_leave(&q, &t[0], &two, 20), 0);
	assert_int_equal(queue_leave(&q, &t[0], &two, 20), 0);
	queue_sizes(&q, &running, &waiting);
	assert_int_equal(running + waiting, 0);
	queue_release(&q);
}

static void those_out_of_time_are_passed_by(void **state)
{
	struct queue q;
	struct ticket t[4] = { { .state = TICKET_IDLE } };

	(void)state;
	queue_init(&q);
	queue_enter(&q, &t[0], &two, 0, 0);
	queue_enter(&q, &t[1], &two, 0, 0);
	queue_enter(&q, &t[2], &two, 0, 0);
	queue_enter(&q, &t[3], &two, 3, 900);
	assert_int_equal(queue_leave(&q, &t[0], &two, 1000), 1 << 3);
	assert_false(queue_admitted(&q, &t[2]));
	/* giving up while waiting takes no place */
	assert_int_equal(queue_leave(&q, &t[2], &two, 1000), 0);
	assert_int_equal(q.running, 2);
	queue_release(&q);
}

static void a_raised_limit_lets_several_in(void **state)
{
	struct queue q;
	struct ticket t[4] = { { .state = TICKET_IDLE } };
	struct concurrency_config more = two;
	struct ticket off = { .state = TICKET_IDLE };

	(void)state;
	queue_init(&q);
	for (unsigned i = 0; i < 4; i++) {
		queue_enter(&q, &t[i], &two, i, 0);
	}
	more.max_requests = 10;
	assert_int_equal(queue_leave(&q, &t[0], &more, 1), (1 << 2) | (1 << 3));
	more.enabled = false;
	assert_int_equal(queue_enter(&q, &off, &more, 0, 1), QUEUE_RUN);
	queue_release(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minutes_slide),
		cmocka_unit_test(never_more_than_the_limit_in_any_minute),
		cmocka_unit_test(tokens_are_reserved_and_settled),
		cmocka_unit_test(a_refund_leaves_no_trace),
		cmocka_unit_test(days_end_at_local_midnight),
		cmocka_unit_test(single_requests_and_parallel_ones),
		cmocka_unit_test(the_longest_wait_is_told),
		cmocka_unit_test(buckets_fill_over_time),
		cmocka_unit_test(a_refused_request_takes_from_no_bucket),
		cmocka_unit_test(a_tiny_rate_still_lets_one_through),
		cmocka_unit_test(many_addresses_take_no_memory),
		ROW_TEST("rule 25", the_queue_is_fair_and_bounded),
		ROW_TEST("rule 25", those_out_of_time_are_passed_by),
		cmocka_unit_test(a_raised_limit_lets_several_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
