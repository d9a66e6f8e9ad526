/*
 * Times as text: what is written reads back, and is what the C library says.
 */
#define _GNU_SOURCE   /* timegm */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.c"

/* Some hours and a half apart, so that every day of four centuries and every
 * hour comes along. */
static void test_dates_are_those_of_the_c_library(void **state)
{
	(void)state;
	for (int64_t ms = -400LL * 365 * DAY_MS; ms < 400LL * 365 * DAY_MS; ms += 5431217) {
		char text[CLOCK_TEXT_BYTES];
		char want[CLOCK_TEXT_BYTES];
		time_t when = (time_t)((ms - ((ms % 1000) + 1000) % 1000) / 1000);
		struct tm tm;
		int64_t back;

		clock_format(ms, text);
		gmtime_r(&when, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", &tm);
		assert_memory_equal(text, want, strlen(want));
		assert_true(clock_parse(text, &back));
		assert_int_equal(back, ms);
	}
}

static void test_a_leap_day(void **state)
{
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	clock_format(1709164800000 + 1, text);
	assert_string_equal(text, "2024-02-29T00:00:00.001Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_are_those_of_the_c_library),
		cmocka_unit_test(test_a_leap_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
