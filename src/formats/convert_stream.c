#include "formats/convert.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/answer_filter.h"
#include "formats/format.h"
#include "formats/sig_memory.h"
#include "formats/sse.h"
#include "formats/think_filter.h"

/* One parsed frame; most are small. */
#define SCRATCH_BLOCK_BYTES (4 * KIB)

struct convert_stream {
	struct answer_plan *plan;
	const struct format *upstream;
	const struct format *client;      /* NULL: only watching */
	bool upstream_is_sse;
	struct sse_parser sse;
	struct buf whole;                 /* an answer that is one JSON text */
	void *decoder;
	void *encoder;                    /* streaming clients */
	struct fold *fold;                /* the others */
	struct think_filter *think;       /* NULL unless the route asks for it */
	struct sig_collector *signatures; /* NULL unless the plan remembers them */
	struct answer_filter filter;
	struct event_check checks[MAX_CHOICES];
	unsigned started;
	unsigned ended;
	struct buf *out;                  /* of the call in progress */
	bool is_finishing;
	enum convert_state state;
	unsigned round;
	struct hub_usage usage;           /* of all rounds */
	struct hub_usage usage_before;    /* of those that are over */
	struct hub_usage usage_now;
	struct arena kept;                /* the error's texts */
	struct api_error error;
	bool wrote_error;
};

static bool is_over(const struct convert_stream *s)
{
	return s->state == CONVERT_NEXT || s->state == CONVERT_COMPLETE ||
	       s->state == CONVERT_FAILED;
}

static void write_event(struct convert_stream *s, const struct event *ev)
{
	if (s->encoder) {
		s->client->encode_event(s->encoder, ev, s->out);
	}
}

static void fail(struct convert_stream *s, const struct event *ev)
{
	s->error = *ev->error;
	s->error.message = arena_strdup(&s->kept, ev->error->message);
	s->error.code = arena_strdup(&s->kept, ev->error->code);
	s->error.param = arena_strdup(&s->kept, ev->error->param);
	s->error.request_id = arena_strdup(&s->kept, ev->error->request_id);
	if (s->state == CONVERT_FLOWING && s->encoder) {
		write_event(s, ev);
		s->wrote_error = true;
	}
	s->state = CONVERT_FAILED;
}

static void complete(struct convert_stream *s)
{
	struct json_writer w;

	s->state = CONVERT_COMPLETE;
	if (s->fold && s->client) {
		json_open(&w, s->out);
		s->client->encode_answer(s->plan, s->fold, &w);
	}
}

/* Opening an empty text says no more than the head does; a tool call, a
 * foreign block or an end says something. */
static bool is_content(const struct event *ev)
{
	if (ev->kind == EVENT_BLOCK_START) {
		return ev->block->kind != BLOCK_TEXT && ev->block->kind != BLOCK_THINKING;
	}
	return ev->kind == EVENT_DELTA || ev->kind == EVENT_STOP;
}

/* Behind the filter: what the client is to see. */
static void deliver(void *ctx, const struct event *ev)
{
	struct convert_stream *s = ctx;
	struct event out = *ev;
	bool is_end;

	if (is_over(s)) {
		return;
	}
	if (ev->kind == EVENT_ERROR) {
		fail(s, ev);
		return;
	}
	if (is_content(ev)) {
		s->state = CONVERT_FLOWING;
	}
	s->started += ev->kind == EVENT_START;
	s->ended += ev->kind == EVENT_END;
	is_end = ev->kind == EVENT_END && s->ended == s->started;
	out.is_last = is_end && s->round + 1 == s->plan->rounds;
	if (s->fold) {
		fold_event(s->fold, &out);
	}
	write_event(s, &out);
	if (out.is_last) {
		complete(s);
	} else if (is_end) {
		s->state = CONVERT_NEXT;
	}
}

static int64_t add_counts(int64_t before, int64_t now)
{
	return before < 0 ? now : now < 0 ? before : hub_count_add(before, now);
}

static void note_usage(struct convert_stream *s, const struct hub_usage *usage)
{
	const struct hub_usage *before = &s->usage_before;
	struct hub_usage *now = &s->usage_now;

	hub_usage_merge(now, usage);
	s->usage = (struct hub_usage){
		add_counts(before->in_total, now->in_total),
		add_counts(before->in_cached, now->in_cached),
		add_counts(before->in_cache_write, now->in_cache_write),
		add_counts(before->in_cache_write_1h, now->in_cache_write_1h),
		add_counts(before->out_total, now->out_total),
		add_counts(before->out_reasoning, now->out_reasoning),
		add_counts(before->tool_prompt, now->tool_prompt),
		add_counts(before->web_searches, now->web_searches),
	};
}

/* In front of it: what the upstream said. */
static void receive(void *ctx, const struct event *ev)
{
	struct convert_stream *s = ctx;
	struct event out = *ev;

	if (ev->choice >= MAX_CHOICES) {
		return;
	}
	event_check(&s->checks[ev->choice], ev);
	if (ev->usage) {
		note_usage(s, ev->usage);
		out.usage = s->round ? &s->usage : ev->usage;
	}
	if (s->signatures) {
		sig_collector_event(s->signatures, &out);
	}
	answer_filter_event(&s->filter, &out);
}

/* Each call counts its choices from 0. */
static void enter(void *ctx, const struct event *ev)
{
	struct convert_stream *s = ctx;
	unsigned choices = s->plan->choices / s->plan->rounds;
	struct event out = *ev;

	if (ev->choice >= choices && ev->kind != EVENT_ERROR) {
		return;
	}
	out.choice = ev->choice % choices + s->round * choices;
	if (s->think) {
		const struct event_sink think = think_filter_sink(s->think);

		event_push(&think, &out);
	} else {
		receive(s, &out);
	}
}

/* Where decoders push. */
static struct event_sink entrance(struct convert_stream *s)
{
	return (struct event_sink){ enter, s };
}

static void give_up(struct convert_stream *s, enum error_class class, const char *message)
{
	const struct api_error error = hub_error_of(class, message);
	const struct event ev = { .kind = EVENT_ERROR, .error = &error };

	deliver(s, &ev);
}

/* A comment is the upstream's sign of life; it is passed on as ours. */
static void on_comment(struct convert_stream *s)
{
	const struct event ping = { .kind = EVENT_PING };

	if (s->state == CONVERT_FLOWING) {
		write_event(s, &ping);
	}
}

static void on_frame(void *ctx, const struct sse_event *ev)
{
	struct convert_stream *s = ctx;
	struct arena scratch;
	const struct json *frame;

	if (is_over(s)) {
		return;
	}
	if (ev->is_comment) {
		on_comment(s);
		return;
	}
	if (slice_eq(slice_trim(ev->data), "[DONE]")) {
		if (s->upstream->decode_done) {
			s->upstream->decode_done(s->decoder);
		}
		return;
	}
	arena_init(&scratch, SCRATCH_BLOCK_BYTES);
	frame = json_read(&scratch, ev->data, NULL);
	if (json_is(frame, JSON_OBJECT)) {
		s->upstream->decode_frame(s->decoder, &scratch, frame);
	} else if (!s->is_finishing) {
		give_up(s, ERROR_UPSTREAM_BAD, "the upstream sent a frame that is not JSON");
	}
	/* else: the stream was cut off inside it; decode_eof says so. */
	arena_release(&scratch);
}

static void decode_whole(struct convert_stream *s)
{
	struct arena scratch;
	const struct event_sink sink = entrance(s);
	struct emitter emitters[MAX_CHOICES] = { { .choice = 0 } };
	const struct json *body;

	for (unsigned i = 0; i < MAX_CHOICES; i++) {
		emitters[i].sink = sink;
		emitters[i].choice = i;
	}
	arena_init(&scratch, SCRATCH_BLOCK_BYTES);
	body = json_read(&scratch, buf_slice(&s->whole), NULL);
	if (json_is(body, JSON_OBJECT) ||
	    (s->upstream->answer_may_be_array && json_is(body, JSON_ARRAY))) {
		s->upstream->decode_answer(&scratch, body, emitters);
		if (!is_over(s)) {
			give_up(s, ERROR_UPSTREAM_BAD,
				"the upstream's answer is not what was asked for");
		}
	} else {
		give_up(s, s->whole.len ? ERROR_UPSTREAM_BAD : ERROR_UPSTREAM_EOF,
			"the upstream's answer is not JSON");
	}
	arena_release(&scratch);
}

static void open_decoder(struct convert_stream *s, bool upstream_is_sse)
{
	const struct event_sink sink = entrance(s);

	s->upstream_is_sse = upstream_is_sse;
	sse_init(&s->sse);
	buf_init(&s->whole, MAX_SSE_EVENT_BYTES);
	s->usage_now = (struct hub_usage)HUB_USAGE_INIT;
	s->is_finishing = false;
	if (upstream_is_sse) {
		s->decoder = xcalloc(1, s->upstream->decoder_bytes);
		s->upstream->decoder_init(s->decoder, s->plan, &sink);
	}
}

static void close_decoder(struct convert_stream *s)
{
	if (s->decoder && s->upstream->decoder_release) {
		s->upstream->decoder_release(s->decoder);
	}
	free(s->decoder);
	s->decoder = NULL;
	sse_release(&s->sse);
	buf_release(&s->whole);
}

struct convert_stream *convert_stream_create(struct answer_plan *plan, bool upstream_is_sse)
{
	struct convert_stream *s = xcalloc(1, sizeof *s);
	const struct event_sink received = { receive, s };
	const struct event_sink delivered = { deliver, s };

	s->plan = plan;
	s->upstream = format_find(plan->upstream);
	s->client = format_find(plan->client);
	s->usage = (struct hub_usage)HUB_USAGE_INIT;
	s->usage_before = s->usage;
	arena_init(&s->kept, 1 * KIB);
	answer_filter_init(&s->filter, plan, &delivered);
	s->think = plan->think_parse ? think_filter_create(&received) : NULL;
	if (plan->signatures) {
		s->signatures = sig_collector_create(plan->signatures, plan->owner);
	}
	open_decoder(s, upstream_is_sse);
	if (s->client && plan->client_stream) {
		s->encoder = xcalloc(1, s->client->encoder_bytes);
		s->client->encoder_init(s->encoder, plan);
	} else if (s->client) {
		s->fold = xmalloc(sizeof *s->fold);
		fold_init(s->fold);
	}
	return s;
}

void convert_stream_destroy(struct convert_stream *s)
{
	if (!s) {
		return;
	}
	close_decoder(s);
	if (s->encoder && s->client->encoder_release) {
		s->client->encoder_release(s->encoder);
	}
	if (s->fold) {
		fold_release(s->fold);
	}
	free(s->encoder);
	free(s->fold);
	think_filter_destroy(s->think);
	sig_collector_destroy(s->signatures);
	answer_filter_release(&s->filter);
	arena_release(&s->kept);
	answer_plan_destroy(s->plan);
	free(s);
}

void convert_stream_next(struct convert_stream *s, bool upstream_is_sse)
{
	close_decoder(s);
	s->round++;
	s->usage_before = s->usage;
	s->state = CONVERT_FLOWING;
	open_decoder(s, upstream_is_sse);
}

enum convert_state convert_stream_feed(struct convert_stream *s, struct slice bytes,
				       struct buf *out)
{
	bool ok;

	if (is_over(s)) {
		return s->state;
	}
	s->out = out;
	if (s->upstream_is_sse) {
		ok = sse_feed(&s->sse, bytes.ptr, bytes.len, on_frame, s);
	} else {
		buf_add(&s->whole, bytes.ptr, bytes.len);
		ok = !s->whole.failed;
	}
	if (!ok) {
		give_up(s, ERROR_UPSTREAM_BAD, "the upstream's answer is too large");
	}
	s->out = NULL;
	return s->state;
}

enum convert_state convert_stream_finish(struct convert_stream *s, struct buf *out)
{
	if (is_over(s)) {
		return s->state;
	}
	s->out = out;
	s->is_finishing = true;
	if (s->upstream_is_sse) {
		sse_finish(&s->sse, on_frame, s);
		if (!is_over(s)) {
			s->upstream->decode_eof(s->decoder);
		}
	} else {
		decode_whole(s);
	}
	if (!is_over(s)) {
		give_up(s, ERROR_UPSTREAM_EOF, "the upstream's answer broke off");
	}
	s->out = NULL;
	return s->state;
}

enum convert_state convert_stream_fail(struct convert_stream *s, const struct api_error *error,
				       struct buf *out)
{
	const struct event ev = { .kind = EVENT_ERROR, .error = error };

	if (s->state == CONVERT_NEXT) {
		s->state = CONVERT_FLOWING;     /* the next call did not even begin */
	}
	s->out = out;
	deliver(s, &ev);
	s->out = NULL;
	return s->state;
}

void convert_stream_keepalive(struct convert_stream *s, struct buf *out)
{
	const struct event ping = { .kind = EVENT_PING };

	if (!is_over(s)) {
		s->out = out;
		write_event(s, &ping);
		s->out = NULL;
	}
}

const char *format_keepalive(enum format_id format)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		return "event: ping\ndata: {\"type\": \"ping\"}\n\n";
	case FORMAT_CHAT:
	case FORMAT_RESPONSES:
		return ": keep-alive\n\n";
	case FORMAT_GEMINI:
		return "\r\n";        /* behind a comment Gemini CLI reads nothing */
	case FORMAT_NONE:
		break;
	}
	return "";
}

const struct api_error *convert_stream_error(const struct convert_stream *s)
{
	return &s->error;
}

bool convert_stream_wrote_error(const struct convert_stream *s)
{
	return s->wrote_error;
}

void convert_stream_write_error(struct convert_stream *s, const struct api_error *error,
				struct buf *out)
{
	const struct event ev = { .kind = EVENT_ERROR, .error = error };

	s->out = out;
	write_event(s, &ev);
	s->wrote_error = true;
	s->out = NULL;
}

const struct hub_usage *convert_stream_usage(const struct convert_stream *s)
{
	return &s->usage;
}

const char *convert_stream_upstream_model(const struct convert_stream *s)
{
	return s->filter.upstream_model;
}

const char *convert_stream_content_type(const struct convert_stream *s)
{
	if (!s->plan->client_stream || s->plan->gemini_array) {
		return "application/json";
	}
	return "text/event-stream; charset=utf-8";
}
