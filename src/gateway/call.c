/*
 * What an upstream does with one request: head, body, end, silence.
 */
#define _GNU_SOURCE     /* memmem */
#include "gateway/exchange.h"

#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "formats/format.h"
#include "gateway/silence.h"
#include "gateway/way.h"

void call_wait(struct exchange *x, int64_t in_ms)
{
	if (in_ms > 0) {
		loop_timer_set(x->worker->loop, &x->phase_timer, (uint64_t)in_ms);
	} else {
		loop_timer_clear(x->worker->loop, &x->phase_timer);
	}
}

/* ---- failures ---- */

static void failed(struct exchange *x, enum transport_failure transport, const char *detail)
{
	struct call *c = &x->call;
	struct outcome outcome = {
		.transport = transport,
		.status = c->has_head ? c->head.status : 0,
		.detection = &x->config->detection,
		.now_wall_ms = clock_wall_ms(),
		.is_background = x->is_background,
	};

	x->detail = arena_strdup(&x->arena, detail);
	attempt_failed(x, &outcome);
}

struct pair_list call_headers(struct exchange *x)
{
	return head_pairs(&x->call.head, &x->arena);
}

/* An upstream that quotes the key it was sent shall not show it to the client,
 * nor write it into the ledger. Of the same length, so that nothing moves. */
static void hide_key(struct exchange *x)
{
	struct buf *body = &x->call.held;
	const struct secret *secret = key_ring_get(x->keys, x->call.candidate->account->id, NULL);
	struct slice key = secret ? secret_peek(secret) : SLICE_NULL;
	char *at = body->ptr;

	if (!key.len) {
		return;
	}
	while (at && (at = memmem(at, body->len - (size_t)(at - body->ptr), key.ptr, key.len))) {
		memset(at, '*', key.len);
	}
}

static void failed_with_answer(struct exchange *x, bool is_inside)
{
	struct call *c = &x->call;
	struct pair_list headers = call_headers(x);
	struct outcome outcome = {
		.status = c->head.status,
		.headers = &headers,
		.detection = &x->config->detection,
		.now_wall_ms = clock_wall_ms(),
		.is_background = x->is_background,
	};

	hide_key(x);
	outcome.body = arena_slice(&x->arena, buf_slice(&c->held));
	if (is_inside) {
		attempt_failed_inside(x, &outcome);
	} else {
		attempt_failed(x, &outcome);
	}
}

/* ---- what the transfer reports ---- */

int64_t call_first_token_ms(const struct exchange *x)
{
	return silence_limit_ms(&x->config->proxy, false);
}

static bool is_event_stream(const struct transfer_head *head)
{
	const char *type = head_get(head, "content-type");

	return type && strncasecmp(type, "text/event-stream", 17) == 0;
}

/* A stream that passes is watched until its first content; a converted answer
 * is read to its end. */
static void open_stream(struct exchange *x)
{
	struct call *c = &x->call;

	if (c->round) {
		convert_stream_next(c->stream, c->is_stream);
	} else if (c->is_converted && c->converted.plan) {
		c->stream = convert_stream_create(c->converted.plan, c->is_stream);
		c->converted.plan = NULL;
	} else if (c->is_stream && format_find(c->format) && x->endpoint.op == OP_GENERATE &&
		   !head_get(&c->head, "content-encoding")) {
		c->stream = convert_stream_create(answer_plan_watch(c->format), true);
	}
}

/* An answer that passes is read along for its token counts. */
static void open_usage(struct exchange *x)
{
	struct call *c = &x->call;

	if (c->is_converted || x->endpoint.op == OP_COUNT_TOKENS ||
	    head_get(&c->head, "content-encoding")) {
		return;
	}
	c->is_counting = true;
	usage_scan_init(&c->usage, c->format, c->is_stream);
}

static void on_head(void *ctx, const struct transfer_head *head)
{
	struct exchange *x = ctx;
	struct call *c = &x->call;

	c->head = *head;
	c->has_head = true;
	c->is_error = head->status < 200 || head->status > 299;
	c->is_stream = !c->is_error && is_event_stream(head);
	buf_release(&c->held);          /* of the round before */
	buf_init(&c->held, c->is_error ? MAX_ERROR_BODY_BYTES : MAX_WHOLE_ANSWER_BYTES);
	if (!c->is_error) {
		open_stream(x);
		open_usage(x);
	}
	call_wait(x, call_first_token_ms(x));
	if (!c->is_error) {
		pump_start_early(x);
	}
}

/* An error: read to its end, so that the connection may be kept, unless that
 * is far away; what has come is enough then. */
static void take_error(struct exchange *x, struct slice bytes)
{
	struct buf *held = &x->call.held;
	size_t room = held->max - held->len;

	buf_add(held, bytes.ptr, bytes.len < room ? bytes.len : room);
	if (bytes.len <= room) {
		return;
	}
	transfer_abort(x->call.transfer);
	x->call.transfer = NULL;
	if (x->state == EXCHANGE_SENDING) {
		pump_broken(x, "it refused a further call");
	} else {
		failed_with_answer(x, true);
	}
}

static void on_body(void *ctx, struct slice bytes)
{
	struct exchange *x = ctx;

	if (x->call.is_error) {
		take_error(x, bytes);
	} else {
		pump_bytes(x, bytes);
	}
}

static void on_done(void *ctx, enum transfer_end end, const char *detail)
{
	struct exchange *x = ctx;
	struct call *c = &x->call;

	c->transfer = NULL;
	loop_timer_clear(x->worker->loop, &x->phase_timer);
	if (end != TRANSFER_OK) {
		pump_settle(x);                 /* content that has come goes out */
	}
	if (x->state == EXCHANGE_OVER) {
		return;                         /* it was whole, only its framing was cut */
	}
	if (c->is_between) {
		return;                         /* so was this part of it */
	}
	if (c->is_error && x->state == EXCHANGE_SENDING) {
		pump_broken(x, "it refused a further call");
		return;
	}
	if (c->has_head && c->is_error) {
		failed_with_answer(x, false);   /* maybe cut; the status is known */
	} else if (end == TRANSFER_OK && c->has_head) {
		pump_end(x);
	} else if (x->state == EXCHANGE_SENDING && c->is_converted && c->is_complete) {
		pump_finish(x);
	} else if (x->state == EXCHANGE_SENDING) {
		pump_broken(x, detail);
	} else {
		failed(x, way_failure(end, c->has_head), detail);
	}
}

const struct transfer_events *call_events(void)
{
	static const struct transfer_events events = {
		.on_head = on_head,
		.on_body = on_body,
		.on_done = on_done,
	};

	return &events;
}

/* ---- deadlines ---- */

static void drop_transfer(struct exchange *x)
{
	if (x->call.transfer) {
		transfer_abort(x->call.transfer);
		x->call.transfer = NULL;
	}
}

/* Every chunk would have to move the timer; instead it looks, when it fires,
 * when the last one came. */
void call_on_phase_timer(struct timer *t)
{
	struct exchange *x =
		(struct exchange *)((char *)t - offsetof(struct exchange, phase_timer));
	bool is_flowing = x->call.has_content || x->state == EXCHANGE_SENDING;
	int64_t limit_ms = silence_limit_ms(&x->config->proxy, x->call.has_content);
	int64_t again_ms;

	if (!x->call.candidate) {
		attempt_next(x);                /* it waited for a limit */
	} else if (x->call.is_complete && x->state == EXCHANGE_SENDING) {
		drop_transfer(x);
		pump_finish(x);
	} else if (is_flowing && (again_ms = keepalive_turn(x, limit_ms)) > 0) {
		call_wait(x, again_ms);
	} else if (x->state == EXCHANGE_SENDING) {
		drop_transfer(x);
		pump_broken(x, "no data for too long");
	} else {
		drop_transfer(x);
		failed(x, TRANSPORT_TIMEOUT, x->call.has_head ? "no content in time"
							      : "no answer in time");
	}
}

/* proxy.request_timeout */
void call_on_total_timer(struct timer *t)
{
	struct exchange *x =
		(struct exchange *)((char *)t - offsetof(struct exchange, total_timer));

	drop_transfer(x);
	if (x->state == EXCHANGE_SENDING) {
		pump_broken(x, "the request took longer than proxy.request_timeout");
	} else {
		refuse(x, 504, "the request took longer than proxy.request_timeout");
	}
}
