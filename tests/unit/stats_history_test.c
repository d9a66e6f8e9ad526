#include "stats/history.c"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sqlite3.h>
#include <unistd.h>
#include <cmocka.h>

static char path[64];
static struct stats *stats;

static int set_up(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/history_test.%d.db", (int)getpid());
	stats = stats_create(1);
	return 0;
}

static int tear_down(void **state)
{
	char other[80];

	(void)state;
	stats_destroy(stats);
	unlink(path);
	snprintf(other, sizeof other, "%s-wal", path);
	unlink(other);
	snprintf(other, sizeof other, "%s-shm", path);
	unlink(other);
	return 0;
}

static void finish(int count)
{
	struct request_record r = {
		.at_ms = clock_wall_ms(),
		.trace_id = "trace",
		.key_name = "laptop",
		.upstream = "up",
		.model_used = "m",
		.status = 200,
		.tokens = { .in = 10, .out = 1, .is_known = true },
		.cost_pico_usd = 5,
	};

	for (int i = 0; i < count; i++) {
		stats_finish(stats_shard(stats, 0), &r);
	}
}

static int64_t requests(struct history *h)
{
	struct usage_table groups = { .rows.len = 0 };
	struct usage_sums total = { 0 };

	read_usage(h, USAGE_BY_UPSTREAM, 0, &groups, &total);
	usage_release(&groups);
	return total.requests;
}

static void keeps_the_last_ones_in_bounds(void **state)
{
	struct history *h = history_create(stats, NULL);

	(void)state;
	for (int i = 0; i < 3; i++) {
		finish(HISTORY_RECORDS / 2);
		history_tick(h);
	}
	assert_int_equal(h->count, HISTORY_RECORDS);
	assert_int_equal(record_id(record_at(h, 0)), HISTORY_RECORDS / 2 + 1);
	assert_true(h->bytes <= HISTORY_BYTES);
	assert_int_equal(requests(h), 3 * HISTORY_RECORDS / 2);
	history_destroy(h);
}

/* With the allocator's own share, and all that holds them. Where the allocator
 * is a sanitizer's it says nothing, and the bytes have to do. */
static void ten_thousand_records_take_eight_megabytes(void **state)
{
	size_t before = mallinfo2().uordblks;
	struct history *h = history_create(stats, NULL);
	struct request_record r = {
		.at_ms = clock_wall_ms(), .trace_id = "0123456789abcdef0123456789abcdef",
		.key_name = "laptop", .client = "claude-cli/2.0.1 (external, cli)",
		.method = "POST", .path = "/v1/messages", .model_asked = "claude-sonnet-4-5",
		.model_used = "claude-sonnet-4-5-20250929", .upstream = "claude-subscription",
		.attempts = { { "first-account", "claude-sonnet-4-5-20250929", 529, 120,
				"overloaded" },
			      { "claude-subscription", "claude-sonnet-4-5-20250929", 200, 812,
				NULL } },
		.attempt_count = 2, .status = 200, .total_ms = 1000,
		.warnings = "thinking was left out: the upstream has none",
	};

	(void)state;
	for (int i = 0; i < HISTORY_RECORDS; i++) {
		stats_finish(stats_shard(stats, 0), &r);
	}
	history_tick(h);
	assert_int_equal(h->count, HISTORY_RECORDS);
	assert_true(h->bytes <= 8 * MIB);
	assert_true(mallinfo2().uordblks - before <= 8 * MIB);
	history_destroy(h);
}

static void comes_back_from_the_disk(void **state)
{
	struct history *h = history_create(stats, path);

	(void)state;
	finish(7);
	history_destroy(h);
	h = history_create(stats, path);
	finish(3);
	assert_int_equal(requests(h), 10);
	history_tick(h);
	assert_int_equal(requests(h), 10);
	assert_int_equal(h->last_id, 10);
	assert_int_equal(h->usage.rows.len, 0);
	history_destroy(h);
}

/* What could not be written is counted, and written later. */
static void a_failing_disk_loses_nothing(void **state)
{
	struct history *h = history_create(stats, path);
	char problem[MAX_ERR_MSG];
	sqlite3 *other;

	(void)state;
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	finish(5);
	history_tick(h);
	history_problem(h, problem);
	assert_non_null(strstr(problem, "locked"));
	assert_int_equal(requests(h), 5);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	h->retry_at_ms = 0;
	history_tick(h);
	history_problem(h, problem);
	assert_string_equal(problem, "");
	assert_int_equal(state_db_last_id(h->store), 5);
	assert_int_equal(requests(h), 5);
	history_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_the_last_ones_in_bounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ten_thousand_records_take_eight_megabytes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(comes_back_from_the_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failing_disk_loses_nothing, set_up, tear_down),
	};

	log_configure(&(const struct log_options){ .level = LOG_OFF, .console_level = LOG_OFF });
	return cmocka_run_group_tests(tests, NULL, NULL);
}
