/*
 * The gateway's side of a client: what it asks of the request, and the three
 * ways of an answer (see listener.c).
 */
#include "gateway/listener_inside.h"

#include <assert.h>
#include <string.h>
#include <sys/types.h>

#include <microhttpd.h>

#include "base/limits.h"
#include "base/mem.h"

#define REPLY_BLOCK_BYTES (32 * KIB)

/* A chunked answer is built in the connection's pool; its block is not used. */
#define UNUSED_BLOCK_BYTES 16

void client_set_user(struct client *c, void *user)
{
	c->user = user;
}

void *client_user(const struct client *c)
{
	return c->user;
}

const char *client_method(const struct client *c)
{
	return c->method;
}

const char *client_path(const struct client *c)
{
	return c->uri;
}

const char *client_query(const struct client *c)
{
	return c->query;
}

const char *client_header(const struct client *c, const char *name)
{
	return head_view_find(&c->head, name);
}

void client_each_header(const struct client *c,
			void (*visit)(void *ctx, const char *name, const char *value),
			void *ctx)
{
	for (size_t i = 0; i < c->head.count; i++) {
		visit(ctx, c->head.lines[i].name, c->head.lines[i].value);
	}
}

bool client_is_http10(const struct client *c)
{
	return c->is_http10;
}

const char *client_address(const struct client *c)
{
	return c->conn->address;
}

void client_close_after(struct client *c)
{
	c->must_close = true;
}

static void add_headers(struct client *c, struct MHD_Response *r,
			const struct header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		MHD_add_response_header(r, headers[i].name, headers[i].value);
	}
	if (c->must_close) {
		MHD_add_response_header(r, "Connection", "close");
	}
}

/* Queues now where libmicrohttpd allows it, else at the handler's last call. */
static void answer_with(struct client *c, int status, struct MHD_Response *r)
{
	c->answer = r;
	c->status = status;
	if (c->is_suspended) {
		client_queue_answer(c);
		client_resume(c);
	} else {
		assert(c->in_handler || c->is_ahead);
	}
}

void client_respond(struct client *c, int status, const struct header *headers,
		    size_t header_count, struct slice body)
{
	struct MHD_Response *r;
	void *copy;

	if (c->is_gone || c->is_refused || c->answer || c->is_queued) {
		return;
	}
	copy = body.len ? memcpy(xmalloc(body.len), body.ptr, body.len) : NULL;
	r = MHD_create_response_from_buffer(body.len, copy, MHD_RESPMEM_MUST_FREE);
	add_headers(c, r, headers, header_count);
	answer_with(c, status, r);
}

static ssize_t wait_for_more(struct client *c)
{
	client_suspend(c);
	if (c->conn->has_left) {
		client_lose(c);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	c->is_direct = c->way == WAY_CHUNKS;
	return 0;
}

/* libmicrohttpd's content reader: the head is out. */
static ssize_t read_answer(void *ctx, uint64_t pos, char *out, size_t max)
{
	struct client *c = ctx;
	size_t len = c->pending.len < max ? c->pending.len : max;

	(void)pos;
	c->l->has_acted = true;
	if (c->is_gone || c->out.has_failed || (c->is_ended && !c->is_clean)) {
		/* The socket is closed by the run behind this one. */
		c->l->is_due = true;
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (len) {
		memcpy(out, c->pending.ptr, len);
		buf_drop(&c->pending, len);
		client_tell_room(c, c->pending.len + len, c->pending.len);
		return (ssize_t)len;
	}
	if (c->is_ended && !c->out.backlog.len) {
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
	return wait_for_more(c);
}

void client_start(struct client *c, int status, const struct header *headers,
		  size_t header_count, int64_t length)
{
	struct MHD_Response *r;
	uint64_t mhd_length = length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)length;

	if (c->is_gone || c->is_refused) {
		return;
	}
	c->way = c->l->is_tls || c->is_http10 || length >= 0 ? WAY_MHD : WAY_CHUNKS;
	r = MHD_create_response_from_callback(
		mhd_length, c->way == WAY_MHD ? REPLY_BLOCK_BYTES : UNUSED_BLOCK_BYTES,
		read_answer, c, NULL);
	add_headers(c, r, headers, header_count);
	answer_with(c, status, r);
}

size_t client_write(struct client *c, struct slice bytes)
{
	if (c->is_gone || c->is_ended || c->is_refused || !bytes.len) {
		return 0;
	}
	if (c->is_direct) {
		socket_out_chunk(&c->out, bytes);
	} else {
		buf_add(&c->pending, bytes.ptr, bytes.len);
		if (c->way == WAY_MHD && c->is_queued) {
			client_resume(c);
		}
	}
	if (c->out.has_failed || c->pending.failed) {
		client_lose(c);
		return 0;
	}
	return c->out.backlog.len + c->pending.len;
}

void client_finish(struct client *c, bool is_clean)
{
	if (c->is_gone || c->is_ended) {
		return;
	}
	c->is_ended = true;
	c->is_clean = is_clean;
	if (!is_clean && c->is_direct) {
		socket_out_flush(&c->out);
		buf_release(&c->out.backlog);
	}
	if (c->is_direct) {
		client_finish_direct(c);
	} else if (c->way == WAY_MHD) {
		client_resume(c);
	}
}

void client_refuse_now(struct client *c, int status, const struct header *headers,
		       size_t header_count, struct slice body)
{
	if (c->is_gone || c->is_queued || c->answer || c->l->is_tls) {
		return;
	}
	socket_out_refusal(&c->out, status, headers, header_count, body);
	if (!c->is_announced) {
		socket_out_discard_arrived(&c->out);
	}
	c->is_refused = true;
}
