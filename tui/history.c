#include "tui/history.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define MAX_HISTORY_UPSTREAMS 64 /* 14 KB each */
#define REST_SECONDS 60		 /* after which time stands still */

void history_init(struct history *h)
{
	*h = (struct history){ .last_requests = NAN, .last_errors = NAN, .last_tokens = NAN };
}

static void free_series(void *ctx, struct slice key, void *value)
{
	(void)ctx;
	(void)key;
	free(value);
}

void history_release(struct history *h)
{
	map_each(&h->upstreams, free_series, NULL);
	map_release(&h->upstreams);
	map_release(&h->seen);
	latency_release(&h->latency);
}

static struct second *second_at(struct series *s, int64_t at_s)
{
	return &s->seconds[at_s % HISTORY_SECONDS];
}

/* Opens the seconds up to now; all of them were watched. */
static void advance(struct series *s, int64_t now_s)
{
	int64_t from = s->last_s + 1;

	if (now_s - from >= HISTORY_SECONDS) {
		from = now_s - HISTORY_SECONDS + 1;
	}
	for (int64_t at = from; at <= now_s; at++) {
		*second_at(s, at) = (struct second){ .p50 = NAN,
						     .p95 = NAN,
						     .is_known = s->last_s > 0 || at == now_s };
	}
	if (now_s > s->last_s) {
		s->last_s = now_s;
	}
}

static struct series *series_of(struct history *h, const char *name)
{
	struct series *s = map_get(&h->upstreams, slice_of(name));

	if (!s && h->upstreams.len < MAX_HISTORY_UPSTREAMS) {
		s = xcalloc(1, sizeof *s);
		map_put(&h->upstreams, slice_of(name), s);
	}
	return s;
}

/* From here on the past is known: what was seen ends in this second, and no
 * request means none. */
static void begin_known(struct series *s, int64_t from_s)
{
	for (int64_t at = from_s; at <= s->last_s && !second_at(s, at)->is_known; at++) {
		*second_at(s, at) = (struct second){ .p50 = NAN, .p95 = NAN, .is_known = true };
	}
}

static void count_request(struct series *s, const struct request_view *r, int64_t now_s)
{
	int64_t at = (r->at_ms + (int64_t)(r->total_ms > 0 ? r->total_ms : 0)) / 1000;
	struct second *second;

	at = at > now_s ? now_s : at;
	if (at <= now_s - HISTORY_SECONDS) {
		return;
	}
	begin_known(s, at);
	second = second_at(s, at);
	second->requests++;
	second->errors += r->status >= 400;
	second->tokens += (float)((isnan(r->tokens_in) ? 0 : r->tokens_in) +
				  (isnan(r->tokens_out) ? 0 : r->tokens_out));
}

/* What ended before the dashboard began is no news. */
static void note_end(struct history *h, const struct request_view *r, int64_t now_s)
{
	int64_t end_s = (r->at_ms + (int64_t)(r->total_ms > 0 ? r->total_ms : 0)) / 1000;

	end_s = end_s > now_s ? now_s : end_s;
	h->busy_s = end_s > h->busy_s ? end_s : h->busy_s;
}

/* Requests that have finished since the last snapshot. */
static void add_finished(struct history *h, const struct snapshot *s, int64_t now_s)
{
	struct map seen = { 0 };
	bool has_totals = !isnan(s->totals.requests);

	for (size_t i = s->request_count; i-- > 0;) {
		const struct request_view *r = &s->requests[i];
		struct series *upstream;

		if (r->is_running) {
			continue;
		}
		map_put(&seen, slice_of(r->id), h);
		if (map_get(&h->seen, slice_of(r->id))) {
			continue;
		}
		note_end(h, r, now_s);
		if (!has_totals) {
			count_request(&h->total, r, now_s);
		}
		upstream = *r->upstream ? series_of(h, r->upstream) : NULL;
		if (upstream) {
			advance(upstream, now_s);
			count_request(upstream, r, now_s);
		}
	}
	map_release(&h->seen);
	h->seen = seen;
}

static double grown(double *last, double now)
{
	double by = now - *last;

	*last = now;
	return by > 0 ? by : 0; /* NAN and a restarted gateway: nothing */
}

static void add_totals(struct history *h, const struct snapshot *s, int64_t now_s)
{
	const struct traffic *t = &s->totals;
	struct second *second = second_at(&h->total, now_s);
	double requests = grown(&h->last_requests, t->requests);

	second->requests += (float)requests;
	second->errors += (float)grown(&h->last_errors, t->errors);
	second->tokens += (float)grown(&h->last_tokens, t->tokens_in + t->tokens_out);
	if (requests > 0) {
		h->busy_s = now_s;
	}
}

static int compare_ms(const void *one, const void *other)
{
	double a = *(const double *)one;
	double b = *(const double *)other;

	return a < b ? -1 : a > b;
}

#define LATENCY_SECONDS 60

/* Of the requests that ended within the last minute: from the gateway's
 * histogram, or as long as that tells nothing from the list. */
static void set_latency(struct history *h, const struct snapshot *s, int64_t now_s)
{
	struct second *second = second_at(&h->total, now_s);
	double ms[500];
	double p50;
	double p95;
	size_t count = 0;

	latency_add(&h->latency, s->buckets, s->bucket_count, now_s);
	if (latency_percentiles(&h->latency, now_s, LATENCY_SECONDS, &p50, &p95)) {
		second->p50 = (float)p50;
		second->p95 = (float)p95;
		return;
	}
	for (size_t i = 0; i < s->request_count && count < ARRAY_LEN(ms); i++) {
		const struct request_view *r = &s->requests[i];

		if (!r->is_running && r->total_ms >= 0 &&
		    (r->at_ms + (int64_t)r->total_ms) / 1000 > now_s - LATENCY_SECONDS) {
			ms[count++] = r->total_ms;
		}
	}
	if (count) {
		qsort(ms, count, sizeof *ms, compare_ms);
		second->p50 = (float)ms[count / 2];
		second->p95 = (float)ms[count * 95 / 100];
	}
}

static void advance_each(void *ctx, struct slice key, void *value)
{
	(void)key;
	advance(value, *(int64_t *)ctx);
}

void history_add(struct history *h, const struct snapshot *s, int64_t now_s)
{
	advance(&h->total, now_s);
	map_each(&h->upstreams, advance_each, &now_s);
	for (size_t i = 0; i < s->upstream_count; i++) {
		struct series *series = series_of(h, s->upstreams[i].name);

		if (series) {
			advance(series, now_s);
		}
	}
	add_finished(h, s, now_s);
	add_totals(h, s, now_s);
	set_latency(h, s, now_s);
	if (s->totals.in_flight > 0) {
		h->busy_s = now_s;
	} else if (h->busy_s < now_s - REST_SECONDS && !h->has_begun) {
		h->busy_s = now_s - REST_SECONDS;
	}
	h->has_begun = true;
}

int64_t history_end_s(const struct history *h, int64_t now_s)
{
	return now_s > h->busy_s + REST_SECONDS ? h->busy_s + REST_SECONDS : now_s;
}

const struct series *history_upstream(const struct history *h, const char *name)
{
	return map_get(&h->upstreams, slice_of(name));
}

/* A second behind the newest one is quiet: no news is what the feed says then. */
static struct second look(const struct series *s, int64_t at_s)
{
	if (!s->last_s || at_s <= s->last_s - HISTORY_SECONDS || at_s < 0) {
		return (struct second){ .p50 = NAN, .p95 = NAN };
	}
	if (at_s > s->last_s) {
		return (struct second){ .p50 = NAN, .p95 = NAN, .is_known = true };
	}
	return s->seconds[at_s % HISTORY_SECONDS];
}

static double value_of(const struct second *second, enum history_value what)
{
	const float values[] = { second->requests, second->errors, second->tokens, second->p50,
				 second->p95 };

	return second->is_known ? (double)values[what] : (double)NAN;
}

static double step_value(const struct series *s, enum history_value what, int64_t end_s, int step)
{
	bool is_sum = what <= HISTORY_TOKENS;
	double result = NAN;

	for (int i = 0; i < step; i++) {
		struct second second = look(s, end_s - i);
		double value = value_of(&second, what);

		if (!isnan(value)) {
			result = isnan(result) ? value :
				 is_sum	       ? result + value :
						 fmax(result, value);
		}
	}
	return is_sum ? result / step : result;
}

void history_values(const struct series *s, enum history_value what, int64_t end_s, int step,
		    double *out, int count)
{
	for (int i = 0; i < count; i++) {
		out[count - 1 - i] = step_value(s, what, end_s - (int64_t)i * step, step);
	}
}

double history_rate(const struct series *s, enum history_value what, int64_t end_s, int seconds)
{
	double sum = 0;
	int known = 0;

	for (int i = 0; i < seconds; i++) {
		struct second second = look(s, end_s - i);
		double value = value_of(&second, what);

		known += !isnan(value);
		sum += isnan(value) ? 0 : value;
	}
	return known ? sum / known : (double)NAN;
}
