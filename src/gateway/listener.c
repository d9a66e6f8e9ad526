/*
 * libmicrohttpd in external epoll mode, one daemon a worker.
 *
 * While an exchange waits for its upstream the connection is suspended, and
 * libmicrohttpd neither watches nor times it: the worker's own epoll does
 * (EPOLLRDHUP: the client has left; EPOLLOUT: a backlog can go on). The watch
 * stays registered for the life of the connection, edge-triggered, which
 * saves two system calls a request.
 *
 * An answer that streams goes out in three steps: status, headers and first
 * bytes by libmicrohttpd; then, suspended again, straight to the socket; at
 * the end a resume, so that libmicrohttpd sends the last chunk and keeps the
 * connection alive. HTTP/1.0 and TLS clients, and answers whose length was
 * announced, take libmicrohttpd's own way for every piece instead.
 */
#include "gateway/listener.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/listener_inside.h"

#define RUNS_PER_TURN 16
#define MAX_IDLE_RUNS 64
#define CALM_MS 20

/* Less than this libmicrohttpd reads as fast. */
#define AHEAD_FROM_BYTES ((size_t)8 * 1024)

#define IDLE_TIMEOUT_S 75          /* between two requests of a kept-alive client */


/* ---- suspended connections ---- */

void client_suspend(struct client *c)
{
	struct listener *l = c->l;

	if (c->is_suspended) {
		return;
	}
	c->is_suspended = true;
	c->prev = NULL;
	c->next = l->suspended;
	if (c->next) {
		c->next->prev = c;
	}
	l->suspended = c;
	MHD_suspend_connection(c->mhd);
}

void client_resume(struct client *c)
{
	struct listener *l = c->l;

	if (!c->is_suspended) {
		return;
	}
	c->is_suspended = false;
	c->is_direct = false;
	if (c->prev) {
		c->prev->next = c->next;
	} else {
		l->suspended = c->next;
	}
	if (c->next) {
		c->next->prev = c->prev;
	}
	MHD_resume_connection(c->mhd);
	l->is_due = true;
}

/* The client has left: nothing more is sent, libmicrohttpd may close. */
void client_lose(struct client *c)
{
	if (c->is_gone) {
		return;
	}
	c->is_gone = true;
	c->is_ended = true;
	c->is_clean = false;
	c->l->events->on_gone(c->l->ctx, c);
	client_resume(c);
}

void client_finish_direct(struct client *c)
{
	if (c->is_ended && !c->out.backlog.len) {
		client_resume(c);
	}
}

/* What waited has shrunk below half of the mark: the upstream may go on. */
void client_tell_room(struct client *c, size_t before, size_t after)
{
	const size_t half = MAX_CLIENT_BACKLOG_BYTES / 2;

	if (before >= half && after < half && !c->is_ended) {
		c->l->events->on_writable(c->l->ctx, c);
	}
}

static void on_writable(struct client *c)
{
	size_t before = c->out.backlog.len;

	if (!c->is_direct || !before) {
		return;
	}
	socket_out_flush(&c->out);
	if (c->out.has_failed) {
		client_lose(c);
		return;
	}
	client_finish_direct(c);
	client_tell_room(c, before, c->out.backlog.len);
}

static bool is_waiting(const struct client *c)
{
	return c->is_suspended;
}

/* ---- connections come and go ---- */

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **slot,
			  enum MHD_ConnectionNotificationCode code)
{
	struct listener *l = ctx;
	struct conn *conn = *slot;

	l->has_acted = true;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		conn = conn_create(
			l->loop,
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)
				->connect_fd,
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
				->client_addr);
		conn->is_waiting = is_waiting;
		conn->on_left = client_lose;
		conn->on_writable = on_writable;
		*slot = conn;
	} else if (conn) {
		conn_destroy(conn);
		*slot = NULL;
		/* At its limit libmicrohttpd does not listen; only a run of its own
		 * finds that there is room again. */
		l->is_due = true;
	}
}

static struct conn *conn_of(struct MHD_Connection *mhd)
{
	return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* ---- requests come and go ---- */

/* Called with the raw request target, before libmicrohttpd takes it apart. */
static void *on_uri(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
	struct client *c = xcalloc(1, sizeof *c);
	char *mark;

	c->l = ctx;
	c->l->has_acted = true;
	c->mhd = mhd;
	c->conn = conn_of(mhd);
	c->conn->active = c;
	c->l->open_heads++;
	c->l->last_head = c;
	c->uri = xstrdup(uri);
	mark = strchr(c->uri, '?');
	c->query = mark ? mark + 1 : "";
	if (mark) {
		*mark = '\0';
	}
	buf_init(&c->pending, MAX_HELD_BYTES + 16 * MIB);
	socket_out_init(&c->out, c->conn->fd);
	return c;
}

/* libmicrohttpd would decode %2F in paths; the raw text is wanted. */
static size_t keep_escapes(void *ctx, struct MHD_Connection *mhd, char *text)
{
	(void)ctx;
	(void)mhd;
	return strlen(text);
}

static void close_head(struct client *c)
{
	struct listener *l = c->l;

	c->is_announced = true;
	l->open_heads--;
	if (l->last_head == c) {
		l->last_head = NULL;
	}
}

static void on_completed(void *ctx, struct MHD_Connection *mhd, void **slot,
			 enum MHD_RequestTerminationCode code)
{
	struct listener *l = ctx;
	struct client *c = *slot;

	if (!c) {
		return;
	}
	*slot = NULL;
	/* A connection that ends is closed in a run of its own. */
	l->is_due = l->is_due || code != MHD_REQUEST_TERMINATED_COMPLETED_OK;
	if (!c->is_announced) {
		close_head(c);
	} else {
		if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK && !c->is_gone) {
			c->is_gone = true;
			l->events->on_gone(l->ctx, c);
		}
		l->events->on_done(l->ctx, c);
	}
	MHD_set_connection_option(mhd, MHD_CONNECTION_OPTION_TIMEOUT, IDLE_TIMEOUT_S);
	if (c->conn->active == c) {
		c->conn->active = NULL;
	}
	if (c->answer) {
		MHD_destroy_response(c->answer);
	}
	buf_release(&c->pending);
	socket_out_release(&c->out);
	head_view_release(&c->head);
	free(c->uri);
	free(c);
}

bool client_queue_answer(struct client *c)
{
	bool ok = MHD_queue_response(c->mhd, (unsigned)c->status, c->answer) == MHD_YES;

	c->is_queued = true;
	MHD_destroy_response(c->answer);
	c->answer = NULL;
	return ok;
}

static bool has_body(const struct client *c)
{
	const char *length = client_header(c, "content-length");

	return client_header(c, "transfer-encoding") || (length && !str_eq(length, "0"));
}

/* A refused request's body is drained first, except when the client waits
 * for 100-continue, or announces more than is worth reading. */
static bool may_answer_now(const struct client *c)
{
	const char *length = client_header(c, "content-length");
	int64_t bytes = 0;

	return c->is_last_call || c->must_close || !has_body(c) ||
	       client_header(c, "expect") ||
	       (length && (!str_to_i64(length, &bytes) || bytes > (int64_t)MAX_DRAIN_BYTES));
}

static enum MHD_Result view_header(void *ctx, enum MHD_ValueKind kind, const char *name,
				   size_t name_len, const char *value, size_t value_len)
{
	struct client *c = ctx;

	(void)kind;
	head_view_add(&c->head, name, name_len, value, value_len);
	return MHD_YES;
}

/* Of the body; 0: none, or not told in advance. */
static size_t announced_length(const struct client *c)
{
	const char *length = client_header(c, "content-length");
	uint64_t bytes = 0;

	return length && str_to_u64(slice_of(length), &bytes) ? (size_t)bytes : 0;
}

static enum MHD_Result on_first_call(struct client *c)
{
	close_head(c);
	MHD_get_connection_values_n(c->mhd, MHD_HEADER_KIND, view_header, c);
	MHD_set_connection_option(c->mhd, MHD_CONNECTION_OPTION_TIMEOUT, c->l->timeout_s);
	c->expected = announced_length(c);
	c->l->events->on_request(c->l->ctx, c);
	if (c->answer && may_answer_now(c)) {
		return client_queue_answer(c) ? MHD_YES : MHD_NO;
	}
	return MHD_YES;
}

static void end_body(struct client *c)
{
	c->is_last_call = true;
	c->l->events->on_body_end(c->l->ctx, c);
}

/* Have all the bytes that are left arrived, and is there room for them? */
static bool peek_rest(struct client *c, size_t left)
{
	int there = 0;
	char *room;

	if (ioctl(c->conn->fd, FIONREAD, &there) != 0 || (size_t)there < left) {
		return false;
	}
	room = c->l->events->on_room(c->l->ctx, c, left);
	return room && recv(c->conn->fd, room, left, MSG_PEEK | MSG_DONTWAIT) == (ssize_t)left;
}

/* libmicrohttpd reads a long body in pieces of its pool. A request whose rest
 * has arrived need not wait for that: it is taken from the socket in one
 * piece, and goes on its way while libmicrohttpd reads it again. */
static void look_ahead(struct client *c)
{
	size_t left = c->received < c->expected ? c->expected - c->received : 0;

	if (c->l->is_tls || left < AHEAD_FROM_BYTES || !peek_rest(c, left)) {
		conn_gather(c->conn, left);
		return;
	}
	conn_gather(c->conn, 0);
	c->is_ahead = true;
	c->l->events->on_filled(c->l->ctx, c, left);
	end_body(c);
}

static enum MHD_Result on_upload(struct client *c, const char *data, size_t *len)
{
	struct slice bytes = { data, *len };

	*len = 0;
	if (c->is_ahead) {
		return MHD_YES;
	}
	c->received += bytes.len;
	if (c->answer || c->is_refused || c->is_gone) {
		c->drained += bytes.len;
		return c->drained > MAX_DRAIN_BYTES ? MHD_NO : MHD_YES;
	}
	c->l->events->on_body(c->l->ctx, c, bytes);
	look_ahead(c);
	return MHD_YES;
}

static enum MHD_Result on_complete_request(struct client *c)
{
	if (c->is_refused || c->is_gone) {
		return MHD_NO;
	}
	if (!c->answer && !c->is_last_call) {
		end_body(c);
	}
	if (c->answer) {
		return client_queue_answer(c) ? MHD_YES : MHD_NO;
	}
	if (c->conn->has_left) {
		client_lose(c);
		return MHD_NO;
	}
	client_suspend(c);
	return MHD_YES;
}

static enum MHD_Result on_access(void *ctx, struct MHD_Connection *mhd, const char *url,
				 const char *method, const char *version, const char *data,
				 size_t *len, void **slot)
{
	struct client *c = *slot;
	enum MHD_Result ok;

	(void)ctx;
	(void)mhd;
	(void)url;
	c->l->has_acted = true;
	c->method = method;
	c->is_http10 = str_eq(version, MHD_HTTP_VERSION_1_0);
	if (c->is_queued) {
		return MHD_YES;
	}
	c->in_handler = true;
	if (!c->is_announced) {
		ok = on_first_call(c);
	} else if (*len) {
		ok = on_upload(c, data, len);
	} else {
		ok = on_complete_request(c);
	}
	c->in_handler = false;
	return ok;
}

/* ---- the daemon ---- */

static void on_mhd_ready(struct watch *w, uint32_t events)
{
	struct listener *l = (struct listener *)((char *)w - offsetof(struct listener, watch));

	(void)events;
	l->is_due = true;
}

/* libmicrohttpd answers a head that it cannot read by itself, in HTML, and in
 * this version with the head of the answer sent twice. Its log line comes
 * first, so that the client can be told in its own format before: behind the
 * shutdown nothing else goes out. The line does not say whose head it was;
 * that is certain when only one is incomplete. */
static void on_mhd_error(struct listener *l, const char *text)
{
	const char *mark = strstr(text, "response code is ");
	struct client *c = l->open_heads == 1 ? l->last_head : NULL;
	int status = mark ? (int)strtol(mark + strlen("response code is "), NULL, 10) : 0;

	if (status >= 400 && c && !c->is_refused) {
		l->events->on_bad_head(l->ctx, c, status);
	}
}

static void log_mhd(void *ctx, const char *fmt, va_list ap)
{
	char text[256];

	if (str_starts(fmt, "Error processing request")) {
		va_list again;

		va_copy(again, ap);
		vsnprintf(text, sizeof text, fmt, again);
		va_end(again);
		on_mhd_error(ctx, text);
	}
	if (!log_enabled(LOG_DEBUG)) {
		return;
	}
	vsnprintf(text, sizeof text, fmt, ap);
	log_msg(LOG_DEBUG, "listener", "%s", text);
}

static struct MHD_Daemon *start_daemon(struct listener *l,
				       const struct listener_options *options)
{
	unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_ERROR_LOG |
			 (MHD_ALLOW_SUSPEND_RESUME & ~(unsigned)MHD_USE_ITC) |
			 (l->is_tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	union { const char *in; void *out; } cert = { options->tls_cert };
	union { const char *in; void *out; } key = { options->tls_key };

	tls[0].ptr_value = cert.out;
	tls[1].ptr_value = key.out;
	if (!l->is_tls) {
		tls[0].option = MHD_OPTION_END;
	}
	return MHD_start_daemon(
		flags, 0, NULL, NULL, on_access, l,
		MHD_OPTION_EXTERNAL_LOGGER, log_mhd, l,
		MHD_OPTION_LISTEN_SOCKET, options->socket_fd,
		MHD_OPTION_CONNECTION_LIMIT, options->max_connections,
		MHD_OPTION_CONNECTION_TIMEOUT, l->timeout_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MAX_CLIENT_HEAD_BYTES,
		MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)(MAX_CLIENT_HEAD_BYTES * 3 / 4),
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, l,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, l,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
		MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
}

struct listener *listener_create(struct loop *loop, const struct listener_options *options,
				 const struct client_events *events, void *ctx,
				 struct err *err)
{
	struct listener *l = xcalloc(1, sizeof *l);

	l->loop = loop;
	l->events = events;
	l->ctx = ctx;
	l->is_tls = options->tls_cert != NULL;
	l->timeout_s = options->timeout_ms > 1000 ? (unsigned)(options->timeout_ms / 1000) : 1;
	l->daemon = start_daemon(l, options);
	if (!l->daemon) {
		err_setf(err, ERR_FAILED, "the HTTP listener does not start%s",
			 l->is_tls ? "; is the TLS certificate and key valid PEM?" : "");
		free(l);
		return NULL;
	}
	l->watch = (struct watch){
		.fd = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		.on_ready = on_mhd_ready,
	};
	loop_watch(loop, &l->watch, EPOLLIN);
	return l;
}

void listener_destroy(struct listener *l)
{
	if (!l) {
		return;
	}
	/* libmicrohttpd does not stop while a connection is suspended. */
	while (l->suspended) {
		client_lose(l->suspended);
	}
	loop_unwatch(l->loop, &l->watch);
	MHD_stop_daemon(l->daemon);
	loop_run_deferred(l->loop);
	free(l);
}

uint64_t listener_run(struct listener *l)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	bool has_timeout = true;

	if (!l->is_due && loop_now_ms(l->loop) < l->run_at_ms) {
		return l->run_at_ms - loop_now_ms(l->loop);
	}
	for (int i = 0; i < RUNS_PER_TURN; i++) {
		l->is_due = false;
		l->has_acted = false;
		MHD_run(l->daemon);
		l->idle_runs = l->has_acted || l->is_due ? 0 : l->idle_runs + 1;
		has_timeout = MHD_get_timeout(l->daemon, &wait_ms) == MHD_YES;
		if (!l->is_due && (!has_timeout || wait_ms > 0)) {
			l->idle_runs = 0;
			break;
		}
	}
	/* Some half-received heads keep libmicrohttpd busy with nothing until
	 * its timeout: it says that it is due, and does not read. */
	if (l->idle_runs > MAX_IDLE_RUNS) {
		wait_ms = CALM_MS;
	}
	if (!has_timeout) {
		wait_ms = 60000;
	}
	l->run_at_ms = loop_now_ms(l->loop) + wait_ms;
	return wait_ms;
}

bool listener_is_due(const struct listener *l)
{
	return l->is_due;
}

void listener_quiesce(struct listener *l)
{
	MHD_socket fd = MHD_quiesce_daemon(l->daemon);

	if (fd != MHD_INVALID_SOCKET) {
		close(fd);
	}
}
