#include "stats/state_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

#define SCHEMA_VERSION 1

/* Another process that reads the file (sqlite3 by hand) is waited for. */
#define BUSY_MS 1000

#define USUAL_RECORD_BYTES 2000

enum statement { PUT_RECORD, PUT_USAGE, PUT_DOCUMENT, STATEMENTS };

struct state_db {
	sqlite3 *db;
	sqlite3_stmt *prepared[STATEMENTS];
};

static const char schema[] =
	"CREATE TABLE usage (hour_ms INTEGER, upstream TEXT, model TEXT, key TEXT,"
	" requests INTEGER, errors INTEGER, tokens_in INTEGER, tokens_out INTEGER,"
	" cache_read INTEGER, cache_write INTEGER, reasoning INTEGER,"
	" cost_pico_usd INTEGER, unpriced INTEGER,"
	" PRIMARY KEY (hour_ms, upstream, model, key)) WITHOUT ROWID;"
	"CREATE TABLE requests (id INTEGER PRIMARY KEY, at_ms INTEGER, trace_id TEXT,"
	" record TEXT);"
	"CREATE INDEX requests_by_trace ON requests (trace_id);"
	"CREATE TABLE documents (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"PRAGMA user_version = 1;";

static const char *const statements[STATEMENTS] = {
	[PUT_RECORD] = "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?)",
	[PUT_USAGE] = "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		      " ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,"
		      " errors = errors + excluded.errors,"
		      " tokens_in = tokens_in + excluded.tokens_in,"
		      " tokens_out = tokens_out + excluded.tokens_out,"
		      " cache_read = cache_read + excluded.cache_read,"
		      " cache_write = cache_write + excluded.cache_write,"
		      " reasoning = reasoning + excluded.reasoning,"
		      " cost_pico_usd = cost_pico_usd + excluded.cost_pico_usd,"
		      " unpriced = unpriced + excluded.unpriced",
	[PUT_DOCUMENT] = "INSERT OR REPLACE INTO documents VALUES (?, ?)",
};

/* ---- opening ---- */

static bool fail(struct state_db *s, struct err *err)
{
	return err_setf(err, ERR_FAILED, "state.db: %s", sqlite3_errmsg(s->db));
}

static bool run(struct state_db *s, const char *sql, struct err *err)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(s, err);
}

static sqlite3_stmt *prepare(struct state_db *s, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	return sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) == SQLITE_OK ? statement
										  : NULL;
}

static int64_t read_number(struct state_db *s, const char *sql)
{
	sqlite3_stmt *st = prepare(s, sql);
	int64_t number = -1;

	if (st && sqlite3_step(st) == SQLITE_ROW) {
		number = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	return number;
}

static bool make_schema(struct state_db *s, struct err *err)
{
	int64_t version = read_number(s, "PRAGMA user_version");

	if (version < 0) {
		return fail(s, err);
	}
	if (version > SCHEMA_VERSION) {
		return err_setf(err, ERR_FAILED, "state.db is of a newer version (%d)",
				(int)version);
	}
	return version == SCHEMA_VERSION ||
	       (run(s, "BEGIN IMMEDIATE", err) && run(s, schema, err) && run(s, "COMMIT", err));
}

static bool prepare_all(struct state_db *s, struct err *err)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		s->prepared[i] = prepare(s, statements[i]);
		if (!s->prepared[i]) {
			return fail(s, err);
		}
	}
	return true;
}

/* SQLite opens what it may only read without a word. */
static bool is_writable(struct state_db *s, struct err *err)
{
	return sqlite3_db_readonly(s->db, "main") != 1 ||
	       err_setf(err, ERR_FAILED, "state.db cannot be written");
}

static struct state_db *open_once(const char *path, int *code, struct err *err)
{
	struct state_db *s = xcalloc(1, sizeof *s);

	*code = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
						      SQLITE_OPEN_FULLMUTEX,
				NULL);
	if (*code == SQLITE_OK) {
		sqlite3_busy_timeout(s->db, BUSY_MS);
		if (is_writable(s, err) && run(s, "PRAGMA page_size = 16384", err) &&
		    run(s, "PRAGMA journal_mode = WAL", err) &&
		    run(s, "PRAGMA synchronous = NORMAL", err) && make_schema(s, err) &&
		    prepare_all(s, err)) {
			return s;
		}
		*code = sqlite3_errcode(s->db);
	} else {
		fail(s, err);
	}
	state_db_close(s);
	return NULL;
}

struct state_db *state_db_open(const char *path, struct err *err)
{
	int code;
	struct state_db *s = open_once(path, &code, err);
	char *aside;

	if (s || (code != SQLITE_NOTADB && code != SQLITE_CORRUPT)) {
		return s;
	}
	aside = xasprintf("%s.broken-%lld", path, (long long)clock_wall_ms());
	if (rename(path, aside) == 0) {
		log_warn("state", "state.db was damaged; it is kept as %s", aside);
		s = open_once(path, &code, err);
	}
	free(aside);
	return s;
}

void state_db_close(struct state_db *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(s->prepared[i]);
	}
	sqlite3_close(s->db);
	free(s);
}

int64_t state_db_last_id(struct state_db *s)
{
	int64_t id = read_number(s, "SELECT max(id) FROM requests");

	return id > 0 ? id : 0;
}

/* ---- writing ---- */

static bool step(struct state_db *s, sqlite3_stmt *st, struct err *err)
{
	bool ok = sqlite3_step(st) == SQLITE_DONE || fail(s, err);

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return ok;
}

static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text, -1, SQLITE_TRANSIENT);
}

static bool put_record(struct state_db *s, const struct packed_record *p, struct err *err)
{
	sqlite3_stmt *st = s->prepared[PUT_RECORD];
	struct buf json = BUF_INIT(64 * KIB);
	struct request_record r;
	struct json_writer w;
	bool ok;

	record_unpack(p, &r);
	buf_reserve(&json, USUAL_RECORD_BYTES);
	json_open(&w, &json);
	record_write(&r, &w);
	sqlite3_bind_int64(st, 1, r.id);
	sqlite3_bind_int64(st, 2, r.at_ms);
	bind_text(st, 3, r.trace_id);
	sqlite3_bind_text(st, 4, buf_text(&json), (int)json.len, SQLITE_STATIC);
	ok = step(s, st, err);
	buf_release(&json);
	return ok;
}

static bool put_usage(struct state_db *s, const struct usage_row *row, struct err *err)
{
	sqlite3_stmt *st = s->prepared[PUT_USAGE];
	const struct usage_sums *u = &row->sums;
	const int64_t sums[] = { u->requests, u->errors, u->tokens_in, u->tokens_out,
				 u->cache_read, u->cache_write, u->reasoning,
				 u->cost_pico_usd, u->unpriced };

	sqlite3_bind_int64(st, 1, row->hour_ms);
	bind_text(st, 2, row->upstream);
	bind_text(st, 3, row->model);
	bind_text(st, 4, row->key);
	for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
		sqlite3_bind_int64(st, (int)i + 5, sums[i]);
	}
	return step(s, st, err);
}

static bool put_all(struct state_db *s, void *const *records, size_t count,
		    const struct usage_table *usage, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!put_record(s, records[i], err)) {
			return false;
		}
	}
	for (size_t i = 0; i < usage->rows.len; i++) {
		if (!put_usage(s, usage->rows.items[i], err)) {
			return false;
		}
	}
	return true;
}

bool state_db_write(struct state_db *s, void *const *records, size_t count,
		 const struct usage_table *usage, struct err *err)
{
	if (!run(s, "BEGIN IMMEDIATE", err)) {
		return false;
	}
	if (put_all(s, records, count, usage, err) && run(s, "COMMIT", err)) {
		return true;
	}
	run(s, "ROLLBACK", NULL);
	return false;
}

bool state_db_prune(struct state_db *s, int64_t before_ms, struct err *err)
{
	char sql[256];

	/* Ids follow time: up to the first that stays, without an index of its own. */
	snprintf(sql, sizeof sql, "DELETE FROM requests WHERE id < ifnull((SELECT id FROM requests"
		 " WHERE at_ms >= %lld ORDER BY id LIMIT 1), 9223372036854775807);"
		 "DELETE FROM usage WHERE hour_ms < %lld",
		 (long long)before_ms, (long long)(before_ms - HOUR_MS));
	return run(s, sql, err);
}

/* ---- reading ---- */

static void read_row(sqlite3_stmt *st, struct usage_row *row)
{
	*row = (struct usage_row){
		.hour_ms = sqlite3_column_int64(st, 0),
		.upstream = (char *)sqlite3_column_text(st, 1),
		.model = (char *)sqlite3_column_text(st, 2),
		.key = (char *)sqlite3_column_text(st, 3),
		.sums = {
			.requests = sqlite3_column_int64(st, 4),
			.errors = sqlite3_column_int64(st, 5),
			.tokens_in = sqlite3_column_int64(st, 6),
			.tokens_out = sqlite3_column_int64(st, 7),
			.cache_read = sqlite3_column_int64(st, 8),
			.cache_write = sqlite3_column_int64(st, 9),
			.reasoning = sqlite3_column_int64(st, 10),
			.cost_pico_usd = sqlite3_column_int64(st, 11),
			.unpriced = sqlite3_column_int64(st, 12),
		},
	};
}

bool state_db_read_usage(struct state_db *s, int64_t since_ms, struct usage_table *into,
		      struct err *err)
{
	sqlite3_stmt *st = prepare(s, "SELECT * FROM usage WHERE hour_ms >= ?");
	struct usage_row row;
	int code = SQLITE_ERROR;

	if (st) {
		sqlite3_bind_int64(st, 1, since_ms);
		while ((code = sqlite3_step(st)) == SQLITE_ROW) {
			read_row(st, &row);
			usage_merge(into, &row);
		}
	}
	sqlite3_finalize(st);
	return code == SQLITE_DONE || fail(s, err);
}

static struct slice column(sqlite3_stmt *st, int at)
{
	const char *text = (const char *)sqlite3_column_text(st, at);

	return (struct slice){ text ? text : "", (size_t)sqlite3_column_bytes(st, at) };
}

bool state_db_each_record(struct state_db *s, int64_t before_id, int64_t since_ms,
		       bool (*visit)(void *ctx, int64_t id, struct slice json), void *ctx,
		       struct err *err)
{
	sqlite3_stmt *st = prepare(s, "SELECT id, record FROM requests WHERE id < ? AND"
				      " at_ms >= ? ORDER BY id DESC");
	int code = SQLITE_ERROR;

	if (st) {
		sqlite3_bind_int64(st, 1, before_id);
		sqlite3_bind_int64(st, 2, since_ms);
		while ((code = sqlite3_step(st)) == SQLITE_ROW) {
			if (!visit(ctx, sqlite3_column_int64(st, 0), column(st, 1))) {
				code = SQLITE_DONE;
				break;
			}
		}
	}
	sqlite3_finalize(st);
	return code == SQLITE_DONE || fail(s, err);
}

static bool read_text(struct state_db *s, const char *sql, const char *name, struct buf *out)
{
	sqlite3_stmt *st = prepare(s, sql);
	bool found = false;

	if (st) {
		bind_text(st, 1, name);
		found = sqlite3_step(st) == SQLITE_ROW;
		if (found) {
			struct slice text = column(st, 0);

			buf_add(out, text.ptr, text.len);
		}
	}
	sqlite3_finalize(st);
	return found;
}

bool state_db_find_record(struct state_db *s, const char *id, struct buf *json)
{
	return read_text(s, "SELECT record FROM requests WHERE id = ?", id, json) ||
	       read_text(s, "SELECT record FROM requests WHERE trace_id = ?"
			    " ORDER BY id DESC", id, json);
}

/* ---- documents ---- */

bool state_db_put(struct state_db *s, const char *name, struct slice value, struct err *err)
{
	sqlite3_stmt *st = s->prepared[PUT_DOCUMENT];

	bind_text(st, 1, name);
	sqlite3_bind_text(st, 2, value.ptr, (int)value.len, SQLITE_TRANSIENT);
	return step(s, st, err);
}

bool state_db_get(struct state_db *s, const char *name, struct buf *value)
{
	return read_text(s, "SELECT value FROM documents WHERE name = ?", name, value);
}
