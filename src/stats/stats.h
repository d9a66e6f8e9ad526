/*
 * What the gateway knows about its own work. Each worker writes its own shard
 * without locks; a reader merges. Names and fields: product, section 10.
 */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

#define RECORD_MAX_ATTEMPTS 10

struct attempt_record {
	const char *upstream;
	const char *model;
	int status;             /* 0: no answer */
	int64_t ms;
	const char *reason;     /* class and words; NULL for success */
};

struct token_counts {
	int64_t in;             /* includes cached and cache-written */
	int64_t out;            /* includes reasoning */
	int64_t cache_read;
	int64_t cache_write;
	int64_t reasoning;
	bool is_known;          /* false: the upstream said nothing */
};

/* One finished exchange. All pointers are borrowed for the call. */
struct request_record {
	int64_t at_ms;          /* wall clock at its start */
	const char *trace_id;
	const char *key_name;
	const char *client;     /* user agent, first word */
	const char *method;
	const char *path;
	enum format_id format_in;
	enum format_id format_out;
	const char *model_asked;
	const char *model_used;
	const char *upstream;   /* NULL: none answered */
	const char *session;
	struct attempt_record attempts[RECORD_MAX_ATTEMPTS];
	int attempt_count;
	int status;             /* 499: the client left */
	int64_t ttft_ms;        /* -1: no content */
	int64_t total_ms;
	int64_t overhead_us;    /* own time until the upstream request left */
	struct token_counts tokens;
	int64_t bytes_in;
	int64_t bytes_out;
	int64_t chunks;
	bool is_stream;
	const char *warnings;
	const char *error;      /* what the client was told; NULL: none */
	const char *trace;      /* JSON array: candidates with the reason each was passed over */
};

struct stats;
struct stats_shard;

struct stats *stats_create(unsigned workers);
void stats_destroy(struct stats *s);
struct stats_shard *stats_shard(struct stats *s, unsigned worker);

/* Owner worker of the shard only. `account_id` NULL: before a choice. */
void stats_begin(struct stats_shard *shard);
void stats_upstream_begin(struct stats_shard *shard, const char *account_id);
void stats_upstream_end(struct stats_shard *shard, const char *account_id);
void stats_finish(struct stats_shard *shard, const struct request_record *r);

#endif
