#include "gateway/sealed_transfer.h"

#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "formats/sse.h"
#include "gateway/sealed_envelope.h"

enum shape {
	SHAPE_OPEN,             /* an error that was not sealed */
	SHAPE_WHOLE,
	SHAPE_EVENTS,
};

struct sealed_transfer {
	struct transfer base;           /* first: the interface */
	struct loop *loop;
	struct transfer *inner;         /* NULL: it has ended */
	const struct transfer_events *events;
	void *ctx;
	struct sealed_key key;
	struct sealed_stamp stamp;
	struct transfer_spec spec;
	struct buf envelope;            /* the body that is sent */
	struct transfer_head head;      /* as it came */
	enum shape shape;
	struct buf answer;              /* SHAPE_WHOLE: its envelope so far */
	struct sse_parser sse;
	uint64_t next_seq;
	bool has_last;
	bool is_over;                   /* nothing is reported any more */
	const char *problem;            /* why it has failed; NULL: it has not */
	struct deferred fail;
	struct deferred free;
};

/* ---- life ---- */

static void destroy(struct sealed_transfer *t)
{
	sse_release(&t->sse);
	buf_release(&t->envelope);
	buf_wipe(&t->answer);
	mem_wipe(&t->key, sizeof t->key);
	free(t);
}

static void free_transfer(struct deferred *d)
{
	destroy((struct sealed_transfer *)((char *)d - offsetof(struct sealed_transfer, free)));
}

static void end_inner(struct sealed_transfer *t)
{
	if (t->inner) {
		transfer_abort(t->inner);
		t->inner = NULL;
	}
}

static void end(struct sealed_transfer *t)
{
	t->is_over = true;
	loop_defer(t->loop, &t->free);
}

static void abort_transfer(struct transfer *base)
{
	struct sealed_transfer *t = (struct sealed_transfer *)base;

	if (!t->is_over) {
		end_inner(t);
		end(t);
	}
}

static void pause_transfer(struct transfer *base)
{
	struct sealed_transfer *t = (struct sealed_transfer *)base;

	if (t->inner) {
		transfer_pause(t->inner);
	}
}

static void resume_transfer(struct transfer *base)
{
	struct sealed_transfer *t = (struct sealed_transfer *)base;

	if (t->inner) {
		transfer_resume(t->inner);
	}
}

static bool is_connected(const struct transfer *base)
{
	const struct sealed_transfer *t = (const struct sealed_transfer *)base;

	return !t->inner || transfer_is_connected(t->inner);
}

static void report_end(struct sealed_transfer *t, enum transfer_end how, const char *detail)
{
	if (!t->is_over) {
		end(t);
		t->events->on_done(t->ctx, how, detail);
	}
}

static void on_fail(struct deferred *d)
{
	struct sealed_transfer *t =
		(struct sealed_transfer *)((char *)d - offsetof(struct sealed_transfer, fail));

	report_end(t, TRANSFER_PROTOCOL, t->problem);
}

/* Reported at the end of the turn: this may be inside the inner transfer. */
static void fail(struct sealed_transfer *t, const char *problem)
{
	if (!t->problem && !t->is_over) {
		t->problem = problem;
		end_inner(t);
		loop_defer(t->loop, &t->fail);
	}
}

static bool is_done_for(const struct sealed_transfer *t)
{
	return t->is_over || t->problem;
}

/* ---- what is sent ---- */

static const char *header_of(const struct header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_ieq(headers[i].name, name)) {
			return headers[i].value;
		}
	}
	return NULL;
}

/* Of the URL, without the query: as the other gateway sees it. */
static const char *path_of(const char *url, struct arena *a)
{
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	return path ? arena_strndup(a, path, strcspn(path, "?")) : "/";
}

static void set_headers(struct sealed_transfer *t)
{
	struct header *all = arena_alloc(t->spec.arena,
					 (t->spec.header_count + 1) * sizeof *all);
	size_t count = 0;

	all[count++] = (struct header){ "Content-Type", SEALED_TYPE };
	for (size_t i = 0; i < t->spec.header_count; i++) {
		if (!str_ieq(t->spec.headers[i].name, "content-type")) {
			all[count++] = t->spec.headers[i];
		}
	}
	t->spec.headers = all;
	t->spec.header_count = count;
}

static bool seal(struct sealed_transfer *t, struct err *err)
{
	const struct sealed_request request = {
		.method = t->spec.method,
		.path = path_of(t->spec.url, t->spec.arena),
		.plain = t->spec.body,
	};
	unsigned char iv[AES_IV_BYTES];

	t->stamp = sealed_stamp_make((uint64_t)clock_wall_ms());
	crypto_random(iv, sizeof iv);
	buf_init(&t->envelope, SEALED_MAX_BYTES(t->spec.body.len));
	if (!sealed_write_request(&t->key, &t->stamp, iv, &request, &t->envelope)) {
		return err_setf(err, ERR_FAILED, "the request could not be sealed");
	}
	t->spec.body = buf_slice(&t->envelope);
	set_headers(t);
	return true;
}

static bool is_sealable(const struct transfer_spec *spec)
{
	const char *type = header_of(spec->headers, spec->header_count, "content-type");

	return spec->has_body && spec->body.len && type &&
	       str_ifind(type, strlen(type), "json");
}

struct sealed_transfer *sealed_transfer_create(struct loop *loop,
					       const struct transfer_spec *spec,
					       const struct secret *key,
					       const struct transfer_events *events, void *ctx,
					       struct err *err)
{
	static const struct transfer_ops ops = {
		.abort = abort_transfer,
		.pause = pause_transfer,
		.resume = resume_transfer,
		.is_connected = is_connected,
	};
	struct sealed_transfer *t;

	if (!is_sealable(spec)) {
		err_setf(err, ERR_INVALID, "only a request with a JSON body can be sealed");
		return NULL;
	}
	t = xcalloc(1, sizeof *t);
	t->base.ops = &ops;
	t->loop = loop;
	t->events = events;
	t->ctx = ctx;
	t->spec = *spec;
	t->fail.run = on_fail;
	t->free.run = free_transfer;
	sse_init(&t->sse);
	buf_init(&t->answer, SEALED_MAX_BYTES(MAX_WHOLE_ANSWER_BYTES));
	if (!key || !sealed_key_read(secret_peek(key), &t->key)) {
		err_setf(err, ERR_SIGN_IN, "its key is not one that `llm-gateway apikey add "
			 "--sealed` made on the other gateway");
		destroy(t);
		return NULL;
	}
	if (!seal(t, err)) {
		destroy(t);
		return NULL;
	}
	return t;
}

const struct transfer_spec *sealed_transfer_spec(const struct sealed_transfer *t)
{
	return &t->spec;
}

struct transfer *sealed_transfer_run(struct sealed_transfer *t, struct transfer *inner)
{
	if (!inner) {
		destroy(t);
		return NULL;
	}
	t->inner = inner;
	return &t->base;
}

/* ---- what comes back ---- */

/* The head as it was before it was sealed. */
static void report_head(struct sealed_transfer *t, const char *type, int64_t length)
{
	struct arena *a = t->spec.arena;
	struct transfer_head head = t->head;
	struct header *all = arena_alloc(a, (head.header_count + 1) * sizeof *all);

	head.header_count = 0;
	all[head.header_count++] = (struct header){ "content-type", arena_strdup(a, type) };
	for (size_t i = 0; i < t->head.header_count; i++) {
		struct header h = t->head.headers[i];

		if (str_ieq(h.name, SEALED_ENCODING_HEADER)) {
			h.name = "content-encoding";
		}
		if (!str_ieq(h.name, "content-type") && !str_ieq(h.name, "content-length")) {
			all[head.header_count++] = h;
		}
	}
	head.headers = all;
	head.content_length = length;
	t->events->on_head(t->ctx, &head);
}

static void open_whole(struct sealed_transfer *t)
{
	struct sealed_envelope e;
	struct buf plain = BUF_INIT(t->answer.len + 1);
	struct err err = ERR_INIT;

	if (t->answer.failed || !sealed_read_answer(buf_slice(&t->answer), &e, &err) ||
	    !sealed_open_answer(&t->key, &t->stamp, t->head.status, &e, &plain)) {
		buf_wipe(&plain);
		report_end(t, TRANSFER_PROTOCOL, "its sealed answer does not open");
		return;
	}
	report_head(t, e.type, (int64_t)plain.len);
	if (!t->is_over && plain.len) {
		t->events->on_body(t->ctx, buf_slice(&plain));
	}
	buf_wipe(&plain);
	report_end(t, TRANSFER_OK, "");
}

static void report_event(struct sealed_transfer *t, const struct sealed_envelope *e,
			 const struct buf *plain)
{
	t->has_last = e->is_last;
	if (!t->next_seq++) {
		report_head(t, e->type, -1);
	}
	if (!is_done_for(t) && plain->len) {
		t->events->on_body(t->ctx, buf_slice(plain));
	}
}

/* A number that is not the next one: something was cut out, repeated or put
 * elsewhere. One that is not what the tag covers: changed. */
static void on_event(void *ctx, const struct sse_event *event)
{
	struct sealed_transfer *t = ctx;
	struct buf plain = BUF_INIT(event->data.len + 1);
	struct sealed_envelope e;
	struct err err = ERR_INIT;

	if (is_done_for(t) || event->is_comment) {
		return;
	}
	if (t->has_last) {
		fail(t, "its sealed stream goes on behind its end");
	} else if (!sealed_read_event(event->data, &e, &err)) {
		fail(t, "its stream is not sealed");
	} else if (e.seq != t->next_seq) {
		fail(t, "events of its sealed stream are missing, repeated or out of order");
	} else if (!sealed_open_event(&t->key, &t->stamp, t->head.status, &e, &plain)) {
		fail(t, "an event of its sealed stream does not open");
	} else {
		report_event(t, &e, &plain);
	}
	buf_wipe(&plain);
}

static bool is_type(const char *type, const char *wanted)
{
	return type && strncasecmp(type, wanted, strlen(wanted)) == 0;
}

static void on_head(void *ctx, const struct transfer_head *head)
{
	struct sealed_transfer *t = ctx;
	const char *type = header_of(head->headers, head->header_count, "content-type");

	t->head = *head;
	if (is_type(type, SEALED_TYPE)) {
		t->shape = SHAPE_WHOLE;
	} else if (head->status / 100 != 2) {
		t->shape = SHAPE_OPEN;
		t->events->on_head(t->ctx, head);
	} else if (is_type(type, "text/event-stream")) {
		t->shape = SHAPE_EVENTS;
	} else {
		fail(t, "its answer is not sealed");
	}
}

static void on_body(void *ctx, struct slice bytes)
{
	struct sealed_transfer *t = ctx;

	if (is_done_for(t)) {
		return;
	}
	switch (t->shape) {
	case SHAPE_OPEN:
		t->events->on_body(t->ctx, bytes);
		break;
	case SHAPE_WHOLE:
		buf_add(&t->answer, bytes.ptr, bytes.len);
		if (t->answer.failed) {
			fail(t, "its sealed answer is too large to be opened");
		}
		break;
	case SHAPE_EVENTS:
		if (!sse_feed(&t->sse, bytes.ptr, bytes.len, on_event, t)) {
			fail(t, "an event of its sealed stream is too large");
		}
		break;
	}
}

static void end_events(struct sealed_transfer *t, enum transfer_end how, const char *detail)
{
	if (t->has_last) {
		report_end(t, TRANSFER_OK, "");
	} else if (how == TRANSFER_OK) {
		report_end(t, TRANSFER_CLOSED, "its sealed stream was cut before its end");
	} else {
		report_end(t, how, detail);
	}
}

static void on_done(void *ctx, enum transfer_end how, const char *detail)
{
	struct sealed_transfer *t = ctx;

	t->inner = NULL;
	if (is_done_for(t)) {
		return;
	}
	if (t->head.status && t->shape == SHAPE_EVENTS) {
		end_events(t, how, detail);
	} else if (how == TRANSFER_OK && t->shape == SHAPE_WHOLE) {
		open_whole(t);
	} else {
		report_end(t, how, detail);
	}
}

const struct transfer_events *sealed_transfer_events(void)
{
	static const struct transfer_events own = {
		.on_head = on_head,
		.on_body = on_body,
		.on_done = on_done,
	};

	return &own;
}
