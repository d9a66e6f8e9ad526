/*
 * Answers that are cut, garbled, shuffled or mixed, for every client on every
 * upstream: whatever comes, the client reads a stream of its own format that
 * ends, whole or in its error event, and no words that nobody said. (Cuts at
 * every byte are part of the golden matrix.)
 */
#define _GNU_SOURCE     /* memmem */
#include "tests/unit/samples_world.h"

#include <ctype.h>
#include <stdlib.h>

#include "formats/sse.h"

#define ROUNDS 30
#define WORD_LETTERS 5

static unsigned long seed;

/* The same for the same sample on every machine. */
static void sow(const char *name, unsigned round)
{
	seed = round;
	for (; *name; name++) {
		seed = seed * 31 + (unsigned char)*name;
	}
}

static size_t any(size_t below)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return below ? (size_t)(seed >> 33) % below : 0;
}

/* ---- what can go wrong upstream ---- */

static void flip_bytes(struct buf *b)
{
	for (size_t i = 0; i < 1 + any(4) && b->len; i++) {
		b->ptr[any(b->len)] = (char)any(256);
	}
}

static void cut_short(struct buf *b)
{
	b->len = any(b->len);
}

/* The n-th frame's place; frames end in an empty line. */
static struct slice frame_at(const struct buf *b, size_t n)
{
	const char *at = buf_text(b);
	const char *end;

	while ((end = strstr(at, "\n\n")) && n--) {
		at = end + 2;
	}
	return (struct slice){ at, end ? (size_t)(end + 2 - at) : strlen(at) };
}

static size_t frame_count(const struct buf *b)
{
	size_t count = 1;

	for (const char *at = buf_text(b); (at = strstr(at, "\n\n")); at += 2) {
		count++;
	}
	return count;
}

/* Everything but `drop`, with `more` in its place. */
static void put_instead(struct buf *b, struct slice drop, struct slice more)
{
	struct buf out = BUF_INIT(4 * MIB);

	buf_add(&out, b->ptr, (size_t)(drop.ptr - b->ptr));
	buf_add(&out, more.ptr, more.len);
	buf_adds(&out, drop.ptr + drop.len);
	buf_release(b);
	*b = out;
}

static void drop_frame(struct buf *b)
{
	put_instead(b, frame_at(b, any(frame_count(b))), slice_of(""));
}

static void insert_text(struct buf *b, struct slice text)
{
	struct slice place = frame_at(b, any(frame_count(b)));

	put_instead(b, (struct slice){ place.ptr, 0 }, text);
}

static void move_frame(struct buf *b)
{
	struct slice frame = frame_at(b, any(frame_count(b)));
	struct buf copy = BUF_INIT(4 * MIB);

	buf_add(&copy, frame.ptr, frame.len);
	if (any(2)) {
		put_instead(b, frame, slice_of(""));
	}
	insert_text(b, buf_slice(&copy));
	buf_release(&copy);
}

/* A value becomes something else that JSON knows. */
static void change_value(struct buf *b)
{
	static const char *const values[] = {
		"null", "{}", "[]", "[[[[{}]]]]", "-1", "1e999", "99999999999999999999", "true",
		"\"\"", "\"\\ud800\"", "{\"type\":\"error\"}", "",
	};
	size_t skip = any(60);
	char *at = b->ptr;
	size_t len = 0;

	while (*at && skip--) {
		char *next = strstr(at + 1, "\":");

		if (!next) {
			break;
		}
		at = next;
	}
	if (str_starts(at, "\":")) {
		at += 2;
		len = *at == '"' ? strcspn(at + 1, "\"\n") + 2 : strcspn(at, ",}]\n");
		len = len > strlen(at) ? strlen(at) : len;
		put_instead(b, (struct slice){ at, len },
			    slice_of(values[any(ARRAY_LEN(values))]));
	}
}

/* What belongs to another vendor, to no vendor, or to nobody. */
static void mix_in(struct buf *b)
{
	static const char *const frames[] = {
		"data: [DONE]\n\n", "data: {\n\n", "data: []\n\n", "data: \"x\"\n\n", "\n\n\n",
		":\n\n", "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
		"data: {\"type\":\"content_block_delta\",\"index\":9,\"delta\":{}}\n\n",
		"data: {\"choices\":[{\"index\":7,\"delta\":{\"tool_calls\":[{\"index\":-1}]}}]}\n\n",
		"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
		"data: {\"type\":\"response.completed\",\"response\":{\"output\":3}}\n\n",
		"data: {\"type\":\"response.output_item.done\",\"output_index\":-1,\"item\":{}}\n\n",
		"data: {\"candidates\":[{\"index\":99,\"finishReason\":\"WHAT\"}]}\n\n",
		"data: {\"error\":{\"message\":\"stop that\",\"code\":429}}\n\n",
		"<html><body>Bad Gateway</body></html>\n\n",
	};

	insert_text(b, slice_of(frames[any(ARRAY_LEN(frames))]));
}

static void spoil(struct buf *b)
{
	static void (*const ways[])(struct buf *) = {
		flip_bytes, cut_short, drop_frame, move_frame, change_value, mix_in,
	};

	for (size_t i = 0; i < 1 + any(3); i++) {
		ways[any(ARRAY_LEN(ways))](b);
		b->ptr[b->len] = '\0';
	}
}

/* ---- the client ---- */

struct reader {
	const struct format *format;
	void *decoder;
	struct slice said;              /* by the upstream */
	bool is_complete;
	bool has_error;
	bool is_broken;                 /* the gateway's own bytes were no good */
};

/* Words of the client's text that the upstream's bytes do not hold. */
static void check_words(const struct reader *r, struct slice text)
{
	for (size_t at = 0, end; at < text.len; at = end + 1) {
		for (end = at; end < text.len && isalpha((unsigned char)text.ptr[end]); end++) {
		}
		if (end - at >= WORD_LETTERS &&
		    !memmem(r->said.ptr, r->said.len, text.ptr + at, end - at)) {
			print_error("nobody said `%.*s`\n", (int)(end - at), text.ptr + at);
			fail();
		}
	}
}

static void on_event(void *ctx, const struct event *ev)
{
	struct reader *r = ctx;

	if (ev->kind == EVENT_DELTA && ev->delta == DELTA_TEXT && r->said.len) {
		check_words(r, ev->text);
	} else if (ev->kind == EVENT_END) {
		r->is_complete = true;
	} else if (ev->kind == EVENT_ERROR) {
		r->has_error = true;
		r->is_broken |= ev->error->class == ERROR_UPSTREAM_BAD ||
				ev->error->class == ERROR_UPSTREAM_EOF;
	}
}

static void on_frame(void *ctx, const struct sse_event *ev)
{
	struct reader *r = ctx;
	const struct json *frame;
	struct arena a;

	if (ev->is_comment) {
		return;
	}
	if (slice_eq(ev->data, "[DONE]")) {
		assert_non_null(r->format->decode_done);
		r->format->decode_done(r->decoder);
		return;
	}
	arena_init(&a, 4 * KIB);
	frame = json_read(&a, ev->data, NULL);
	assert_true(json_is(frame, JSON_OBJECT));
	r->format->decode_frame(r->decoder, &a, frame);
	arena_release(&a);
}

static struct reader read_stream(enum format_id client, struct slice bytes, struct slice said)
{
	struct reader r = { .format = format_find(client), .said = said };
	struct answer_plan *plan = answer_plan_watch(client);
	const struct event_sink sink = { on_event, &r };
	struct sse_parser sse;

	sse_init(&sse);
	r.decoder = calloc(1, r.format->decoder_bytes);
	r.format->decoder_init(r.decoder, plan, &sink);
	assert_true(sse_feed(&sse, bytes.ptr, bytes.len, on_frame, &r));
	sse_finish(&sse, on_frame, &r);
	r.format->decode_eof(r.decoder);
	if (r.format->decoder_release) {
		r.format->decoder_release(r.decoder);
	}
	free(r.decoder);
	sse_release(&sse);
	answer_plan_destroy(plan);
	return r;
}

static struct reader read_whole(enum format_id client, struct slice bytes)
{
	struct reader r = { .format = format_find(client) };
	struct emitter emitters[MAX_CHOICES] = { { .choice = 0 } };
	const struct json *body;
	struct arena a;

	arena_init(&a, 4 * KIB);
	for (unsigned i = 0; i < MAX_CHOICES; i++) {
		emitters[i].sink = (struct event_sink){ on_event, &r };
		emitters[i].choice = i;
	}
	body = json_read(&a, bytes, NULL);
	assert_true(json_is(body, JSON_OBJECT));
	r.format->decode_answer(&a, body, emitters);
	arena_release(&a);
	return r;
}

/* ---- one exchange ---- */

static size_t ends[CONVERT_FAILED + 1];

static void check_stream(enum format_id client, const struct convert_stream *s,
			 enum convert_state state, struct slice out, struct slice said)
{
	struct reader r;

	if (state == CONVERT_FAILED && !convert_stream_wrote_error(s)) {
		return;                 /* the client gets an HTTP error */
	}
	r = read_stream(client, out, said);
	assert_false(r.is_broken && state == CONVERT_COMPLETE);
	if (state == CONVERT_COMPLETE) {
		assert_true(r.is_complete);
		assert_false(r.has_error);
	} else {
		assert_true(r.has_error);
		assert_false(r.is_complete);
	}
}

static void run(const struct sample *s, const struct side *client, bool client_stream,
		struct slice bytes)
{
	struct convert_stream *stream =
		convert_stream_create(make_plan(s, client, client_stream), is_sse(s));
	struct buf out = BUF_INIT(16 * MIB);
	bool has_escapes = strstr(bytes.ptr, "\\u") != NULL;
	enum convert_state state;

	for (size_t at = 0, len; at < bytes.len; at += len) {
		len = 1 + any(bytes.len);
		len = len < bytes.len - at ? len : bytes.len - at;
		convert_stream_feed(stream, (struct slice){ bytes.ptr + at, len }, &out);
	}
	state = convert_stream_finish(stream, &out);
	assert_true(state == CONVERT_COMPLETE || state == CONVERT_FAILED);
	ends[state]++;
	if (client_stream) {
		check_stream(client->format, stream, state, buf_slice(&out),
			     has_escapes ? SLICE_NULL : bytes);
	} else if (state == CONVERT_COMPLETE) {
		assert_true(read_whole(client->format, buf_slice(&out)).is_complete);
	} else {
		assert_int_equal(out.len, 0);
	}
	if (state == CONVERT_FAILED) {
		assert_true(*convert_stream_error(stream)->message);
	}
	buf_release(&out);
	convert_stream_destroy(stream);
}

/* For the one who reads the failure. */
static void name_case(const struct sample *s, unsigned round)
{
	if (getenv("VERBOSE")) {
		print_message("%s %u\n", s->name, round);
	}
}

static void spoil_sample(const struct sample *s)
{
	if (!is_answer(s->name)) {
		return;
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct buf bytes = BUF_INIT(4 * MIB);

		name_case(s, round);
		sow(s->name, round);
		buf_add(&bytes, s->bytes.ptr, s->bytes.len);
		spoil(&bytes);
		for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
			run(s, &sides[i], true, buf_slice(&bytes));
			run(s, &sides[i], false, buf_slice(&bytes));
		}
		buf_release(&bytes);
	}
}

static void spoilt_answers_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		samples_of(&sides[i], spoil_sample);
	}
	assert_true(ends[CONVERT_COMPLETE] > 100 && ends[CONVERT_FAILED] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spoilt_answers_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
