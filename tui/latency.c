#include "tui/latency.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void latency_release(struct latency *l)
{
	for (size_t i = 0; i < LATENCY_LOOKS; i++) {
		free(l->looks[i].items);
	}
}

static const struct latency_look *newest(const struct latency *l)
{
	return l->taken ? &l->looks[(l->taken - 1) % LATENCY_LOOKS] : NULL;
}

void latency_add(struct latency *l, const struct bucket *items, size_t count, int64_t now_s)
{
	bool is_same_second = l->taken && newest(l)->at_s == now_s;
	struct latency_look *look;

	/* A second has one look, its last; the very first stays to compare with. */
	l->taken += is_same_second && l->taken > 1 ? 0 : 1;
	look = &l->looks[(l->taken - 1) % LATENCY_LOOKS];
	free(look->items);
	*look = (struct latency_look){ .at_s = now_s, .count = count };
	look->items = xcalloc(count + 1, sizeof *items);
	if (count) {
		memcpy(look->items, items, count * sizeof *items);
	}
}

/* The newest look that is so old, or the oldest there is. */
static const struct latency_look *look_before(const struct latency *l, int64_t at_s)
{
	size_t kept = l->taken < LATENCY_LOOKS ? l->taken : LATENCY_LOOKS;

	for (size_t i = 1; i <= kept; i++) {
		const struct latency_look *look = &l->looks[(l->taken - i) % LATENCY_LOOKS];

		if (look->at_s <= at_s || i == kept) {
			return look;
		}
	}
	return NULL;
}

/* How many `look` had in the bucket; a gateway that began anew had none. */
static double count_at(const struct latency_look *look, double upper)
{
	for (size_t i = 0; i < look->count && look->items[i].upper <= upper; i++) {
		if (look->items[i].upper == upper) {
			return look->items[i].count;
		}
	}
	return 0;
}

static double grown(const struct latency_look *before, const struct bucket *now)
{
	double by = now->count - count_at(before, now->upper);

	return by > 0 ? by : 0;
}

static double value_at(const struct latency_look *before, const struct latency_look *now,
		       double rank)
{
	double seen = 0;

	for (size_t i = 0; i < now->count; i++) {
		seen += grown(before, &now->items[i]);
		if (seen >= rank) {
			return now->items[i].upper;
		}
	}
	return 0;
}

bool latency_percentiles(const struct latency *l, int64_t now_s, int seconds, double *p50,
			 double *p95)
{
	const struct latency_look *now = newest(l);
	const struct latency_look *before = look_before(l, now_s - seconds);
	double total = 0;

	if (!now || !before || now == before) {
		return false;
	}
	for (size_t i = 0; i < now->count; i++) {
		total += grown(before, &now->items[i]);
	}
	if (total <= 0) {
		return false;
	}
	*p50 = value_at(before, now, total * 0.50);
	*p95 = value_at(before, now, total * 0.95);
	return true;
}
