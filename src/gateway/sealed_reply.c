/*
 * Answers to sealed requests: a whole one in one envelope, a stream event by
 * event, numbered, the last one marked.
 */
#include "gateway/sealed_reply.h"

#include <strings.h>

#include "base/limits.h"
#include "gateway/reply.h"

struct sealed_answering {
	struct sealed_key key;
	struct sealed_stamp asked;
	const char *type;               /* of the stream */
	bool is_events;                 /* ... which is cut where its events end */
	struct buf rest;                /* an event that has begun */
	uint64_t next_seq;
};

/* They tell of the plain bytes what does not hold for sealed ones. */
static const char *const of_the_bytes[] = {
	"etag", "content-md5", "digest", "content-digest", "repr-digest", "content-range",
	"accept-ranges",
};

struct sealed_answering *sealed_answering_make(const struct sealed_key *key,
					       const struct sealed_stamp *asked,
					       struct arena *a)
{
	struct sealed_answering *s = arena_zalloc(a, sizeof *s);

	s->key = *key;
	s->asked = *asked;
	buf_init(&s->rest, MAX_SSE_EVENT_BYTES);
	return s;
}

void sealed_answering_release(struct sealed_answering *s)
{
	if (s) {
		buf_wipe(&s->rest);
	}
}

/* ---- heads ---- */

static bool is_of_the_bytes(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(of_the_bytes); i++) {
		if (str_ieq(name, of_the_bytes[i])) {
			return true;
		}
	}
	return false;
}

/* The head with another content type; *type is what it was. */
static struct reply_head make_head(struct exchange *x, const struct reply_head *head,
				   const char *sealed_type, const char **type)
{
	struct reply_head out = {
		.headers = arena_alloc(&x->arena, (head->count + 1) * sizeof(struct header)),
	};

	*type = "application/octet-stream";
	out.headers[out.count++] = (struct header){ "content-type", sealed_type };
	for (size_t i = 0; i < head->count; i++) {
		struct header h = head->headers[i];

		if (str_ieq(h.name, "content-type")) {
			*type = h.value;
			continue;
		}
		if (str_ieq(h.name, "content-encoding")) {
			h.name = SEALED_ENCODING_HEADER;
		}
		if (!is_of_the_bytes(h.name)) {
			out.headers[out.count++] = h;
		}
	}
	return out;
}

/* ---- streams ---- */

static bool is_event_stream(const char *type)
{
	return strncasecmp(type, "text/event-stream", 17) == 0;
}

void sealed_reply_start(struct exchange *x, const struct reply_head *head)
{
	struct sealed_answering *s = x->sealed;
	struct reply_head sealed = make_head(x, head, "text/event-stream", &s->type);

	s->is_events = is_event_stream(s->type);
	client_start(x->client, x->status, sealed.headers, sealed.count, -1);
}

static void seal_piece(struct exchange *x, struct slice piece, bool is_last, struct buf *out)
{
	struct sealed_answering *s = x->sealed;
	const struct sealed_answer answer = {
		.status = x->status,
		.type = s->type,
		.plain = piece,
		.seq = s->next_seq++,
		.is_last = is_last,
	};
	unsigned char iv[AES_IV_BYTES];

	crypto_random(iv, sizeof iv);
	sealed_write_event(&s->key, &s->asked, iv, &answer, out);
}

/* Seals what is whole of `text`; returns how much that was. */
static size_t seal_pieces(struct exchange *x, struct slice text, struct buf *out)
{
	size_t done = 0;
	size_t len;

	if (!x->sealed->is_events) {
		seal_piece(x, text, false, out);
		return text.len;
	}
	while ((len = sealed_event_length((struct slice){ text.ptr + done, text.len - done }))) {
		seal_piece(x, (struct slice){ text.ptr + done, len }, false, out);
		done += len;
	}
	return done;
}

size_t sealed_reply_write(struct exchange *x, struct slice bytes)
{
	struct buf *rest = &x->sealed->rest;
	struct buf out = BUF_INIT(2 * MAX_SSE_EVENT_BYTES);
	struct slice text = bytes;
	size_t waiting;
	size_t done;

	if (rest->len) {
		buf_add(rest, bytes.ptr, bytes.len);
		text = buf_slice(rest);
	}
	done = seal_pieces(x, text, &out);
	if (rest->len) {
		buf_drop(rest, done);
	} else {
		buf_add(rest, bytes.ptr + done, bytes.len - done);
	}
	waiting = client_write(x->client, buf_slice(&out));
	buf_release(&out);
	return waiting;
}

/* An event was too large: the stream ends without its last one, as whoever
 * reads it will find. */
static bool is_lost(const struct sealed_answering *s)
{
	return s->rest.failed;
}

void sealed_reply_finish(struct exchange *x, bool is_clean)
{
	struct sealed_answering *s = x->sealed;
	struct buf out = BUF_INIT(2 * MAX_SSE_EVENT_BYTES);

	if (is_clean && !is_lost(s)) {
		seal_piece(x, buf_slice(&s->rest), true, &out);
		client_write(x->client, buf_slice(&out));
	}
	client_finish(x->client, is_clean && !is_lost(s));
	buf_release(&out);
}

/* ---- whole ---- */

/* A stream that is complete already is one to whoever reads it; an error is
 * not, whatever its type. */
static void respond_events(struct exchange *x, struct slice body, struct buf *out)
{
	size_t done;

	x->sealed->is_events = true;
	done = seal_pieces(x, body, out);
	seal_piece(x, (struct slice){ body.ptr + done, body.len - done }, true, out);
}

void sealed_reply_whole(struct exchange *x, const struct reply_head *head, struct slice body)
{
	struct sealed_answering *s = x->sealed;
	struct sealed_answer answer = { .status = x->status, .plain = body };
	struct reply_head sealed = make_head(x, head, SEALED_TYPE, &answer.type);
	struct buf out = BUF_INIT(2 * MAX_SSE_EVENT_BYTES);
	unsigned char iv[AES_IV_BYTES];

	s->type = answer.type;
	if (x->status / 100 == 2 && is_event_stream(answer.type)) {
		sealed.headers[0].value = "text/event-stream";
		respond_events(x, body, &out);
	} else {
		crypto_random(iv, sizeof iv);
		sealed_write_answer(&s->key, &s->asked, iv, &answer, &out);
	}
	client_respond(x->client, x->status, sealed.headers, sealed.count, buf_slice(&out));
	buf_release(&out);
}
