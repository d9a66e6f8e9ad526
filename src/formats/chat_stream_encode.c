/* Hub events -> a Chat stream (C141), or one of /v1/completions (C113). */
#include "formats/chat_stream.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "formats/chat_write.h"
#include "formats/logprobs.h"
#include "formats/sse.h"

void chat_encoder_init(void *state, const struct answer_plan *plan)
{
	struct chat_encoder *e = state;

	e->plan = plan;
	e->usage = (struct hub_usage)HUB_USAGE_INIT;
	arena_init(&e->kept, 256);
}

static struct chat_written *written_create(void)
{
	struct chat_written *one = xcalloc(1, sizeof *one);

	buf_init(&one->input, MAX_SSE_EVENT_BYTES);
	buf_init(&one->annotations, MAX_ANNOTATIONS_BYTES);
	arena_init(&one->kept, 256);
	arena_init(&one->tokens, 1 * KIB);
	return one;
}

static void written_destroy(struct chat_written *one)
{
	if (one) {
		buf_release(&one->input);
		buf_release(&one->annotations);
		arena_release(&one->kept);
		arena_release(&one->tokens);
		free(one);
	}
}

void chat_encoder_release(void *state)
{
	struct chat_encoder *e = state;

	for (size_t i = 0; i < MAX_CHOICES; i++) {
		written_destroy(e->written[i]);
	}
	arena_release(&e->kept);
}

/* ---- frames ---- */

/* Each frame is one chunk: begin_choice, members of the delta, end_choice. */
struct chunk {
	struct chat_encoder *e;
	struct buf *out;
	struct json_writer w;
	struct chat_written *told;        /* whose tokens go with this text; NULL: none */
};

static void begin_chunk(struct chunk *c, struct chat_encoder *e, struct buf *out)
{
	c->e = e;
	c->out = out;
	c->told = NULL;
	sse_begin(out, NULL);
	json_open(&c->w, out);
	json_object(&c->w);
	chat_head_write(&c->w, e->plan, &e->head, true);
	json_key(&c->w, "choices");
	json_array(&c->w);
}

static void end_chunk(struct chunk *c)
{
	json_end(&c->w);
	if (c->e->plan->include_usage) {
		json_kstr(&c->w, "usage", NULL);
	}
	json_end(&c->w);
	sse_end(c->out);
}

static void begin_choice(struct chunk *c, struct chat_encoder *e, const struct event *ev,
			 struct buf *out)
{
	begin_chunk(c, e, out);
	json_object(&c->w);
	json_kint(&c->w, "index", ev->choice);
	if (!e->plan->text_completion) {
		json_key(&c->w, "delta");
		json_object(&c->w);
	}
}

/* C58: of the text since the last ones. */
static void write_logprobs(struct chunk *c)
{
	struct chat_written *one = c->told;
	bool is_refusal = one && one->open_kind == BLOCK_REFUSAL;

	if (!one || !one->logprobs.first) {
		json_kstr(&c->w, "logprobs", NULL);
		return;
	}
	json_key(&c->w, "logprobs");
	json_object(&c->w);
	json_key(&c->w, is_refusal ? "refusal" : "content");
	json_array(&c->w);
	logprobs_write_openai(&c->w, one->logprobs.first);
	json_end(&c->w);
	json_kstr(&c->w, is_refusal ? "content" : "refusal", NULL);
	json_end(&c->w);
	one->logprobs = (struct hub_logprobs){ .first = NULL };
	arena_release(&one->tokens);
}

static void end_choice(struct chunk *c, const char *finish_reason)
{
	if (!c->e->plan->text_completion) {
		json_end(&c->w);
	}
	write_logprobs(c);
	json_kstr(&c->w, "finish_reason", finish_reason);
	json_end(&c->w);
	end_chunk(c);
}

/* A piece of text; /v1/completions have no other member. */
static void write_piece(struct chat_encoder *e, const struct event *ev, const char *member,
			struct slice text, struct buf *out)
{
	struct chunk c;

	begin_choice(&c, e, ev, out);
	c.told = e->written[ev->choice];
	json_key(&c.w, e->plan->text_completion ? "text" : member);
	json_strn(&c.w, text);
	end_choice(&c, NULL);
}

/* ---- the beginning ---- */

static void keep_head(struct chat_encoder *e, const struct answer_head *head)
{
	e->head = *head;
	e->head.id = chat_answer_id(&e->kept, e->plan, head);
	e->head.model = arena_slice(&e->kept, head->model);
	e->head.service_tier = arena_slice(&e->kept, head->service_tier);
}

static void on_start(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chunk c;

	if (!e->head.id.len) {
		keep_head(e, ev->head);
	}
	if (ev->usage) {
		hub_usage_merge(&e->usage, ev->usage);
	}
	e->written[ev->choice] = written_create();
	if (e->plan->text_completion) {
		return;
	}
	begin_choice(&c, e, ev, out);
	json_kstr(&c.w, "role", "assistant");
	json_kstr(&c.w, "content", "");
	json_kstr(&c.w, "refusal", NULL);
	end_choice(&c, NULL);
}

/* ---- calls ---- */

/* {"tool_calls":[{"index":k, … the rest is the caller's … */
static void begin_call(struct chunk *c, struct chat_encoder *e, const struct event *ev,
		       struct buf *out)
{
	begin_choice(c, e, ev, out);
	json_key(&c->w, "tool_calls");
	json_array(&c->w);
	json_object(&c->w);
	json_kint(&c->w, "index", e->written[ev->choice]->calls - 1);
}

static void end_call(struct chunk *c)
{
	json_end(&c->w);
	json_end(&c->w);
	end_choice(c, NULL);
}

static void write_call_start(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	const struct hub_block *call = ev->block;
	struct arena a;
	struct chunk c;

	arena_init(&a, 256);
	begin_call(&c, e, ev, out);
	json_key(&c.w, "id");
	json_strn(&c.w, chat_call_id(&a, call));
	json_kstr(&c.w, "type", chat_call_type(call));
	json_key(&c.w, chat_call_type(call));
	json_object(&c.w);
	json_key(&c.w, "name");
	json_strn(&c.w, call->tool_use.name);
	json_kstr(&c.w, call->tool_use.is_custom ? "input" : "arguments", "");
	json_end(&c.w);
	end_call(&c);
	arena_release(&a);
}

static void write_args(struct chat_encoder *e, const struct event *ev, bool is_custom,
		       struct slice args, struct buf *out)
{
	struct chunk c;

	begin_call(&c, e, ev, out);
	json_key(&c.w, is_custom ? "custom" : "function");
	json_object(&c.w);
	json_key(&c.w, is_custom ? "input" : "arguments");
	json_strn(&c.w, args);
	json_end(&c.w);
	end_call(&c);
}

static void start_call(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chat_written *one = e->written[ev->choice];

	one->calls++;
	one->has_args = false;
	one->is_custom = ev->block->tool_use.is_custom;
	write_call_start(e, ev, out);
}

static void on_args(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chat_written *one = e->written[ev->choice];

	if (one->is_custom) {
		/* Their text is known when the JSON around it is whole. */
		buf_add(&one->input, ev->text.ptr, ev->text.len);
	} else {
		write_args(e, ev, false, ev->text, out);
	}
	one->has_args = true;
}

static void finish_call(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chat_written *one = e->written[ev->choice];
	struct slice input;
	struct arena a;

	if (one->is_custom) {
		arena_init(&a, 4 * KIB);
		input = custom_input(&a, buf_slice(&one->input));
		if (input.len) {
			write_args(e, ev, true, input, out);
		}
		arena_release(&a);
		buf_release(&one->input);
	} else if (!one->has_args) {
		write_args(e, ev, false, slice_of("{}"), out);
	}
}

/* ---- blocks ---- */

static void on_block_start(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chat_written *one = e->written[ev->choice];

	one->open_kind = ev->block->kind;
	if (one->open_kind == BLOCK_TOOL_USE && !e->plan->text_completion) {
		start_call(e, ev, out);
	}
}

static void on_text(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chat_written *one = e->written[ev->choice];

	one->has_text = true;
	one->open_length += utf8_count(ev->text);
	write_piece(e, ev, "content", ev->text, out);
}

static void on_refusal(struct chat_encoder *e, const struct event *ev, struct slice text,
		       struct buf *out)
{
	e->written[ev->choice]->has_refusal = true;
	write_piece(e, ev, "refusal", text, out);
}

/* Where a citation ends may only be known when its text does. */
static void keep_citation(struct chat_written *one, const struct hub_citation *citation)
{
	struct hub_citation **tail = &one->citations;

	if (citation->kind != CITE_URL || one->kept.total > MAX_ANNOTATIONS_BYTES) {
		return;
	}
	while (*tail) {
		tail = &(*tail)->next;
	}
	*tail = hub_citation_copy(&one->kept, citation);
}

static void finish_text(struct chat_written *one)
{
	const struct chat_span span = { one->length, one->open_length };

	for (const struct hub_citation *c = one->citations; c; c = c->next) {
		chat_annotation_add(&one->annotations, c, &span);
	}
	one->citations = NULL;
	arena_release(&one->kept);
	one->length += one->open_length;
	one->open_length = 0;
}

static void keep_logprobs(struct chat_written *one, const struct hub_logprob *logprobs)
{
	logprobs_add(&one->tokens, &one->logprobs, logprobs);
}

static void on_delta(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	bool is_chat = !e->plan->text_completion;

	switch (ev->delta) {
	case DELTA_TEXT:
		on_text(e, ev, out);
		break;
	case DELTA_THINKING:
		if (e->plan->show_reasoning && is_chat) {
			write_piece(e, ev, "reasoning_content", ev->text, out);
		}
		break;
	case DELTA_REFUSAL:
		on_refusal(e, ev, ev->text, out);
		break;
	case DELTA_ARGS:
		if (is_chat) {
			on_args(e, ev, out);
		}
		break;
	case DELTA_CITE:
		if (is_chat) {
			keep_citation(e->written[ev->choice], ev->citation);
		}
		break;
	case DELTA_LOGPROBS:
		keep_logprobs(e->written[ev->choice], ev->logprobs);
		break;
	case DELTA_SIG:
		break;
	}
}

static void on_block_stop(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chat_written *one = e->written[ev->choice];

	if (one->logprobs.first) {
		write_piece(e, ev, one->open_kind == BLOCK_REFUSAL ? "refusal" : "content",
			    slice_of(""), out);
	}
	if (one->open_kind == BLOCK_TEXT) {
		finish_text(one);
	} else if (one->open_kind == BLOCK_TOOL_USE && !e->plan->text_completion) {
		finish_call(e, ev, out);
	}
}

/* ---- the end ---- */

/* All at once: a reader's later ones replace the earlier. */
static void write_annotations(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chunk c;

	begin_choice(&c, e, ev, out);
	chat_annotations_write(&c.w, &e->written[ev->choice]->annotations);
	end_choice(&c, NULL);
}

static void on_stop(struct chat_encoder *e, const struct event *ev, struct buf *out)
{
	struct chat_written *one = e->written[ev->choice];
	struct chunk c;

	if (ev->stop->kind == STOP_REFUSAL && !one->has_refusal && !one->has_text) {
		on_refusal(e, ev, chat_refusal_text(ev->stop), out);
	}
	if (one->annotations.len) {
		write_annotations(e, ev, out);
	}
	begin_choice(&c, e, ev, out);
	if (e->plan->text_completion) {
		json_kstr(&c.w, "text", "");
	}
	end_choice(&c, chat_stop_name(ev->stop->kind, one->calls > 0, one->has_refusal));
}

static void on_end(struct chat_encoder *e, struct buf *out)
{
	struct chunk c;

	if (e->plan->include_usage) {
		begin_chunk(&c, e, out);
		json_end(&c.w);
		json_key(&c.w, "usage");
		chat_usage_write(&c.w, &e->usage);
		json_end(&c.w);
		sse_end(out);
	}
	sse_begin(out, NULL);
	buf_adds(out, "[DONE]");
	sse_end(out);
}

void chat_encode_event(void *state, const struct event *ev, struct buf *out)
{
	struct chat_encoder *e = state;

	switch (ev->kind) {
	case EVENT_START:
		on_start(e, ev, out);
		break;
	case EVENT_BLOCK_START:
		on_block_start(e, ev, out);
		break;
	case EVENT_DELTA:
		on_delta(e, ev, out);
		break;
	case EVENT_BLOCK_STOP:
		on_block_stop(e, ev, out);
		break;
	case EVENT_USAGE:
		hub_usage_merge(&e->usage, ev->usage);
		break;
	case EVENT_STOP:
		on_stop(e, ev, out);
		break;
	case EVENT_END:
		if (ev->is_last) {
			on_end(e, out);
		}
		break;
	case EVENT_ERROR:
		error_write_event(FORMAT_CHAT, ev->error, NULL, out);
		break;
	case EVENT_PING:
		sse_comment(out, "keep-alive");
		break;
	}
}
