#include "gateway/exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "formats/errors.h"
#include "gateway/authorise.h"
#include "gateway/facts.h"
#include "gateway/inflate.h"
#include "gateway/sealed_exchange.h"
#include "gateway/sealed_reply.h"
#include "gateway/trace_parent.h"
#include "gateway/unified.h"
#include "stats/prices.h"

#define ARENA_BLOCK_BYTES 4096

/* Ended exchanges kept for the next ones: both are large enough to make malloc
 * work. Not where misuse of freed memory is looked for. */
#ifdef DEBUG
#define MAX_SPARE_EXCHANGES 0
#else
#define MAX_SPARE_EXCHANGES 64
#endif

/* With the first block of its arena. */
struct exchange_memory {
	struct exchange x;
	max_align_t block[ARENA_BLOCK_BYTES / sizeof(max_align_t)];
};

/* ---- life ---- */

static void on_settle(struct deferred *d)
{
	pump_settle((struct exchange *)((char *)d - offsetof(struct exchange, settle)));
}

void exchange_forget_request(struct exchange *x)
{
	body_release(&x->body);
	buf_release(&x->call.converted.body);
	arena_release(&x->hub_arena);
	budget_give(&x->worker->shared->budget, x->fetched_bytes);
	x->fetched_bytes = 0;
	x->hub = NULL;
}

static struct exchange *take_memory(struct worker *w)
{
	struct exchange *x = w->spare_exchanges;
	struct exchange_memory *m = (struct exchange_memory *)x;   /* its first member */

	if (x) {
		w->spare_exchanges = x->next;
		w->spare_exchange_count--;
		memset(x, 0, sizeof *x);
	} else {
		m = xmalloc(sizeof *m);
		m->x = (struct exchange){ .next = NULL };
	}
	arena_init_in(&m->x.arena, m->block, sizeof m->block, ARENA_BLOCK_BYTES);
	return &m->x;
}

static void give_memory(struct worker *w, struct exchange *x)
{
	if (w->spare_exchange_count == MAX_SPARE_EXCHANGES) {
		free(x);
		return;
	}
	x->next = w->spare_exchanges;
	w->spare_exchanges = x;
	w->spare_exchange_count++;
}

void exchange_free_spare(struct worker *w)
{
	struct exchange *x;

	while ((x = w->spare_exchanges) != NULL) {
		w->spare_exchanges = x->next;
		free(x);
	}
	w->spare_exchange_count = 0;
}

static void free_exchange(struct deferred *d)
{
	struct exchange *x = (struct exchange *)((char *)d - offsetof(struct exchange, free));

	exchange_forget_request(x);
	model_filter_release(&x->filter);
	capture_destroy(x->capture);
	sealed_answering_release(x->sealed);
	config_unref(x->config);
	key_ring_unref(x->keys);
	arena_wipe(&x->arena);
	give_memory(x->worker, x);
}

static void link_exchange(struct worker *w, struct exchange *x)
{
	x->next = w->exchanges;
	if (x->next) {
		x->next->prev = x;
	}
	w->exchanges = x;
	__atomic_add_fetch(&w->in_flight, 1, __ATOMIC_RELAXED);
}

static void unlink_exchange(struct worker *w, struct exchange *x)
{
	if (x->prev) {
		x->prev->next = x->next;
	} else {
		w->exchanges = x->next;
	}
	if (x->next) {
		x->next->prev = x->prev;
	}
	__atomic_sub_fetch(&w->in_flight, 1, __ATOMIC_RELAXED);
}

/* A client's own id is kept when it is harmless: X-Trace-ID, or the trace id
 * of a traceparent. */
static void set_trace_id(struct exchange *x)
{
	const char *own = client_header(x->client, "x-trace-id");
	char traced[ID_TRACE_BYTES];

	x->is_traced = trace_parent_read(client_header(x->client, "traceparent"), traced);
	if (own && id_is_safe(own)) {
		str_copy(x->trace_id, sizeof x->trace_id, own);
	} else if (x->is_traced) {
		str_copy(x->trace_id, sizeof x->trace_id, traced);
	} else {
		id_trace(x->trace_id);
	}
}

static void on_settle_all(struct deferred *d);

static struct exchange *create(struct worker *w, struct client *client)
{
	struct exchange *x = take_memory(w);

	worker_refresh(w);
	x->worker = w;
	x->client = client;
	x->config = config_ref(w->config);
	x->keys = key_ring_ref(w->keys);
	x->ttft_ms = -1;
	x->cost_pico_usd = COST_UNKNOWN;
	x->at_ms = clock_wall_ms();
	x->started_ns = clock_mono_ns();
	x->started_ms = loop_now_ms(w->loop);
	x->settle.run = on_settle;
	x->account.run = on_settle_all;
	x->free.run = free_exchange;
	arena_init(&x->hub_arena, ARENA_BLOCK_BYTES);
	body_init(&x->body, &w->shared->budget, (size_t)x->config->server.max_body_bytes);
	id_base62("req_", 24, x->request_id, sizeof x->request_id);
	set_trace_id(x);
	link_exchange(w, x);
	client_set_user(client, x);
	return x;
}

/* What the walk and the key's limits still hold is settled. */
static void settle_accounts(struct exchange *x)
{
	int64_t tokens = x->tokens.is_known ? x->tokens.in + x->tokens.out : -1;

	if (x->is_walking) {
		x->is_walking = false;
		if (x->call.has_content) {
			walk_finish(&x->walk, tokens, clock_moment());
		} else {
			walk_abandon(&x->walk, clock_moment());
		}
	}
	if (x->key_pass.key) {
		double usd = x->cost_pico_usd > 0 ? (double)x->cost_pico_usd / PICO_USD : 0;

		router_leave_key(x->worker->shared->router, &x->key_pass, tokens, usd,
				 clock_moment());
		x->key_pass.key = NULL;
	}
	waiting_leave(x);
}

/* What the answer cost, and what its like will probably take. A prompt whose
 * greater part is at a vendor's cannot be told by its length, nor an image. */
static void take_usage(struct exchange *x)
{
	pump_keep_usage(x);
	if (!x->tokens.is_known || !x->call.candidate) {
		return;
	}
	x->cost_pico_usd = prices_cost(&x->config->usage, x->call.candidate->model, &x->tokens);
	if (x->endpoint.op == OP_GENERATE && x->model) {
		bool is_telling = !x->scan.previous_response.len && !x->media.count;

		router_learn(x->worker->shared->router, x->model,
			     is_telling ? x->scan.text.len : 0, x->tokens.in,
			     x->error ? 0 : x->tokens.out);
	}
}

static void settle_all(struct exchange *x)
{
	if (x->is_settled) {
		return;
	}
	x->is_settled = true;
	take_usage(x);
	settle_accounts(x);
	attempt_end_call(x);
	exchange_forget_request(x);
}

static void on_settle_all(struct deferred *d)
{
	settle_all((struct exchange *)((char *)d - offsetof(struct exchange, account)));
}

/* The books are kept behind the answer: it is what somebody waits for. */
void exchange_over(struct exchange *x)
{
	struct loop *loop = x->worker->loop;

	x->state = EXCHANGE_OVER;
	if (x->call.transfer) {
		transfer_abort(x->call.transfer);
		x->call.transfer = NULL;
	}
	loop_timer_clear(loop, &x->phase_timer);
	loop_timer_clear(loop, &x->total_timer);
	loop_defer_late(loop, &x->account);
}

/* ---- the record ---- */

static void write_log_line(const struct request_record *r)
{
	const struct token_counts *t = &r->tokens;
	const struct log_field fields[] = {
		LOG_STR("trace_id", r->trace_id),
		LOG_STR("key", r->key_name),
		LOG_STR("method", r->method),
		LOG_STR("path", r->path),
		LOG_STR("format", format_name(r->format_in)),
		LOG_STR("model", r->model_asked),
		LOG_STR("backend", r->upstream),
		LOG_INT("status", r->status),
		LOG_INT("duration_ms", r->total_ms),
		LOG_COUNT("ttft_ms", r->ttft_ms),
		LOG_INT("attempts", r->attempt_count),
		LOG_COUNT("tokens_in", t->is_known ? t->in : -1),
		LOG_COUNT("tokens_out", t->is_known ? t->out : -1),
		LOG_STR("error", r->error),
	};

	log_request(r->status >= 500 ? LOG_ERROR : r->status >= 400 ? LOG_WARN : LOG_INFO,
		    "request", fields, ARRAY_LEN(fields));
}

static void copy_attempts(const struct exchange *x, struct request_record *r)
{
	const struct attempt *a = x->walk.attempts;

	for (size_t i = 0; i < x->walk.attempt_count; i++) {
		r->attempts[r->attempt_count++] = (struct attempt_record){
			.upstream = a[i].candidate->account->name,
			.model = a[i].candidate->model,
			.status = a[i].verdict ? a[i].verdict->status : x->status,
			.ms = a[i].ms,
			.reason = a[i].verdict ? failure_name(a[i].verdict->class) : NULL,
		};
		r->upstream = a[i].candidate->account->name;
		r->model_used = a[i].candidate->model;
	}
}

/* Only what went another way than straight to its first choice has one. */
static const char *trace(struct exchange *x)
{
	struct json_writer w;
	struct buf text;

	if (!x->walk.o.plan) {
		x->walk.o.plan = &x->plan;      /* it led nowhere */
	}
	if (!walk_is_eventful(&x->walk)) {
		return NULL;
	}
	buf_init_fixed(&text, arena_alloc(&x->arena, RECORD_MAX_TRACE_BYTES),
		       RECORD_MAX_TRACE_BYTES);
	json_open(&w, &text);
	walk_trace(&x->walk, &w, clock_moment());
	return buf_text(&text);
}

_Static_assert(RECORD_MAX_ATTEMPTS >= WALK_MAX_ATTEMPTS, "a record has room for every attempt");

void exchange_describe(const struct exchange *x, struct request_record *out)
{
	*out = (struct request_record){
		.at_ms = x->at_ms,
		.trace_id = x->trace_id,
		.key_name = x->key ? x->key->name : NULL,
		.client = client_header(x->client, "user-agent"),
		.method = client_method(x->client),
		.path = client_path(x->client),
		.format_in = x->format,
		.format_out = x->format_out,
		.model_asked = x->model,
		.status = x->status,
		.ttft_ms = x->ttft_ms,
		.total_ms = (int64_t)((clock_mono_ns() - x->started_ns) / 1000000),
		.overhead_us = x->overhead_us,
		.bytes_in = (int64_t)x->scan.text.len,
		.bytes_out = x->bytes_out,
		.chunks = x->chunks,
		.is_stream = x->endpoint.is_stream || x->scan.is_stream,
		.tokens = x->tokens,
		.session = x->session,
		.cost_pico_usd = x->cost_pico_usd,
		.warnings = x->warnings_text,
		.error = x->error,
	};
	copy_attempts(x, out);
}

static void record(struct exchange *x)
{
	struct request_record r;

	if (x->endpoint.kind != ENDPOINT_CALL) {
		stats_end(x->worker->shard);
		return;
	}
	exchange_describe(x, &r);
	r.trace = trace(x);
	stats_finish(x->worker->shard, &r);
	if (x->capture) {
		stats_capture_end(x->worker->shard, x->capture);
		x->capture = NULL;
	}
	write_log_line(&r);
}

/* ---- the head ---- */

static void refuse_body(struct exchange *x, const struct err *err)
{
	refuse(x, err->kind == ERR_TOO_LARGE ? 413 : 503, "%s", err->msg);
}

static void wait_for_body(struct exchange *x)
{
	loop_timer_set(x->worker->loop, &x->phase_timer,
		       (uint64_t)x->config->server.timeout_ms);
}

static void on_slow_sender(struct timer *t)
{
	refuse_slow_sender((struct exchange *)((char *)t - offsetof(struct exchange,
								     phase_timer)));
}

static void on_bad_head(void *ctx, struct client *client, int status)
{
	struct detect_request req = {
		.method = "POST",
		.path = client_path(client),
		.query = client_query(client),
	};
	struct header type = { "content-type", "application/json" };
	struct buf body = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct arena arena;
	struct endpoint endpoint;
	struct api_error error = error_own(status, status == 431 || status == 414 ?
					   "the request's head is too large" :
					   "the request's head is malformed");

	(void)ctx;
	arena_init(&arena, ARENA_BLOCK_BYTES);
	detect_endpoint(&req, &arena, &endpoint);
	error_write_body(endpoint.family, &error, &body);
	client_refuse_now(client, status, &type, 1, buf_slice(&body));
	log_info("listener", "refused a request head from %s: %s", client_address(client),
		 error.message);
	buf_release(&body);
	arena_release(&arena);
}

static void on_request(void *ctx, struct client *client)
{
	struct exchange *x = create(ctx, client);
	const char *length = client_header(client, "content-length");
	struct err err = ERR_INIT;
	int64_t bytes = -1;

	stats_begin(x->worker->shard);
	if (!admit_head(x)) {
		return;
	}
	if (length && !str_to_i64(length, &bytes)) {
		refuse(x, 400, "the content-length is not a number");
	} else if (!body_expect(&x->body, bytes, &err)) {
		refuse_body(x, &err);
	} else {
		x->phase_timer.on_fire = on_slow_sender;
		wait_for_body(x);
	}
}

static void on_body(void *ctx, struct client *client, struct slice bytes)
{
	struct exchange *x = client_user(client);
	struct err err = ERR_INIT;

	(void)ctx;
	if (x->state != EXCHANGE_READING) {
		return;
	}
	if (!body_add(&x->body, bytes, &err)) {
		refuse_body(x, &err);
		return;
	}
	wait_for_body(x);
}

static char *on_room(void *ctx, struct client *client, size_t bytes)
{
	struct exchange *x = client_user(client);

	(void)ctx;
	return x->state == EXCHANGE_READING ? body_room(&x->body, bytes) : NULL;
}

static void on_filled(void *ctx, struct client *client, size_t bytes)
{
	struct exchange *x = client_user(client);

	(void)ctx;
	body_filled(&x->body, bytes);
}

/* ---- the body ---- */

static bool decode_body(struct exchange *x)
{
	const char *encoding = client_header(x->client, "content-encoding");
	struct buf plain;
	struct err err = ERR_INIT;
	bool ok;

	if (!encoding || !*encoding || str_ieq(encoding, "identity")) {
		return true;
	}
	buf_init(&plain, x->body.max);
	ok = inflate_body(encoding, body_text(&x->body), &plain, &err) &&
	     body_replace(&x->body, buf_slice(&plain), &err);
	buf_release(&plain);
	if (!ok) {
		refuse(x, err.kind == ERR_USAGE ? 415 : err.kind == ERR_INVALID ? 400 :
			  err.kind == ERR_TOO_LARGE ? 413 : 503, "%s", err.msg);
	}
	return ok;
}

/* Bodies that are not JSON (audio uploads) pass by the path alone. */
static bool is_json(const struct exchange *x)
{
	const char *type = client_header(x->client, "content-type");

	return x->endpoint.op != OP_OTHER || !type || str_ifind(type, strlen(type), "json");
}

static bool scan(struct exchange *x, struct err *err)
{
	bool is_chat = x->endpoint.op == OP_GENERATE && x->endpoint.format == FORMAT_CHAT;

	return scan_body(body_text(&x->body), &x->arena, &x->scan, err) &&
	       (!unified_is(&x->scan, is_chat) ||
		unified_flatten(&x->body, is_chat, &x->arena, &x->scan, err));
}

static bool read_model(struct exchange *x)
{
	struct err err = ERR_INIT;

	if (x->body.len && is_json(x) && !scan(x, &err)) {
		refuse(x, err.kind == ERR_INVALID ? 400 : err.kind == ERR_TOO_LARGE ? 413 : 503,
		       "%s", err.msg);
		return false;
	}
	if (!x->body.len && x->endpoint.op != OP_OTHER) {
		refuse(x, 400, "the request has no body");
		return false;
	}
	x->model = *x->endpoint.model ? x->endpoint.model : x->scan.model;
	if (x->scan.text.ptr &&
	    (x->endpoint.op == OP_GENERATE || x->endpoint.op == OP_COUNT_TOKENS)) {
		x->format = detect_format(&x->scan.signs, x->endpoint.format);
	}
	if (str_empty(x->model) && x->endpoint.op != OP_OTHER) {
		refuse(x, 400, "`model` is required");
		return false;
	}
	return admit_model(x);
}

/* Looking for images means reading the whole body: only where a rule asks. */
static bool has_rules(const struct config *c)
{
	for (size_t i = 0; i < c->alias_count; i++) {
		if (c->aliases[i].rule_count) {
			return true;
		}
	}
	return false;
}

/* Looking for a credential means hashing: not when nobody takes one. */
static bool wants_credentials(const struct config *c)
{
	for (size_t i = 0; i < c->account_count; i++) {
		if (c->accounts[i].type == ACCOUNT_PASSTHROUGH) {
			return true;
		}
	}
	return false;
}

static bool make_plan(struct exchange *x)
{
	struct buf why = BUF_INIT(MAX_ERROR_BODY_BYTES);
	const char *chosen = client_header(x->client, "x-llm-gateway-upstream");
	struct request_facts facts = { .tokens = x->estimated.prompt };
	struct plan_input in = {
		.config = x->config,
		.name = x->model ? x->model : "",
		.upstream = chosen ? chosen : x->scan.provider,
		.pinned_account = pin_find(x),
		.has_client_credential = wants_credentials(x->config) &&
			authorise_has_own_credential(x->config, x->client),
		.facts = has_rules(x->config) ? &facts : NULL,
		.serves = provider_serves,
		.is_catch_all = provider_is_catch_all,
		.turn = x->worker->turns++,
	};

	x->is_background = x->endpoint.op == OP_COUNT_TOKENS ||
			   facts_is_background(&x->scan, x->client, x->model);
	if (in.facts) {
		facts = facts_request(&x->scan, x->client, x->model, x->estimated.prompt);
		facts.is_background = x->is_background;
	}
	x->session = facts_session(&x->scan, x->client, x->model);
	plan_make(&in, &x->arena, &x->plan);
	if (x->plan.status == PLAN_OK) {
		return true;
	}
	plan_explain(&x->plan, &why);
	refuse(x, x->plan.status == PLAN_NOTHING_LEFT ? 503 : 404, "%s", buf_text(&why));
	buf_release(&why);
	return false;
}

void exchange_proceed(struct exchange *x)
{
	if (make_plan(x)) {
		x->prompts = prompts_for(x->config, x->model, x->at_ms, &x->arena);
		attempt_next(x);
		x->overhead_us = (int64_t)((clock_mono_ns() - x->started_ns) / 1000);
	}
}

static void on_body_end(void *ctx, struct client *client)
{
	struct exchange *x = client_user(client);

	(void)ctx;
	if (x->state != EXCHANGE_READING) {
		return;
	}
	loop_timer_clear(x->worker->loop, &x->phase_timer);
	if (x->endpoint.kind != ENDPOINT_CALL || str_eq(client_method(client), "OPTIONS")) {
		local_answer(x);
		return;
	}
	copy_request(x);
	if (decode_body(x) && (!x->is_sealed || sealed_open(x)) && read_model(x)) {
		waiting_enter(x);
	}
}

/* ---- the end ---- */

static void on_writable(void *ctx, struct client *client)
{
	(void)ctx;
	pump_writable(client_user(client));
}

/* C144. Nobody is blamed: the upstream is let go, what arrived is accounted. */
static void on_gone(void *ctx, struct client *client)
{
	struct exchange *x = client_user(client);

	(void)ctx;
	if (x && x->state != EXCHANGE_OVER) {
		x->status = 499;
		x->error = "the client left";
		exchange_over(x);
	}
}

static void on_done(void *ctx, struct client *client)
{
	struct exchange *x = client_user(client);

	(void)ctx;
	if (!x) {
		return;
	}
	exchange_over(x);
	settle_all(x);
	record(x);
	x->client = NULL;
	unlink_exchange(x->worker, x);
	loop_defer_late(x->worker->loop, &x->free);
}

const struct client_events *exchange_client_events(void)
{
	static const struct client_events events = {
		.on_bad_head = on_bad_head,
		.on_request = on_request,
		.on_body = on_body,
		.on_room = on_room,
		.on_filled = on_filled,
		.on_body_end = on_body_end,
		.on_writable = on_writable,
		.on_gone = on_gone,
		.on_done = on_done,
	};

	return &events;
}

void exchange_end_all(struct worker *w)
{
	for (struct exchange *x = w->exchanges; x; x = x->next) {
		if (x->state == EXCHANGE_TRYING || x->state == EXCHANGE_QUEUED) {
			refuse(x, 503, "the gateway is stopping");
		} else if (x->state == EXCHANGE_SENDING) {
			pump_broken(x, "the gateway is stopping");
		}
	}
}
