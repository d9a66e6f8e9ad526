#include "stats/prometheus.h"

#include <inttypes.h>

#include "base/str.h"


/* Upper ends of the buckets: powers of two, which a histogram counts exactly
 * (histogram.h). Milliseconds from 1 to 2^19 (9 min), microseconds to 2^20. */
#define MS_FIRST_BIT 0
#define MS_LAST_BIT 19
#define US_FIRST_BIT 4
#define US_LAST_BIT 20

struct labels {
	const char *provider;
	const char *upstream;
	const char *model;
};

static void help(struct buf *out, const char *name, const char *type, const char *text)
{
	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, text, name, type);
}

/* Backslash, quote and newline are escaped; other control bytes and what is
 * no UTF-8 have no place in a label. */
static void add_label(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s=\"", name);
	for (const char *p = value ? value : ""; *p; p++) {
		if (*p == '\\' || *p == '"') {
			buf_addc(out, '\\');
			buf_addc(out, *p);
		} else if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f) {
			buf_addc(out, '?');
		} else {
			buf_addc(out, *p);
		}
	}
	buf_addc(out, '"');
}

static void add_labels(struct buf *out, const struct labels *l)
{
	add_label(out, "provider", l->provider);
	buf_addc(out, ',');
	add_label(out, "upstream", l->upstream);
	buf_addc(out, ',');
	add_label(out, "model", l->model);
}

/* By name: a removed account has no provider any more. */
static const char *provider_of(const struct config *c, const char *upstream)
{
	for (size_t i = 0; i < c->account_count; i++) {
		if (str_eq(c->accounts[i].name, upstream)) {
			return provider_name(c->accounts[i].provider);
		}
	}
	return "";
}

static struct labels labels_of(const struct prometheus_input *in, const struct series *s)
{
	return (struct labels){ provider_of(in->config, s->group), s->group, s->member };
}

static void write_requests(const struct prometheus_input *in, struct buf *out)
{
	help(out, "llm_requests_total", "counter",
	     "Finished requests by their status; 499: the client left.");
	for (size_t i = 0; i < in->report->routes.list.len; i++) {
		const struct series *s = series_at(&in->report->routes, i);
		const struct labels labels = labels_of(in, s);
		const struct status_count *c = s->tally.statuses;

		for (size_t j = 0; j < TALLY_STATUSES && c[j].count; j++) {
			buf_adds(out, "llm_requests_total{");
			add_labels(out, &labels);
			buf_addf(out, ",status=\"%d\"} %" PRId64 "\n", c[j].status, c[j].count);
		}
	}
}

static void write_tokens(const struct prometheus_input *in, struct buf *out)
{
	static const char *const types[] = { "input", "output", "cache_read", "cache_write",
					     "reasoning" };

	help(out, "llm_tokens_processed_total", "counter",
	     "Tokens by type; input without cached ones, output with reasoning.");
	for (size_t i = 0; i < in->report->routes.list.len; i++) {
		const struct series *s = series_at(&in->report->routes, i);
		const struct labels labels = labels_of(in, s);
		const struct usage_sums *u = &s->tally.sums;
		const int64_t counts[] = { u->tokens_in - u->cache_read - u->cache_write,
					   u->tokens_out, u->cache_read, u->cache_write,
					   u->reasoning };

		for (size_t j = 0; *s->group && j < ARRAY_LEN(types); j++) {
			buf_adds(out, "llm_tokens_processed_total{");
			add_labels(out, &labels);
			buf_addf(out, ",type=\"%s\"} %" PRId64 "\n", types[j], counts[j]);
		}
	}
}

static void write_cost(const struct prometheus_input *in, struct buf *out)
{
	help(out, "llm_cost_usd_total", "counter",
	     "Cost of the requests whose model has a known price.");
	for (size_t i = 0; i < in->report->routes.list.len; i++) {
		const struct series *s = series_at(&in->report->routes, i);
		const struct labels labels = labels_of(in, s);

		if (usage_sums_cost(&s->tally.sums) != COST_UNKNOWN && *s->group) {
			buf_adds(out, "llm_cost_usd_total{");
			add_labels(out, &labels);
			buf_addf(out, "} %.12f\n",
				 (double)s->tally.sums.cost_pico_usd / PICO_USD);
		}
	}
}

static void write_failovers(const struct prometheus_input *in, struct buf *out)
{
	const struct class_count *c = in->report->total.classes;

	help(out, "llm_failovers_total", "counter",
	     "Failed attempts after which another upstream was asked, by class of failure.");
	for (size_t i = 0; i < TALLY_CLASSES && c[i].count; i++) {
		buf_adds(out, "llm_failovers_total{");
		add_label(out, "reason", c[i].name);
		buf_addf(out, "} %" PRId64 "\n", c[i].failovers);
	}
}

struct scale {
	int first_bit;
	int last_bit;
	double seconds;         /* of one unit */
};

static const struct scale ms_scale = { MS_FIRST_BIT, MS_LAST_BIT, 1e-3 };
static const struct scale us_scale = { US_FIRST_BIT, US_LAST_BIT, 1e-6 };

static void add_sample(struct buf *out, const char *name, const char *suffix,
		       const char *labels)
{
	buf_addf(out, "%s%s", name, suffix);
	if (*labels) {
		buf_addf(out, "{%s}", labels);
	}
}

static void write_histogram(struct buf *out, const char *name, const char *labels,
			    const struct histogram *h, const struct scale *scale)
{
	const char *comma = *labels ? "," : "";

	for (int bit = scale->first_bit; bit <= scale->last_bit; bit++) {
		uint64_t limit = UINT64_C(1) << bit;

		buf_addf(out, "%s_bucket{%s%sle=\"%.9g\"} %" PRIu64 "\n", name, labels, comma,
			 (double)limit * scale->seconds, histogram_up_to(h, limit));
	}
	buf_addf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, h->count);
	add_sample(out, name, "_sum", labels);
	buf_addf(out, " %.9g\n", (double)h->sum * scale->seconds);
	add_sample(out, name, "_count", labels);
	buf_addf(out, " %" PRIu64 "\n", h->count);
}

static void write_times(const struct prometheus_input *in, const char *name, const char *text,
			bool is_total, struct buf *out)
{
	help(out, name, "histogram", text);
	for (size_t i = 0; i < in->report->routes.list.len; i++) {
		const struct series *s = series_at(&in->report->routes, i);
		const struct labels l = labels_of(in, s);
		const struct histogram *h = is_total ? &s->tally.total_ms : &s->tally.ttft_ms;
		struct buf labels = BUF_INIT(64 * 1024);

		add_labels(&labels, &l);
		if (h->count) {
			write_histogram(out, name, buf_text(&labels), h, &ms_scale);
		}
		buf_release(&labels);
	}
}

static void upstream_sample(struct buf *out, const char *name,
			    const struct upstream_account *a)
{
	buf_addf(out, "%s{", name);
	add_label(out, "provider", provider_name(a->provider));
	buf_addc(out, ',');
	add_label(out, "upstream", a->name);
}

static void write_upstreams(const struct prometheus_input *in, struct buf *out)
{
	const struct config *c = in->config;

	help(out, "llm_upstream_state", "gauge", "1 for the state an upstream is in.");
	for (size_t i = 0; i < c->account_count; i++) {
		upstream_sample(out, "llm_upstream_state", &c->accounts[i]);
		buf_addc(out, ',');
		add_label(out, "state", in->upstreams[i].state);
		buf_adds(out, "} 1\n");
	}
	help(out, "llm_upstream_cooldown_seconds", "gauge",
	     "Until an upstream is asked again; 0: it is asked.");
	for (size_t i = 0; i < c->account_count; i++) {
		upstream_sample(out, "llm_upstream_cooldown_seconds", &c->accounts[i]);
		buf_addf(out, "} %.3f\n", in->upstreams[i].cooldown_seconds);
	}
	help(out, "llm_requests_in_flight", "gauge", "Requests under way at an upstream.");
	for (size_t i = 0; i < c->account_count; i++) {
		upstream_sample(out, "llm_requests_in_flight", &c->accounts[i]);
		buf_addf(out, "} %" PRId64 "\n",
			 stats_report_in_flight(in->report, c->accounts[i].id));
	}
}

void prometheus_write(const struct prometheus_input *in, struct buf *out)
{
	help(out, "llm_gateway_build_info", "gauge", "1, with the version.");
	buf_adds(out, "llm_gateway_build_info{version=\"" VERSION "\"} 1\n");
	write_requests(in, out);
	write_times(in, "llm_request_duration_seconds", "From a request's head to its last byte.",
		    true, out);
	write_times(in, "llm_time_to_first_token_seconds",
		    "From a request's head to the first content.", false, out);
	help(out, "llm_gateway_overhead_seconds", "histogram",
	     "Own time until the request to the upstream had left.");
	write_histogram(out, "llm_gateway_overhead_seconds", "", &in->report->overhead_us,
			&us_scale);
	write_tokens(in, out);
	write_cost(in, out);
	write_failovers(in, out);
	write_upstreams(in, out);
}
