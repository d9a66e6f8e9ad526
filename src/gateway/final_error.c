/*
 * The answer when every candidate has failed: the most useful error, in the
 * client's format, with the upstreams that were tried (product: §7, §11). An
 * upstream's own words stay as they are, because clients match on them; what
 * is added goes behind them.
 */
#include "gateway/local.h"
#include "gateway/reply.h"

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "formats/format.h"
#include "gateway/limit_headers.h"

static bool tried_several(const struct exchange *x)
{
	for (size_t i = 1; i < x->walk.attempt_count; i++) {
		if (x->walk.attempts[i].candidate != x->walk.attempts[0].candidate) {
			return true;
		}
	}
	return false;
}

static const char *explain(struct exchange *x)
{
	struct buf text = BUF_INIT(MAX_ERROR_BODY_BYTES);
	const char *copy;

	walk_explain(&x->walk, clock_moment(), &text);
	copy = arena_strndup(&x->arena, buf_text(&text), text.len);
	buf_release(&text);
	return copy;
}

/* The text of error.message, or of a top-level message. */
static bool find_message(struct slice body, struct slice *raw)
{
	struct json_member m;

	if (json_find(body, "error", &m) && m.kind == JSON_OBJECT) {
		body = m.value;
	}
	if (!json_find(body, "message", &m) || m.kind != JSON_STRING) {
		return false;
	}
	*raw = m.value;
	return true;
}

/* The upstream's body with `more` behind its message; every other byte stays. */
static bool splice_message(struct slice body, const char *more, struct buf *out)
{
	struct slice raw;
	struct buf quoted = BUF_INIT(MAX_ERROR_BODY_BYTES);
	const char *end;

	if (!find_message(body, &raw)) {
		return false;
	}
	end = raw.ptr + raw.len - 1;
	json_quote(&quoted, slice_of(more));
	buf_add(out, body.ptr, (size_t)(end - body.ptr));
	buf_adds(out, " (");
	buf_add(out, quoted.ptr + 1, quoted.len - 2);
	buf_adds(out, ")");
	buf_add(out, end, (size_t)(body.ptr + body.len - end));
	buf_release(&quoted);
	return true;
}

/* C153: a header tells more exactly than a text when to come back. */
static void write_converted(struct exchange *x, const char *more, struct buf *body)
{
	struct pair_list headers = head_pairs(&x->shown.head, &x->arena);
	int64_t retry_ms = limit_headers_retry_ms(&headers, clock_wall_ms());
	struct api_error error;

	error_read(x->shown.head.status, x->shown.body, &x->arena, &error);
	error.request_id = x->request_id;
	if (x->shown.format == x->format) {
		error.status = x->shown.head.status;
	}
	error.retry_after_ms = retry_ms ? retry_ms : error.retry_after_ms;
	x->retry_after_ms = error.retry_after_ms;
	if (more) {
		error.message = arena_printf(&x->arena, "%s (%s)", error.message, more);
	}
	x->status = error_status(x->endpoint.family, &error);
	error_write_body(x->endpoint.family, &error, body);
}

/* The page of a proxy or a firewall in between, or nothing at all, is no error
 * that a client of the format could read (C157). */
static bool is_own_format(const struct exchange *x)
{
	const struct shown_error *shown = &x->shown;
	struct slice body = slice_trim(shown->body);

	if (shown->format != x->format || shown->head.status < 400) {
		return false;
	}
	return !format_find(x->format) || head_get(&shown->head, "content-encoding") ||
	       slice_starts(body, "{") || slice_starts(body, "[");
}

static void show_upstream_error(struct exchange *x)
{
	const struct shown_error *shown = &x->shown;
	const char *more = tried_several(x) ? explain(x) : NULL;
	bool is_converted = !is_own_format(x);
	struct buf body = BUF_INIT(2 * MAX_ERROR_BODY_BYTES);
	struct reply_head head;

	x->status = shown->head.status;
	if (is_converted) {
		write_converted(x, more, &body);
	} else if (!more || !splice_message(shown->body, more, &body)) {
		buf_add(&body, shown->body.ptr, shown->body.len);
	}
	x->call.candidate = shown->candidate;
	x->call.format = shown->format;
	x->call.is_converted = is_converted;
	head = reply_head_make(x, &shown->head, is_converted ? "application/json" : NULL);
	x->call.candidate = NULL;
	x->error = arena_strndup(&x->arena, buf_text(&body), body.len < 400 ? body.len : 400);
	x->bytes_out += (int64_t)body.len;
	copy_head(x, head.headers, head.count);
	copy_body(x, buf_slice(&body));
	reply_whole(x, &head, buf_slice(&body));
	buf_release(&body);
	exchange_over(x);
}

/* Nobody who counts natively was asked; an estimate is an answer as well. */
static bool cannot_count(const struct exchange *x)
{
	if (x->endpoint.op != OP_COUNT_TOKENS) {
		return false;
	}
	return x->shown.candidate ? x->shown.format != x->format : x->unfit != NULL;
}

void final_error(struct exchange *x, const struct step *step)
{
	const char *tried;
	/* A limit that kept somebody from being asked tells more than who was;
	 * and of a 401 that passes the client should conclude nothing. */
	bool is_ours = !step->attempt || step->class == FAILURE_RENEWAL;

	if (cannot_count(x)) {
		local_count(x);
		return;
	}
	x->is_spent = step->is_spent;
	if (x->shown.candidate && x->shown.head.status && !is_ours) {
		show_upstream_error(x);
		return;
	}
	if (x->unfit && !x->shown.candidate) {
		refuse(x, x->unfit_status, "%s", x->unfit);
		return;
	}
	tried = explain(x);
	x->retry_after_ms = step->retry_after_ms;
	refuse(x, step->status ? step->status : 503, "no upstream could answer: %s%s%s",
	       *tried ? tried : "none is usable now", x->detail ? "; " : "",
	       x->detail ? x->detail : "");
}
