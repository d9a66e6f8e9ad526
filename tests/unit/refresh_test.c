/*
 * When tokens are renewed, and when again after a failure.
 */
#include "oauth/refresh.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/rows.h"

#define MINUTES(n) ((n) * 60000LL)
#define NOON 1795244400000LL

static struct token_set tokens(int64_t life_ms)
{
	struct token_set t = TOKEN_SET_INIT;

	t.obtained_at_ms = NOON;
	t.expires_at_ms = life_ms ? NOON + life_ms : 0;
	return t;
}

/* A crowd of gateways shall not come at once. */
static void tokens_are_renewed_five_minutes_early_with_jitter(void **state)
{
	struct token_set t = tokens(MINUTES(480));
	bool differ = false;

	(void)state;
	for (int i = 0; i < 200; i++) {
		int64_t due = oauth_due_at(&t);

		assert_in_range(due, NOON + MINUTES(474), NOON + MINUTES(475));
		differ = differ || due != oauth_due_at(&t);
	}
	assert_true(differ);
}

static void short_lives_are_halved(void **state)
{
	struct token_set t = tokens(MINUTES(4));

	(void)state;
	assert_int_equal(oauth_due_at(&t), NOON + MINUTES(2));
	t = tokens(0);
	assert_true(oauth_due_at(&t) == INT64_MAX);
}

static void failures_wait_up_to_five_minutes(void **state)
{
	static const int64_t seconds[] = { 15, 30, 60, 120, 240, 300, 300 };
	struct oauth_account acc = { .failures = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
		acc.failures++;
		assert_int_equal(next_wait_ms(&acc, 0), seconds[i] * 1000);
	}
}

static void what_the_vendor_asks_for_counts_when_it_is_longer(void **state)
{
	struct oauth_account acc = { .failures = 1 };

	(void)state;
	assert_int_equal(next_wait_ms(&acc, 1000), 15000);
	assert_int_equal(next_wait_ms(&acc, MINUTES(10)), MINUTES(10));
	assert_int_equal(next_wait_ms(&acc, MINUTES(60 * 24 * 18)), MINUTES(60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST("rule 17", tokens_are_renewed_five_minutes_early_with_jitter),
		ROW_TEST("rule 17", short_lives_are_halved),
		ROW_TEST("rule 17", failures_wait_up_to_five_minutes),
		ROW_TEST("rule 17", what_the_vendor_asks_for_counts_when_it_is_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
