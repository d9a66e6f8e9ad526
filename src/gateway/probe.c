#include "gateway/probe.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "demo/demo_upstream.h"
#include "gateway/sealed_transfer.h"
#include "gateway/way.h"
#include "transfer/transfer_curl.h"

/* How soon a stop is noticed. */
#define LOOK_MS 200

/* One that is under way. */
struct run {
	struct probe *probe;
	struct crowd *crowd;
	struct arena arena;             /* wiped: it holds the credential */
	struct transfer *transfer;      /* NULL once it has ended */
	struct timer timer;
	struct buf body;                /* of the answer, its beginning */
	struct pair_list headers;
};

struct crowd {
	struct loop *loop;
	struct curl_pool *pool;
	const struct config *config;
	int64_t timeout_ms;
	size_t left;
};

/* ---- what is sent ---- */

static void add_message(struct json_writer *w, const char *text_name)
{
	json_array(w);
	json_object(w);
	json_kstr(w, "role", "user");
	json_kstr(w, text_name, "Say ok.");
	json_end(w);
	json_end(w);
}

static void add_gemini_contents(struct json_writer *w)
{
	json_key(w, "contents");
	json_array(w);
	json_object(w);
	json_kstr(w, "role", "user");
	json_key(w, "parts");
	json_array(w);
	json_object(w);
	json_kstr(w, "text", "Say ok.");
	json_end(w);
	json_end(w);
	json_end(w);
	json_end(w);
}

/* The least that each format takes for an answer of a word. */
static void write_body(enum format_id format, const char *model, struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	if (format == FORMAT_GEMINI) {
		add_gemini_contents(&w);
	} else {
		json_kstr(&w, "model", model);
	}
	if (format == FORMAT_RESPONSES) {
		json_kstr(&w, "input", "Say ok.");
	} else if (format != FORMAT_GEMINI) {
		json_key(&w, "messages");
		add_message(&w, "content");
	}
	if (format == FORMAT_ANTHROPIC) {
		json_kint(&w, "max_tokens", 16);
	}
	json_end(&w);
}

static enum format_id format_of(const struct upstream_account *a)
{
	return a->format != FORMAT_NONE ? a->format : provider_find(a->provider)->default_format;
}

static void set_headers(struct run *r, const struct provider_request *req,
			struct transfer_spec *spec)
{
	const struct upstream_account *a = req->account;
	struct header_list own = { .count = 0 };
	static const struct secret none = SECRET_INIT;
	struct header *all;
	size_t count = 0;

	if (a->type != ACCOUNT_PASSTHROUGH) {
		provider_find(a->provider)->authorise(req, r->probe->key ? r->probe->key : &none,
						      &r->arena, &own);
	}
	all = arena_alloc(&r->arena, (own.count + a->headers.count + 1) * sizeof *all);
	if (spec->has_body) {
		all[count++] = (struct header){ "Content-Type", "application/json" };
	}
	for (size_t i = 0; i < own.count; i++) {
		all[count++] = own.items[i];
	}
	for (size_t i = 0; i < a->headers.count; i++) {
		all[count++] = (struct header){ a->headers.items[i].name,
						a->headers.items[i].value };
	}
	spec->headers = all;
	spec->header_count = count;
}

static bool build(struct run *r, struct transfer_spec *spec, struct err *err)
{
	const struct probe *p = r->probe;
	struct buf body = BUF_INIT(4 * KIB);
	const struct provider_request req = {
		.account = p->account,
		.format = format_of(p->account),
		.op = p->model ? OP_GENERATE : OP_LIST_MODELS,
		.model = p->model ? provider_wire_model(p->account, p->model) : "",
		.is_converted = true,
		.path = "",
		.query = "",
		.gemini_version = "",
		.gemini_method = "",
		.anthropic_version = "",
		.anthropic_beta = "",
	};

	*spec = (struct transfer_spec){ .method = p->model ? "POST" : "GET",
					.arena = &r->arena };
	if (!provider_url(&req, &r->arena, &spec->url, err)) {
		return false;
	}
	if (p->model) {
		write_body(req.format, req.model, &body);
		spec->has_body = true;
		spec->body = arena_slice(&r->arena, buf_slice(&body));
		buf_release(&body);
	}
	set_headers(r, &req, spec);
	way_set(spec, r->crowd->config, p->account);
	return true;
}

/* ---- what comes back ---- */

static void end_run(struct run *r)
{
	r->probe->ms = (int64_t)clock_mono_ms() - r->probe->began_mono_ms;
	r->transfer = NULL;
	loop_timer_clear(r->crowd->loop, &r->timer);
	r->crowd->left--;
}

static void fail(struct run *r, enum transport_failure transport, const char *why)
{
	struct probe *p = r->probe;
	const struct outcome outcome = {
		.transport = transport,
		.status = p->status,
		.headers = &r->headers,
		.body = buf_slice(&r->body),
		.detection = &r->crowd->config->detection,
		.now_wall_ms = clock_wall_ms(),
	};

	classify(&outcome, &p->verdict);
	if (why) {
		snprintf(p->message, sizeof p->message, "%s", why);
	} else {
		snprintf(p->message, sizeof p->message, "%d %s%s%s", p->status,
			 failure_rule(p->verdict.class)->words, *p->verdict.excerpt ? ": " : "",
			 p->verdict.excerpt);
	}
}

static void succeed(struct run *r, const char *words)
{
	r->probe->is_ok = true;
	str_copy(r->probe->message, sizeof r->probe->message, words);
}

/* A server without a models list is there all the same, and an account that
 * passes credentials through has none of its own to show. */
static void judge(struct run *r)
{
	const struct probe *p = r->probe;
	bool is_free = !p->model;

	if (p->status / 100 == 2 && is_free && p->account->provider == PROVIDER_LLM_GATEWAY) {
		succeed(r, "it is ready; its key is tried with the first request");
	} else if (p->status / 100 == 2) {
		succeed(r, is_free ? "it answers and takes the credential" : "the model answers");
	} else if (is_free && (p->status == 404 || p->status == 405)) {
		succeed(r, "it answers, but lists no models");
	} else if (is_free && p->account->type == ACCOUNT_PASSTHROUGH &&
		   (p->status == 401 || p->status == 403)) {
		succeed(r, "it answers; the credential comes with each request");
	} else {
		fail(r, TRANSPORT_OK, NULL);
	}
}

static void on_head(void *ctx, const struct transfer_head *head)
{
	struct run *r = ctx;
	struct string_pair *pairs = arena_alloc(&r->arena,
						(head->header_count + 1) * sizeof *pairs);

	r->probe->status = head->status;
	for (size_t i = 0; i < head->header_count; i++) {
		pairs[i] = (struct string_pair){ head->headers[i].name, head->headers[i].value };
	}
	r->headers = (struct pair_list){ pairs, head->header_count };
}

static void on_body(void *ctx, struct slice bytes)
{
	struct run *r = ctx;
	size_t room = r->body.max - r->body.len;

	buf_add(&r->body, bytes.ptr, bytes.len < room ? bytes.len : room);
}

static void on_done(void *ctx, enum transfer_end end, const char *detail)
{
	struct run *r = ctx;
	char why[200];

	if (r->probe->status && (end == TRANSFER_OK || r->probe->status / 100 != 2)) {
		judge(r);
	} else {
		snprintf(why, sizeof why, "%s: %s", transfer_end_name(end), detail);
		fail(r, way_failure(end, r->probe->status), why);
	}
	end_run(r);
}

static void cut(struct run *r, const char *why)
{
	transfer_abort(r->transfer);
	fail(r, TRANSPORT_TIMEOUT, why);
	end_run(r);
}

static void on_timeout(struct timer *t)
{
	cut((struct run *)((char *)t - offsetof(struct run, timer)), "no whole answer in time");
}

/* ---- the whole ---- */

static const struct transfer_events events = { on_head, on_body, on_done };

static struct transfer *start_sealed(struct run *r, const struct transfer_spec *spec,
				     struct err *err)
{
	struct crowd *crowd = r->crowd;
	struct sealed_transfer *t =
		sealed_transfer_create(crowd->loop, spec, r->probe->key, &events, r, err);

	return t ? sealed_transfer_run(t, curl_transfer_start(crowd->pool,
							      sealed_transfer_spec(t),
							      sealed_transfer_events(), t, err))
		 : NULL;
}

static struct transfer *start_transfer(struct run *r, const struct transfer_spec *spec,
				       struct err *err)
{
	const struct upstream_account *a = r->probe->account;

	if (a->provider == PROVIDER_DEMO) {
		return demo_upstream_start(r->crowd->loop, spec, &events, r);
	}
	if (a->provider == PROVIDER_LLM_GATEWAY && spec->has_body) {
		return start_sealed(r, spec, err);
	}
	return curl_transfer_start(r->crowd->pool, spec, &events, r, err);
}

static void start(struct run *r)
{
	struct crowd *crowd = r->crowd;
	struct transfer_spec spec;
	struct err err = ERR_INIT;

	arena_init(&r->arena, 4 * KIB);
	buf_init(&r->body, MAX_ERROR_BODY_BYTES);
	r->timer.on_fire = on_timeout;
	r->probe->is_ok = false;
	r->probe->status = 0;
	r->probe->began_mono_ms = (int64_t)clock_mono_ms();
	if (build(r, &spec, &err)) {
		r->transfer = start_transfer(r, &spec, &err);
	}
	crowd->left++;
	if (r->transfer) {
		loop_timer_set(crowd->loop, &r->timer, (uint64_t)crowd->timeout_ms);
	} else {
		fail(r, TRANSPORT_CONNECT, err.msg);
		r->probe->verdict.class = FAILURE_UNFIT;
		end_run(r);
	}
}

static void wait_for_all(struct run *runs, size_t count, const atomic_bool *stop)
{
	struct crowd *crowd = runs->crowd;

	while (crowd->left && !(stop && atomic_load(stop))) {
		loop_turn(crowd->loop, LOOK_MS);
	}
	for (size_t i = 0; i < count; i++) {
		if (runs[i].transfer) {
			cut(&runs[i], "given up");
		}
	}
	loop_run_deferred(crowd->loop);
}

static void run_all(struct crowd *crowd, struct probe *probes, size_t count,
		    const atomic_bool *stop)
{
	struct run *runs = xcalloc(count, sizeof *runs);

	for (size_t i = 0; i < count; i++) {
		runs[i].probe = &probes[i];
		runs[i].crowd = crowd;
		start(&runs[i]);
	}
	wait_for_all(runs, count, stop);
	for (size_t i = 0; i < count; i++) {
		arena_wipe(&runs[i].arena);
		buf_release(&runs[i].body);
	}
	free(runs);
}

static void refuse_all(struct probe *probes, size_t count, const struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		probes[i].is_ok = false;
		probes[i].verdict = (struct verdict){ .class = FAILURE_UNFIT, .reset_ms = -1,
						      .retry_after_ms = -1 };
		str_copy(probes[i].message, sizeof probes[i].message, err->msg);
	}
}

void probe_run(struct probe *probes, size_t count, const struct config *config,
	       int64_t timeout_ms, const atomic_bool *stop)
{
	struct crowd crowd = { .config = config, .timeout_ms = timeout_ms };
	struct err err = ERR_INIT;

	curl_pool_init_process();
	crowd.loop = loop_create(&err);
	crowd.pool = crowd.loop ? curl_pool_create(crowd.loop, &err) : NULL;
	if (crowd.pool) {
		run_all(&crowd, probes, count, stop);
	} else {
		refuse_all(probes, count, &err);
	}
	curl_pool_destroy(crowd.pool);
	loop_destroy(crowd.loop);
}
