/*
 * Tallies by name: one for each upstream's model, one for each gateway key.
 * Names that strangers can choose are bounded: beyond the maximum they count
 * together. Plain data without a lock.
 */
#ifndef STATS_SERIES_H
#define STATS_SERIES_H

#include "base/map.h"
#include "base/vec.h"
#include "stats/tally.h"

/* What the names beyond the maximum count under. */
#define SERIES_OTHER "(other)"

struct series {
	char *group;            /* upstream, or key; "" = none */
	char *member;           /* model; "" = none */
	struct tally tally;
};

struct series_set {
	struct map index;
	struct vec list;        /* owned struct series *, in the order of their first use */
	size_t max;
};

void series_release(struct series_set *set);

/* Finds or makes it; NULL is "". Valid as long as the set. */
struct series *series_get(struct series_set *set, const char *group, const char *member);

/* Finds it only; NULL: none. */
struct series *series_find(const struct series_set *set, const char *group,
			   const char *member);

static inline struct series *series_at(const struct series_set *set, size_t index)
{
	return set->list.items[index];
}

#endif
