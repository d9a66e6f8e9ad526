/*
 * The counters for a scraper (product: §10). It comes a few times a minute; to
 * merge and write them takes a worker about a millisecond.
 */
#include "gateway/local.h"

#include "base/clock.h"
#include "base/limits.h"
#include "stats/prometheus.h"

static struct prometheus_upstream *read_upstreams(struct exchange *x)
{
	const struct config *c = x->config;
	struct router *router = x->worker->shared->router;
	struct prometheus_upstream *all =
		arena_zalloc(&x->arena, (c->account_count + 1) * sizeof *all);
	struct moment now = clock_moment();

	for (size_t i = 0; i < c->account_count; i++) {
		const char *id = c->accounts[i].id;

		all[i].state = condition_name(router_condition(router, id, now));
		all[i].cooldown_seconds = (double)router_cooling_ms(router, id, now) / 1000;
	}
	return all;
}

void local_metrics(struct exchange *x)
{
	struct stats_report *report = stats_report_create(x->worker->shared->stats);
	struct buf text = BUF_INIT(MAX_CONTROL_BYTES);
	struct prometheus_input in = {
		.report = report,
		.config = x->config,
		.upstreams = read_upstreams(x),
	};

	prometheus_write(&in, &text);
	local_respond(x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_slice(&text));
	buf_release(&text);
	stats_report_destroy(report);
}
