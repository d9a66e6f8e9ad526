/*
 * state.db of the home (SQLite, WAL): sums by the hour, request records, and
 * documents for what routing remembers. The schema has a version; a database
 * of a newer program is left alone.
 *
 * One thread at a time; the owner serialises (history.h). Blocking: disk.
 */
#ifndef STATS_STATE_DB_H
#define STATS_STATE_DB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "stats/usage.h"

struct state_db;

/* Makes or migrates the database. NULL + err. A file that is no database is
 * renamed and replaced, with a warning in the log. */
struct state_db *state_db_open(const char *path, struct err *err);
void state_db_close(struct state_db *s);              /* NULL is fine */

/* The highest record id there is; 0: none. */
int64_t state_db_last_id(struct state_db *s);

/* All or nothing: packed records with their ids, rows added to what is there. */
bool state_db_write(struct state_db *s, void *const *records, size_t count,
		 const struct usage_table *usage, struct err *err);

/* Adds the rows from that hour on to `into`. */
bool state_db_read_usage(struct state_db *s, int64_t since_ms, struct usage_table *into,
		      struct err *err);

/* Visits records' JSON, newest first, from below `before_id` on; `visit`
 * returns false when it has enough. */
bool state_db_each_record(struct state_db *s, int64_t before_id, int64_t since_ms,
		       bool (*visit)(void *ctx, int64_t id, struct slice json), void *ctx,
		       struct err *err);

/* The record's JSON, by id or the newest with that trace id. */
bool state_db_find_record(struct state_db *s, const char *id, struct buf *json);

/* Forgets rows and records older than that. */
bool state_db_prune(struct state_db *s, int64_t before_ms, struct err *err);

/* Documents by name. A missing one reads as false with err untouched. */
bool state_db_put(struct state_db *s, const char *name, struct slice value, struct err *err);
bool state_db_get(struct state_db *s, const char *name, struct buf *value);

#endif
