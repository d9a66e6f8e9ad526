#include "stats/stats.h"

#include <stdlib.h>

#include "base/mem.h"

/* Written by one worker alone, read by anybody: relaxed atomics. */
struct stats_shard {
	uint64_t begun;
	uint64_t finished;
};

struct stats {
	unsigned shard_count;
	struct stats_shard *shards;
};

struct stats *stats_create(unsigned workers)
{
	struct stats *s = xcalloc(1, sizeof *s);

	s->shard_count = workers;
	s->shards = xcalloc(workers, sizeof *s->shards);
	return s;
}

void stats_destroy(struct stats *s)
{
	if (s) {
		free(s->shards);
		free(s);
	}
}

struct stats_shard *stats_shard(struct stats *s, unsigned worker)
{
	return &s->shards[worker];
}

void stats_begin(struct stats_shard *shard)
{
	__atomic_add_fetch(&shard->begun, 1, __ATOMIC_RELAXED);
}

void stats_upstream_begin(struct stats_shard *shard, const char *account_id)
{
	(void)shard;
	(void)account_id;
}

void stats_upstream_end(struct stats_shard *shard, const char *account_id)
{
	(void)shard;
	(void)account_id;
}

void stats_finish(struct stats_shard *shard, const struct request_record *r)
{
	(void)r;
	__atomic_add_fetch(&shard->finished, 1, __ATOMIC_RELAXED);
}
