/*
 * From upstream to client. Nothing goes out before the turn ends in which the
 * first bytes came: an answer that is complete by then leaves in one piece,
 * with its length; any other starts to flow, and from then on every piece
 * leaves in the turn in which it came.
 */
#include "gateway/exchange.h"

#include "base/limits.h"
#include "formats/errors.h"

static bool needs_whole(const struct exchange *x)
{
	return x->is_filtering && !x->attempt.is_stream;
}

static void filter_whole(struct exchange *x, struct slice body, struct buf *out)
{
	if (x->attempt.is_stream) {
		model_filter_feed(&x->filter, body, out);
		model_filter_finish(&x->filter, out);
	} else {
		model_filter_json(&x->filter, body, out);
	}
}

static void send_whole(struct exchange *x)
{
	struct attempt *a = &x->attempt;
	struct answer_head head = answer_head_make(x, &a->head, NULL);
	struct buf changed = BUF_INIT(MAX_WHOLE_ANSWER_BYTES + MAX_ERROR_BODY_BYTES);
	struct slice body = buf_slice(&a->held);

	if (x->is_filtering) {
		filter_whole(x, body, &changed);
		body = buf_slice(&changed);
	}
	x->bytes_out += (int64_t)body.len;
	client_respond(x->client, x->status, head.headers, head.count, body);
	buf_release(&changed);
	exchange_over(x);
}

static void send_on(struct exchange *x, struct slice bytes)
{
	size_t waiting;

	x->bytes_out += (int64_t)bytes.len;
	x->chunks++;
	waiting = client_write(x->client, bytes);
	if (waiting > MAX_CLIENT_BACKLOG_BYTES && x->attempt.transfer && !x->is_upstream_paused) {
		x->is_upstream_paused = true;
		transfer_pause(x->attempt.transfer);
	}
}

static void flow(struct exchange *x, struct slice bytes)
{
	struct buf out = BUF_INIT(MAX_SSE_EVENT_BYTES);

	if (!x->is_filtering) {
		send_on(x, bytes);
		return;
	}
	model_filter_feed(&x->filter, bytes, &out);
	if (out.len) {
		send_on(x, buf_slice(&out));
	}
	buf_release(&out);
}

/* The length is kept where the body is not touched. */
static int64_t length_to_announce(const struct exchange *x)
{
	return x->is_filtering ? -1 : x->attempt.head.content_length;
}

static void start(struct exchange *x)
{
	struct attempt *a = &x->attempt;
	struct answer_head head = answer_head_make(x, &a->head, NULL);

	x->state = EXCHANGE_SENDING;
	client_start(x->client, x->status, head.headers, head.count, length_to_announce(x));
	flow(x, buf_slice(&a->held));
	buf_release(&a->held);
}

static void begin_answer(struct exchange *x)
{
	struct attempt *a = &x->attempt;
	const char *served = a->candidate->model;

	x->status = a->head.status;
	x->is_filtering = x->model && !str_eq(x->model, served) &&
			  x->endpoint.op != OP_OTHER && x->endpoint.op != OP_COUNT_TOKENS &&
			  !head_get(&a->head, "content-encoding");
	if (x->is_filtering) {
		model_filter_init(&x->filter, x->endpoint.family, x->model);
	}
}

void pump_settle(struct exchange *x)
{
	struct attempt *a = &x->attempt;

	if (x->state != EXCHANGE_TRYING || !a->has_head || a->is_error) {
		return;
	}
	if (!a->held.len && !a->is_complete) {
		return;
	}
	if (!x->status) {
		begin_answer(x);
	}
	if (a->is_complete) {
		send_whole(x);
	} else if (!needs_whole(x)) {
		start(x);
	}
}

void pump_bytes(struct exchange *x, struct slice bytes)
{
	struct attempt *a = &x->attempt;

	if (x->state == EXCHANGE_SENDING) {
		flow(x, bytes);
		return;
	}
	buf_add(&a->held, bytes.ptr, bytes.len);
	if (a->held.failed) {
		/* Too large to be changed as a whole: it passes as it is. */
		x->is_filtering = false;
		a->held.failed = false;
		start(x);
		flow(x, bytes);
		return;
	}
	loop_defer(x->worker->loop, &x->settle);
}

void pump_end(struct exchange *x)
{
	struct buf rest = BUF_INIT(MAX_SSE_EVENT_BYTES);

	if (x->state != EXCHANGE_SENDING) {
		x->attempt.is_complete = true;
		loop_defer(x->worker->loop, &x->settle);
		return;
	}
	if (x->is_filtering) {
		model_filter_finish(&x->filter, &rest);
		if (rest.len) {
			send_on(x, buf_slice(&rest));
		}
		buf_release(&rest);
	}
	client_finish(x->client, true);
	exchange_over(x);
}

/* After content there is no way back. A stream ends with its format's own
 * error event; anything else is cut, so that nobody takes the part for the
 * whole (product: §7, last row but one). */
void pump_broken(struct exchange *x, const char *detail)
{
	struct buf event = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct api_error error;

	x->error = arena_printf(&x->arena, "the upstream %s broke off its answer: %s",
				x->attempt.candidate->account->name, detail);
	if (x->attempt.is_stream) {
		error = error_own(502, x->error);
		error.class = ERROR_UPSTREAM_EOF;
		error.request_id = x->request_id;
		/* What was cut inside an event is closed first. */
		buf_adds(&event, "\n\n");
		error_write_event(x->endpoint.family, &error, NULL, &event);
		send_on(x, buf_slice(&event));
	}
	buf_release(&event);
	client_finish(x->client, x->attempt.is_stream);
	exchange_over(x);
}

void pump_writable(struct exchange *x)
{
	if (x->is_upstream_paused && x->attempt.transfer) {
		x->is_upstream_paused = false;
		transfer_resume(x->attempt.transfer);
	}
}
