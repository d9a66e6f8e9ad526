/*
 * What the statistics remember beside their counters: the last requests one
 * by one, and sums by the hour for as long as usage.retention_days says. With
 * a store (state_db.h) both survive a restart; while it cannot be written,
 * everything stays in memory, and history_problem() says so.
 *
 * Any thread; a lock is held over the store's I/O, so no worker comes here.
 */
#ifndef STATS_HISTORY_H
#define STATS_HISTORY_H

#include "base/err.h"
#include "base/json_write.h"
#include "stats/stats.h"
#include "stats/state_db.h"

/* Both bound the memory of records, whichever is reached first. */
#define HISTORY_RECORDS 10000
#define HISTORY_BYTES (8 * MIB)

struct history;

/* `stats` is borrowed; `path` of the database, NULL: memory only. A database
 * that cannot be opened or written is a problem (below), no failure: it is
 * tried again every few seconds. */
struct history *history_create(struct stats *stats, const char *path);
/* Writes what has not been written. NULL is fine. */
void history_destroy(struct history *h);

/* Collects from the workers and writes to the store; the keeper's recorder
 * calls it twice a second, readers get what is there by then anyway. */
void history_tick(struct history *h);

/* Forgets what is older than that in the store. */
void history_prune(struct history *h, int64_t before_ms);

/* Why the store is not written; "" = it is, or there is none. */
void history_problem(struct history *h, char out[MAX_ERR_MSG]);

/* Documents of the store (state_db.h). put: false when it failed and is to be
 * tried again. */
bool history_put(struct history *h, const char *name, struct slice value);
bool history_get(struct history *h, const char *name, struct buf *value);

/* How many bytes of a stream the client gets for each token of this model, by
 * its last finished streams; 0: not known. */
double history_stream_bytes(struct history *h, const char *model, enum format_id format_in);

enum usage_by { USAGE_BY_UPSTREAM, USAGE_BY_MODEL, USAGE_BY_KEY, USAGE_BY_DAY, USAGE_BY_HOUR };

/* By its name; false: there is none such. */
bool usage_by_name(const char *name, enum usage_by *by);

/* {since by rows[{name requests errors tokens_in …}] total{…}}; whole hours,
 * from the one that `since_ms` is in. */
void history_write_usage(struct history *h, enum usage_by by, int64_t since_ms,
			 struct json_writer *w);

/* The same with a row for each session that this process has seen
 * (sessions.h). */
void history_write_sessions(struct history *h, const struct usage_config *prices,
			    int64_t since_ms, struct json_writer *w);

/* Which records; zero or NULL: all. */
struct record_filter {
	const char *upstream;
	const char *model;      /* asked or used */
	const char *key;
	const char *trace_id;
	int64_t since_ms;
	int64_t before_id;
	int status;
	bool only_errors;
	size_t limit;
};

/* An array, newest first. */
void history_write_requests(struct history *h, const struct record_filter *filter,
			    struct json_writer *w);

/* One object, by id or by trace id (the newest of that). False: not there,
 * nothing written. */
bool history_write_request(struct history *h, const char *id, struct json_writer *w);

#endif
