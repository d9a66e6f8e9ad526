/*
 * One candidate after the other: builds the request for it, watches over its
 * deadlines, and decides what its end means.
 */
#include "gateway/exchange.h"

#include <strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "gateway/demo_upstream.h"
#include "gateway/upstream_request.h"

/* ---- how an attempt ends ---- */

static void note_attempt(struct exchange *x, const char *reason)
{
	struct attempt *a = &x->attempt;
	struct attempt_record *record;

	if (!x->attempt_count) {
		return;
	}
	record = &x->attempts[x->attempt_count - 1];
	record->status = a->has_head ? a->head.status : 0;
	record->ms = (int64_t)(loop_now_ms(x->worker->loop) - a->started_ms);
	record->reason = reason;
}

void attempt_abort(struct exchange *x)
{
	struct attempt *a = &x->attempt;

	if (a->transfer) {
		transfer_abort(a->transfer);
		a->transfer = NULL;
	}
	if (a->candidate) {
		stats_upstream_end(x->worker->shard, a->candidate->account->id);
		a->candidate = NULL;
	}
	buf_release(&a->held);
	loop_timer_clear(x->worker->loop, &x->phase_timer);
}

static bool has_next(const struct exchange *x)
{
	return x->next_candidate < x->plan.count &&
	       x->attempt_count < x->config->routing.max_attempts &&
	       x->attempt_count < RECORD_MAX_ATTEMPTS;
}

/* The request's own fault is the same everywhere. */
static bool is_worth_another(int status)
{
	return status == 401 || status == 402 || status == 403 || status == 404 ||
	       status == 408 || status == 429 || status >= 500;
}

/* The upstream's error answer, as it is: clients match on its wording. */
static void pass_error(struct exchange *x)
{
	struct attempt *a = &x->attempt;
	struct answer_head head = answer_head_make(x, &a->head, NULL);

	x->status = a->head.status;
	x->error = arena_printf(&x->arena, "%.*s",
				(int)(a->held.len < 400 ? a->held.len : 400), buf_text(&a->held));
	x->bytes_out += (int64_t)a->held.len;
	client_respond(x->client, x->status, head.headers, head.count, buf_slice(&a->held));
	exchange_over(x);
}

static void on_error_answer(struct exchange *x)
{
	struct attempt *a = &x->attempt;

	note_attempt(x, arena_printf(&x->arena, "status %d", a->head.status));
	if (is_worth_another(a->head.status) && has_next(x)) {
		attempt_next(x);
	} else {
		pass_error(x);
	}
}

static void on_failure(struct exchange *x, int status, const char *what, const char *detail)
{
	const char *name = x->attempt.candidate->account->name;

	note_attempt(x, arena_printf(&x->arena, "%s", what));
	x->problem_status = status;
	x->problem = arena_printf(&x->arena, *detail ? "%s: %s (%s)" : "%s: %s", name, what,
				  detail);
	log_info("upstream", "%s", x->problem);
	attempt_next(x);
}

/* ---- what the transfer reports ---- */

static void wait_for(struct exchange *x, int64_t in_ms)
{
	if (in_ms > 0) {
		loop_timer_set(x->worker->loop, &x->phase_timer, (uint64_t)in_ms);
	} else {
		loop_timer_clear(x->worker->loop, &x->phase_timer);
	}
}

static int64_t first_token_ms(const struct exchange *x)
{
	const struct proxy_config *p = &x->config->proxy;

	return p->first_token_timeout_ms ? p->first_token_timeout_ms : p->response_timeout_ms;
}

static bool is_event_stream(const struct transfer_head *head)
{
	const char *type = head_get(head, "content-type");

	return type && strncasecmp(type, "text/event-stream", 17) == 0;
}

static void on_head(void *ctx, const struct transfer_head *head)
{
	struct exchange *x = ctx;
	struct attempt *a = &x->attempt;

	a->head = *head;
	a->has_head = true;
	a->is_error = head->status < 200 || head->status > 299;
	a->is_stream = !a->is_error && is_event_stream(head);
	buf_init(&a->held, a->is_error ? MAX_ERROR_BODY_BYTES : MAX_WHOLE_ANSWER_BYTES);
	wait_for(x, first_token_ms(x));
}

static void on_body(void *ctx, struct slice bytes)
{
	struct exchange *x = ctx;
	struct attempt *a = &x->attempt;

	if (a->is_error) {
		if (a->held.len + bytes.len > a->held.max) {
			bytes.len = a->held.max - a->held.len;
		}
		buf_add(&a->held, bytes.ptr, bytes.len);
		return;
	}
	x->last_bytes_ms = loop_now_ms(x->worker->loop);
	if (x->ttft_ms < 0) {
		x->ttft_ms = (int64_t)(x->last_bytes_ms - x->started_ms);
		wait_for(x, x->config->proxy.stream_timeout_ms);
	}
	pump_bytes(x, bytes);
}

static int status_of(enum transfer_end end)
{
	return end == TRANSFER_TIMEOUT ? 504 : 502;
}

static void on_done(void *ctx, enum transfer_end end, const char *detail)
{
	struct exchange *x = ctx;
	struct attempt *a = &x->attempt;

	a->transfer = NULL;
	loop_timer_clear(x->worker->loop, &x->phase_timer);
	if (end == TRANSFER_OK && a->has_head) {
		if (a->is_error) {
			on_error_answer(x);
		} else {
			note_attempt(x, NULL);
			pump_end(x);
		}
		return;
	}
	if (a->is_error && a->has_head) {
		on_error_answer(x);     /* the status is known, the text is cut */
	} else if (x->state == EXCHANGE_SENDING) {
		note_attempt(x, transfer_end_name(end));
		pump_broken(x, detail);
	} else {
		on_failure(x, status_of(end), transfer_end_name(end), detail);
	}
}

static const struct transfer_events events = {
	.on_head = on_head,
	.on_body = on_body,
	.on_done = on_done,
};

/* Every chunk would have to move the timer; instead it looks, when it fires,
 * when the last one came. */
static void on_phase_timer(struct timer *t)
{
	struct exchange *x = (struct exchange *)((char *)t - offsetof(struct exchange, phase_timer));
	int64_t limit_ms = x->config->proxy.stream_timeout_ms;
	int64_t silent_ms = (int64_t)(loop_now_ms(x->worker->loop) - x->last_bytes_ms);

	if (x->state == EXCHANGE_READING) {
		refuse_slow_sender(x);
		return;
	}
	if (x->ttft_ms >= 0 && silent_ms < limit_ms) {
		wait_for(x, limit_ms - silent_ms);
		return;
	}
	if (x->attempt.transfer) {
		transfer_abort(x->attempt.transfer);
		x->attempt.transfer = NULL;
	}
	if (x->state == EXCHANGE_SENDING) {
		note_attempt(x, "silence");
		pump_broken(x, "no data for too long");
	} else {
		on_failure(x, 504, "timeout", x->attempt.has_head ? "no content in time"
								  : "no answer in time");
	}
}

/* proxy.request_timeout */
static void on_total_timer(struct timer *t)
{
	struct exchange *x = (struct exchange *)((char *)t - offsetof(struct exchange, total_timer));

	if (x->attempt.transfer) {
		transfer_abort(x->attempt.transfer);
		x->attempt.transfer = NULL;
	}
	note_attempt(x, "request timeout");
	if (x->state == EXCHANGE_SENDING) {
		pump_broken(x, "the request took longer than proxy.request_timeout");
	} else {
		refuse(x, 504, "the request took longer than proxy.request_timeout");
	}
}

/* ---- starting one ---- */

static bool start(struct exchange *x, const struct candidate *c, struct err *err)
{
	struct transfer_spec spec;

	if (!upstream_request_build(x, c, &spec, err)) {
		return false;
	}
	if (c->account->provider == PROVIDER_DEMO) {
		x->attempt.transfer = demo_upstream_start(x->worker->loop, &spec, &events, x);
	} else {
		x->attempt.transfer = curl_transfer_start(x->worker->pool, &spec, &events, x, err);
	}
	return x->attempt.transfer != NULL;
}

static void begin_attempt(struct exchange *x, const struct candidate *c)
{
	x->attempt = (struct attempt){
		.candidate = c,
		.started_ms = loop_now_ms(x->worker->loop),
	};
	x->attempts[x->attempt_count++] = (struct attempt_record){
		.upstream = c->account->name,
		.model = c->model,
	};
	stats_upstream_begin(x->worker->shard, c->account->id);
}

static void give_up(struct exchange *x)
{
	if (x->problem) {
		refuse(x, x->problem_status, "no upstream could answer: %s", x->problem);
	} else {
		refuse(x, 503, "no upstream is usable for this request");
	}
}

void attempt_next(struct exchange *x)
{
	struct err err = ERR_INIT;

	attempt_abort(x);
	x->phase_timer.on_fire = on_phase_timer;
	if (x->state == EXCHANGE_READING) {
		x->state = EXCHANGE_TRYING;
		x->total_timer.on_fire = on_total_timer;
		if (x->config->proxy.request_timeout_ms) {
			loop_timer_set(x->worker->loop, &x->total_timer,
				       (uint64_t)x->config->proxy.request_timeout_ms);
		}
	}
	while (has_next(x)) {
		const struct candidate *c = &x->plan.candidates[x->next_candidate++];

		begin_attempt(x, c);
		if (start(x, c, &err)) {
			wait_for(x, x->config->proxy.response_timeout_ms);
			return;
		}
		note_attempt(x, arena_strdup(&x->arena, err.msg));
		x->problem_status = err.kind == ERR_INVALID ? 400 :
				    err.kind == ERR_NOT_FOUND ? 404 : 503;
		x->problem = arena_printf(&x->arena, "%s: %s", c->account->name, err.msg);
		attempt_abort(x);
	}
	give_up(x);
}
