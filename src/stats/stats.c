#include "stats/stats.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stats/shard.h"

/* ---- life ---- */

static void init_shard(struct stats_shard *shard)
{
	pthread_mutex_init(&shard->lock, NULL);
	shard->routes.max = MAX_ROUTE_SERIES;
	shard->keys.max = MAX_KEY_SERIES;
}

static void release_shard(struct stats_shard *shard)
{
	series_release(&shard->routes);
	series_release(&shard->keys);
	usage_release(&shard->usage);
	for (size_t i = 0; i < shard->in_flight.len; i++) {
		struct in_flight *f = shard->in_flight.items[i];

		free(f->account_id);
		free(f);
	}
	for (size_t i = 0; i < shard->records.len; i++) {
		free(shard->records.items[i]);
	}
	vec_release(&shard->in_flight);
	for (size_t i = 0; i < shard->captures.len; i++) {
		capture_destroy(shard->captures.items[i]);
	}
	vec_release(&shard->records);
	vec_release(&shard->captures);
	map_release(&shard->in_flight_index);
	pthread_mutex_destroy(&shard->lock);
}

struct stats *stats_create(unsigned workers)
{
	struct stats *s = xcalloc(1, sizeof *s);

	s->shard_count = workers;
	s->shards = xcalloc(workers, sizeof *s->shards);
	for (unsigned i = 0; i < workers; i++) {
		init_shard(&s->shards[i]);
	}
	return s;
}

void stats_destroy(struct stats *s)
{
	if (!s) {
		return;
	}
	for (unsigned i = 0; i < s->shard_count; i++) {
		release_shard(&s->shards[i]);
	}
	free(s->shards);
	free(s);
}

struct stats_shard *stats_shard(struct stats *s, unsigned worker)
{
	return &s->shards[worker];
}

/* ---- counting ---- */

void stats_begin(struct stats_shard *shard)
{
	pthread_mutex_lock(&shard->lock);
	shard->begun++;
	pthread_mutex_unlock(&shard->lock);
}

void stats_end(struct stats_shard *shard)
{
	pthread_mutex_lock(&shard->lock);
	shard->ended++;
	pthread_mutex_unlock(&shard->lock);
}

static struct in_flight *in_flight_of(struct stats_shard *shard, const char *account_id)
{
	struct in_flight *f = map_get(&shard->in_flight_index, slice_of(account_id));

	if (!f && shard->in_flight.len < MAX_IN_FLIGHT_ACCOUNTS) {
		f = xcalloc(1, sizeof *f);
		f->account_id = xstrdup(account_id);
		map_put(&shard->in_flight_index, slice_of(account_id), f);
		vec_push(&shard->in_flight, f);
	}
	return f;
}

static void move_in_flight(struct stats_shard *shard, const char *account_id, int by)
{
	struct in_flight *f;

	if (!account_id) {
		return;
	}
	pthread_mutex_lock(&shard->lock);
	f = in_flight_of(shard, account_id);
	if (f) {
		f->count += by;
	}
	pthread_mutex_unlock(&shard->lock);
}

void stats_upstream_begin(struct stats_shard *shard, const char *account_id)
{
	move_in_flight(shard, account_id, 1);
}

void stats_upstream_end(struct stats_shard *shard, const char *account_id)
{
	move_in_flight(shard, account_id, -1);
}

static void count_attempts(struct stats_shard *shard, const struct request_record *r)
{
	for (int i = 0; i < r->attempt_count; i++) {
		const struct attempt_record *a = &r->attempts[i];
		bool is_failover = i + 1 < r->attempt_count &&
				   !str_eq(a->upstream, a[1].upstream);

		tally_attempt(&series_get(&shard->routes, a->upstream, a->model)->tally, a,
			      is_failover);
	}
}

static void keep_record(struct stats_shard *shard, struct packed_record *packed)
{
	if (shard->records.len < MAX_PENDING_RECORDS) {
		vec_push(&shard->records, packed);
	} else {
		shard->lost_records++;
		free(packed);
	}
}

void stats_finish(struct stats_shard *shard, const struct request_record *r)
{
	struct packed_record *packed = record_pack(r);

	pthread_mutex_lock(&shard->lock);
	shard->ended++;
	tally_request(&series_get(&shard->routes, r->upstream, r->model_used)->tally, r);
	if (r->key_name) {
		tally_request(&series_get(&shard->keys, r->key_name, NULL)->tally, r);
	}
	count_attempts(shard, r);
	if (r->upstream) {
		histogram_add(&shard->overhead_us, r->overhead_us);
	}
	usage_add(&shard->usage, r);
	keep_record(shard, packed);
	pthread_mutex_unlock(&shard->lock);
}

struct capture *stats_capture_begin(struct stats_shard *shard, int64_t at_ms,
				    const char *trace_id, bool has_bodies)
{
	bool has_room;

	pthread_mutex_lock(&shard->lock);
	has_room = shard->captures_begun < MAX_OPEN_CAPTURES;
	shard->captures_begun += has_room;
	pthread_mutex_unlock(&shard->lock);
	return has_room ? capture_create(at_ms, trace_id, has_bodies) : NULL;
}

void stats_capture_end(struct stats_shard *shard, struct capture *capture)
{
	pthread_mutex_lock(&shard->lock);
	vec_push(&shard->captures, capture);
	pthread_mutex_unlock(&shard->lock);
}

/* ---- collecting ---- */

static void collect_shard(struct stats_shard *shard, struct vec *records,
			  struct usage_table *usage)
{
	struct vec taken;
	struct usage_table rows;

	pthread_mutex_lock(&shard->lock);
	taken = shard->records;
	rows = shard->usage;
	shard->records = (struct vec){ .len = 0 };
	shard->usage = (struct usage_table){ .rows.len = 0 };
	pthread_mutex_unlock(&shard->lock);
	for (size_t i = 0; i < taken.len; i++) {
		vec_push(records, taken.items[i]);
	}
	for (size_t i = 0; i < rows.rows.len; i++) {
		usage_merge(usage, rows.rows.items[i]);
	}
	vec_release(&taken);
	usage_release(&rows);
}

void stats_collect(struct stats *s, struct vec *records, struct usage_table *usage)
{
	for (unsigned i = 0; i < s->shard_count; i++) {
		collect_shard(&s->shards[i], records, usage);
	}
}

void stats_collect_captures(struct stats *s, struct vec *captures)
{
	for (unsigned i = 0; i < s->shard_count; i++) {
		struct stats_shard *shard = &s->shards[i];
		struct vec taken;

		pthread_mutex_lock(&shard->lock);
		taken = shard->captures;
		shard->captures = (struct vec){ .len = 0 };
		shard->captures_begun -= taken.len;
		pthread_mutex_unlock(&shard->lock);
		for (size_t k = 0; k < taken.len; k++) {
			capture_mask(taken.items[k]);
			vec_push(captures, taken.items[k]);
		}
		vec_release(&taken);
	}
}
