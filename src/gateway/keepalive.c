/*
 * Signs of life for a client whose stream is silent (proxy.keepalive): so
 * that nothing on the way takes it for dead while the upstream thinks. Only
 * between events, in the format's own words, and no longer than the upstream
 * is inside its own deadline (the timer in call.c that asks here).
 */
#define _GNU_SOURCE     /* memmem */
#include "gateway/exchange.h"

#include "base/limits.h"
#include "gateway/silence.h"

void keepalive_note(struct exchange *x, struct slice sent)
{
	size_t room = sizeof x->tail;

	if (sent.len >= room) {
		memcpy(x->tail, sent.ptr + sent.len - room, room);
	} else {
		memmove(x->tail, x->tail + sent.len, room - sent.len);
		memcpy(x->tail + room - sent.len, sent.ptr, sent.len);
	}
}

static bool ends_with(const struct exchange *x, const char *text)
{
	size_t len = strlen(text);

	return memcmp(x->tail + sizeof x->tail - len, text, len) == 0;
}

static bool is_between_events(const struct exchange *x)
{
	return ends_with(x, "\n\n") || ends_with(x, "\n\r\n") || ends_with(x, "\r\r");
}

bool keepalive_saw_end(const struct exchange *x)
{
	static const char *const marks[] = { "message_stop", "event: error", "\"error\"",
					     "response.failed" };

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (memmem(x->tail, sizeof x->tail, marks[i], strlen(marks[i]))) {
			return true;
		}
	}
	return false;
}

/* An answer whose length was announced has no room for more. */
static bool may_add(const struct exchange *x)
{
	const struct call *c = &x->call;

	return c->is_stream && is_between_events(x) && !head_get(&c->head, "content-encoding") &&
	       (x->is_filtering || c->head.content_length < 0);
}

static void send_sign(struct exchange *x)
{
	struct buf out = BUF_INIT(MAX_ERROR_BODY_BYTES);

	if (x->call.is_converted) {
		convert_stream_keepalive(x->call.stream, &out);
	} else if (may_add(x)) {
		buf_adds(&out, format_keepalive(x->call.format));
	}
	pump_send(x, buf_slice(&out));
	buf_release(&out);
}

int64_t keepalive_turn(struct exchange *x, int64_t limit_ms)
{
	uint64_t now = loop_now_ms(x->worker->loop);
	uint64_t last = x->last_ping_ms > x->last_bytes_ms ? x->last_ping_ms : x->last_bytes_ms;
	bool may_sign = x->state == EXCHANGE_SENDING && !x->call.is_complete;
	const struct silence silence = {
		.limit_ms = limit_ms,
		.silent_ms = (int64_t)(now - x->last_bytes_ms),
		.every_ms = may_sign ? x->config->proxy.keepalive_ms : 0,
		.unsigned_ms = (int64_t)(now - last),
	};
	bool is_due;
	int64_t again_ms = silence_look(&silence, &is_due);

	if (is_due) {
		x->last_ping_ms = now;
	}
	if (is_due && !x->is_upstream_paused) {
		send_sign(x);
	}
	return again_ms;
}
