#include "stats/history.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "stats/sessions.h"

/* Written in one transaction, so that a full disk is noticed soon. */
#define WRITE_BATCH 2000

/* After a failure the store is left alone for a while. */
#define RETRY_MS 5000

struct history {
	struct stats *stats;
	char *path;                     /* of the store; NULL: memory only */
	pthread_mutex_t lock;           /* guards the rest */
	struct state_db *store;         /* NULL: it cannot be opened, or no path */
	struct packed_record *ring[HISTORY_RECORDS];
	size_t first;                   /* place of the oldest */
	size_t count;
	size_t bytes;
	struct capture_ring captures;
	struct sessions sessions;
	int64_t last_id;
	int64_t written_id;             /* the store has those up to here */
	struct usage_table usage;       /* not in the store yet */
	uint64_t retry_at_ms;
	char problem[MAX_ERR_MSG];
};

/* ---- life ---- */

static void note_problem(struct history *h, const struct err *err)
{
	if (!*h->problem) {
		log_warn("state", "requests are kept in memory only: %s", err->msg);
	}
	str_copy(h->problem, sizeof h->problem, err->msg);
	h->retry_at_ms = clock_mono_ms() + RETRY_MS;
}

struct history *history_create(struct stats *stats, const char *path)
{
	struct err err = ERR_INIT;
	struct history *h = xcalloc(1, sizeof *h);

	h->stats = stats;
	h->path = path ? xstrdup(path) : NULL;
	h->store = path ? state_db_open(path, &err) : NULL;
	pthread_mutex_init(&h->lock, NULL);
	if (h->store) {
		h->last_id = h->written_id = state_db_last_id(h->store);
	} else if (path) {
		note_problem(h, &err);
	}
	return h;
}

void history_destroy(struct history *h)
{
	if (!h) {
		return;
	}
	h->retry_at_ms = 0;
	history_tick(h);
	for (size_t i = 0; i < h->count; i++) {
		free(h->ring[(h->first + i) % HISTORY_RECORDS]);
	}
	capture_ring_release(&h->captures);
	sessions_release(&h->sessions);
	usage_release(&h->usage);
	state_db_close(h->store);
	pthread_mutex_destroy(&h->lock);
	free(h->path);
	free(h);
}

/* ---- collecting ---- */

/* 0 is the oldest. */
static struct packed_record *record_at(const struct history *h, size_t index)
{
	return h->ring[(h->first + index) % HISTORY_RECORDS];
}

static void drop_oldest(struct history *h)
{
	struct packed_record *oldest = record_at(h, 0);

	h->bytes -= record_bytes(oldest);
	free(oldest);
	h->first = (h->first + 1) % HISTORY_RECORDS;
	h->count--;
}

static void keep(struct history *h, struct packed_record *p)
{
	struct request_record r;

	record_set_id(p, ++h->last_id);
	record_unpack(p, &r);
	sessions_add(&h->sessions, &r);
	while (h->count && (h->count == HISTORY_RECORDS ||
			    h->bytes + record_bytes(p) > HISTORY_BYTES)) {
		drop_oldest(h);
	}
	h->ring[(h->first + h->count) % HISTORY_RECORDS] = p;
	h->count++;
	h->bytes += record_bytes(p);
}

static void collect(struct history *h)
{
	struct vec records = { .len = 0 };
	struct vec captures = { .len = 0 };

	stats_collect(h->stats, &records, &h->usage);
	stats_collect_captures(h->stats, &captures);
	for (size_t i = 0; i < records.len; i++) {
		keep(h, records.items[i]);
	}
	for (size_t i = 0; i < captures.len; i++) {
		capture_ring_add(&h->captures, captures.items[i]);
	}
	vec_release(&records);
	vec_release(&captures);
}

/* ---- writing ---- */

static size_t unwritten(const struct history *h)
{
	int64_t waiting = h->last_id - h->written_id;

	return waiting < (int64_t)h->count ? (size_t)waiting : h->count;
}

/* The rows go with the first batch. */
static bool write_batch(struct history *h)
{
	struct err err = ERR_INIT;
	void *batch[WRITE_BATCH] = { NULL };
	size_t waiting = unwritten(h);
	size_t size = waiting < WRITE_BATCH ? waiting : WRITE_BATCH;

	for (size_t i = 0; i < size; i++) {
		batch[i] = record_at(h, h->count - waiting + i);
	}
	if (!state_db_write(h->store, batch, size, &h->usage, &err)) {
		note_problem(h, &err);
		return false;
	}
	usage_release(&h->usage);
	h->written_id = size ? record_id(batch[size - 1]) : h->written_id;
	return true;
}

/* What was numbered without the store goes on where the store ends. */
static void renumber(struct history *h)
{
	size_t waiting = unwritten(h);

	h->written_id = state_db_last_id(h->store);
	h->last_id = h->written_id;
	for (size_t i = 0; i < waiting; i++) {
		record_set_id(record_at(h, h->count - waiting + i), ++h->last_id);
	}
}

/* After a problem the store is opened anew: a disk that was full may go on
 * with the old one, one that was read-only does not. */
static bool reopen(struct history *h)
{
	struct err err = ERR_INIT;
	struct state_db *fresh = state_db_open(h->path, &err);

	if (!fresh) {
		note_problem(h, &err);
		return false;
	}
	if (h->store) {
		state_db_close(h->store);
		h->store = fresh;
	} else {
		h->store = fresh;
		renumber(h);
	}
	return true;
}

static void write_out(struct history *h)
{
	if (!h->path || clock_mono_ms() < h->retry_at_ms || (*h->problem && !reopen(h))) {
		return;
	}
	while (unwritten(h) || h->usage.rows.len) {
		if (!write_batch(h)) {
			return;
		}
	}
	if (*h->problem) {
		log_info("state", "requests are written to the disk again");
		h->problem[0] = '\0';
	}
}

void history_tick(struct history *h)
{
	pthread_mutex_lock(&h->lock);
	collect(h);
	write_out(h);
	pthread_mutex_unlock(&h->lock);
}

void history_prune(struct history *h, int64_t before_ms)
{
	struct err err = ERR_INIT;

	pthread_mutex_lock(&h->lock);
	if (h->store && !*h->problem && !state_db_prune(h->store, before_ms, &err)) {
		note_problem(h, &err);
	}
	pthread_mutex_unlock(&h->lock);
}

void history_problem(struct history *h, char out[MAX_ERR_MSG])
{
	pthread_mutex_lock(&h->lock);
	str_copy(out, MAX_ERR_MSG, h->problem);
	pthread_mutex_unlock(&h->lock);
}

/* ---- documents ---- */

bool history_put(struct history *h, const char *name, struct slice value)
{
	struct err err = ERR_INIT;
	bool ok = !h->path;

	pthread_mutex_lock(&h->lock);
	if (h->store && clock_mono_ms() >= h->retry_at_ms) {
		ok = state_db_put(h->store, name, value, &err);
		if (!ok) {
			note_problem(h, &err);
		}
	}
	pthread_mutex_unlock(&h->lock);
	return ok;
}

bool history_get(struct history *h, const char *name, struct buf *value)
{
	bool found;

	pthread_mutex_lock(&h->lock);
	found = h->store && state_db_get(h->store, name, value);
	pthread_mutex_unlock(&h->lock);
	return found;
}

/* ---- records ---- */

static bool matches(const struct record_filter *f, const struct request_record *r)
{
	return (!f->upstream || str_eq(f->upstream, r->upstream)) &&
	       (!f->model || str_eq(f->model, r->model_asked) ||
		str_eq(f->model, r->model_used)) &&
	       (!f->key || str_eq(f->key, r->key_name)) &&
	       (!f->trace_id || str_eq(f->trace_id, r->trace_id)) &&
	       r->at_ms >= f->since_ms && (!f->before_id || r->id < f->before_id) &&
	       (!f->status || f->status == r->status) &&
	       (!f->only_errors || record_is_error(r));
}

/* As much of a stored record as a filter asks about. */
static void read_stored(struct slice json, struct arena *a, struct request_record *r)
{
	struct json_member m;
	uint64_t number = 0;

	*r = (struct request_record){
		.upstream = json_find_text(json, "upstream", a),
		.model_asked = json_find_text(json, "model_asked", a),
		.model_used = json_find_text(json, "model_used", a),
		.key_name = json_find_text(json, "key", a),
		.trace_id = json_find_text(json, "trace_id", a),
		.error = json_find_text(json, "error", a),
		.at_ms = INT64_MAX,
	};
	if (str_empty(r->error)) {
		r->error = NULL;
	}
	if (json_find(json, "status", &m) && json_to_u64(m.value, &number)) {
		r->status = (int)number;
	}
}

struct listing {
	const struct record_filter *filter;
	struct json_writer *w;
	size_t count;
};

static bool list_stored(void *ctx, int64_t id, struct slice json)
{
	struct listing *l = ctx;
	struct request_record r;
	struct arena arena;

	arena_init(&arena, KIB);
	read_stored(json, &arena, &r);
	r.id = id;
	if (matches(l->filter, &r)) {
		json_raw(l->w, json);
		l->count++;
	}
	arena_release(&arena);
	return l->count < l->filter->limit;
}

static void list_ring(struct history *h, struct listing *l)
{
	struct request_record r;

	for (size_t i = h->count; i > 0 && l->count < l->filter->limit; i--) {
		record_unpack(record_at(h, i - 1), &r);
		if (matches(l->filter, &r)) {
			record_write(&r, l->w);
			l->count++;
		}
	}
}

/* Where the ring ends the store goes on. */
static void list_store(struct history *h, struct listing *l)
{
	int64_t before_id = h->count ? record_id(record_at(h, 0)) : h->last_id + 1;
	struct err err = ERR_INIT;

	if (l->filter->before_id && l->filter->before_id < before_id) {
		before_id = l->filter->before_id;
	}
	if (h->store && l->count < l->filter->limit &&
	    !state_db_each_record(h->store, before_id, l->filter->since_ms, list_stored, l, &err)) {
		note_problem(h, &err);
	}
}

void history_write_requests(struct history *h, const struct record_filter *filter,
			    struct json_writer *w)
{
	struct listing l = { .filter = filter, .w = w };

	json_array(w);
	pthread_mutex_lock(&h->lock);
	collect(h);
	list_ring(h, &l);
	list_store(h, &l);
	pthread_mutex_unlock(&h->lock);
	json_end(w);
}

/* Of the newest only: what a model's frames look like changes. */
#define MEASURED_RECORDS 1000
#define MEASURED_TOKENS 2000

double history_stream_bytes(struct history *h, const char *model, enum format_id format_in)
{
	size_t seen = 0;
	int64_t bytes = 0;
	int64_t tokens = 0;
	struct request_record r;

	pthread_mutex_lock(&h->lock);
	collect(h);
	for (size_t i = h->count; i > 0 && seen < MEASURED_RECORDS && tokens < MEASURED_TOKENS;
	     i--, seen++) {
		record_unpack(record_at(h, i - 1), &r);
		if (r.is_stream && r.status == 200 && r.format_in == format_in &&
		    r.tokens.is_known && r.tokens.out > 0 && str_eq(r.model_used, model)) {
			bytes += r.bytes_out;
			tokens += r.tokens.out;
		}
	}
	pthread_mutex_unlock(&h->lock);
	return tokens ? (double)bytes / (double)tokens : 0;
}

static void write_with_capture(const struct history *h, const struct request_record *r,
			       struct json_writer *w)
{
	const struct capture *c = capture_ring_find(&h->captures, r->at_ms, r->trace_id);
	char id[24];

	snprintf(id, sizeof id, "%lld", (long long)r->id);
	json_object(w);
	record_write_members(r, id, w);
	if (c) {
		capture_write(c, w);
	}
	json_end(w);
}

static bool write_from_ring(struct history *h, const char *id, struct json_writer *w)
{
	struct request_record r;
	int64_t number = -1;

	str_to_i64(id, &number);
	for (size_t i = h->count; i > 0; i--) {
		record_unpack(record_at(h, i - 1), &r);
		if (r.id == number || str_eq(r.trace_id, id)) {
			write_with_capture(h, &r, w);
			return true;
		}
	}
	return false;
}

bool history_write_request(struct history *h, const char *id, struct json_writer *w)
{
	struct buf json = BUF_INIT(64 * KIB);
	bool found;

	pthread_mutex_lock(&h->lock);
	collect(h);
	found = write_from_ring(h, id, w);
	if (!found && h->store && state_db_find_record(h->store, id, &json)) {
		json_raw(w, buf_slice(&json));
		found = true;
	}
	pthread_mutex_unlock(&h->lock);
	buf_release(&json);
	return found;
}

/* ---- usage ---- */

static const char *const by_names[] = { "upstream", "model", "key", "day", "hour" };

bool usage_by_name(const char *name, enum usage_by *by)
{
	for (size_t i = 0; i < ARRAY_LEN(by_names); i++) {
		if (str_eq(by_names[i], name)) {
			*by = (enum usage_by)i;
			return true;
		}
	}
	return false;
}

static const char *group_of(const struct usage_row *row, enum usage_by by,
			    char text[CLOCK_TEXT_BYTES])
{
	switch (by) {
	case USAGE_BY_UPSTREAM:
		return row->upstream;
	case USAGE_BY_MODEL:
		return row->model;
	case USAGE_BY_KEY:
		return row->key;
	case USAGE_BY_DAY:
		clock_local_date(row->hour_ms, text);
		break;
	case USAGE_BY_HOUR:
		clock_format(row->hour_ms, text);
		break;
	}
	return text;
}

/* A row of the answer is one whose upstream is the group's name. */
static void group_rows(const struct usage_table *from, enum usage_by by, int64_t since_ms,
		       struct usage_table *groups, struct usage_sums *total)
{
	char text[CLOCK_TEXT_BYTES];
	char nothing[] = "";

	for (size_t i = 0; i < from->rows.len; i++) {
		const struct usage_row *row = from->rows.items[i];
		struct usage_row group = {
			.upstream = (char *)group_of(row, by, text),
			.model = nothing,
			.key = nothing,
			.sums = row->sums,
		};

		if (row->hour_ms >= since_ms) {
			usage_merge(groups, &group);
			usage_sums_merge(total, &row->sums);
		}
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(struct usage_row *const *)a)->upstream,
		      (*(struct usage_row *const *)b)->upstream);
}

static int compare_requests(const void *a, const void *b)
{
	int64_t x = (*(struct usage_row *const *)a)->sums.requests;
	int64_t y = (*(struct usage_row *const *)b)->sums.requests;

	return x == y ? compare_names(a, b) : x < y ? 1 : -1;
}

static void write_groups(struct usage_table *groups, enum usage_by by, struct json_writer *w)
{
	if (groups->rows.len) {
		qsort(groups->rows.items, groups->rows.len, sizeof *groups->rows.items,
		      by >= USAGE_BY_DAY ? compare_names : compare_requests);
	}
	json_key(w, "rows");
	json_array(w);
	for (size_t i = 0; i < groups->rows.len; i++) {
		const struct usage_row *row = groups->rows.items[i];

		json_object(w);
		json_kstr(w, "name", *row->upstream ? row->upstream : "(none)");
		usage_sums_write(&row->sums, w);
		json_end(w);
	}
	json_end(w);
}

static void read_usage(struct history *h, enum usage_by by, int64_t since_ms,
		       struct usage_table *groups, struct usage_sums *total)
{
	struct usage_table stored = { .rows.len = 0 };
	struct err err = ERR_INIT;

	pthread_mutex_lock(&h->lock);
	collect(h);
	if (h->store && !state_db_read_usage(h->store, since_ms, &stored, &err)) {
		note_problem(h, &err);
	}
	group_rows(&h->usage, by, since_ms, groups, total);
	pthread_mutex_unlock(&h->lock);
	group_rows(&stored, by, since_ms, groups, total);
	usage_release(&stored);
}

static void write_total(const struct usage_sums *total, struct json_writer *w)
{
	json_key(w, "total");
	json_object(w);
	usage_sums_write(total, w);
	json_end(w);
}

void history_write_usage(struct history *h, enum usage_by by, int64_t since_ms,
			 struct json_writer *w)
{
	struct usage_table groups = { .rows.len = 0 };
	struct usage_sums total = { 0 };

	since_ms -= since_ms % HOUR_MS;
	read_usage(h, by, since_ms, &groups, &total);
	json_object(w);
	json_ktime(w, "since", since_ms);
	json_kstr(w, "by", by_names[by]);
	write_groups(&groups, by, w);
	write_total(&total, w);
	json_end(w);
	usage_release(&groups);
}

void history_write_sessions(struct history *h, const struct usage_config *prices,
			    int64_t since_ms, struct json_writer *w)
{
	struct usage_sums total = { 0 };

	json_object(w);
	json_ktime(w, "since", since_ms);
	json_kstr(w, "by", "session");
	json_key(w, "rows");
	pthread_mutex_lock(&h->lock);
	collect(h);
	sessions_write(&h->sessions, prices, since_ms, &total, w);
	pthread_mutex_unlock(&h->lock);
	write_total(&total, w);
	json_end(w);
}
