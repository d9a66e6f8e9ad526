/*
 * One worker's part of the statistics. Inside stats/ only.
 */
#ifndef STATS_SHARD_H
#define STATS_SHARD_H

#include <pthread.h>

#include "stats/stats.h"

/* Series of a shard: 4 KB each. */
#define MAX_ROUTE_SERIES 256
#define MAX_KEY_SERIES 256

/* Accounts whose requests under way are counted. */
#define MAX_IN_FLIGHT_ACCOUNTS 1024

/* Records that wait for the collector, who comes several times a second. */
#define MAX_PENDING_RECORDS 10000

/* Copies that are being made or wait for the collector: some hundred kilobytes
 * each at the most. */
#define MAX_OPEN_CAPTURES 64

struct in_flight {
	char *account_id;
	int64_t count;
};

struct stats_shard {
	pthread_mutex_t lock;           /* guards the rest */
	int64_t begun;
	int64_t ended;
	int64_t lost_records;
	struct series_set routes;
	struct series_set keys;
	struct map in_flight_index;
	struct vec in_flight;           /* owned struct in_flight * */
	struct histogram overhead_us;
	struct usage_table usage;       /* since the last collection */
	struct vec records;             /* packed, since the last collection */
	struct vec captures;            /* since the last collection */
	size_t captures_begun;          /* and not yet collected */
};

struct stats {
	unsigned shard_count;
	struct stats_shard *shards;
};

#endif
