/*
 * What the gateway knows about its own work. Each worker counts in its own
 * shard; a reader merges all of them into a report. A shard's lock is taken
 * by its worker for some hundred nanoseconds a request, and by a reader for
 * one series at a time. Names and fields: product, section 10.
 */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "stats/capture.h"
#include "stats/record.h"
#include "stats/series.h"
#include "stats/usage.h"

struct stats;
struct stats_shard;

struct stats *stats_create(unsigned workers);
void stats_destroy(struct stats *s);
struct stats_shard *stats_shard(struct stats *s, unsigned worker);

/* --- for the shard's own worker --- */

void stats_begin(struct stats_shard *shard);
/* An exchange that is not recorded (health, lists) is over. */
void stats_end(struct stats_shard *shard);

/* A request to an upstream begins and ends. `account_id` NULL: nothing. */
void stats_upstream_begin(struct stats_shard *shard, const char *account_id);
void stats_upstream_end(struct stats_shard *shard, const char *account_id);

void stats_finish(struct stats_shard *shard, const struct request_record *r);

/* A copy that belongs to the record of that time and trace id; NULL: too many
 * are under way. end takes it back, behind stats_finish(). */
struct capture *stats_capture_begin(struct stats_shard *shard, int64_t at_ms,
				    const char *trace_id, bool has_bodies);
void stats_capture_end(struct stats_shard *shard, struct capture *capture);

/* --- for readers, any thread --- */

/* Everything counted since the start, merged. */
struct stats_report {
	struct series_set routes;       /* upstream, model */
	struct series_set upstreams;    /* upstream, "" */
	struct series_set models;       /* model, "" */
	struct series_set keys;         /* key, "" */
	struct tally total;
	struct histogram overhead_us;
	struct map in_flight;           /* account id: the count as a pointer */
	int64_t open_exchanges;
	int64_t lost_records;           /* the collector was too slow for their texts */
};

struct stats_report *stats_report_create(struct stats *s);
void stats_report_destroy(struct stats_report *report);

/* Requests to this account under way. */
int64_t stats_report_in_flight(const struct stats_report *report, const char *account_id);

/* Members of an object (tally_write); one that never was counts nothing. */
void stats_write_upstream(const struct stats_report *report, const char *name,
			  struct json_writer *w);
void stats_write_model(const struct stats_report *report, const char *name,
		       struct json_writer *w);
void stats_write_key(const struct stats_report *report, const char *name,
		     struct json_writer *w);

/* --- for the one collector (history.h) --- */

/* What has come since the last call: records (owned by the caller then,
 * appended) and rows of usage, merged. */
void stats_collect(struct stats *s, struct vec *records, struct usage_table *usage);

/* The copies that have come since the last call, masked; appended. */
void stats_collect_captures(struct stats *s, struct vec *captures);

#endif
