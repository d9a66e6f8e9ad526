#include "selftest/selftest.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "selftest/drills.h"
#include "selftest/matrix.h"
#include "selftest/sandbox.h"

/* The demo's slow model takes longer than this, everything else far less. */
#define RESPONSE_TIMEOUT "2"

struct run {
	struct selftest_report *report;
	struct target target;
};

static void write_config(int dead_port, struct buf *out)
{
	buf_adds(out, "proxy: {response_timeout: " RESPONSE_TIMEOUT "}\nupstream_accounts:\n");
	matrix_accounts(out);
	drills_accounts(dead_port, out);
	buf_adds(out, "models:\n");
	matrix_models(out);
	drills_models(out);
}

/* The tasks are the pairs, and behind them the drills. */
static void run_task(void *ctx, size_t index)
{
	struct run *run = ctx;

	if (index < SELFTEST_PAIRS) {
		matrix_run(&run->report->pairs[index], &run->target);
	} else {
		index -= SELFTEST_PAIRS;
		drills_run(&run->report->drills[index], index, &run->target);
	}
}

static void count(struct selftest_report *r, const struct selftest_check *c)
{
	r->passed += c->has_passed;
	r->failed += !c->has_passed;
}

static void sum_up(struct selftest_report *r)
{
	for (size_t i = 0; i < SELFTEST_PAIRS; i++) {
		for (int c = 0; c < CASE_COUNT; c++) {
			count(r, &r->pairs[i].checks[c]);
		}
	}
	for (size_t i = 0; i < r->drill_count; i++) {
		count(r, &r->drills[i].check);
	}
}

static bool is_ending(const void *ctx)
{
	return sandbox_is_ending(ctx);
}

static bool run_all(struct selftest_report *report, struct sandbox *box, struct err *err)
{
	struct run run = {
		.report = report,
		.target = {
			.port = sandbox_port(box), .key = sandbox_key(box),
			.is_ending = is_ending, .ctx = box,
		},
	};

	return sandbox_run(box, SELFTEST_PAIRS + report->drill_count, run_task, &run, err);
}

bool selftest_run(struct selftest_report *report, struct err *err)
{
	struct buf config = BUF_INIT(64 * KIB);
	uint64_t begin_ms = clock_mono_ms();
	struct sandbox *box;
	int dead_port;
	int held = loopback_bind(&dead_port, err);
	bool ok;

	*report = (struct selftest_report){ .drill_count = drills_count() };
	for (size_t i = 0; i < SELFTEST_PAIRS; i++) {
		matrix_name(&report->pairs[i], i);
	}
	if (held < 0) {
		return false;
	}
	write_config(dead_port, &config);
	box = sandbox_start(buf_slice(&config), err);
	ok = box && run_all(report, box, err);
	sandbox_stop(box);
	buf_release(&config);
	close(held);
	sum_up(report);
	report->took_ms = (int64_t)(clock_mono_ms() - begin_ms);
	return ok;
}
