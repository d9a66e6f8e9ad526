#include "tui/snapshot.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "tui/fields.h"

#define MAX_REQUEST_ROWS 700 /* all that run and a screen of history; the rest is a call away */

static const char *const limit_names[LIMIT_KINDS] = {
	"rpm", "tpm", "rpd", "tpr", "concurrency",
};

/* Room for all elements of the array at `path`, and a scan that stands before
 * the first. */
static void *begin_array(struct slice json, const char *path, size_t size, struct arena *a,
			 struct json_scan *scan)
{
	json_scan_init(scan, field_value(json, path));
	return arena_zalloc(a, (field_count(json, path) + 1) * size);
}

static void read_traffic(struct slice json, struct traffic *t)
{
	t->in_flight = field_num(json, "in_flight");
	t->requests = field_num(json, "requests");
	t->errors = field_num(json, "errors");
	t->ttft_p50 = field_num(json, "ttft_ms.p50");
	t->ttft_p95 = field_num(json, "ttft_ms.p95");
	t->total_p50 = field_num(json, "total_ms.p50");
	t->total_p95 = field_num(json, "total_ms.p95");
	t->tokens_in = field_num(json, "tokens.in");
	t->tokens_out = field_num(json, "tokens.out");
	t->cache_read = field_num(json, "tokens.cache_read");
	t->cache_write = field_num(json, "tokens.cache_write");
	t->tokens_per_second = field_num(json, "tokens_per_second");
	t->cost_usd = field_num(json, "cost_usd");
}

static void read_limits(struct slice json, struct limit_view limits[LIMIT_KINDS])
{
	struct slice set = field_value(json, "limits");
	struct slice used = field_value(json, "limits_used");

	for (size_t i = 0; i < LIMIT_KINDS; i++) {
		limits[i].name = limit_names[i];
		limits[i].limit = field_num(set, limit_names[i]);
		limits[i].used = field_num(field_value(used, limit_names[i]), "used");
	}
}

static void read_cooldown(struct slice json, struct cooldown_view *c, struct arena *a)
{
	c->id = field_str(json, "id", a);
	c->upstream = field_str(json, "upstream", a);
	c->model = field_str(json, "model", a);
	c->class = field_str(json, "cause.class", a);
	c->status = field_num(json, "cause.status");
	c->source = field_str(json, "source", a);
	c->explanation = field_str(json, "explanation", a);
	c->since_ms = field_time(json, "since");
	c->until_ms = field_time(json, "until");
	c->next_probe_ms = field_time(json, "next_probe");
}

static void read_cooldowns(struct slice json, struct upstream_view *u, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;

	u->cooldowns = begin_array(json, "cooldowns", sizeof *u->cooldowns, a, &scan);
	while (json_scan_next(&scan, &m)) {
		read_cooldown(m.value, &u->cooldowns[u->cooldown_count++], a);
	}
}

static void read_quotas(struct slice json, struct upstream_view *u, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;

	u->quotas = begin_array(json, "quota", sizeof *u->quotas, a, &scan);
	while (json_scan_next(&scan, &m)) {
		struct quota_view *q = &u->quotas[u->quota_count++];

		q->window = field_str(m.value, "window", a);
		q->used = field_num(m.value, "used");
		q->limit = field_num(m.value, "limit");
		q->remaining = field_num(m.value, "remaining");
		q->reset_ms = field_time(m.value, "reset");
		q->forecast_ms = field_time(m.value, "forecast");
		q->is_spent = field_is(m.value, "spent");
	}
}

static void read_upstream(struct slice json, struct upstream_view *u, struct arena *a)
{
	u->id = field_str(json, "id", a);
	u->name = field_str(json, "name", a);
	u->type = field_str(json, "type", a);
	u->provider = field_str(json, "provider", a);
	u->format = field_str(json, "format", a);
	u->base_url = field_str(json, "base_url", a);
	u->status = field_str(json, "status", a);
	u->state = field_str(json, "state", a);
	u->problem = field_str(json, "problem", a);
	u->models = field_joined(json, "models", a);
	u->key_env = field_str(json, "key_env", a);
	u->proxy = field_str(json, "proxy", a);
	u->priority = field_num(json, "priority");
	u->weight = field_num(json, "weight");
	read_limits(json, u->limits);
	read_traffic(json, &u->traffic);
	read_cooldowns(json, u, a);
	read_quotas(json, u, a);
}

static void read_upstreams(struct slice json, struct snapshot *s)
{
	struct json_scan scan;
	struct json_member m;

	s->upstreams = begin_array(json, "upstreams", sizeof *s->upstreams, &s->arena, &scan);
	while (json_scan_next(&scan, &m)) {
		read_upstream(m.value, &s->upstreams[s->upstream_count++], &s->arena);
	}
}

static void read_keys(struct slice json, struct snapshot *s)
{
	struct json_scan scan;
	struct json_member m;

	s->keys = begin_array(json, "keys", sizeof *s->keys, &s->arena, &scan);
	while (json_scan_next(&scan, &m)) {
		struct key_view *k = &s->keys[s->key_count++];

		k->id = field_str(m.value, "id", &s->arena);
		k->name = field_str(m.value, "name", &s->arena);
		k->permissions = field_joined(m.value, "permissions", &s->arena);
		k->state = field_str(m.value, "state", &s->arena);
		k->models = field_joined(m.value, "models", &s->arena);
		k->expires_ms = field_time(m.value, "expires_at");
		k->budget_usd = field_num(m.value, "budget.usd_per_day");
		k->spent_usd = field_num(m.value, "spent_usd_today");
		read_limits(m.value, k->limits);
		read_traffic(m.value, &k->traffic);
	}
}

static void read_routes(struct slice json, struct model_view *model, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;

	model->routes = begin_array(json, "routes", sizeof *model->routes, a, &scan);
	while (json_scan_next(&scan, &m)) {
		struct route_view *r = &model->routes[model->route_count++];

		r->upstream = field_str(m.value, "upstream", a);
		r->model = field_str(m.value, "model", a);
		r->priority = field_num(m.value, "priority");
		r->weight = field_num(m.value, "weight");
	}
}

static void read_models(struct slice json, struct snapshot *s)
{
	struct json_scan scan;
	struct json_member m;

	s->models = begin_array(json, "models", sizeof *s->models, &s->arena, &scan);
	while (json_scan_next(&scan, &m)) {
		struct model_view *model = &s->models[s->model_count++];

		model->name = field_str(m.value, "name", &s->arena);
		model->enabled = field_is(m.value, "enabled");
		model->fallback = field_joined(m.value, "fallback", &s->arena);
		model->system_prompt = field_str(m.value, "system_prompt", &s->arena);
		model->rule_count = field_count(m.value, "rules");
		read_routes(m.value, model, &s->arena);
		read_traffic(m.value, &model->traffic);
	}
}

/* "[upper, count]" */
static bool read_bucket(struct slice pair, struct bucket *out)
{
	struct json_scan scan;
	struct json_member m;
	uint64_t upper;
	uint64_t count;
	bool ok;

	json_scan_init(&scan, pair);
	ok = json_scan_next(&scan, &m) && json_to_u64(m.value, &upper) &&
	     json_scan_next(&scan, &m) && json_to_u64(m.value, &count);
	if (ok) {
		*out = (struct bucket){ (double)upper, (double)count };
	}
	return ok;
}

static void read_buckets(struct slice json, struct snapshot *s)
{
	struct json_scan scan;
	struct json_member m;

	s->buckets = begin_array(json, "total_ms_buckets", sizeof *s->buckets, &s->arena, &scan);
	while (json_scan_next(&scan, &m)) {
		s->bucket_count += read_bucket(m.value, &s->buckets[s->bucket_count]);
	}
}

static void read_reasons(struct slice json, struct snapshot *s)
{
	struct json_scan scan;
	struct json_member m;

	s->reasons = begin_array(json, "reasons", sizeof *s->reasons, &s->arena, &scan);
	while (json_scan_next(&scan, &m)) {
		s->reasons[s->reason_count++] = member_text(&m, &s->arena);
	}
}

static void read_head(struct slice json, struct snapshot *s)
{
	s->at_ms = field_time(json, "at");
	s->started_ms = field_time(json, "started_at");
	s->version = field_str(json, "version", &s->arena);
	s->listen = field_str(json, "listen", &s->arena);
	s->home = field_str(json, "home", &s->arena);
	s->state = field_str(json, "state", &s->arena);
	s->health = field_str(json, "health", &s->arena);
	s->config_path = field_str(json, "config.path", &s->arena);
	s->config_error = field_str(json, "config.error", &s->arena);
	s->config_valid = field_is(json, "config.valid");
	s->needs_restart = field_is(json, "config.needs_restart");
	s->pid = field_num(json, "pid");
	s->is_demo = field_is(json, "demo");
	s->request_total = NAN;
}

struct snapshot *snapshot_read(struct slice json, struct err *err)
{
	struct snapshot *s;
	struct json_member m;

	if (!json_find(json, "version", &m)) {
		err_setf(err, ERR_FAILED, "the gateway's snapshot is not readable");
		return NULL;
	}
	s = xcalloc(1, sizeof *s);
	atomic_init(&s->refs, 1);
	arena_init(&s->arena, 16 * KIB);
	read_head(json, s);
	read_traffic(field_value(json, "totals"), &s->totals);
	s->totals.in_flight = field_num(json, "in_flight");
	read_buckets(json, s);
	read_reasons(json, s);
	read_upstreams(json, s);
	read_keys(json, s);
	read_models(json, s);
	return s;
}

/* Tokens a second: as the gateway says while it runs, then from the times. */
static void read_pace(struct slice json, struct request_view *r)
{
	double streamed_ms = r->total_ms - r->ttft_ms;

	r->bytes_out = field_num(json, "bytes_out");
	r->per_second = field_num(json, "tokens_per_second");
	if (r->is_running && field_value(json, "tokens_out").len) {
		r->tokens_out = field_num(json, "tokens_out");
		r->is_estimate = field_is(json, "tokens_estimated");
	}
	if (!r->is_running && streamed_ms >= 100 && r->tokens_out > 0 &&
	    field_is(json, "stream")) {
		r->per_second = 1000 * r->tokens_out / streamed_ms;
	}
}

/* A record of the control API or the log line of the same request. */
static void read_request(struct slice json, struct request_view *r, struct arena *a)
{
	r->id = field_either(json, "id", "trace_id", a);
	r->trace = field_str(json, "trace_id", a);
	r->at_ms = field_time(json, field_value(json, "at").len ? "at" : "ts");
	r->key = field_either(json, "key", "key_name", a);
	r->client = field_str(json, "client", a);
	r->path = field_str(json, "path", a);
	r->format_in = field_either(json, "format_in", "format", a);
	r->format_out = field_str(json, "format_out", a);
	r->model = field_either(json, "model_asked", "model", a);
	r->model_used = field_str(json, "model_used", a);
	r->upstream = field_either(json, "upstream", "backend", a);
	r->phase = field_str(json, "phase", a);
	r->error = field_str(json, "error", a);
	r->warnings = field_str(json, "warnings", a);
	r->status = field_num(json, "status");
	r->ttft_ms = field_num(json, "ttft_ms");
	r->total_ms = field_num(json,
				field_value(json, "total_ms").len ? "total_ms" : "duration_ms");
	r->attempts = field_value(json, "attempts").len &&
				      *field_value(json, "attempts").ptr == '[' ?
			      (double)field_count(json, "attempts") :
			      field_num(json, "attempts");
	r->tokens_in = field_num(json,
				 field_value(json, "tokens").len ? "tokens.in" : "tokens_in");
	r->tokens_out = field_num(json,
				  field_value(json, "tokens").len ? "tokens.out" : "tokens_out");
	r->cost_usd = field_num(json, "cost_usd");
	r->ttft_ms = r->ttft_ms < 0 ? NAN : r->ttft_ms;
	r->is_running = !(r->status > 0);
	read_pace(json, r);
}

void snapshot_add_requests(struct snapshot *s, struct slice array)
{
	struct json_scan scan;
	struct json_member m;

	if (!s->requests) {
		s->requests = arena_zalloc(&s->arena, MAX_REQUEST_ROWS * sizeof *s->requests);
	}
	json_scan_init(&scan, array);
	while (s->request_count < MAX_REQUEST_ROWS && json_scan_next(&scan, &m)) {
		read_request(m.value, &s->requests[s->request_count++], &s->arena);
	}
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void snapshot_unref(struct snapshot *s)
{
	if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
		arena_release(&s->arena);
		free(s);
	}
}

const struct upstream_view *snapshot_upstream(const struct snapshot *s, const char *name)
{
	for (size_t i = 0; s && i < s->upstream_count; i++) {
		if (str_eq(s->upstreams[i].name, name)) {
			return &s->upstreams[i];
		}
	}
	return NULL;
}
