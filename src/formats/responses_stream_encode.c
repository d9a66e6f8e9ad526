/*
 * Hub events -> a stream of OpenAI Responses (C142).
 *
 * An item is announced when its first content comes, and finished when the
 * next block begins or the answer stops: only then is it known whether it was
 * cut. The last frame repeats the whole output, so it is kept.
 */
#include "formats/responses_stream.h"

#include "base/limits.h"
#include "formats/logprobs.h"
#include "formats/sse.h"

void responses_encoder_init(void *state, const struct answer_plan *plan)
{
	struct responses_encoder *e = state;

	e->plan = plan;
	e->usage = (struct hub_usage)HUB_USAGE_INIT;
	arena_init(&e->kept, 512);
	arena_init(&e->item_arena, 512);
	buf_init(&e->items, MAX_SSE_EVENT_BYTES);
	buf_init(&e->text, MAX_SSE_EVENT_BYTES);
}

void responses_encoder_release(void *state)
{
	struct responses_encoder *e = state;

	arena_release(&e->kept);
	arena_release(&e->item_arena);
	buf_release(&e->items);
	buf_release(&e->text);
}

static void write_response(struct responses_encoder *e, struct buf *out, const char *type,
			   const struct responses_object *object)
{
	struct json_writer w;

	responses_begin_frame(e, &w, out, type);
	json_key(&w, "response");
	responses_object_write(&w, e->plan, object);
	responses_end_frame(&w);
}

/* A frame, since readers count those and not comments as life. Nothing may
 * come before response.created, though. */
static void write_keepalive(struct responses_encoder *e, struct buf *out)
{
	struct json_writer w;

	if (!e->sequence) {
		sse_comment(out, "keep-alive");
		return;
	}
	responses_begin_frame(e, &w, out, "keepalive");
	responses_end_frame(&w);
}

static void on_start(struct responses_encoder *e, const struct event *ev, struct buf *out)
{
	const struct responses_object object = { .head = &e->head, .status = "in_progress" };

	e->head = *ev->head;
	e->head.id = arena_slice(&e->kept, responses_answer_id(&e->kept, ev->head));
	e->head.model = arena_slice(&e->kept, ev->head->model);
	e->head.service_tier = ev->head->service_tier.len
			       ? arena_slice(&e->kept, ev->head->service_tier) : SLICE_NULL;
	if (ev->usage) {
		hub_usage_merge(&e->usage, ev->usage);
	}
	write_response(e, out, "response.created", &object);
	write_response(e, out, "response.in_progress", &object);
}

/* ---- items ---- */

/* The item as it stands, at the end of the list. */
static struct slice keep_item(struct responses_encoder *e)
{
	struct json_writer w;
	size_t start;

	if (e->items.len) {
		buf_addc(&e->items, ',');
	}
	start = e->items.len;
	json_open(&w, &e->items);
	responses_item_write(&w, e->plan, &e->item);
	if (e->items.failed) {
		return slice_of("{}");
	}
	return (struct slice){ e->items.ptr + start, e->items.len - start };
}

static void complete_block(struct responses_encoder *e)
{
	struct slice text = buf_slice(&e->text);

	switch (e->block.kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		e->block.text.text = text;
		break;
	case BLOCK_THINKING:
		e->block.thinking.text = text;
		break;
	case BLOCK_TOOL_USE:
		e->block.tool_use.args = text;
		break;
	default:
		break;
	}
}

static void forget_item(struct responses_encoder *e)
{
	e->is_open = false;
	e->item = (struct responses_item){ .kind = ITEM_NONE };
	arena_release(&e->item_arena);
	arena_init(&e->item_arena, 512);
	buf_clear(&e->text);
}

static void finish_item(struct responses_encoder *e, struct buf *out, bool is_cut)
{
	if (e->is_open) {
		responses_done_frames(e, out, is_cut);
		e->item.status = is_cut ? "incomplete" : "completed";
		responses_item_done_frame(e, out, keep_item(e));
		e->index++;
	}
	forget_item(e);
}

/* ---- blocks ---- */

static void begin_block(struct responses_encoder *e, const struct hub_block *block)
{
	struct hub_block *copy = hub_block_copy(&e->item_arena, block);

	if (copy->kind == BLOCK_TOOL_USE && !copy->tool_use.id.len) {
		copy->tool_use.id = id_base62_new(&e->item_arena, "call_", 24);
	}
	e->block = *copy;
	e->citations = &e->block.text.citations;
	e->told = NULL;
	e->item.kind = responses_item_kind(e->plan, &e->block);
}

static void open_item(struct responses_encoder *e, struct buf *out)
{
	if (e->is_open || e->item.kind == ITEM_NONE) {
		return;
	}
	e->is_open = true;
	e->item.block = &e->block;
	e->item.status = "in_progress";
	e->item.id = responses_item_id(&e->item_arena, e->item.kind, e->head.id, e->index);
	responses_added_frames(e, out);
}

/* A block that is complete at once. */
static void put_block(struct responses_encoder *e, const struct hub_block *block,
		      struct buf *out)
{
	begin_block(e, block);
	open_item(e, out);
	finish_item(e, out, false);
}

static void on_block_start(struct responses_encoder *e, const struct hub_block *block,
			   struct buf *out)
{
	struct hub_block signature = responses_signature_block(e->plan, block);

	finish_item(e, out, false);
	if (block->kind == BLOCK_TOOL_USE && signature.sig.origin != ORIGIN_NONE) {
		put_block(e, &signature, out);
	}
	begin_block(e, block);
	if (block->kind == BLOCK_TOOL_USE) {
		open_item(e, out);
	}
}

static void add_citation(struct responses_encoder *e, const struct hub_citation *citation)
{
	*e->citations = hub_citation_copy(&e->item_arena, citation);
	e->citations = &(*e->citations)->next;
}

static void keep_signature(struct responses_encoder *e, const struct hub_sig *sig)
{
	e->block.sig = (struct hub_sig){
		sig->origin,
		arena_slice(&e->item_arena, sig->data),
		sig->item_id.ptr ? arena_slice(&e->item_arena, sig->item_id) : SLICE_NULL,
	};
}

static void on_text(struct responses_encoder *e, const struct event *ev, struct buf *out)
{
	bool is_first = !e->text.len;

	open_item(e, out);
	buf_add(&e->text, ev->text.ptr, ev->text.len);
	switch (ev->delta) {
	case DELTA_TEXT:
		responses_text_frame(e, FRAME_TEXT, ev->text, out);
		break;
	case DELTA_REFUSAL:
		responses_text_frame(e, FRAME_REFUSAL, ev->text, out);
		break;
	case DELTA_THINKING:
		responses_thinking_frames(e, ev->text, is_first, out);
		break;
	default:
		if (e->item.kind == ITEM_FUNCTION) {
			responses_text_frame(e, FRAME_ARGUMENTS, ev->text, out);
		}
		break;
	}
}

static void on_delta(struct responses_encoder *e, const struct event *ev, struct buf *out)
{
	if (ev->delta == DELTA_LOGPROBS) {
		/* A refusal has no place for them here. */
		if (e->block.kind == BLOCK_TEXT) {
			logprobs_add(&e->item_arena, &e->block.text.logprobs, ev->logprobs);
		}
	} else if (ev->delta == DELTA_CITE) {
		add_citation(e, ev->citation);
	} else if (ev->delta == DELTA_SIG && e->block.kind == BLOCK_THINKING) {
		keep_signature(e, ev->sig);
	} else if (ev->text.len) {
		on_text(e, ev, out);
	}
}

static void on_block_stop(struct responses_encoder *e, struct buf *out)
{
	complete_block(e);
	e->has_text |= (e->block.kind == BLOCK_TEXT || e->block.kind == BLOCK_REFUSAL) &&
		       e->text.len;
	if (!responses_is_empty(e->plan, &e->block)) {
		open_item(e, out);
	}
}

/* ---- the end ---- */

/* C126a */
static void put_refusal(struct responses_encoder *e, const struct hub_stop *stop,
			struct buf *out)
{
	const struct hub_block block = { .kind = BLOCK_REFUSAL };
	const struct event text = {
		.delta = DELTA_REFUSAL,
		.text = responses_refusal_text(stop),
	};

	begin_block(e, &block);
	on_text(e, &text, out);
	on_block_stop(e, out);
	finish_item(e, out, false);
}

/* Usage may still follow, so the end waits for it. */
static void on_stop(struct responses_encoder *e, const struct hub_stop *stop, struct buf *out)
{
	e->stop = (struct hub_stop){ .kind = stop->kind };
	finish_item(e, out, responses_stop_is_cut(stop));
	if (stop->kind == STOP_REFUSAL && !e->has_text) {
		put_refusal(e, stop, out);
	}
}

/* The output so far, with the open item in it as incomplete. */
static void write_failure(struct responses_encoder *e, const struct api_error *error,
			  struct buf *out)
{
	struct buf output = BUF_INIT(MAX_SSE_EVENT_BYTES + 2);
	struct error_stream stream = {
		.sequence_number = e->sequence++,
		.response_id = e->head.id.ptr,
		.model = e->head.model.ptr,
		.created_at = e->head.created,
	};

	if (e->is_open) {
		complete_block(e);
		e->item.status = "incomplete";
		keep_item(e);
	}
	buf_addc(&output, '[');
	buf_add(&output, e->items.ptr, e->items.len);
	buf_addc(&output, ']');
	stream.output = buf_slice(&output);
	error_write_event(FORMAT_RESPONSES, error, &stream, out);
	buf_release(&output);
}

static void on_end(struct responses_encoder *e, struct buf *out)
{
	const struct api_error error = hub_error_of(ERROR_UPSTREAM_BAD, RESPONSES_FAILURE);
	const struct responses_object object = {
		.head = &e->head,
		.status = responses_status(&e->stop),
		.items = buf_slice(&e->items),
		.usage = &e->usage,
		.stop = &e->stop,
	};

	if (e->stop.kind == STOP_ERROR) {
		write_failure(e, &error, out);
		return;
	}
	write_response(e, out, responses_stop_is_cut(&e->stop) ? "response.incomplete"
							       : "response.completed", &object);
}

static void encode_event(struct responses_encoder *e, const struct event *ev, struct buf *out)
{
	switch (ev->kind) {
	case EVENT_START:
		on_start(e, ev, out);
		break;
	case EVENT_BLOCK_START:
		on_block_start(e, ev->block, out);
		break;
	case EVENT_DELTA:
		on_delta(e, ev, out);
		break;
	case EVENT_BLOCK_STOP:
		on_block_stop(e, out);
		break;
	case EVENT_USAGE:
		hub_usage_merge(&e->usage, ev->usage);
		break;
	case EVENT_STOP:
		on_stop(e, ev->stop, out);
		break;
	case EVENT_END:
		if (ev->is_last) {
			on_end(e, out);
		}
		break;
	case EVENT_ERROR:
		write_failure(e, ev->error, out);
		break;
	case EVENT_PING:
		write_keepalive(e, out);
		break;
	}
}

void responses_encode_event(void *state, const struct event *ev, struct buf *out)
{
	const struct api_error error = hub_error_of(ERROR_UPSTREAM_BAD,
						    "the upstream's answer is too large");
	struct responses_encoder *e = state;

	/* One answer is all this format has; nobody could ask for more (C136). */
	if (e->is_broken || (ev->choice && ev->kind != EVENT_END)) {
		return;
	}
	encode_event(e, ev, out);
	if (e->items.failed || e->text.failed) {
		e->is_broken = true;
		e->is_open = false;
		buf_release(&e->items);
		write_failure(e, &error, out);
	}
}
