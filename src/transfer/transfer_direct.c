/*
 *   dial ─> handshake ─┐
 *   idle connection ───┴─> send request, read answer ─> idle, or closed
 *
 * A kept connection may have been closed by the upstream at any moment: when
 * one ends without a byte of an answer, the request goes out once more, over
 * a fresh one.
 */
#include "transfer/transfer_direct.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/limits.h"
#include "transfer/http1_answer.h"

/* Events are small; and less is on its way when the client reads slowly. */
#define STREAM_READ_BYTES (16 * 1024)

/* Reads before others get their turn. */
#define READS_PER_TURN 16

/* A size in decimal. */
#define LENGTH_BYTES 24

struct direct_transfer {
	struct transfer base;           /* first: the interface */
	struct direct_pool *pool;
	struct direct_origin *origin;
	const struct transfer_events *events;
	void *ctx;
	struct transfer_spec spec;
	struct slice head;              /* the request's, as text */
	size_t sent;                    /* of head and body together */
	struct dial *dial;              /* while it runs */
	struct direct_conn *conn;       /* once there is one */
	struct http1_answer answer;
	struct timer timer;             /* the handshake's patience; reading on */
	bool is_reused;                 /* the connection has served others before */
	bool is_handshaking;
	bool has_answered;              /* bytes came */
	bool is_paused;
};

static struct direct_transfer *of_timer(struct timer *timer)
{
	return (struct direct_transfer *)((char *)timer -
					  offsetof(struct direct_transfer, timer));
}

/* ---- the request as text ---- */

static bool has_header(const struct transfer_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->header_count; i++) {
		if (str_ieq(spec->headers[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* Methods whose requests are expected to have a body say so when it is empty. */
static bool needs_length(const struct transfer_spec *spec)
{
	return spec->has_body || str_eq(spec->method, "POST") || str_eq(spec->method, "PUT") ||
	       str_eq(spec->method, "PATCH");
}

static size_t put(char *out, size_t at, const char *text)
{
	size_t len = strlen(text);

	if (out) {
		memcpy(out + at, text, len);
	}
	return at + len;
}

static size_t put_line(char *out, size_t at, const char *name, const char *value)
{
	at = put(out, at, name);
	at = put(out, at, ": ");
	at = put(out, at, value);
	return put(out, at, "\r\n");
}

/* Writes the head, or only counts when `out` is NULL. */
static size_t put_head(char *out, const struct transfer_spec *spec,
		       const struct direct_target *target, const char *length)
{
	size_t at = 0;

	at = put(out, at, spec->method);
	at = put(out, at, " ");
	at = put(out, at, target->target);
	at = put(out, at, " HTTP/1.1\r\n");
	if (!has_header(spec, "host")) {
		at = put_line(out, at, "Host", target->origin->url.authority);
	}
	for (size_t i = 0; i < spec->header_count; i++) {
		at = put_line(out, at, spec->headers[i].name, spec->headers[i].value);
	}
	if (needs_length(spec)) {
		at = put_line(out, at, "Content-Length", length);
	}
	return put(out, at, "\r\n");
}

/* A line end inside a header would begin another one. */
static bool is_safe(const struct transfer_spec *spec)
{
	for (size_t i = 0; i < spec->header_count; i++) {
		if (strpbrk(spec->headers[i].name, "\r\n") ||
		    strpbrk(spec->headers[i].value, "\r\n")) {
			return false;
		}
	}
	return true;
}

/* In the arena, which is wiped: the head holds the credential. */
static void make_head(struct direct_transfer *t, const struct direct_target *target)
{
	char length[LENGTH_BYTES];
	size_t len;
	char *text;

	snprintf(length, sizeof length, "%zu", t->spec.has_body ? t->spec.body.len : 0);
	len = put_head(NULL, &t->spec, target, length);
	text = arena_alloc(t->spec.arena, len);
	put_head(text, &t->spec, target, length);
	t->head = (struct slice){ text, len };
}

/* ---- its ends ---- */

static void let_go(struct direct_transfer *t, bool keeps_connection)
{
	struct direct_conn *c = t->conn;

	if (t->dial) {
		dial_cancel(t->dial);
		t->dial = NULL;
	}
	loop_timer_clear(t->pool->loop, &t->timer);
	http1_answer_release(&t->answer);
	t->conn = NULL;
	if (c && keeps_connection) {
		direct_pool_keep(t->pool, c);
	} else if (c) {
		c->user = NULL;
		direct_conn_destroy(c);
	}
}

static void fail(struct direct_transfer *t, enum transfer_end end, const char *detail)
{
	/* It may be the connection's own text. */
	const char *copy = arena_strdup(t->spec.arena, detail);

	let_go(t, false);
	t->events->on_done(t->ctx, end, copy);
}

static size_t request_length(const struct direct_transfer *t)
{
	return t->head.len + (t->spec.has_body ? t->spec.body.len : 0);
}

static void end_well(struct direct_transfer *t, bool is_exact)
{
	let_go(t, is_exact && t->answer.keeps_alive && t->sent == request_length(t));
	t->events->on_done(t->ctx, TRANSFER_OK, "");
}

/* ---- request out ---- */

static struct slice unsent(struct slice part, size_t skip)
{
	return skip < part.len ? (struct slice){ part.ptr + skip, part.len - skip }
			       : (struct slice){ "", 0 };
}

/* When the upstream takes no more of it, its answer says why: what there is to
 * know comes by reading. */
static void send_request(struct direct_transfer *t)
{
	struct direct_conn *c = t->conn;
	struct slice body = t->spec.has_body ? t->spec.body : (struct slice){ "", 0 };
	uint32_t wanted = t->is_paused ? 0u : EPOLLIN;

	while (t->sent < t->head.len + body.len) {
		size_t in_body = t->sent > t->head.len ? t->sent - t->head.len : 0;
		size_t moved = 0;
		enum direct_io io = direct_conn_write(c, unsent(t->head, t->sent),
						      unsent(body, in_body), &moved);

		if (io != DIRECT_MOVED) {
			wanted |= io == DIRECT_WAIT ? EPOLLOUT : 0u;
			break;
		}
		t->sent += moved;
	}
	direct_conn_want(c, wanted);
}

/* ---- answer in ---- */

static void report_head(struct direct_transfer *t)
{
	struct transfer_head head = {
		.status = t->answer.status,
		.headers = t->answer.headers,
		.header_count = t->answer.header_count,
		.content_length = t->answer.content_length,
	};

	t->events->on_head(t->ctx, &head);
}

static void digest(struct direct_transfer *t, struct slice bytes)
{
	struct direct_conn *c = t->conn;
	struct slice piece = SLICE_NULL;

	/* Any of these may be the end of the transfer. */
	while (c->user == t) {
		switch (http1_answer_next(&t->answer, &bytes, &piece)) {
		case HTTP1_MORE:
			return;
		case HTTP1_HEAD:
			report_head(t);
			break;
		case HTTP1_BODY:
			t->events->on_body(t->ctx, piece);
			break;
		case HTTP1_END:
			end_well(t, !bytes.len);
			return;
		case HTTP1_BAD:
			fail(t, TRANSFER_PROTOCOL, t->answer.problem);
			return;
		}
	}
}

static void dial(struct direct_transfer *t);

/* The upstream has closed the connection, or it broke. */
static void on_ended(struct direct_transfer *t, enum direct_io io)
{
	struct direct_conn *c = t->conn;

	if (io == DIRECT_ENDED && http1_answer_ends_here(&t->answer)) {
		end_well(t, false);
	} else if (!t->has_answered && t->is_reused) {
		c->user = NULL;
		direct_conn_destroy(c);
		t->conn = NULL;
		dial(t);
	} else if (c->tls && io == DIRECT_BROKEN) {
		fail(t, TRANSFER_CLOSED, tls_problem(c->tls));
	} else {
		fail(t, TRANSFER_CLOSED, t->has_answered ? "it closed the connection too early"
							 : "it closed the connection unanswered");
	}
}

/* Bytes that TLS has read already do not show in epoll. */
static void read_on_later(struct direct_transfer *t)
{
	loop_timer_set(t->pool->loop, &t->timer, 0);
}

static void receive(struct direct_transfer *t)
{
	struct direct_conn *c = t->conn;
	size_t max = t->spec.is_stream ? STREAM_READ_BYTES : DIRECT_READ_BYTES;

	for (int reads = 0; c->user == t && !t->is_paused; reads++) {
		size_t got = 0;
		enum direct_io io;

		if (reads == READS_PER_TURN) {
			read_on_later(t);
			return;
		}
		io = direct_conn_read(c, t->pool->bytes, max, &got);
		if (io == DIRECT_WAIT) {
			return;
		}
		if (io != DIRECT_MOVED) {
			on_ended(t, io);
			return;
		}
		t->has_answered = true;
		digest(t, (struct slice){ t->pool->bytes, got });
		if (!c->tls) {
			return;
		}
	}
}

static void on_read_timer(struct timer *timer)
{
	receive(of_timer(timer));
}

/* ---- getting connected ---- */

static void begin_talk(struct direct_transfer *t)
{
	t->timer.on_fire = on_read_timer;
	t->sent = 0;
	send_request(t);
}

static void shake_hands(struct direct_transfer *t)
{
	enum tls_wait wait = TLS_BROKEN;

	if (tls_handshake(t->conn->tls, &wait)) {
		t->is_handshaking = false;
		loop_timer_clear(t->pool->loop, &t->timer);
		begin_talk(t);
	} else if (wait == TLS_WAIT_READ || wait == TLS_WAIT_WRITE) {
		direct_conn_want(t->conn, wait == TLS_WAIT_READ ? EPOLLIN : EPOLLOUT);
	} else {
		fail(t, TRANSFER_TLS, tls_problem(t->conn->tls));
	}
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct direct_conn *c = (struct direct_conn *)w;   /* first member */
	struct direct_transfer *t = c->user;

	if (!t) {
		direct_pool_idle_event(c->origin->pool, c);
	} else if (t->is_handshaking) {
		shake_hands(t);
	} else {
		if (events & EPOLLOUT) {
			send_request(t);
		}
		if (events & ~(uint32_t)EPOLLOUT) {
			receive(t);
		}
	}
}

static void on_handshake_timer(struct timer *timer)
{
	fail(of_timer(timer), TRANSFER_TIMEOUT, "no TLS handshake in time");
}

static void begin_handshake(struct direct_transfer *t)
{
	struct direct_conn *c = t->conn;

	c->tls = tls_create(t->origin->roots, c->watch.fd, t->origin->url.host);
	if (!c->tls) {
		fail(t, TRANSFER_TLS, "the name of its host cannot be checked");
		return;
	}
	t->is_handshaking = true;
	t->timer.on_fire = on_handshake_timer;
	loop_timer_set(t->pool->loop, &t->timer, (uint64_t)t->spec.tls_timeout_ms);
	shake_hands(t);
}

static void on_dialled(void *ctx, int fd, enum transfer_end end, const char *detail)
{
	struct direct_transfer *t = ctx;

	t->dial = NULL;
	if (fd < 0) {
		fail(t, end, detail);
		return;
	}
	t->conn = direct_conn_create(t->pool->loop, fd, on_ready);
	if (!t->conn) {
		fail(t, TRANSFER_CONNECT, "the connection cannot be watched");
		return;
	}
	t->conn->origin = t->origin;
	t->conn->user = t;
	if (t->origin->url.is_tls) {
		begin_handshake(t);
	} else {
		begin_talk(t);
	}
}

static void on_undialled(struct timer *timer)
{
	fail(of_timer(timer), TRANSFER_CONNECT, "no connection can be begun");
}

static void dial(struct direct_transfer *t)
{
	t->is_reused = false;
	loop_timer_clear(t->pool->loop, &t->timer);     /* the old connection's */
	t->dial = dial_start(t->pool->curl, &t->origin->url, t->spec.connect_timeout_ms,
			     on_dialled, t);
	if (!t->dial) {
		t->timer.on_fire = on_undialled;
		loop_timer_set(t->pool->loop, &t->timer, 0);
	}
}

/* ---- the interface ---- */

static void abort_transfer(struct transfer *base)
{
	let_go((struct direct_transfer *)base, false);
}

static bool is_sent(const struct transfer *base)
{
	const struct direct_transfer *t = (const struct direct_transfer *)base;

	return t->conn && t->sent == request_length(t);
}

/* What has been read is still handed on: at most one read. The request's rest
 * goes on. */
static void pause_transfer(struct transfer *base)
{
	struct direct_transfer *t = (struct direct_transfer *)base;

	t->is_paused = true;
	if (t->conn) {
		direct_conn_want(t->conn, is_sent(base) ? 0u : EPOLLOUT);
	}
}

static void resume_transfer(struct transfer *base)
{
	struct direct_transfer *t = (struct direct_transfer *)base;

	t->is_paused = false;
	if (t->conn && !t->is_handshaking) {
		send_request(t);
		read_on_later(t);
	}
}

static bool is_connected(const struct transfer *base)
{
	const struct direct_transfer *t = (const struct direct_transfer *)base;

	return t->conn && !t->is_handshaking;
}

static const struct transfer_ops ops = {
	.abort = abort_transfer,
	.pause = pause_transfer,
	.resume = resume_transfer,
	.is_connected = is_connected,
	.is_sent = is_sent,
};

bool direct_transfer_suits(const struct transfer_spec *spec)
{
	return !*spec->proxy && is_safe(spec);
}

struct transfer *direct_transfer_start(struct direct_pool *p, const struct transfer_spec *spec,
				       const struct transfer_events *events, void *ctx,
				       struct err *err)
{
	const struct direct_target *target = direct_pool_target(p, spec->url, spec->ca_file, err);
	struct direct_transfer *t;

	if (!target) {
		return NULL;
	}
	t = arena_zalloc(spec->arena, sizeof *t);
	t->base.ops = &ops;
	t->pool = p;
	t->origin = target->origin;
	t->events = events;
	t->ctx = ctx;
	t->spec = *spec;
	http1_answer_init(&t->answer, spec->arena, str_eq(spec->method, "HEAD"));
	make_head(t, target);
	t->conn = direct_pool_take(p, t->origin, spec->idle_timeout_ms);
	if (t->conn) {
		t->is_reused = true;
		t->conn->user = t;
		begin_talk(t);
	} else {
		dial(t);
	}
	return &t->base;
}
