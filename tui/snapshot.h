/*
 * What the dashboard knows, at one moment: the control API's answers as plain
 * structures. Made by the feed's thread, never changed afterwards, shared by
 * reference count. Numbers that the gateway does not tell are NAN, texts "".
 * The body is public because screens draw from it and tests fill it.
 */
#ifndef TUI_SNAPSHOT_H
#define TUI_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tui/latency.h"

struct traffic {
	double in_flight;
	double requests; /* since the start */
	double errors;
	double ttft_p50, ttft_p95; /* milliseconds */
	double total_p50, total_p95;
	double tokens_in, tokens_out, cache_read, cache_write;
	double tokens_per_second;
	double cost_usd;
};

struct cooldown_view {
	const char *id, *upstream, *model, *class, *source, *explanation;
	double status;
	int64_t since_ms, until_ms, next_probe_ms; /* until 0: open end */
};

struct quota_view {
	const char *window;
	double used; /* fraction */
	double limit, remaining;
	int64_t reset_ms, forecast_ms;
	bool is_spent;
};

struct limit_view {
	const char *name; /* "rpm" */
	double limit;	  /* as configured; 0: none */
	double used;
};

#define LIMIT_KINDS 5

struct upstream_view {
	const char *id, *name, *type, *provider, *format, *base_url, *status, *state, *problem;
	const char *models; /* "a, b"; "" = all */
	const char *key_env, *proxy;
	double priority, weight;
	struct limit_view limits[LIMIT_KINDS];
	struct traffic traffic;
	struct cooldown_view *cooldowns;
	size_t cooldown_count;
	struct quota_view *quotas;
	size_t quota_count;
};

struct key_view {
	const char *id, *name, *permissions, *state, *models;
	int64_t expires_ms;
	double budget_usd, spent_usd;
	struct limit_view limits[LIMIT_KINDS];
	struct traffic traffic;
};

struct route_view {
	const char *upstream, *model;
	double priority, weight;
};

struct model_view {
	const char *name, *fallback, *system_prompt;
	bool enabled;
	struct route_view *routes;
	size_t route_count;
	size_t rule_count;
	struct traffic traffic;
};

/* One request: running when its status is NAN or 0. */
struct request_view {
	const char *id, *trace, *key, *client, *path, *format_in, *format_out, *model,
		*model_used;
	const char *upstream, *phase, *error, *warnings;
	int64_t at_ms;
	double status, ttft_ms, total_ms, attempts, tokens_in, tokens_out, cost_usd;
	double bytes_out, per_second; /* tokens */
	bool is_running;
	bool is_estimate; /* tokens_out, from the length of the stream */
};

struct snapshot {
	atomic_int refs;
	struct arena arena; /* owns all texts and arrays */
	int64_t at_ms, started_ms;
	const char *version, *listen, *home, *state, *health, *config_path, *config_error;
	double pid;
	bool is_demo, config_valid, needs_restart;
	const char **reasons;
	size_t reason_count;
	struct traffic totals;
	struct bucket *buckets; /* of the totals' times */
	size_t bucket_count;
	struct upstream_view *upstreams;
	size_t upstream_count;
	struct key_view *keys;
	size_t key_count;
	struct model_view *models;
	size_t model_count;
	struct request_view *requests; /* newest first */
	size_t request_count;
	double request_total; /* that the gateway knows; NAN: not told */
};

/* Reads GET /v1/snapshot; one reference. NULL + err when it is no JSON
 * object. */
struct snapshot *snapshot_read(struct slice json, struct err *err);

/* Adds requests to a snapshot nobody else has yet, behind those it has: an
 * array of /v1/requests, or log lines of finished requests (product: §10),
 * newest first. */
void snapshot_add_requests(struct snapshot *s, struct slice array);

struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s); /* NULL is fine */

/* By name; NULL when there is none. */
const struct upstream_view *snapshot_upstream(const struct snapshot *s, const char *name);

#endif
