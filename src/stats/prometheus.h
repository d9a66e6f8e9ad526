/*
 * The counters as Prometheus text (version 0.0.4), names of product, section
 * 10. Any thread.
 */
#ifndef STATS_PROMETHEUS_H
#define STATS_PROMETHEUS_H

#include "base/buf.h"
#include "config/config.h"
#include "stats/stats.h"

/* What statistics do not know of an upstream. */
struct prometheus_upstream {
	const char *state;      /* "ready", "cooldown" … */
	double cooldown_seconds;    /* until it is back; 0: not cooling */
};

struct prometheus_input {
	const struct stats_report *report;
	const struct config *config;
	const struct prometheus_upstream *upstreams;    /* one an account of the config */
};

void prometheus_write(const struct prometheus_input *in, struct buf *out);

#endif
