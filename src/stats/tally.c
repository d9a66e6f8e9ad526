#include "stats/tally.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* ---- sums ---- */

/* A failure without a word about tokens has cost nothing. */
static int64_t cost_of(const struct request_record *r)
{
	return r->cost_pico_usd < 0 && !r->tokens.is_known && r->status >= 400
		       ? 0 : r->cost_pico_usd;
}

void usage_sums_add(struct usage_sums *s, const struct request_record *r)
{
	int64_t cost = cost_of(r);

	s->requests++;
	s->errors += record_is_error(r);
	s->tokens_in += r->tokens.in;
	s->tokens_out += r->tokens.out;
	s->cache_read += r->tokens.cache_read;
	s->cache_write += r->tokens.cache_write;
	s->reasoning += r->tokens.reasoning;
	s->cost_pico_usd += cost < 0 ? 0 : cost;
	s->unpriced += cost < 0;
}

void usage_sums_merge(struct usage_sums *s, const struct usage_sums *more)
{
	s->requests += more->requests;
	s->errors += more->errors;
	s->tokens_in += more->tokens_in;
	s->tokens_out += more->tokens_out;
	s->cache_read += more->cache_read;
	s->cache_write += more->cache_write;
	s->reasoning += more->reasoning;
	s->cost_pico_usd += more->cost_pico_usd;
	s->unpriced += more->unpriced;
}

int64_t usage_sums_cost(const struct usage_sums *s)
{
	return s->unpriced && !s->cost_pico_usd ? COST_UNKNOWN : s->cost_pico_usd;
}

/* ---- counting ---- */

static void count_status(struct tally *t, int status, int64_t count)
{
	struct status_count *s = t->statuses;
	struct status_count *end = s + TALLY_STATUSES - 1;

	while (s < end && s->count && s->status != status) {
		s++;
	}
	if (s->count && s->status != status) {
		status = 0;
	}
	s->status = status;
	s->count += count;
}

static void count_class(struct tally *t, const char *name, int64_t count, int64_t failovers)
{
	struct class_count *c = t->classes;
	struct class_count *end = c + TALLY_CLASSES - 1;

	while (c < end && c->count && !str_eq(c->name, name)) {
		c++;
	}
	if (!c->count) {
		str_copy(c->name, sizeof c->name, name);
	}
	c->count += count;
	c->failovers += failovers;
}

void tally_request(struct tally *t, const struct request_record *r)
{
	usage_sums_add(&t->sums, r);
	t->cancelled += r->status == 499;
	count_status(t, r->status, 1);
	histogram_add(&t->ttft_ms, r->ttft_ms);
	histogram_add(&t->total_ms, r->total_ms);
	if (r->is_stream && r->tokens.out > 0 && r->ttft_ms >= 0 &&
	    r->total_ms > r->ttft_ms) {
		t->timed_tokens += r->tokens.out;
		t->timed_ms += r->total_ms - r->ttft_ms;
	}
}

void tally_attempt(struct tally *t, const struct attempt_record *a, bool is_failover)
{
	t->attempts++;
	if (a->reason) {
		t->failed_attempts++;
		count_class(t, a->reason, 1, is_failover);
	}
}

void tally_merge(struct tally *t, const struct tally *more)
{
	usage_sums_merge(&t->sums, &more->sums);
	t->cancelled += more->cancelled;
	t->attempts += more->attempts;
	t->failed_attempts += more->failed_attempts;
	t->timed_tokens += more->timed_tokens;
	t->timed_ms += more->timed_ms;
	for (size_t i = 0; i < TALLY_STATUSES && more->statuses[i].count; i++) {
		count_status(t, more->statuses[i].status, more->statuses[i].count);
	}
	for (size_t i = 0; i < TALLY_CLASSES && more->classes[i].count; i++) {
		count_class(t, more->classes[i].name, more->classes[i].count,
			    more->classes[i].failovers);
	}
	histogram_merge(&t->ttft_ms, &more->ttft_ms);
	histogram_merge(&t->total_ms, &more->total_ms);
}

int64_t tally_failovers(const struct tally *t)
{
	int64_t count = 0;

	for (size_t i = 0; i < TALLY_CLASSES; i++) {
		count += t->classes[i].failovers;
	}
	return count;
}

/* ---- JSON ---- */

static void write_percentiles(const struct histogram *h, const char *name,
			      struct json_writer *w)
{
	static const unsigned percents[] = { 50, 90, 95, 99 };
	char key[8];

	json_key(w, name);
	if (!h->count) {
		json_null(w);
		return;
	}
	json_object(w);
	for (size_t i = 0; i < ARRAY_LEN(percents); i++) {
		snprintf(key, sizeof key, "p%u", percents[i]);
		json_kint(w, key, histogram_percentile(h, percents[i]));
	}
	json_end(w);
}

static void write_counts(const struct tally *t, struct json_writer *w)
{
	char key[16];

	json_key(w, "errors_by_class");
	json_object(w);
	for (size_t i = 0; i < TALLY_CLASSES && t->classes[i].count; i++) {
		json_kint(w, t->classes[i].name, t->classes[i].count);
	}
	json_end(w);
	json_key(w, "statuses");
	json_object(w);
	for (size_t i = 0; i < TALLY_STATUSES && t->statuses[i].count; i++) {
		snprintf(key, sizeof key, "%d", t->statuses[i].status);
		json_kint(w, key, t->statuses[i].count);
	}
	json_end(w);
}

void tally_write(const struct tally *t, struct json_writer *w)
{
	const struct usage_sums *s = &t->sums;
	struct token_counts tokens = {
		.in = s->tokens_in, .out = s->tokens_out, .cache_read = s->cache_read,
		.cache_write = s->cache_write, .reasoning = s->reasoning, .is_known = true,
	};

	json_kint(w, "requests", s->requests);
	json_kint(w, "errors", s->errors);
	json_kint(w, "cancelled", t->cancelled);
	json_kint(w, "attempts", t->attempts);
	json_kint(w, "failed_attempts", t->failed_attempts);
	json_kint(w, "failovers", tally_failovers(t));
	write_counts(t, w);
	write_percentiles(&t->ttft_ms, "ttft_ms", w);
	write_percentiles(&t->total_ms, "total_ms", w);
	json_key(w, "tokens_per_second");
	if (t->timed_ms) {
		json_double(w, (double)(t->timed_tokens * 10000 / t->timed_ms) / 10);
	} else {
		json_null(w);
	}
	record_write_tokens(&tokens, w);
	record_write_cost(usage_sums_cost(s), w);
	json_kint(w, "unpriced_requests", s->unpriced);
}

void usage_sums_write(const struct usage_sums *s, struct json_writer *w)
{
	json_kint(w, "requests", s->requests);
	json_kint(w, "errors", s->errors);
	json_kint(w, "tokens_in", s->tokens_in);
	json_kint(w, "tokens_out", s->tokens_out);
	json_kint(w, "cache_read", s->cache_read);
	json_kint(w, "cache_write", s->cache_write);
	json_kint(w, "reasoning", s->reasoning);
	record_write_cost(usage_sums_cost(s), w);
	json_kint(w, "unpriced_requests", s->unpriced);
}
