/*
 * The attempt loop: routing says which candidate is next (routing/walk.h),
 * this file sends to it and tells routing what came of it.
 */
#include "gateway/exchange.h"

#include "base/clock.h"
#include "base/log.h"
#include "demo/demo_upstream.h"
#include "gateway/media_fetch.h"
#include "gateway/sealed_transfer.h"
#include "gateway/upstream_request.h"

static void release_call(struct call *c)
{
	converted_release(&c->converted);
	convert_stream_destroy(c->stream);
	usage_scan_release(&c->usage);
	buf_release(&c->held);
	*c = (struct call){ .candidate = NULL };
}

void attempt_end_call(struct exchange *x)
{
	struct call *c = &x->call;

	media_fetch_end(x);
	if (c->transfer) {
		transfer_abort(c->transfer);
		c->transfer = NULL;
	}
	if (c->candidate) {
		stats_upstream_end(x->worker->shard, c->candidate->account->id);
	}
	release_call(c);
	loop_timer_clear(x->worker->loop, &x->phase_timer);
}

/* Its body is in the arena already (outcome), the header array is copied. */
static void keep_shown(struct exchange *x, struct slice body)
{
	size_t bytes = x->call.head.header_count * sizeof(struct header);
	struct header *headers = arena_alloc(&x->arena, bytes);

	if (bytes) {
		memcpy(headers, x->call.head.headers, bytes);
	}
	x->shown = (struct shown_error){
		.candidate = x->call.candidate,
		.format = x->call.format,
		.head = x->call.head,
		.body = body,
	};
	x->shown.head.headers = headers;
}

static void report(struct exchange *x, const struct outcome *outcome,
		   const struct verdict *verdict)
{
	const struct log_field fields[] = {
		LOG_STR("trace_id", x->trace_id),
		LOG_STR("backend", x->call.candidate->account->name),
		LOG_STR("model", x->call.candidate->model),
		LOG_INT("status", outcome->status),
		LOG_STR("class", failure_name(verdict->class)),
		LOG_STR("detail", verdict->excerpt),
	};

	log_event(LOG_INFO, "upstream", "attempt failed", fields, ARRAY_LEN(fields));
}

/* What it had begun to answer was still being collected. */
static void forget_answer(struct exchange *x)
{
	x->status = 0;
	x->is_filtering = false;
	model_filter_release(&x->filter);
}

static void fail_call(struct exchange *x, const struct outcome *outcome)
{
	struct verdict verdict;

	classify(outcome, &verdict);
	report(x, outcome, &verdict);
	if (walk_failed(&x->walk, &verdict, outcome->headers, clock_moment())) {
		keep_shown(x, outcome->body);
		if (outcome->transport != TRANSPORT_OK) {
			x->shown.candidate = NULL;      /* it has said nothing */
		}
	}
	forget_answer(x);
	attempt_end_call(x);
}

static void on_resume(struct deferred *d)
{
	struct exchange *x = (struct exchange *)((char *)d - offsetof(struct exchange, resume));

	if (x->state == EXCHANGE_TRYING) {
		attempt_next(x);
	}
}

void attempt_failed_inside(struct exchange *x, const struct outcome *outcome)
{
	fail_call(x, outcome);
	x->resume.run = on_resume;
	loop_defer(x->worker->loop, &x->resume);
}

/* This candidate cannot be asked at all; nobody's fault. */
static void unfit(struct exchange *x, const struct err *err)
{
	struct verdict verdict = {
		.class = FAILURE_UNFIT,
		.reset_ms = -1,
		.retry_after_ms = -1,
	};

	str_copy(verdict.excerpt, sizeof verdict.excerpt, err->msg);
	x->unfit_status = err->kind == ERR_INVALID ? 400 : err->kind == ERR_NOT_FOUND ? 404 : 503;
	x->unfit = arena_printf(&x->arena, "%s: %s", x->call.candidate->account->name, err->msg);
	walk_failed(&x->walk, &verdict, NULL, clock_moment());
	attempt_end_call(x);
}

/* Over a connection of our own, or by libcurl what needs it. */
static struct transfer *start_transfer(struct worker *w, const struct transfer_spec *spec,
				       const struct transfer_events *events, void *ctx,
				       struct err *err)
{
	struct transfer *t = NULL;

	if (!w->is_curl_only && direct_transfer_suits(spec)) {
		t = direct_transfer_start(w->direct, spec, events, ctx, err);
	}
	if (!t && !err->kind) {
		t = curl_transfer_start(w->curl, spec, events, ctx, err);
	}
	return t;
}

static struct transfer *start_sealed(struct exchange *x, const struct transfer_spec *spec,
				     struct err *err)
{
	const char *account = x->call.candidate->account->id;
	struct worker *w = x->worker;
	struct sealed_transfer *t =
		sealed_transfer_create(w->loop, spec, key_ring_get(x->keys, account, NULL),
				       call_events(), x, err);

	return t ? sealed_transfer_run(t, start_transfer(w, sealed_transfer_spec(t),
							 sealed_transfer_events(), t, err))
		 : NULL;
}

static bool send_request(struct exchange *x, struct err *err)
{
	struct transfer_spec spec;
	struct call *c = &x->call;

	if (!upstream_request_build(x, c->candidate, &spec, err)) {
		return false;
	}
	if (c->candidate->account->provider == PROVIDER_DEMO) {
		c->transfer = demo_upstream_start(x->worker->loop, &spec, call_events(), x);
	} else if (c->candidate->account->provider == PROVIDER_LLM_GATEWAY) {
		c->transfer = start_sealed(x, &spec, err);
	} else {
		c->transfer = start_transfer(x->worker, &spec, call_events(), x, err);
	}
	return c->transfer != NULL;
}

static void begin_call(struct exchange *x, const struct candidate *candidate)
{
	x->call.candidate = candidate;
	x->call.started_ms = loop_now_ms(x->worker->loop);
	stats_upstream_begin(x->worker->shard, candidate->account->id);
}

/* The conversation holds what another account signed or encrypted, as after a
 * failover: without it the same upstream is asked once more. */
static bool needs_cleaning(struct exchange *x, const struct outcome *outcome)
{
	struct api_error error;

	if (x->history == HISTORY_ALL || (outcome->status != 400 && outcome->status != 404) ||
	    x->endpoint.op != OP_GENERATE) {
		return false;
	}
	error_read(outcome->status, outcome->body, &x->arena, &error);
	return history_is_refused(&error);
}

static void wait_for_call(struct exchange *x, int64_t in_ms)
{
	x->phase_timer.on_fire = call_on_phase_timer;
	call_wait(x, in_ms);
}

/* False: go round again. */
static bool take_step(struct exchange *x, const struct step *step)
{
	struct err err = ERR_INIT;

	switch (step->kind) {
	case STEP_TRY:
		begin_call(x, step->candidate);
		if (media_fetch_begin(x, &err)) {
			return true;
		}
		if (err.kind || !send_request(x, &err)) {
			unfit(x, &err);
			return false;
		}
		wait_for_call(x, x->config->proxy.response_timeout_ms);
		return true;
	case STEP_WAIT:
		wait_for_call(x, step->wait_ms > 0 ? step->wait_ms : 1);
		return true;
	case STEP_REFRESH:
		if (waiting_renewal(x, step->candidate->account)) {
			return true;
		}
		walk_refreshed(&x->walk, RENEWAL_LOST, clock_moment());
		return false;
	case STEP_FAIL:
		final_error(x, step);
		return true;
	}
	return true;
}

void attempt_refuse(struct exchange *x, const struct err *err)
{
	unfit(x, err);
	attempt_next(x);
}

void attempt_again(struct exchange *x)
{
	struct err err = ERR_INIT;

	if (send_request(x, &err)) {
		wait_for_call(x, x->config->proxy.response_timeout_ms);
	} else if (x->state == EXCHANGE_SENDING) {
		pump_broken(x, err.msg);
	} else {
		attempt_refuse(x, &err);
	}
}

static void ask_again_cleaned(struct exchange *x)
{
	const struct candidate *candidate = x->call.candidate;

	log_info("upstream", "%s refuses signatures that are not its own; asked again without",
		 candidate->account->name);
	attempt_end_call(x);
	x->history = HISTORY_ALL;
	begin_call(x, candidate);
	attempt_again(x);
}

void attempt_failed(struct exchange *x, const struct outcome *outcome)
{
	if (needs_cleaning(x, outcome)) {
		ask_again_cleaned(x);
		return;
	}
	fail_call(x, outcome);
	attempt_next(x);
}

static void begin_walk(struct exchange *x)
{
	struct walk_options options = {
		.config = x->config,
		.plan = &x->plan,
		.arena = &x->arena,
		.session = x->session,
		.tokens = x->estimated.prompt + x->estimated.answer,
		.is_background = x->is_background,
		.now = clock_moment(),
	};

	walk_begin(&x->walk, x->worker->shared->router, &options);
	x->is_walking = true;
	x->state = EXCHANGE_TRYING;
	x->total_timer.on_fire = call_on_total_timer;
	if (x->config->proxy.request_timeout_ms) {
		loop_timer_set(x->worker->loop, &x->total_timer,
			       (uint64_t)x->config->proxy.request_timeout_ms);
	}
}

void attempt_next(struct exchange *x)
{
	struct step step;

	if (!x->is_walking) {
		begin_walk(x);
	}
	do {
		step = walk_next(&x->walk, clock_moment());
	} while (!take_step(x, &step));
}
