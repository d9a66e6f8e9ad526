#include "gateway/silence.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "formats/convert.h"
#include "tests/unit/rows.h"

#define SECONDS(n) ((n) * 1000LL)

/* A stream that falls silent at 0, on a clock of its own: when signs of life
 * went out, and when it was given up. */
struct course {
	int64_t signs[64];
	int count;
	int64_t end_ms;
};

static struct course silent_for(const struct proxy_config *p, bool has_content)
{
	struct course c = { .count = 0 };
	int64_t last_sign = 0;

	for (int64_t now = 0; ; ) {
		const struct silence s = {
			.limit_ms = silence_limit_ms(p, has_content), .silent_ms = now,
			.every_ms = p->keepalive_ms, .unsigned_ms = now - last_sign,
		};
		bool sign;
		int64_t again = silence_look(&s, &sign);

		if (sign) {
			assert_true(c.count < 64);
			c.signs[c.count++] = last_sign = now;
		}
		if (!again) {
			c.end_ms = now;
			return c;
		}
		now += again;
	}
}

static const struct proxy_config usual = {
	.response_timeout_ms = SECONDS(300), .stream_timeout_ms = SECONDS(300),
	.keepalive_ms = SECONDS(15),
};

static void the_first_token_has_its_own_deadline(void **state)
{
	struct proxy_config p = usual;

	(void)state;
	assert_int_equal(silence_limit_ms(&p, false), SECONDS(300));
	p.first_token_timeout_ms = SECONDS(60);
	assert_int_equal(silence_limit_ms(&p, false), SECONDS(60));
	assert_int_equal(silence_limit_ms(&p, true), SECONDS(300));
	assert_int_equal(silent_for(&p, false).end_ms, SECONDS(60));
}

static void a_silent_stream_is_given_up_in_time(void **state)
{
	struct proxy_config p = usual;

	(void)state;
	assert_int_equal(silent_for(&p, true).end_ms, SECONDS(300));
	p.keepalive_ms = 0;
	assert_int_equal(silent_for(&p, true).end_ms, SECONDS(300));
	p.stream_timeout_ms = SECONDS(7);
	assert_int_equal(silent_for(&p, true).end_ms, SECONDS(7));
}

static void signs_come_every_fifteen_seconds(void **state)
{
	struct course c = silent_for(&usual, true);

	(void)state;
	assert_int_equal(c.count, 19);
	for (int i = 0; i < c.count; i++) {
		assert_int_equal(c.signs[i], SECONDS(15) * (i + 1));
	}
}

static void past_its_deadline_an_upstream_gets_none(void **state)
{
	struct proxy_config p = usual;
	struct course c;

	(void)state;
	p.stream_timeout_ms = SECONDS(15);
	assert_int_equal(silent_for(&p, true).count, 0);
	p.stream_timeout_ms = SECONDS(31);
	c = silent_for(&p, true);
	assert_int_equal(c.count, 2);
	assert_int_equal(c.end_ms, SECONDS(31));
	p.keepalive_ms = 0;
	assert_int_equal(silent_for(&p, true).count, 0);
}

static void each_format_has_a_sign_that_its_clients_skip(void **state)
{
	(void)state;
	assert_string_equal(format_keepalive(FORMAT_ANTHROPIC),
			    "event: ping\ndata: {\"type\": \"ping\"}\n\n");
	assert_string_equal(format_keepalive(FORMAT_CHAT), ": keep-alive\n\n");
	assert_string_equal(format_keepalive(FORMAT_RESPONSES), ": keep-alive\n\n");
	assert_string_equal(format_keepalive(FORMAT_GEMINI), "\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST("rule 19", the_first_token_has_its_own_deadline),
		ROW_TEST("rule 19", a_silent_stream_is_given_up_in_time),
		ROW_TEST("rule 20", signs_come_every_fifteen_seconds),
		ROW_TEST("rule 20", past_its_deadline_an_upstream_gets_none),
		ROW_TEST("rule 20", each_format_has_a_sign_that_its_clients_skip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
