#include "selftest/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/crypto.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "demo/demo_answer.h"

void question_ask(struct question *q, const struct target *t)
{
	struct buf path = BUF_INIT(KIB);
	struct buf body = BUF_INIT(64 * KIB);
	bool is_events;

	ask_path(q->format, q->model, q->is_stream, &path);
	ask_body(q->format, q->kind, q->model, q->is_stream, &body);
	client_post(t, buf_text(&path), buf_slice(&body), &q->reply);
	is_events = str_starts(reply_header(&q->reply, "content-type"), "text/event-stream");
	seen_read(q->format, is_events, buf_slice(&q->reply.body), &q->reply.arena, &q->seen);
	buf_release(&path);
	buf_release(&body);
}

void question_release(struct question *q)
{
	seen_release(&q->seen);
	reply_release(&q->reply);
}

bool check_fail(struct selftest_check *c, const char *fmt, ...)
{
	va_list ap;

	if (!*c->why) {
		va_start(ap, fmt);
		vsnprintf(c->why, sizeof c->why, fmt, ap);
		va_end(ap);
	}
	c->has_passed = false;
	return false;
}

static const char *stop_name(enum seen_stop stop)
{
	static const char *const names[] = {
		[SEEN_STOP_NONE] = "no reason", [SEEN_STOP_END] = "its end",
		[SEEN_STOP_TOOL] = "a call", [SEEN_STOP_OTHER] = "another reason",
	};

	return names[stop];
}

static bool has_content_type(const struct question *q, const char *type)
{
	return str_starts(reply_header(&q->reply, "content-type"), type);
}

bool check_answer(struct selftest_check *c, const struct question *q, enum seen_stop stop)
{
	const struct seen *s = &q->seen;

	if (*q->reply.problem) {
		return check_fail(c, "%s", q->reply.problem);
	}
	if (q->reply.head.status != 200 || *s->error) {
		return check_fail(c, "status %d: %.150s", q->reply.head.status, s->error);
	}
	if (!has_content_type(q, q->is_stream ? "text/event-stream" : "application/json")) {
		return check_fail(c, "the content type is %.60s",
				  reply_header(&q->reply, "content-type"));
	}
	if (*s->problem || !s->is_over) {
		return check_fail(c, "%s", *s->problem ? s->problem : "the answer has no end");
	}
	if (!str_eq(s->model, q->model)) {
		return check_fail(c, "the model is called %.60s, expected %s", s->model, q->model);
	}
	if (s->stop != stop) {
		return check_fail(c, "it stopped for %s, expected %s", stop_name(s->stop),
				  stop_name(stop));
	}
	return true;
}

/* The member by which clients of the format know an error. */
static const char *error_mark(enum format_id format)
{
	return format == FORMAT_GEMINI ? "error.status" : "error.type";
}

bool check_error(struct selftest_check *c, const struct question *q, int status,
		 const char *words)
{
	struct slice body = buf_slice(&q->reply.body);

	if (*q->reply.problem) {
		return check_fail(c, "%s", q->reply.problem);
	}
	if (q->reply.head.status != status) {
		return check_fail(c, "status %d, expected %d", q->reply.head.status, status);
	}
	if (!has_content_type(q, "application/json") ||
	    !json_at(body, error_mark(q->format)).len) {
		return check_fail(c, "the error is not in the client's envelope");
	}
	if (q->format == FORMAT_GEMINI && seen_number(body, "error.code") != status) {
		return check_fail(c, "the code in the envelope is not the status");
	}
	if (!str_ifind(q->seen.error, strlen(q->seen.error), words)) {
		return check_fail(c, "the error says \"%.100s\", expected \"%s\"", q->seen.error,
				  words);
	}
	return true;
}

bool check_words(struct selftest_check *c, const struct question *q, const char *words)
{
	if (!strstr(buf_text(&q->seen.text), words)) {
		return check_fail(c, "the answer lacks \"%.120s\"", words);
	}
	return true;
}

/* ---- the cases ---- */

static void check_text(struct selftest_check *c, const struct question *q,
		       enum format_id upstream)
{
	char words[128];

	/* The demo upstream names the format in which it was asked. */
	snprintf(words, sizeof words, "the request came as %s for the model demo-fast",
		 format_name(upstream));
	check_words(c, q, words);
	snprintf(words, sizeof words, "\"%s\"", ask_text);
	check_words(c, q, words);
}

static void check_call(struct selftest_check *c, const struct question *q, size_t index,
		       const char *name, const char *member, const char *value)
{
	const struct seen_call *call = &q->seen.calls[index];
	struct slice got;

	if (index >= q->seen.call_count) {
		check_fail(c, "there is no call %zu", index + 1);
		return;
	}
	got = json_at(buf_slice(&call->input), member);
	if (!str_eq(call->name, name)) {
		check_fail(c, "call %zu is of %.60s, expected %s", index + 1, call->name, name);
	} else if (!slice_eq(got, value)) {
		check_fail(c, "the input of call %zu has %s %.*s, expected %s", index + 1, member,
			   (int)(got.len < 60 ? got.len : 60), got.ptr ? got.ptr : "", value);
	} else if (!*call->id && q->format != FORMAT_GEMINI) {
		check_fail(c, "call %zu has no id", index + 1);
	}
}

static void check_calls(struct selftest_check *c, const struct question *q, size_t count)
{
	const struct seen_call *calls = q->seen.calls;

	if (q->seen.call_count != count) {
		check_fail(c, "%zu calls, expected %zu", q->seen.call_count, count);
		return;
	}
	check_call(c, q, 0, "look_up", "city", "\"demo\"");
	check_call(c, q, 0, "look_up", "days", "1");
	if (count > 1) {
		check_call(c, q, 1, "convert", "unit", "\"celsius\"");
	}
	if (count > 1 && *calls[0].id && str_eq(calls[0].id, calls[1].id)) {
		check_fail(c, "both calls have the same id");
	}
}

static void check_image(struct selftest_check *c, const struct question *q)
{
	struct buf bytes = BUF_INIT(4 * KIB);
	char hex[SHA256_HEX_BYTES];
	char words[160];

	crypto_base64_decode(slice_of(ask_image), &bytes);
	crypto_sha256_hex(buf_slice(&bytes), hex);
	snprintf(words, sizeof words, "1 image, the last of them image/png of %zu bytes with the "
		 "SHA-256 %s", bytes.len, hex);
	check_words(c, q, words);
	buf_release(&bytes);
}

/* A Chat client has no way to ask for the summary without which Responses
 * shows nothing (C110): there the thinking can only be counted. */
static void check_thinking(struct selftest_check *c, const struct question *q,
			   enum format_id upstream)
{
	bool is_shown = q->format != FORMAT_CHAT || upstream != FORMAT_RESPONSES;

	if (q->seen.tokens_thinking != DEMO_KNOWN_THINKING) {
		check_fail(c, "%lld tokens of thinking, expected %d",
			   (long long)q->seen.tokens_thinking, DEMO_KNOWN_THINKING);
	}
	if (is_shown && !str_starts(buf_text(&q->seen.thinking), "A demo need not think")) {
		check_fail(c, "the thinking says \"%.100s\"", buf_text(&q->seen.thinking));
	}
}

static void check_usage(struct selftest_check *c, const struct question *q)
{
	const struct seen *s = &q->seen;

	if (s->tokens_in != DEMO_KNOWN_IN || s->tokens_cached != DEMO_KNOWN_CACHED ||
	    s->tokens_out != DEMO_KNOWN_OUT || s->tokens_thinking != DEMO_KNOWN_THINKING) {
		check_fail(c, "%lld tokens in, %lld of them cached, %lld out, %lld of them "
			   "thinking; expected %d, %d, %d, %d",
			   (long long)s->tokens_in, (long long)s->tokens_cached,
			   (long long)s->tokens_out, (long long)s->tokens_thinking,
			   DEMO_KNOWN_IN, DEMO_KNOWN_CACHED, DEMO_KNOWN_OUT, DEMO_KNOWN_THINKING);
	}
}

/* A stream that has begun can only say so inside; an answer that has not is
 * refused as a whole. */
static void check_cut(struct selftest_check *c, const struct question *q)
{
	bool is_stream = has_content_type(q, "text/event-stream");

	if (q->seen.is_over && !*q->seen.error) {
		check_fail(c, "the broken answer looks like a whole one");
	} else if (!*q->seen.error && !*q->reply.problem) {
		check_fail(c, "the broken answer ends without an error");
	} else if (!is_stream && q->reply.head.status < 500) {
		check_fail(c, "status %d for a broken answer", q->reply.head.status);
	} else if (is_stream && !q->seen.text.len) {
		check_fail(c, "what was said before the break is lost");
	}
}

void check_case(struct selftest_check *c, enum selftest_case which, const struct question *q,
		enum format_id upstream)
{
	bool has_calls = which == CASE_CALL || which == CASE_CALLS;

	if (which == CASE_ERROR) {
		check_error(c, q, 400, "asked to find the request wrong");
		return;
	}
	if (which == CASE_CUT) {
		check_cut(c, q);
		return;
	}
	if (!check_answer(c, q, has_calls ? SEEN_STOP_TOOL : SEEN_STOP_END)) {
		return;
	}
	switch (which) {
	case CASE_TEXT:
		check_text(c, q, upstream);
		break;
	case CASE_CALL:
	case CASE_CALLS:
		check_calls(c, q, which == CASE_CALLS ? 2 : 1);
		break;
	case CASE_RESULT:
		check_words(c, q, "The tool's result has arrived");
		break;
	case CASE_IMAGE:
		check_image(c, q);
		break;
	case CASE_THINKING:
		check_thinking(c, q, upstream);
		break;
	default:
		check_usage(c, q);
		break;
	}
}
