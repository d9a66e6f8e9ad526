#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "routing/quota.c"
#include "tests/unit/rows.h"

/* 2026-11-21T07:00:00Z */
#define NOW 1795244400000LL

static const struct moment now = { .mono_ms = 1000000, .wall_ms = NOW };

#define READ(r, ...) \
	do { \
		struct string_pair pairs[] = { __VA_ARGS__ }; \
		struct pair_list list = { pairs, ARRAY_LEN(pairs) }; \
		quota_read(&list, NOW, (r)); \
	} while (0)

static const struct quota_reading *find(const struct quota_readings *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++) {
		if (str_eq(r->items[i].name, name)) {
			return &r->items[i];
		}
	}
	fail_msg("no window %s", name);
	return NULL;
}

static void unified_windows_are_read_by_prefix(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "anthropic-ratelimit-unified-status", "allowed_warning" },
	     { "anthropic-ratelimit-unified-5h-status", "allowed" },
	     { "anthropic-ratelimit-unified-5h-utilization", "0.42" },
	     { "anthropic-ratelimit-unified-5h-reset", "1795248000" },
	     { "anthropic-ratelimit-unified-7d_opus-utilization", "0.9" },
	     { "anthropic-ratelimit-unified-7d_opus-reset", "1795300000" },
	     { "anthropic-ratelimit-unified-overage-status", "rejected" },
	     { "anthropic-ratelimit-unified-fallback-percentage", "0.5" });
	assert_int_equal(r.count, 2);
	assert_int_equal(r.unified, UNIFIED_ALLOWED);
	assert_int_equal(find(&r, "5h")->length_ms, 5 * HOUR_MS);
	assert_int_equal(find(&r, "5h")->reset_ms, 3600000);
	assert_true(find(&r, "5h")->used > 0.41);
	assert_false(find(&r, "5h")->is_spent);
	assert_string_equal(find(&r, "7d_opus")->models, "*opus*");
	assert_int_equal(find(&r, "7d_opus")->length_ms, WEEK_MS);
}

static void the_overall_status_decides(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "anthropic-ratelimit-unified-status", "rejected" },
	     { "anthropic-ratelimit-unified-5h-status", "rejected" },
	     { "anthropic-ratelimit-unified-5h-reset", "1795248000" },
	     { "anthropic-ratelimit-unified-7d-status", "allowed" },
	     { "anthropic-ratelimit-unified-7d-reset", "1795300000" });
	assert_true(find(&r, "5h")->is_spent);
	assert_false(find(&r, "7d")->is_spent);
	/* overage pays for it: the window is full and yet nobody is refused */
	READ(&r, { "anthropic-ratelimit-unified-5h-status", "rejected" },
	     { "anthropic-ratelimit-unified-5h-reset", "1795248000" },
	     { "anthropic-ratelimit-unified-status", "allowed" });
	assert_false(find(&r, "5h")->is_spent);
}

static void a_bare_rejection_belongs_to_the_claim(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "anthropic-ratelimit-unified-status", "rejected" },
	     { "anthropic-ratelimit-unified-reset", "1795248000" },
	     { "anthropic-ratelimit-unified-representative-claim", "seven_day_opus" });
	assert_true(find(&r, "7d_opus")->is_spent);
	assert_string_equal(find(&r, "7d_opus")->models, "*opus*");
	assert_int_equal(find(&r, "7d_opus")->reset_ms, 3600000);
}

static void classic_anthropic_limits(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "anthropic-ratelimit-input-tokens-limit", "100000" },
	     { "anthropic-ratelimit-input-tokens-remaining", "25000" },
	     { "Anthropic-RateLimit-Requests-Limit", "50" },
	     { "anthropic-ratelimit-requests-remaining", "0" },
	     { "anthropic-ratelimit-requests-reset", "2026-11-21T07:00:12Z" });
	assert_int_equal(r.count, 2);
	assert_true(find(&r, "input-tokens")->used == 0.75);
	assert_true(find(&r, "requests")->is_spent);
	assert_int_equal(find(&r, "requests")->reset_ms, 12000);
}

static void openai_and_its_relatives(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "x-ratelimit-limit-requests", "60" },
	     { "x-ratelimit-remaining-requests", "59" },
	     { "x-ratelimit-reset-requests", "1s" },
	     { "x-ratelimit-limit-tokens", "150000" },
	     { "x-ratelimit-remaining-tokens", "0" },
	     { "x-ratelimit-reset-tokens", "6m0s" },
	     { "x-ratelimit-limit-requests-day", "1000" });
	assert_false(find(&r, "requests")->is_spent);
	assert_true(find(&r, "tokens")->is_spent);
	assert_int_equal(find(&r, "tokens")->reset_ms, 360000);
	assert_int_equal(find(&r, "requests-day")->length_ms, 24 * HOUR_MS);
	/* OpenRouter: no kind, an instant in milliseconds */
	READ(&r, { "X-RateLimit-Limit", "20" }, { "X-RateLimit-Remaining", "0" },
	     { "X-RateLimit-Reset", "1795244460000" });
	assert_true(find(&r, "requests")->is_spent);
	assert_int_equal(find(&r, "requests")->reset_ms, 60000);
	/* Azure: nonsense resets say nothing */
	READ(&r, { "x-ratelimit-remaining-tokens", "0" }, { "x-ratelimit-reset-tokens", "-1" });
	assert_false(find(&r, "tokens")->is_spent);
}

static void codex_windows_go_by_length_not_position(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "X-Codex-Primary-Used-Percent", "100" },
	     { "X-Codex-Primary-Window-Minutes", "10080" },
	     { "X-Codex-Primary-Reset-After-Seconds", "471285" },
	     { "X-Codex-Primary-Over-Secondary-Limit-Percent", "0" },
	     { "X-Codex-Secondary-Used-Percent", "80" },
	     { "X-Codex-Secondary-Window-Minutes", "300" },
	     { "X-Codex-Secondary-Reset-At", "1795248000" },
	     { "X-Codex-Credits-Has-Credits", "False" },
	     { "x-codex-mini-primary-used-percent", "3" },
	     { "x-codex-mini-primary-window-minutes", "90" });
	assert_int_equal(r.count, 3);
	assert_true(find(&r, "7d")->is_spent);
	assert_int_equal(find(&r, "7d")->reset_ms, 471285000);
	assert_false(find(&r, "5h")->is_spent);
	assert_int_equal(find(&r, "5h")->reset_ms, 3600000);
	assert_int_equal(find(&r, "mini-90m")->length_ms, 90 * 60000);
}

static void codex_with_credits_goes_on(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "x-codex-primary-used-percent", "100" },
	     { "x-codex-primary-window-minutes", "300" },
	     { "x-codex-primary-reset-at", "1795248000" },
	     { "x-codex-credits-has-credits", "True" },
	     { "x-codex-secondary-used-percent", "0" },
	     { "x-codex-secondary-window-minutes", "0" },
	     { "x-codex-secondary-reset-at", "" });
	assert_int_equal(r.count, 1);
	assert_false(find(&r, "5h")->is_spent);
}

static void retry_hints(void **state)
{
	struct quota_readings r;

	(void)state;
	READ(&r, { "Retry-After", "3" }, { "x-should-retry", "false" });
	assert_int_equal(r.retry_after_ms, 3000);
	assert_int_equal(r.should_retry, 0);
	READ(&r, { "retry-after-ms", "250" }, { "retry-after", "1" });
	assert_int_equal(r.retry_after_ms, 250);
	assert_string_equal(r.retry_header, "retry-after-ms");
	READ(&r, { "retry-after", "soon" }, { "retry-after-ms", "-4" });
	assert_int_equal(r.retry_after_ms, -1);
	READ(&r, { "content-type", "text/plain" });
	assert_int_equal(r.should_retry, -1);
	assert_int_equal(r.count, 0);
}

static void hostile_headers_are_bounded(void **state)
{
	struct string_pair pairs[40];
	char names[40][96];
	struct pair_list list = { pairs, 40 };
	struct quota_readings r;

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(names[i], sizeof names[i], "x-ratelimit-limit-kind%d%s", i,
			 i % 2 ? "-with-a-very-long-name-that-is-cut" : "");
		pairs[i] = (struct string_pair){ names[i], "99999999999999999999999" };
	}
	quota_read(&list, NOW, &r);
	assert_true(r.count <= QUOTA_WINDOWS);
	assert_int_equal(r.items[0].limit, -1);
}

static void take(struct quota *q, const char *name, const char *value, const char *reset)
{
	struct quota_readings r;
	char status[64];
	char until[64];

	snprintf(status, sizeof status, "anthropic-ratelimit-unified-%s-status", name);
	snprintf(until, sizeof until, "anthropic-ratelimit-unified-%s-reset", name);
	READ(&r, { "anthropic-ratelimit-unified-status", value }, { status, value },
	     { until, reset });
	quota_update(q, &r, "m", now);
}

static void a_spent_window_keeps_away_until_its_reset(void **state)
{
	struct quota q = { .count = 0 };

	(void)state;
	assert_null(quota_spent(&q, "claude-opus-4-6", now));
	take(&q, "5h", "rejected", "1795248000");
	assert_string_equal(quota_spent(&q, "claude-opus-4-6", now)->name, "5h");
	assert_null(quota_spent(&q, "claude-opus-4-6", moment_after(now, 3600000)));
	take(&q, "5h", "allowed", "1795248000");
	assert_null(quota_spent(&q, "claude-opus-4-6", now));
}

static void a_family_window_counts_its_models_only(void **state)
{
	struct quota q = { .count = 0 };

	(void)state;
	take(&q, "7d_opus", "rejected", "1795300000");
	assert_non_null(quota_spent(&q, "claude-opus-4-6", now));
	assert_null(quota_spent(&q, "claude-sonnet-5", now));
}

static void limits_a_minute_are_each_models_own(void **state)
{
	struct quota q = { .count = 0 };
	struct quota_readings r;

	(void)state;
	READ(&r, { "x-ratelimit-limit-tokens", "100" }, { "x-ratelimit-remaining-tokens", "0" },
	     { "x-ratelimit-reset-tokens", "30s" });
	quota_update(&q, &r, "gpt-a", now);
	assert_non_null(quota_spent(&q, "gpt-a", now));
	assert_null(quota_spent(&q, "gpt-b", now));
	READ(&r, { "x-ratelimit-limit-tokens", "100" }, { "x-ratelimit-remaining-tokens", "70" },
	     { "x-ratelimit-reset-tokens", "30s" });
	quota_update(&q, &r, "gpt-b", now);
	assert_non_null(quota_spent(&q, "gpt-a", now));
	quota_update(&q, &r, "gpt-a", now);
	assert_null(quota_spent(&q, "gpt-a", now));
	assert_int_equal(q.count, 2);
}

static void the_last_of_a_long_window_is_a_reserve(void **state)
{
	struct quota q = { .count = 0 };
	struct quota_readings r;

	(void)state;
	READ(&r, { "anthropic-ratelimit-unified-5h-utilization", "0.97" },
	     { "anthropic-ratelimit-unified-5h-reset", "1795248000" });
	quota_update(&q, &r, "m", now);
	assert_false(quota_is_nearly_spent(&q, "m", now));
	READ(&r, { "anthropic-ratelimit-unified-5h-utilization", "0.985" },
	     { "anthropic-ratelimit-unified-5h-reset", "1795248000" });
	quota_update(&q, &r, "m", now);
	assert_true(quota_is_nearly_spent(&q, "m", now));
	assert_false(quota_is_nearly_spent(&q, "m", moment_after(now, 3600000)));
}

static void the_week_that_ends_first_is_known(void **state)
{
	struct quota q = { .count = 0 };

	(void)state;
	assert_true(quota_week_left(&q, now) == 1);
	take(&q, "7d", "allowed", "1795330800");        /* a day */
	assert_true(quota_week_left(&q, now) > 0.14 && quota_week_left(&q, now) < 0.15);
}

static void forecasts_follow_the_pace(void **state)
{
	struct quota_window w = { .length_ms = 5 * HOUR_MS, .used = 0.5,
				  .reset = { 0, NOW + 4 * HOUR_MS } };

	(void)state;
	/* half in one hour: spent an hour from now */
	assert_int_equal(quota_forecast(&w, NOW), NOW + HOUR_MS);
	w.used = 0.1;
	assert_int_equal(quota_forecast(&w, NOW), 0);
	w.used = 1.2;
	assert_int_equal(quota_forecast(&w, NOW), NOW);
	w.length_ms = 0;
	assert_int_equal(quota_forecast(&w, NOW), 0);
}

static void windows_are_written_for_the_screens(void **state)
{
	struct quota q = { .count = 0 };
	struct buf b = BUF_INIT(4096);
	struct json_writer w;

	(void)state;
	take(&q, "5h", "rejected", "1795248000");
	json_open(&w, &b);
	quota_write(&q, &w, now);
	assert_string_equal(buf_text(&b),
			    "[{\"window\":\"5h\",\"models\":null,\"length_seconds\":18000,\"used\":null,"
			    "\"limit\":null,\"remaining\":null,"
			    "\"reset\":\"2026-11-21T08:00:00.000Z\",\"forecast\":null,"
			    "\"spent\":true}]");
	buf_release(&b);
}

static void the_table_is_bounded(void **state)
{
	struct quota q = { .count = 0 };
	char name[16];

	(void)state;
	for (int i = 1; i <= 40; i++) {
		snprintf(name, sizeof name, "%dh", i);
		take(&q, name, "allowed", "1795248000");
	}
	assert_int_equal(q.count, QUOTA_WINDOWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST("rule 4", unified_windows_are_read_by_prefix),
		ROW_TEST("rule 4", the_overall_status_decides),
		ROW_TEST("rule 4", a_bare_rejection_belongs_to_the_claim),
		ROW_TEST("rule 4", classic_anthropic_limits),
		ROW_TEST("rule 4", openai_and_its_relatives),
		ROW_TEST("rule 5", codex_windows_go_by_length_not_position),
		ROW_TEST("rule 4", codex_with_credits_goes_on),
		ROW_TEST("rule 4", retry_hints),
		cmocka_unit_test(hostile_headers_are_bounded),
		ROW_TEST("row 429 quota", a_spent_window_keeps_away_until_its_reset),
		ROW_TEST("rule 6", a_family_window_counts_its_models_only),
		cmocka_unit_test(limits_a_minute_are_each_models_own),
		ROW_TEST("rule 16", the_last_of_a_long_window_is_a_reserve),
		ROW_TEST("rule 16", the_week_that_ends_first_is_known),
		cmocka_unit_test(forecasts_follow_the_pace),
		cmocka_unit_test(windows_are_written_for_the_screens),
		cmocka_unit_test(the_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
