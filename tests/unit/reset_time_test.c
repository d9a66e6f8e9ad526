#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "routing/reset_time.c"
#include "tests/unit/rows.h"

/* 2026-11-21T07:00:00Z */
#define NOW 1795244400000LL

static int64_t reset(const char *text)
{
	int64_t ms;

	return reset_parse(text, NOW, &ms) ? ms : -1;
}

static int64_t retry_after(const char *text)
{
	int64_t ms;

	return reset_parse_retry_after(text, NOW, &ms) ? ms : -1;
}

static int64_t in_text(const char *text)
{
	int64_t ms;

	return reset_find_in_text(slice_of(text), &ms) ? ms : -1;
}

static void durations_as_openai_writes_them(void **state)
{
	(void)state;
	assert_int_equal(reset("1m12s"), 72000);
	assert_int_equal(reset("20ms"), 20);
	assert_int_equal(reset("6m0s"), 360000);
	assert_int_equal(reset("1h2m3s"), 3723000);
	assert_int_equal(reset("8.64s"), 8640);
	assert_int_equal(reset("23s"), 23000);
	assert_int_equal(reset("1.5s"), 1500);
}

static void plain_numbers_are_seconds_or_instants(void **state)
{
	(void)state;
	assert_int_equal(reset("30"), 30000);
	assert_int_equal(reset("1795244460"), 60000);
	assert_int_equal(reset("1795244460000"), 60000);
	assert_int_equal(reset("2026-11-21T07:01:00Z"), 60000);
	assert_int_equal(reset("2026-11-21T09:01:00+02:00"), 60000);
}

static void the_past_and_nonsense_say_nothing(void **state)
{
	(void)state;
	assert_int_equal(reset("0"), -1);
	assert_int_equal(reset("-1"), -1);
	assert_int_equal(reset("1795244340"), -1);
	assert_int_equal(reset("2026-11-20T07:01:00Z"), -1);
	assert_int_equal(reset(""), -1);
	assert_int_equal(reset("soon"), -1);
	assert_int_equal(reset("nan"), -1);
	assert_int_equal(reset("inf"), -1);
	assert_int_equal(reset("12 parsecs"), -1);
	assert_int_equal(retry_after("Sat, 21 Nov 2020 07:00:00 GMT"), -1);
	assert_int_equal(retry_after("Sat, 21 Foo 2026 07:00:00 GMT"), -1);
}

static void absurd_lengths_are_cut(void **state)
{
	(void)state;
	assert_int_equal(reset("99999999"), RESET_MAX_MS);
	assert_int_equal(reset("2036-01-01T00:00:00Z"), RESET_MAX_MS);
	assert_int_equal(reset("1e300"), RESET_MAX_MS);
}

static void retry_after_has_two_forms(void **state)
{
	(void)state;
	assert_int_equal(retry_after("3"), 3000);
	assert_int_equal(retry_after(" 0.25 "), 250);
	assert_int_equal(retry_after("Sat, 21 Nov 2026 07:00:30 GMT"), 30000);
}

static void sentences_name_a_time(void **state)
{
	(void)state;
	assert_int_equal(in_text("Rate limit reached. Please try again in 1.2s."), 1200);
	assert_int_equal(in_text("Please try again in 7m12s. Visit https://x"), 432000);
	assert_int_equal(in_text("please retry after 12 seconds"), 12000);
	assert_int_equal(in_text("Please retry in 20.04466179s."), 20045);
	assert_int_equal(in_text("Try again in 350ms"), 350);
	assert_int_equal(in_text("Try again in 2 minutes"), 120000);
	assert_int_equal(in_text("Please try again later"), -1);
	assert_int_equal(in_text("try again in a while"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST("rule 4", durations_as_openai_writes_them),
		ROW_TEST("rule 4", plain_numbers_are_seconds_or_instants),
		ROW_TEST("rule 4", the_past_and_nonsense_say_nothing),
		ROW_TEST("rule 4", absurd_lengths_are_cut),
		ROW_TEST("rule 4", retry_after_has_two_forms),
		ROW_TEST("rule 4", sentences_name_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
