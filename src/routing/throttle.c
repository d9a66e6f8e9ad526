#include "routing/throttle.h"

#include <stdlib.h>

#include "base/mem.h"

#define ADDRESSES 4096
#define PATTERNS 256

void throttle_release(struct throttle *t)
{
	lru_release(&t->addresses);
	lru_release(&t->models);
	free(t->address_buckets);
	free(t->model_buckets);
	*t = (struct throttle){ .is_started = false };
}

static void start(struct throttle *t)
{
	if (!t->is_started) {
		lru_init(&t->addresses, ADDRESSES);
		lru_init(&t->models, PATTERNS);
		t->address_buckets = xcalloc(ADDRESSES, sizeof *t->address_buckets);
		t->model_buckets = xcalloc(PATTERNS, sizeof *t->model_buckets);
		t->is_started = true;
	}
}

/* A bucket holds at least one request, or nobody would ever get in. */
static double burst(double rate, double factor)
{
	double size = rate * factor;

	return size < 1 ? 1 : size;
}

/* Fills up for the time that passed. An untouched bucket is full. */
static void fill(struct bucket *b, double rate, double size, int64_t now_ms)
{
	if (!b->at_ms) {
		b->tokens = size;
	} else if (now_ms > b->at_ms) {
		b->tokens += rate * (double)(now_ms - b->at_ms) / 1000;
	}
	b->tokens = b->tokens < size ? b->tokens : size;
	b->at_ms = now_ms;
}

static int64_t lacking_ms(const struct bucket *b, double rate)
{
	return b->tokens >= 1 ? 0 : (int64_t)((1 - b->tokens) / rate * 1000) + 1;
}

/* The bucket of a key, emptied of what a former owner of the place left. */
static struct bucket *bucket_of(struct lru *lru, struct bucket *buckets, uint64_t key,
				int64_t now_ms)
{
	bool is_new;
	size_t at = lru_place(lru, key, now_ms, &is_new);

	if (is_new) {
		buckets[at] = (struct bucket){ .at_ms = 0 };
	}
	return &buckets[at];
}

static const struct string_pair *pattern_for(const struct rate_limit_config *c,
					     const char *model)
{
	for (size_t i = 0; model && i < c->per_model_rps.count; i++) {
		if (str_glob(c->per_model_rps.items[i].name, model)) {
			return &c->per_model_rps.items[i];
		}
	}
	return NULL;
}

struct throttle_result throttle_take(struct throttle *t, const struct rate_limit_config *c,
				     const char *address, const char *model,
				     int64_t now_mono_ms)
{
	struct bucket *buckets[3] = { &t->global, NULL, NULL };
	double rates[3] = { c->global_rps, c->per_ip_rps, 0 };
	const struct string_pair *pattern = pattern_for(c, model);

	if (!c->enabled) {
		return (struct throttle_result){ THROTTLE_NONE, 0 };
	}
	start(t);
	buckets[1] = bucket_of(&t->addresses, t->address_buckets,
			       lru_hash(0, slice_of(address)), now_mono_ms);
	if (pattern && str_to_double(pattern->value, &rates[2])) {
		buckets[2] = bucket_of(&t->models, t->model_buckets,
				       lru_hash(0, slice_of(pattern->name)), now_mono_ms);
	}
	for (int i = 0; i < 3; i++) {
		if (buckets[i] && rates[i] > 0) {
			fill(buckets[i], rates[i], burst(rates[i], c->burst_factor), now_mono_ms);
			if (buckets[i]->tokens < 1) {
				return (struct throttle_result){
					(enum throttle_kind)(THROTTLE_GLOBAL + i),
					lacking_ms(buckets[i], rates[i]),
				};
			}
		}
	}
	for (int i = 0; i < 3; i++) {
		if (buckets[i] && rates[i] > 0) {
			buckets[i]->tokens -= 1;
		}
	}
	return (struct throttle_result){ THROTTLE_NONE, 0 };
}
