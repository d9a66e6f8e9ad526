/*
 * All shards merged, for readers (stats.h).
 */
#include <stdlib.h>

#include "base/mem.h"
#include "stats/shard.h"

/* Merged from all shards, and from upstreams and models; screens and scrapers
 * come once a second, and it is freed at once. */
#define MAX_REPORT_SERIES 8192

/* Series are only ever added, and each is read under the lock alone, so that
 * the worker waits for one of them at most. */
static bool merge_one(struct stats_shard *shard, const struct series_set *from, size_t index,
		      struct series_set *into)
{
	const struct series *s = NULL;

	pthread_mutex_lock(&shard->lock);
	if (index < from->list.len) {
		s = series_at(from, index);
		tally_merge(&series_get(into, s->group, s->member)->tally, &s->tally);
	}
	pthread_mutex_unlock(&shard->lock);
	return s;
}

static void merge_set(struct stats_shard *shard, const struct series_set *from,
		      struct series_set *into)
{
	size_t i = 0;

	while (merge_one(shard, from, i, into)) {
		i++;
	}
}

static void merge_in_flight(struct stats_shard *shard, struct stats_report *report)
{
	for (size_t i = 0; i < shard->in_flight.len; i++) {
		const struct in_flight *f = shard->in_flight.items[i];
		struct slice id = slice_of(f->account_id);
		intptr_t count = (intptr_t)map_get(&report->in_flight, id);

		map_put(&report->in_flight, id, (void *)(count + (intptr_t)f->count));
	}
}

static void merge_shard(struct stats_shard *shard, struct stats_report *report)
{
	merge_set(shard, &shard->routes, &report->routes);
	merge_set(shard, &shard->keys, &report->keys);
	pthread_mutex_lock(&shard->lock);
	histogram_merge(&report->overhead_us, &shard->overhead_us);
	merge_in_flight(shard, report);
	report->open_exchanges += shard->begun - shard->ended;
	report->lost_records += shard->lost_records;
	pthread_mutex_unlock(&shard->lock);
}

static void add_up(struct stats_report *report)
{
	for (size_t i = 0; i < report->routes.list.len; i++) {
		const struct series *s = series_at(&report->routes, i);

		tally_merge(&report->total, &s->tally);
		if (*s->group) {
			tally_merge(&series_get(&report->upstreams, s->group, NULL)->tally,
				    &s->tally);
		}
		if (*s->member) {
			tally_merge(&series_get(&report->models, s->member, NULL)->tally,
				    &s->tally);
		}
	}
}

struct stats_report *stats_report_create(struct stats *s)
{
	struct stats_report *report = xcalloc(1, sizeof *report);

	report->routes.max = MAX_REPORT_SERIES;
	report->upstreams.max = MAX_REPORT_SERIES;
	report->models.max = MAX_REPORT_SERIES;
	report->keys.max = MAX_REPORT_SERIES;
	for (unsigned i = 0; i < s->shard_count; i++) {
		merge_shard(&s->shards[i], report);
	}
	add_up(report);
	return report;
}

void stats_report_destroy(struct stats_report *report)
{
	if (report) {
		series_release(&report->routes);
		series_release(&report->upstreams);
		series_release(&report->models);
		series_release(&report->keys);
		map_release(&report->in_flight);
		free(report);
	}
}

int64_t stats_report_in_flight(const struct stats_report *report, const char *account_id)
{
	return (int64_t)(intptr_t)map_get(&report->in_flight, slice_of(account_id));
}

static void write_named(const struct series_set *set, const char *name, struct json_writer *w)
{
	static const struct tally nothing;
	const struct series *s = series_find(set, name, NULL);

	tally_write(s ? &s->tally : &nothing, w);
}

void stats_write_upstream(const struct stats_report *report, const char *name,
			  struct json_writer *w)
{
	write_named(&report->upstreams, name, w);
}

void stats_write_model(const struct stats_report *report, const char *name,
		       struct json_writer *w)
{
	write_named(&report->models, name, w);
}

void stats_write_key(const struct stats_report *report, const char *name,
		     struct json_writer *w)
{
	write_named(&report->keys, name, w);
}
