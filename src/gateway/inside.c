/*
 * Answers that say 200 and are none: an error, a page of somebody in between,
 * a text that the user calls an error (detection.error_patterns), nothing at
 * all. Found before any content reached the client, they count as what they
 * are, and the next candidate is tried (product: section 7).
 */
#define _GNU_SOURCE     /* memrchr */
#include "gateway/exchange.h"

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/limits.h"
#include "formats/format.h"

static void fail(struct exchange *x, enum transport_failure transport, struct slice body)
{
	struct outcome outcome = {
		.transport = transport,
		.status = x->call.head.status,
		.body = arena_slice(&x->arena, body),
		.detection = &x->config->detection,
		.now_wall_ms = clock_wall_ms(),
		.is_background = x->is_background,
	};

	attempt_failed_inside(x, &outcome);
}

void inside_fail(struct exchange *x, const struct api_error *error)
{
	struct buf body = BUF_INIT(MAX_ERROR_BODY_BYTES);

	error_write_body(x->call.format, error, &body);
	fail(x, TRANSPORT_OK, buf_slice(&body));
	buf_release(&body);
}

/* No larger than errors are. */
bool inside_may_be_error(const struct exchange *x)
{
	const struct call *c = &x->call;

	return !c->is_stream && x->endpoint.op == OP_GENERATE && format_find(c->format) &&
	       !head_get(&c->head, "content-encoding") && c->held.len <= MAX_ERROR_BODY_BYTES;
}

/* ---- what the user calls an error ---- */

/* What a model said is no error, whatever it is about. */
static bool has_answer(struct slice body)
{
	static const char *const names[] = { "content", "choices", "output", "candidates" };
	struct json_member m;
	struct json_scan s;

	json_scan_init(&s, body);
	while (json_scan_next(&s, &m)) {
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			if (json_key_is(&m, names[i]) && m.kind == JSON_ARRAY &&
			    memchr(m.value.ptr, '{', m.value.len)) {
				return true;
			}
		}
	}
	return false;
}

static bool matches(const struct exchange *x, struct slice text)
{
	const struct string_list *patterns = &x->config->detection.error_patterns;

	for (size_t i = 0; i < patterns->count; i++) {
		if (str_ifind(text.ptr, text.len, patterns->items[i])) {
			return true;
		}
	}
	return false;
}

static struct slice strip(struct slice s)
{
	while (s.len && strchr(" \t\r\n", s.ptr[s.len - 1])) {
		s.len--;
	}
	while (s.len && strchr(" \t\r\n", *s.ptr)) {
		s.ptr++;
		s.len--;
	}
	return s;
}

/* Behind the last blank line but the one at the end. */
static size_t start_of_last_event(struct slice events)
{
	struct slice text = strip(events);
	size_t len = text.len ? (size_t)(text.ptr + text.len - events.ptr) : 0;
	const char *at = NULL;

	while (len && (at = memrchr(events.ptr, '\n', len))) {
		len = (size_t)(at - events.ptr);
		if (len && (at[-1] == '\n' || (at[-1] == '\r' && len > 1 && at[-2] == '\n'))) {
			return len;
		}
	}
	return 0;
}

bool inside_is_detected(struct exchange *x, size_t len, bool ends_in_content)
{
	struct slice text = { x->call.held.ptr, len };

	if (!x->config->detection.error_patterns.count || !len) {
		return false;
	}
	if (ends_in_content) {
		text.len = start_of_last_event(text);
	}
	if (!matches(x, text)) {
		return false;
	}
	fail(x, TRANSPORT_OK, text);
	return true;
}

/* ---- at a clean end ---- */

static bool is_page(struct slice body)
{
	body = strip(body);
	return body.len && *body.ptr == '<';
}

static void fail_as_frame(struct exchange *x, struct slice body)
{
	struct api_error error;

	error_read(x->call.head.status, body, &x->arena, &error);
	inside_fail(x, &error);
}

/* A whole body that is none of its format's answers. */
static bool is_bad_body(struct exchange *x)
{
	struct slice body = buf_slice(&x->call.held);

	if (!inside_may_be_error(x)) {
		return false;
	}
	if (error_is_frame(body)) {
		fail_as_frame(x, body);
	} else if (is_page(body) || (x->config->detection.error_patterns.count &&
				     !has_answer(body) && matches(x, body))) {
		fail(x, TRANSPORT_OK, body);
	} else if (!strip(body).len) {
		x->detail = "an empty answer";
		fail(x, TRANSPORT_BROKEN, body);
	} else {
		return false;
	}
	return true;
}

bool inside_is_no_answer(struct exchange *x)
{
	struct call *c = &x->call;

	if (!c->stream) {
		return is_bad_body(x);
	}
	/* A stream that was watched for content to its end. */
	if (!inside_is_detected(x, c->held.len, false)) {
		x->detail = "a stream that ended without content";
		fail(x, TRANSPORT_BROKEN, SLICE_NULL);
	}
	return true;
}
