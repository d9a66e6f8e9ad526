#include "stats/stats.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/limits.h"

static struct request_record sample(void)
{
	return (struct request_record){
		.at_ms = 1800000000123,
		.trace_id = "0123456789abcdef0123456789abcdef",
		.key_name = "laptop",
		.client = "claude-cli/2.0.1 (external, cli)",
		.method = "POST",
		.path = "/v1/messages",
		.format_in = FORMAT_ANTHROPIC,
		.format_out = FORMAT_CHAT,
		.model_asked = "smart",
		.model_used = "gpt-5.2",
		.upstream = "openai-main",
		.session = 0xabcdef,
		.attempts = {
			{ "claude-max", "claude-opus-4-6", 429, 12, "quota" },
			{ "openai-main", "gpt-5.2", 200, 900, NULL },
		},
		.attempt_count = 2,
		.status = 200,
		.ttft_ms = 300,
		.total_ms = 1300,
		.overhead_us = 80,
		.tokens = { .in = 1000, .out = 100, .cache_read = 600, .cache_write = 200,
			    .reasoning = 40, .is_known = true },
		.cost_pico_usd = 2500000000,
		.bytes_in = 5000,
		.bytes_out = 7000,
		.chunks = 12,
		.is_stream = true,
		.warnings = "top_k",
	};
}

static void packs_and_unpacks(void **state)
{
	struct request_record in = sample();
	struct request_record out;
	struct packed_record *p = record_pack(&in);

	(void)state;
	record_set_id(p, 17);
	record_unpack(p, &out);
	assert_int_equal(out.id, 17);
	assert_int_equal(out.at_ms, in.at_ms);
	assert_string_equal(out.client, "claude-cli/2.0.1");
	assert_string_equal(out.upstream, "openai-main");
	assert_null(out.error);
	assert_string_equal(out.warnings, "top_k");
	assert_string_equal(out.attempts[0].reason, "quota");
	assert_null(out.attempts[1].reason);
	assert_int_equal(out.attempts[1].ms, 900);
	assert_memory_equal(&out.tokens, &in.tokens, sizeof in.tokens);
	assert_int_equal(out.cost_pico_usd, in.cost_pico_usd);
	assert_int_equal(out.format_out, FORMAT_CHAT);
	free(p);
}

/* 10,000 of them fit into 8 MB. */
static void a_packed_record_is_small(void **state)
{
	struct request_record r = sample();
	struct packed_record *p = record_pack(&r);

	(void)state;
	assert_true(record_bytes(p) < 500);
	free(p);
}

static void long_texts_are_cut(void **state)
{
	struct request_record r = sample();
	struct packed_record *p;
	struct buf big = BUF_INIT(MIB);

	(void)state;
	for (int i = 0; i < 100000; i++) {
		buf_addc(&big, 'x');
	}
	r.error = r.path = r.model_asked = r.client = r.warnings = r.trace = buf_text(&big);
	p = record_pack(&r);
	assert_true(record_bytes(p) < 8192);
	record_unpack(p, &r);
	assert_null(r.trace);           /* half a JSON text is none */
	assert_int_equal(strlen(r.path), 256);
	free(p);
	buf_release(&big);
}

static void writes_a_record(void **state)
{
	struct request_record r = sample();
	struct buf out = BUF_INIT(64 * KIB);
	struct json_writer w;

	(void)state;
	r.error = "key sk-ant-REDACTED is bad";
	json_open(&w, &out);
	record_write(&r, &w);
	assert_non_null(strstr(buf_text(&out), "\"at\":\"2027-01-15T08:00:00.123Z\""));
	assert_non_null(strstr(buf_text(&out), "\"cost_usd\":0.0025,"));
	assert_non_null(strstr(buf_text(&out), "\"tokens\":{\"in\":1000,\"out\":100,"));
	assert_non_null(strstr(buf_text(&out), "\"reason\":\"quota\""));
	assert_null(strstr(buf_text(&out), "aaaaaaaaaaaaaaaaaaaaaaaaa"));
	buf_release(&out);
}

static void unknown_is_null(void **state)
{
	struct request_record r = { .status = 200, .ttft_ms = -1, .cost_pico_usd = COST_UNKNOWN };
	struct buf out = BUF_INIT(64 * KIB);
	struct json_writer w;

	(void)state;
	json_open(&w, &out);
	record_write(&r, &w);
	assert_non_null(strstr(buf_text(&out), "\"tokens\":null,\"cost_usd\":null"));
	assert_non_null(strstr(buf_text(&out), "\"ttft_ms\":null"));
	buf_release(&out);
}

/* ---- shards and reports ---- */

static void merges_shards(void **state)
{
	struct stats *s = stats_create(3);
	struct request_record r = sample();
	struct stats_report *report;
	const struct tally *t;

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		stats_begin(stats_shard(s, i % 3));
		stats_finish(stats_shard(s, i % 3), &r);
	}
	stats_begin(stats_shard(s, 1));
	report = stats_report_create(s);
	assert_int_equal(report->total.sums.requests, 9);
	assert_int_equal(report->open_exchanges, 1);
	t = &series_find(&report->upstreams, "claude-max", NULL)->tally;
	assert_int_equal(t->sums.requests, 0);
	assert_int_equal(t->failed_attempts, 9);
	assert_int_equal(tally_failovers(t), 9);
	assert_string_equal(t->classes[0].name, "quota");
	t = &series_find(&report->upstreams, "openai-main", NULL)->tally;
	assert_int_equal(t->sums.tokens_in, 9000);
	assert_int_equal(t->sums.cost_pico_usd, 9 * r.cost_pico_usd);
	assert_int_equal(histogram_percentile(&t->ttft_ms, 50), 300);
	assert_int_equal(series_find(&report->keys, "laptop", NULL)->tally.sums.requests, 9);
	stats_report_destroy(report);
	stats_destroy(s);
}

static void counts_what_is_under_way(void **state)
{
	struct stats *s = stats_create(2);
	struct stats_report *report;

	(void)state;
	stats_upstream_begin(stats_shard(s, 0), "upstream_a");
	stats_upstream_begin(stats_shard(s, 1), "upstream_a");
	stats_upstream_begin(stats_shard(s, 1), NULL);
	stats_upstream_end(stats_shard(s, 0), "upstream_a");
	report = stats_report_create(s);
	assert_int_equal(stats_report_in_flight(report, "upstream_a"), 1);
	assert_int_equal(stats_report_in_flight(report, "upstream_b"), 0);
	stats_report_destroy(report);
	stats_destroy(s);
}

static void names_of_strangers_are_bounded(void **state)
{
	struct stats *s = stats_create(1);
	struct request_record r = sample();
	struct stats_report *report;
	char model[16];

	(void)state;
	r.model_used = model;
	r.attempt_count = 0;
	for (int i = 0; i < 1000; i++) {
		snprintf(model, sizeof model, "m%d", i);
		stats_finish(stats_shard(s, 0), &r);
	}
	report = stats_report_create(s);
	assert_true(report->routes.list.len <= MAX_ROUTE_SERIES + 1);
	assert_int_equal(report->total.sums.requests, 1000);
	stats_report_destroy(report);
	stats_destroy(s);
}

/* A failure costs nothing, an unknown price is not nothing. */
static void unknown_cost_is_not_zero(void **state)
{
	struct usage_sums sums = { 0 };
	struct request_record r = sample();

	(void)state;
	r.status = 502;
	r.tokens = (struct token_counts){ .is_known = false };
	r.cost_pico_usd = COST_UNKNOWN;
	usage_sums_add(&sums, &r);
	assert_int_equal(usage_sums_cost(&sums), 0);
	r = sample();
	r.cost_pico_usd = COST_UNKNOWN;
	usage_sums_add(&sums, &r);
	assert_int_equal(usage_sums_cost(&sums), COST_UNKNOWN);
	assert_int_equal(sums.errors, 1);
	assert_int_equal(sums.unpriced, 1);
	r = sample();
	usage_sums_add(&sums, &r);
	assert_int_equal(usage_sums_cost(&sums), r.cost_pico_usd);
}

static void a_client_that_left_is_no_error(void **state)
{
	struct request_record r = { .status = 499, .error = "the client left" };

	(void)state;
	assert_false(record_is_error(&r));
	r.status = 200;
	r.error = "the upstream broke off";
	assert_true(record_is_error(&r));
}

static void collects_once(void **state)
{
	struct stats *s = stats_create(2);
	struct request_record r = sample();
	struct vec records = { .len = 0 };
	struct usage_table usage = { .rows.len = 0 };
	const struct usage_row *row;

	(void)state;
	stats_finish(stats_shard(s, 0), &r);
	stats_finish(stats_shard(s, 1), &r);
	stats_collect(s, &records, &usage);
	stats_collect(s, &records, &usage);
	assert_int_equal(records.len, 2);
	assert_int_equal(usage.rows.len, 1);
	row = usage.rows.items[0];
	assert_int_equal(row->hour_ms % HOUR_MS, 0);
	assert_string_equal(row->key, "laptop");
	assert_int_equal(row->sums.tokens_out, 200);
	free(records.items[0]);
	free(records.items[1]);
	vec_release(&records);
	usage_release(&usage);
	stats_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packs_and_unpacks),
		cmocka_unit_test(a_packed_record_is_small),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(writes_a_record),
		cmocka_unit_test(unknown_is_null),
		cmocka_unit_test(merges_shards),
		cmocka_unit_test(counts_what_is_under_way),
		cmocka_unit_test(names_of_strangers_are_bounded),
		cmocka_unit_test(unknown_cost_is_not_zero),
		cmocka_unit_test(a_client_that_left_is_no_error),
		cmocka_unit_test(collects_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
