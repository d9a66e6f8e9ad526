/*
 * Sums by hour, upstream, model and gateway key: what the `usage` command
 * adds up and what is kept for long. Plain data without a lock.
 */
#ifndef STATS_USAGE_H
#define STATS_USAGE_H

#include "base/map.h"
#include "base/vec.h"
#include "stats/tally.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)

/* Rows of one table; beyond them models count together. Six hundred hours of
 * a busy gateway whose disk is full fit. */
#define MAX_USAGE_ROWS 20000

struct usage_row {
	int64_t hour_ms;        /* wall clock, start of the hour */
	char *upstream;         /* "" = none was asked */
	char *model;            /* as sent upstream */
	char *key;              /* the gateway key's name */
	struct usage_sums sums;
};

struct usage_table {
	struct map index;
	struct vec rows;        /* owned struct usage_row * */
};

/* Empties it too. */
void usage_release(struct usage_table *t);

void usage_add(struct usage_table *t, const struct request_record *r);
void usage_merge(struct usage_table *t, const struct usage_row *row);

#endif
