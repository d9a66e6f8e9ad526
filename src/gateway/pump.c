/*
 * From upstream to client. The head is held until the first meaningful frame
 * (product: §7), and nothing goes out before the turn ends in which that
 * came: an answer that is complete by then leaves in one piece, with its
 * length; any other starts to flow, and from then on every piece leaves in
 * the turn in which it came.
 *
 * What flows is one of three: the upstream's bytes as they are, the same with
 * the model's name put back, or the bytes that a conversion makes of them.
 */
#include "gateway/exchange.h"

#include "base/limits.h"
#include "formats/count_tokens.h"
#include "formats/embeddings.h"
#include "formats/format.h"
#include "gateway/local.h"
#include "gateway/reply.h"

/* After the last frame a converted upstream may still send its end; the
 * connection is kept when it comes soon. */
#define LINGER_MS 200

/* ---- to the client ---- */

void pump_send(struct exchange *x, struct slice bytes)
{
	size_t waiting;

	if (!bytes.len) {
		return;
	}
	x->bytes_out += (int64_t)bytes.len;
	x->chunks++;
	copy_body(x, bytes);
	keepalive_note(x, bytes);
	waiting = reply_write(x, bytes);
	if (waiting > MAX_CLIENT_BACKLOG_BYTES && x->call.transfer && !x->is_upstream_paused) {
		x->is_upstream_paused = true;
		transfer_pause(x->call.transfer);
	}
}

/* Changed as a whole, at its end, or not at all. */
static bool needs_whole(const struct exchange *x)
{
	const struct call *c = &x->call;

	if (c->is_converted) {
		return !x->scan.is_stream && !x->endpoint.is_stream;
	}
	return x->is_filtering && !c->is_stream;
}

static bool was_renamed(const struct exchange *x)
{
	return !str_eq(x->model, x->call.candidate->model) ||
	       str_ends(x->model, MODEL_LONG_CONTEXT);
}

static void begin_answer(struct exchange *x)
{
	struct call *c = &x->call;
	bool can_filter = !c->is_converted && !head_get(&c->head, "content-encoding");
	bool renames = can_filter && x->model && was_renamed(x) &&
		       x->endpoint.op != OP_OTHER && x->endpoint.op != OP_COUNT_TOKENS;
	bool hides = can_filter && c->asked_usage && c->is_stream;

	x->status = c->is_converted ? 200 : c->head.status;
	x->is_filtering = renames || hides;
	if (x->is_filtering) {
		model_filter_init(&x->filter, c->format, renames ? x->model : NULL);
		x->filter.hides_usage = hides;
	}
}

static struct reply_head make_head(struct exchange *x)
{
	const char *type = x->call.is_converted ?
		(needs_whole(x) ? "application/json" :
				  convert_stream_content_type(x->call.stream)) : NULL;

	return reply_head_make(x, &x->call.head, type);
}

static void filter_whole(struct exchange *x, struct slice body, struct buf *out)
{
	if (x->call.is_stream) {
		model_filter_feed(&x->filter, body, out);
		model_filter_finish(&x->filter, out);
	} else {
		model_filter_json(&x->filter, body, out);
	}
}

static void send_whole(struct exchange *x)
{
	struct reply_head head = make_head(x);
	struct buf changed = BUF_INIT(MAX_WHOLE_ANSWER_BYTES + MAX_ERROR_BODY_BYTES);
	struct slice body = buf_slice(&x->call.held);

	if (x->is_filtering) {
		filter_whole(x, body, &changed);
		body = buf_slice(&changed);
	}
	x->bytes_out += (int64_t)body.len;
	copy_head(x, head.headers, head.count);
	copy_body(x, body);
	reply_whole(x, &head, body);
	buf_release(&changed);
	exchange_over(x);
}

static void flow(struct exchange *x, struct slice bytes)
{
	struct buf out = BUF_INIT(MAX_SSE_EVENT_BYTES);

	if (!x->is_filtering) {
		pump_send(x, bytes);
		return;
	}
	model_filter_feed(&x->filter, bytes, &out);
	pump_send(x, buf_slice(&out));
	buf_release(&out);
}

static void start(struct exchange *x)
{
	struct call *c = &x->call;
	struct reply_head head = make_head(x);
	bool keeps_length = !x->is_filtering && !c->is_converted;

	x->state = EXCHANGE_SENDING;
	if (!rounds_left(x) && (!c->transfer || transfer_is_sent(c->transfer))) {
		exchange_forget_request(x);
	}
	copy_head(x, head.headers, head.count);
	reply_start(x, &head, keeps_length ? c->head.content_length : -1);
	flow(x, buf_slice(&c->held));
	buf_release(&c->held);
}

void pump_start_early(struct exchange *x)
{
	const struct call *c = &x->call;
	const struct upstream_account *account = c->candidate->account;
	int64_t every_ms = x->config->proxy.keepalive_ms;
	int64_t limit_ms = call_first_token_ms(x);

	if (x->state != EXCHANGE_TRYING || !c->is_converted || needs_whole(x) ||
	    !str_eq(pair_get(&account->options, "early_head"), "true")) {
		return;
	}
	begin_answer(x);
	start(x);
	x->last_bytes_ms = loop_now_ms(x->worker->loop);
	call_wait(x, every_ms && every_ms < limit_ms ? every_ms : limit_ms);
}

void pump_settle(struct exchange *x)
{
	struct call *c = &x->call;

	if (x->state != EXCHANGE_TRYING || !c->has_content) {
		return;
	}
	if (!x->status) {
		begin_answer(x);
	}
	if (c->is_complete) {
		send_whole(x);
	} else if (!needs_whole(x)) {
		start(x);
	}
}

void pump_finish(struct exchange *x)
{
	reply_finish(x, true);
	exchange_over(x);
}

/* ---- from the upstream ---- */

/* The timer of a stream wakes for its signs of life as well. */
static int64_t first_look_ms(const struct exchange *x)
{
	const struct proxy_config *p = &x->config->proxy;
	bool is_sooner = p->keepalive_ms && p->keepalive_ms < p->stream_timeout_ms;

	return is_sooner && !needs_whole(x) ? p->keepalive_ms : p->stream_timeout_ms;
}

static void note_content(struct exchange *x)
{
	struct call *c = &x->call;
	struct pair_list headers;

	if (!c->has_content) {
		c->has_content = true;
		if (!c->is_converted) {
			convert_stream_destroy(c->stream);      /* it only watched */
			c->stream = NULL;
		}
		x->ttft_ms = (int64_t)(loop_now_ms(x->worker->loop) - x->started_ms);
		headers = call_headers(x);
		walk_answered(&x->walk, &headers, clock_moment());
		pin_answer(x);
		call_wait(x, first_look_ms(x));
	}
	loop_defer(x->worker->loop, &x->settle);
}

static bool usage_so_far(const struct exchange *x, struct hub_usage *u)
{
	const struct call *c = &x->call;

	if (c->is_counting) {
		return usage_scan_result(&c->usage, u);
	}
	if (!c->is_converted || !c->stream) {
		return false;
	}
	*u = *convert_stream_usage(c->stream);
	return u->in_total >= 0 || u->out_total >= 0;
}

void pump_usage_so_far(const struct exchange *x, struct token_counts *out)
{
	struct hub_usage u;

	if (!usage_so_far(x, &u)) {
		return;
	}
	*out = (struct token_counts){
		.in = hub_count(u.in_total),
		.out = hub_count(u.out_total),
		.cache_read = hub_count(u.in_cached),
		.cache_write = hub_count(u.in_cache_write),
		.cache_write_1h = hub_count(u.in_cache_write_1h),
		.reasoning = hub_count(u.out_reasoning),
		.is_known = true,
	};
}

void pump_keep_usage(struct exchange *x)
{
	if (x->call.is_counting) {
		usage_scan_finish(&x->call.usage);
	}
	pump_usage_so_far(x, &x->tokens);
}

/* Nothing of the answer had come when the head went out early: then the
 * conversion has left the error to the gateway. */
static void write_missing_error(struct exchange *x, const struct api_error *error,
				struct buf *out)
{
	if (!convert_stream_wrote_error(x->call.stream)) {
		convert_stream_write_error(x->call.stream, error, out);
	}
}

static void end_failed(struct exchange *x)
{
	struct buf out = BUF_INIT(MAX_ERROR_BODY_BYTES);

	write_missing_error(x, convert_stream_error(x->call.stream), &out);
	pump_send(x, buf_slice(&out));
	buf_release(&out);
	pump_finish(x);
}

static void act_on(struct exchange *x, enum convert_state state)
{
	struct call *c = &x->call;

	if (x->state == EXCHANGE_OVER) {
		return;                 /* the client left while it was written to */
	}
	switch (state) {
	case CONVERT_WAITING:
		break;
	case CONVERT_FLOWING:
		note_content(x);
		break;
	case CONVERT_NEXT:
		note_content(x);
		rounds_next(x);
		break;
	case CONVERT_COMPLETE:
		c->is_complete = true;
		if (x->state == EXCHANGE_SENDING) {
			call_wait(x, c->transfer ? LINGER_MS : 1);
		} else {
			note_content(x);
		}
		break;
	case CONVERT_FAILED:
		if (x->state == EXCHANGE_SENDING) {
			x->error = arena_strdup(&x->arena,
						convert_stream_error(c->stream)->message);
			end_failed(x);
		} else {
			inside_fail(x, convert_stream_error(c->stream));
		}
		break;
	}
}

static void keep_or_send(struct exchange *x, const struct buf *out)
{
	if (x->state == EXCHANGE_SENDING) {
		pump_send(x, buf_slice(out));
	} else {
		buf_add(&x->call.held, buf_text(out), out->len);
	}
}

static void convert_bytes(struct exchange *x, struct slice bytes)
{
	struct buf out = BUF_INIT(MAX_SSE_EVENT_BYTES + MAX_WHOLE_ANSWER_BYTES);
	enum convert_state state;

	if (x->endpoint.op == OP_COUNT_TOKENS || x->endpoint.op == OP_EMBEDDINGS) {
		buf_add(&x->call.held, bytes.ptr, bytes.len);
		return;
	}
	if (x->call.is_complete || x->call.is_between) {
		return;
	}
	state = convert_stream_feed(x->call.stream, bytes, &out);
	keep_or_send(x, &out);
	buf_release(&out);
	act_on(x, state);
}

/* Line by line: what follows the first content is of no interest, even when
 * it makes no sense. */
static enum convert_state feed_lines(struct convert_stream *stream, struct slice *bytes)
{
	struct buf nothing = BUF_INIT(MAX_HELD_BYTES);
	enum convert_state state = CONVERT_WAITING;

	while (bytes->len && state == CONVERT_WAITING) {
		const char *end = memchr(bytes->ptr, '\n', bytes->len);
		size_t len = end ? (size_t)(end - bytes->ptr) + 1 : bytes->len;

		state = convert_stream_feed(stream, (struct slice){ bytes->ptr, len }, &nothing);
		bytes->ptr += len;
		bytes->len -= len;
	}
	buf_release(&nothing);
	return state;
}

/* Frames that the gateway cannot read are the client's business all the same:
 * what passes is not judged, unless the upstream itself calls it an error. */
static bool is_unreadable(const struct api_error *error)
{
	return error->class == ERROR_UPSTREAM_BAD || error->class == ERROR_UPSTREAM_EOF;
}

/* Looks for the first content; true when it is there, or as good as. */
static bool watch(struct exchange *x, struct slice bytes)
{
	struct call *c = &x->call;
	enum convert_state state;

	if (!c->stream || c->has_content) {
		return c->has_content || !inside_may_be_error(x);
	}
	state = feed_lines(c->stream, &bytes);
	c->is_understood = state == CONVERT_FLOWING;
	if (state != CONVERT_WAITING &&
	    inside_is_detected(x, c->held.len - bytes.len, state == CONVERT_FLOWING)) {
		return false;
	}
	if (state == CONVERT_FAILED && !is_unreadable(convert_stream_error(c->stream))) {
		inside_fail(x, convert_stream_error(c->stream));
		return false;
	}
	return state != CONVERT_WAITING || c->held.len > MAX_HELD_BYTES;
}

static void pass_bytes(struct exchange *x, struct slice bytes)
{
	struct call *c = &x->call;

	if (c->is_counting) {
		usage_scan_feed(&c->usage, bytes);
	}
	pin_container(x, bytes);
	if (x->state == EXCHANGE_SENDING) {
		flow(x, bytes);
		return;
	}
	buf_add(&c->held, bytes.ptr, bytes.len);
	if (c->held.failed) {
		/* Too large to be changed as a whole: it passes as it is. */
		x->is_filtering = false;
		c->held.failed = false;
		start(x);
		flow(x, bytes);
	} else if (watch(x, bytes)) {
		note_content(x);
	} else if (c->candidate && !c->is_stream) {
		call_wait(x, x->config->proxy.stream_timeout_ms);
	}
}

void pump_bytes(struct exchange *x, struct slice bytes)
{
	x->last_bytes_ms = loop_now_ms(x->worker->loop);
	if (x->call.is_converted) {
		convert_bytes(x, bytes);
	} else {
		pass_bytes(x, bytes);
	}
}

/* ---- its end ---- */

/* C115; what is no count is as good as none. */
static void end_count(struct exchange *x)
{
	struct buf *held = &x->call.held;
	int64_t tokens;

	if (!count_tokens_read(buf_slice(held), &tokens)) {
		local_count(x);
		return;
	}
	buf_clear(held);
	count_tokens_write(x->format, tokens, held);
	x->call.is_complete = true;
	note_content(x);
}

/* C114; what holds none counts as a failure. */
static void end_embeddings(struct exchange *x)
{
	struct buf *held = &x->call.held;
	struct buf out = BUF_INIT(MAX_WHOLE_ANSWER_BYTES);
	struct api_error error = error_own(502, "the upstream's answer holds no embeddings");
	int64_t tokens;

	if (!embeddings_answer(buf_slice(held), x->model, x->wants_base64, &out, &tokens) ||
	    out.failed) {
		buf_release(&out);
		inside_fail(x, &error);
		return;
	}
	buf_release(held);
	*held = out;
	if (tokens >= 0) {
		x->tokens = (struct token_counts){ .in = tokens, .is_known = true };
	}
	x->call.is_complete = true;
	note_content(x);
}

static void end_converted(struct exchange *x)
{
	struct buf out = BUF_INIT(MAX_SSE_EVENT_BYTES + MAX_WHOLE_ANSWER_BYTES);
	enum convert_state state;

	if (x->endpoint.op == OP_COUNT_TOKENS) {
		end_count(x);
		return;
	}
	if (x->endpoint.op == OP_EMBEDDINGS) {
		end_embeddings(x);
		return;
	}
	if (!x->call.is_complete && !x->call.is_between) {
		state = convert_stream_finish(x->call.stream, &out);
		keep_or_send(x, &out);
		buf_release(&out);
		act_on(x, state);
	}
	if (x->state == EXCHANGE_SENDING && x->call.is_complete) {
		pump_finish(x);
	}
}

/* The last bytes of a stream that passes, sent or not. */
static struct slice last_bytes(const struct exchange *x)
{
	struct slice held = buf_slice(&x->call.held);
	size_t room = sizeof x->tail;

	if (x->state == EXCHANGE_SENDING) {
		return (struct slice){ x->tail, room };
	}
	return held.len > room ? (struct slice){ held.ptr + held.len - room, room } : held;
}

/* Did a stream that passes end without its last event? Then the client would
 * take the part for the whole. A Chat stream's counts come last of all. */
static bool is_cut_off(struct exchange *x)
{
	const struct call *c = &x->call;
	struct hub_usage usage;

	if (!c->is_understood || !c->is_counting) {
		return false;
	}
	if (c->format == FORMAT_CHAT || c->format == FORMAT_GEMINI) {
		return !stream_end_seen(c->format, last_bytes(x)) &&
		       !(c->format == FORMAT_CHAT && usage_scan_result(&c->usage, &usage));
	}
	if (usage_scan_may_end(&c->usage)) {
		return false;
	}
	pump_settle(x);
	return !keepalive_saw_end(x);
}

static void end_flow(struct exchange *x)
{
	struct buf rest = BUF_INIT(MAX_SSE_EVENT_BYTES);

	if (x->is_filtering) {
		model_filter_finish(&x->filter, &rest);
		pump_send(x, buf_slice(&rest));
		buf_release(&rest);
	}
	pump_finish(x);
}

void pump_end(struct exchange *x)
{
	if (x->call.is_converted) {
		end_converted(x);
	} else if (is_cut_off(x)) {
		pump_settle(x);
		pump_broken(x, "it ended before its last event");
	} else if (x->state == EXCHANGE_SENDING) {
		end_flow(x);
	} else if (x->call.has_content || !inside_is_no_answer(x)) {
		x->call.is_complete = true;
		note_content(x);
	}
}

static struct api_error broken_error(struct exchange *x, const char *detail)
{
	struct api_error error;

	x->error = arena_printf(&x->arena, "the upstream %s broke off its answer: %s",
				x->call.candidate->account->name, detail);
	error = error_own(502, x->error);
	error.class = ERROR_UPSTREAM_EOF;
	error.request_id = x->request_id;
	return error;
}

static void note_broken(struct exchange *x)
{
	struct outcome outcome = {
		.transport = TRANSPORT_BROKEN,
		.status = x->call.head.status,
		.now_wall_ms = clock_wall_ms(),
	};
	struct verdict verdict;

	classify(&outcome, &verdict);
	if (x->walk.is_answered) {
		walk_broke(&x->walk, &verdict, clock_moment());
	} else {
		walk_failed(&x->walk, &verdict, NULL, clock_moment());
	}
}

/* After content there is no way back. A stream ends with its format's own
 * error event; anything else is cut, so that nobody takes the part for the
 * whole (product: §7, last row but one). */
static void end_with_error(struct exchange *x, const struct api_error *error)
{
	struct buf event = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct call *c = &x->call;
	bool is_stream = c->is_stream || c->is_converted;

	if (c->is_converted) {
		convert_stream_fail(c->stream, error, &event);
		write_missing_error(x, error, &event);
	} else if (is_stream) {
		/* What was cut inside an event is closed first. */
		buf_adds(&event, "\n\n");
		error_write_event(x->endpoint.family, error, NULL, &event);
	}
	pump_send(x, buf_slice(&event));
	buf_release(&event);
	reply_finish(x, is_stream);
	exchange_over(x);
}

void pump_broken(struct exchange *x, const char *detail)
{
	struct api_error error = broken_error(x, detail);

	note_broken(x);
	end_with_error(x, &error);
}

void pump_cancel(struct exchange *x, const char *why)
{
	struct api_error error = error_own(499, why);

	x->status = 499;
	x->error = why;
	error.request_id = x->request_id;
	end_with_error(x, &error);
}

void pump_writable(struct exchange *x)
{
	if (x->is_upstream_paused && x->call.transfer) {
		x->is_upstream_paused = false;
		transfer_resume(x->call.transfer);
	}
}
