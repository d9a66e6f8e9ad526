#include "stats/prometheus.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/limits.h"

static struct config *empty_config(void)
{
	static struct config c;

	return &c;
}

static void write(struct stats *s, struct buf *out)
{
	struct prometheus_input in = { .config = empty_config() };
	struct stats_report *report = stats_report_create(s);

	in.report = report;
	prometheus_write(&in, out);
	stats_report_destroy(report);
}

/* A client chooses the model's name: it must not break the text. */
static void odd_names_stay_inside_their_label(void **state)
{
	struct stats *s = stats_create(1);
	struct buf out = BUF_INIT(MIB);
	struct request_record r = {
		.status = 200,
		.upstream = "up",
		.model_used = "a\"b\\c\nd\xff",
		.cost_pico_usd = COST_UNKNOWN,
	};

	(void)state;
	stats_finish(stats_shard(s, 0), &r);
	write(s, &out);
	assert_non_null(strstr(buf_text(&out),
			       "upstream=\"up\",model=\"a\\\"b\\\\c?d?\",status=\"200\"} 1\n"));
	assert_null(strstr(buf_text(&out), "llm_cost_usd_total{"));
	buf_release(&out);
	stats_destroy(s);
}

static void buckets_add_up(void **state)
{
	struct stats *s = stats_create(1);
	struct buf out = BUF_INIT(MIB);
	struct request_record r = { .status = 200, .upstream = "up", .total_ms = 64 };

	(void)state;
	stats_finish(stats_shard(s, 0), &r);
	r.total_ms = 65;
	stats_finish(stats_shard(s, 0), &r);
	write(s, &out);
	assert_non_null(strstr(buf_text(&out), "model=\"\",le=\"0.064\"} 1\n"));
	assert_non_null(strstr(buf_text(&out), "model=\"\",le=\"0.128\"} 2\n"));
	assert_non_null(strstr(buf_text(&out), "model=\"\",le=\"+Inf\"} 2\n"));
	assert_non_null(strstr(buf_text(&out), "model=\"\"} 0.129\n"));
	buf_release(&out);
	stats_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_names_stay_inside_their_label),
		cmocka_unit_test(buckets_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
