/*
 * What is kept of one finished exchange (product: section 10), in two forms:
 * the one the gateway fills, all pointers borrowed, and a packed one of some
 * hundred bytes that the last 10,000 are kept in.
 */
#ifndef STATS_RECORD_H
#define STATS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_write.h"
#include "config/config.h"

/* Routing makes no more of them (routing/walk.h). */
#define RECORD_MAX_ATTEMPTS 24

/* What a longer trace is left out for. */
#define RECORD_MAX_TRACE_BYTES 2048

/* A cost that nobody can tell: the model's price is not known. */
#define COST_UNKNOWN (-1)

/* 10^12 to the dollar: every price of up to six decimals per million tokens
 * is a whole number of these per token, so sums are exact. */
#define PICO_USD 1e12

struct attempt_record {
	const char *upstream;
	const char *model;
	int status;             /* 0: no answer */
	int64_t ms;
	const char *reason;     /* failure_name() of its class; NULL for success */
};

struct token_counts {
	int64_t in;             /* includes cached and cache-written */
	int64_t out;            /* includes reasoning */
	int64_t cache_read;
	int64_t cache_write;
	int64_t cache_write_1h; /* of cache_write, what lives an hour */
	int64_t reasoning;
	bool is_known;          /* false: the upstream said nothing */
};

/* One finished exchange. All pointers are borrowed for the call. */
struct request_record {
	int64_t id;             /* 0 until it is collected; rises by one */
	int64_t at_ms;          /* wall clock at its start */
	const char *trace_id;
	const char *key_name;
	const char *client;     /* user agent; its first word is kept */
	const char *method;
	const char *path;
	enum format_id format_in;
	enum format_id format_out;
	const char *model_asked;
	const char *model_used;
	const char *upstream;   /* NULL: none was asked */
	uint64_t session;       /* 0: nothing tells */
	struct attempt_record attempts[RECORD_MAX_ATTEMPTS];
	int attempt_count;
	int status;             /* 499: the client left */
	int64_t ttft_ms;        /* -1: no content */
	int64_t total_ms;
	int64_t overhead_us;    /* own time until the upstream request left */
	struct token_counts tokens;
	int64_t cost_pico_usd;  /* COST_UNKNOWN */
	int64_t bytes_in;
	int64_t bytes_out;
	int64_t chunks;
	bool is_stream;
	const char *warnings;
	const char *error;      /* what the client was told; NULL: none */
	const char *trace;      /* JSON array: candidates with the reason each was passed
	                         * over; NULL: the attempts say it all */
};

/* Did it fail? A client that leaves is no failure (product: section 11). */
bool record_is_error(const struct request_record *r);

/* The packed form: one allocation, to be freed. Texts beyond a sensible
 * length are cut; a trace that is too long is left out. */
struct packed_record;
struct packed_record *record_pack(const struct request_record *r);

/* Gives it its id, for good. */
void record_set_id(struct packed_record *p, int64_t id);

/* All of it again; the pointers are into `p`. */
void record_unpack(const struct packed_record *p, struct request_record *r);

/* Without unpacking. */
size_t record_bytes(const struct packed_record *p);
int64_t record_id(const struct packed_record *p);

/* One JSON object as the control API shows it; what looks like a credential
 * in free text is masked. */
void record_write(const struct request_record *r, struct json_writer *w);

/* The same as members of an object that is open, under another id. */
void record_write_members(const struct request_record *r, const char *id,
			  struct json_writer *w);

/* Member "tokens" {in out cache_read cache_write reasoning}; null where the
 * upstream told nothing. */
void record_write_tokens(const struct token_counts *t, struct json_writer *w);

/* Member "cost_usd"; null: not known. */
void record_write_cost(int64_t cost_pico_usd, struct json_writer *w);

#endif
