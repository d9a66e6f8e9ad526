#include "stats/capture.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mask.h"
#include "base/mem.h"

/* All headers of one side. */
#define MAX_HEADERS_BYTES (32 * KIB)

/* What masking makes of a text is at most so much longer. */
#define MASKED(bytes) (2 * (bytes))

struct captured {
	struct buf headers;             /* "name: value" lines, masked */
	struct buf body;
	uint64_t body_bytes;            /* of which `body` has the beginning */
};

struct capture {
	int64_t at_ms;
	char *trace_id;
	bool has_bodies;
	struct captured sides[CAPTURE_SIDES];
};

struct capture *capture_create(int64_t at_ms, const char *trace_id, bool has_bodies)
{
	struct capture *c = xcalloc(1, sizeof *c);

	c->at_ms = at_ms;
	c->trace_id = xstrdup(trace_id);
	c->has_bodies = has_bodies;
	for (size_t i = 0; i < CAPTURE_SIDES; i++) {
		buf_init(&c->sides[i].headers, MAX_HEADERS_BYTES);
		buf_init(&c->sides[i].body, MASKED(MAX_CAPTURE_BYTES));
	}
	return c;
}

void capture_destroy(struct capture *c)
{
	if (!c) {
		return;
	}
	for (size_t i = 0; i < CAPTURE_SIDES; i++) {
		buf_release(&c->sides[i].headers);
		buf_wipe(&c->sides[i].body);
	}
	free(c->trace_id);
	free(c);
}

/* ---- copying ---- */

void capture_header(struct capture *c, enum capture_side side, const char *name,
		    const char *value)
{
	struct buf line = BUF_INIT(MAX_HEADERS_BYTES);

	buf_addf(&line, "%s: %s", name, value);
	mask_text(buf_slice(&line), &c->sides[side].headers);
	buf_addc(&c->sides[side].headers, '\n');
	buf_wipe(&line);
}

void capture_body(struct capture *c, enum capture_side side, struct slice bytes)
{
	struct captured *s = &c->sides[side];
	size_t room = MAX_CAPTURE_BYTES - s->body.len;

	if (c->has_bodies) {
		buf_add(&s->body, bytes.ptr, bytes.len < room ? bytes.len : room);
		s->body_bytes += bytes.len;
	}
}

void capture_mask(struct capture *c)
{
	for (size_t i = 0; i < CAPTURE_SIDES; i++) {
		struct buf *body = &c->sides[i].body;
		struct buf masked;

		if (mask_is_needed(buf_slice(body))) {
			buf_init(&masked, body->max);
			mask_text(buf_slice(body), &masked);
			buf_wipe(body);
			*body = masked;
		}
	}
}

/* ---- JSON ---- */

static void write_headers(const struct captured *s, const char *name, struct json_writer *w)
{
	struct slice rest = buf_slice(&s->headers);
	struct slice line;

	json_key(w, name);
	json_object(w);
	while (slice_next(&rest, '\n', &line)) {
		const char *colon = memchr(line.ptr, ':', line.len);
		size_t name_len = colon ? (size_t)(colon - line.ptr) : line.len;
		char *key = xstrndup(line.ptr, name_len);

		if (name_len && name_len + 2 <= line.len) {
			json_key(w, key);
			json_strn(w, (struct slice){ colon + 2, line.len - name_len - 2 });
		}
		free(key);
	}
	json_end(w);
}

static void write_body(const struct capture *c, enum capture_side side, const char *name,
		       struct json_writer *w)
{
	const struct captured *s = &c->sides[side];
	struct buf text = BUF_INIT(MASKED(MAX_CAPTURE_BYTES) + KIB);

	if (!c->has_bodies) {
		return;
	}
	buf_add(&text, buf_text(&s->body), s->body.len);
	if (s->body_bytes > MAX_CAPTURE_BYTES) {
		buf_addf(&text, "\n... (%llu bytes in all)", (unsigned long long)s->body_bytes);
	}
	json_key(w, name);
	json_strn(w, buf_slice(&text));
	buf_release(&text);
}

void capture_write(const struct capture *c, struct json_writer *w)
{
	write_headers(&c->sides[CAPTURE_REQUEST], "request_headers", w);
	write_headers(&c->sides[CAPTURE_RESPONSE], "response_headers", w);
	write_body(c, CAPTURE_REQUEST, "request_body", w);
	write_body(c, CAPTURE_RESPONSE, "response_body", w);
}

/* ---- the ring ---- */

static size_t bytes_of(const struct capture *c)
{
	size_t bytes = sizeof *c;

	for (size_t i = 0; i < CAPTURE_SIDES; i++) {
		bytes += c->sides[i].headers.capacity + c->sides[i].body.capacity;
	}
	return bytes;
}

static void drop_oldest(struct capture_ring *ring)
{
	struct capture *oldest = ring->items[ring->first];

	ring->bytes -= bytes_of(oldest);
	capture_destroy(oldest);
	ring->first = (ring->first + 1) % CAPTURES_KEPT;
	ring->count--;
}

void capture_ring_release(struct capture_ring *ring)
{
	while (ring->count) {
		drop_oldest(ring);
	}
}

void capture_ring_add(struct capture_ring *ring, struct capture *c)
{
	while (ring->count && (ring->count == CAPTURES_KEPT ||
			       ring->bytes + bytes_of(c) > CAPTURES_KEPT_BYTES)) {
		drop_oldest(ring);
	}
	ring->items[(ring->first + ring->count) % CAPTURES_KEPT] = c;
	ring->count++;
	ring->bytes += bytes_of(c);
}

const struct capture *capture_ring_find(const struct capture_ring *ring, int64_t at_ms,
					const char *trace_id)
{
	for (size_t i = ring->count; i > 0; i--) {
		const struct capture *c = ring->items[(ring->first + i - 1) % CAPTURES_KEPT];

		if (c->at_ms == at_ms && str_eq(c->trace_id, trace_id)) {
			return c;
		}
	}
	return NULL;
}
