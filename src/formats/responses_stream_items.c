/*
 * The frames of one item of a Responses stream -> hub events: deltas are
 * passed on as they come, and the `.done` frames say what the deltas left
 * out (C135).
 */
#include "formats/responses_stream.h"

#include "base/limits.h"
#include "formats/logprobs.h"

/* ---- the open block ---- */

static enum delta_kind open_delta(const struct responses_decoder *d)
{
	switch (d->e.open_kind) {
	case BLOCK_THINKING:
		return DELTA_THINKING;
	case BLOCK_REFUSAL:
		return DELTA_REFUSAL;
	case BLOCK_TOOL_USE:
		return DELTA_ARGS;
	default:
		return DELTA_TEXT;
	}
}

/* Half a character at the end of a text stays one (C131). */
static void flush_joiner(struct responses_decoder *d)
{
	const struct slice replacement = slice_of("\xef\xbf\xbd");

	if (d->joiner.high) {
		d->joiner.high = 0;
		emit_delta(&d->e, open_delta(d), replacement);
		d->sent += replacement.len;
	}
}

void responses_close_block(struct responses_decoder *d)
{
	flush_joiner(d);
	emit_close(&d->e);
}

static void open_block(struct responses_decoder *d, const struct hub_block *block)
{
	responses_close_block(d);
	emit_open(&d->e, block);
	d->sent = 0;
	d->annotations = 0;
	d->has_logprobs = false;
}

static void want_block(struct responses_decoder *d, enum hub_block_kind kind)
{
	const struct hub_block empty = { .kind = kind };

	if (!d->e.is_open || d->e.open_kind != kind) {
		open_block(d, &empty);
		d->parts += kind == BLOCK_TEXT || kind == BLOCK_REFUSAL;
	}
}

/* The text behind what was sent; a whole that is not longer says nothing new. */
static struct slice rest_of(const struct responses_decoder *d, struct slice whole)
{
	bool is_inside = whole.len > d->sent &&
			 ((unsigned char)whole.ptr[d->sent] & 0xc0) != 0x80;

	if (!is_inside) {
		return SLICE_NULL;
	}
	return (struct slice){ whole.ptr + d->sent, whole.len - d->sent };
}

static void send_piece(struct responses_decoder *d, struct slice text)
{
	emit_delta(&d->e, open_delta(d), text);
	d->sent += text.len;
}

static void send_rest(struct responses_decoder *d, struct slice whole)
{
	struct slice rest = rest_of(d, whole);

	if (rest.len) {
		d->joiner.high = 0;
		send_piece(d, rest);
	}
}

/* ---- custom tools: free text inside {"input": …} (C31) ---- */

/* A piece of the text, escaped, without the quotes around it. */
static void send_input(struct responses_decoder *d, struct slice text)
{
	struct buf quoted = BUF_INIT(MAX_ARENA_BYTES);

	json_quote(&quoted, text);
	if (text.len && !quoted.failed) {
		emit_delta(&d->e, DELTA_ARGS,
			   (struct slice){ quoted.ptr + 1, quoted.len - 2 });
		d->sent += text.len;
	}
	buf_release(&quoted);
}

static void finish_input(struct responses_decoder *d, struct slice whole, bool is_cut)
{
	struct slice rest = rest_of(d, whole);

	d->joiner.high = rest.len ? 0 : d->joiner.high;
	flush_joiner(d);
	send_input(d, rest);
	if (!is_cut) {
		emit_delta(&d->e, DELTA_ARGS, slice_of("\"}"));
	}
}

/* ---- messages ---- */

static void send_annotation(struct responses_decoder *d, struct arena *scratch,
			    const struct json *v)
{
	struct hub_citation *citation = responses_citation_read(scratch, v);

	if (citation) {
		emit_cite(&d->e, citation);
		d->annotations++;
	}
}

/* C58 */
static void send_logprobs(struct responses_decoder *d, struct arena *scratch,
			  const struct json *v)
{
	const struct hub_logprobs list = logprobs_read_openai(scratch, json_get(v, "logprobs"));

	emit_logprobs(&d->e, list.first);
	d->has_logprobs |= list.first != NULL;
}

/* What a finished part has beyond its deltas. */
static void send_part_rest(struct responses_decoder *d, struct arena *scratch,
			   const struct json *part)
{
	size_t index = 0;

	if (json_is_text(json_get(part, "type"), "refusal")) {
		send_rest(d, json_get_text(part, "refusal"));
		return;
	}
	if (!d->has_logprobs) {
		send_logprobs(d, scratch, part);
	}
	send_rest(d, json_get_text(part, "text"));
	json_each(annotation, json_get(part, "annotations")) {
		if (index++ >= d->annotations) {
			send_annotation(d, scratch, annotation);
		}
	}
}

static void finish_message(struct responses_decoder *d, struct arena *scratch,
			   const struct json *item)
{
	size_t index = 0;

	json_each(part, json_get(item, "content")) {
		struct hub_block *block;

		index++;
		if (index == d->parts && d->e.is_open) {
			send_part_rest(d, scratch, part);
		} else if (index > d->parts &&
			   (block = responses_output_part_read(scratch, part))) {
			responses_close_block(d);
			emit_block(&d->e, block);
		}
	}
}

/* ---- items ---- */

static enum responses_item_kind kind_of(struct slice type)
{
	static const struct {
		const char *type;
		enum responses_item_kind kind;
	} types[] = {
		{ "message", ITEM_MESSAGE },
		{ "reasoning", ITEM_REASONING },
		{ "function_call", ITEM_FUNCTION },
		{ "custom_tool_call", ITEM_CUSTOM },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (slice_eq(type, types[i].type)) {
			return types[i].kind;
		}
	}
	return ITEM_RAW;
}

static void open_call(struct responses_decoder *d, struct arena *scratch,
		      const struct json *item)
{
	struct hub_block *call = responses_item_read(scratch, item);

	call->tool_use.args = SLICE_NULL;
	open_block(d, call);
	if (d->kind == ITEM_CUSTOM) {
		emit_delta(&d->e, DELTA_ARGS, slice_of("{\"input\":\""));
	}
}

static void open_item(struct responses_decoder *d, struct arena *scratch, int64_t index,
		      const struct json *item)
{
	responses_close_block(d);
	d->has_item = true;
	d->index = index;
	d->kind = kind_of(json_get_text(item, "type"));
	if (d->kind == ITEM_REASONING) {
		want_block(d, BLOCK_THINKING);
	} else if (d->kind == ITEM_FUNCTION || d->kind == ITEM_CUSTOM) {
		open_call(d, scratch, item);
	}
}

void responses_finish_item(struct responses_decoder *d, struct arena *scratch,
			   const struct json *item)
{
	bool is_cut = !item || json_is_text(json_get(item, "status"), "incomplete");

	switch (d->kind) {
	case ITEM_MESSAGE:
		finish_message(d, scratch, item);
		break;
	case ITEM_REASONING:
		send_rest(d, responses_reasoning_text(scratch, item));
		if (item) {
			emit_sig(&d->e, &responses_item_read(scratch, item)->sig);
		}
		break;
	case ITEM_FUNCTION:
		send_rest(d, responses_arguments(scratch, item));
		break;
	case ITEM_CUSTOM:
		finish_input(d, json_get_text(item, "input"), is_cut);
		break;
	default:
		if (item) {
			responses_item_emit(scratch, &d->e, item);
		}
		break;
	}
	responses_close_block(d);
	d->has_item = false;
	d->parts = 0;
}

/* ---- frames of one item ---- */

static void on_text(struct responses_decoder *d, struct arena *scratch,
		    const struct json *frame, enum hub_block_kind kind)
{
	const struct json *tokens = kind == BLOCK_TEXT ? json_get(frame, "logprobs") : NULL;

	if (json_get_text(frame, "delta").len || (tokens && tokens->count)) {
		want_block(d, kind);
		if (tokens) {
			send_logprobs(d, scratch, frame);
		}
		send_piece(d, text_join(&d->joiner, scratch, json_get(frame, "delta")));
	}
}

static void on_arguments(struct responses_decoder *d, struct arena *scratch,
			 const struct json *frame)
{
	struct slice text = text_join(&d->joiner, scratch, json_get(frame, "delta"));

	if (d->kind == ITEM_CUSTOM) {
		send_input(d, text);
	} else if (d->kind == ITEM_FUNCTION) {
		send_piece(d, text);
	}
}

/* A further part of reasoning: a blank line stands between two (C30). */
static void on_reasoning_part(struct responses_decoder *d)
{
	if (d->e.is_open && d->e.open_kind == BLOCK_THINKING && d->sent) {
		flush_joiner(d);
		send_piece(d, slice_of("\n\n"));
	}
}

static void on_part_added(struct responses_decoder *d, const struct json *frame)
{
	const struct json *type = json_get(json_get(frame, "part"), "type");

	if (json_is_text(type, "reasoning_text")) {
		on_reasoning_part(d);
		return;
	}
	responses_close_block(d);
	want_block(d, json_is_text(type, "refusal") ? BLOCK_REFUSAL : BLOCK_TEXT);
}

static void on_part_done(struct responses_decoder *d, struct arena *scratch,
			 const struct json *frame)
{
	const struct json *part = json_get(frame, "part");

	if (!json_is_text(json_get(part, "type"), "reasoning_text")) {
		send_part_rest(d, scratch, part);
		responses_close_block(d);
	}
}

static void on_item_done(struct responses_decoder *d, struct arena *scratch,
			 const struct json *frame, int64_t index)
{
	const struct json *item = json_get(frame, "item");

	if (!d->has_item && (d->e.is_open || d->parts)) {
		/* Its deltas came without an announcement. */
		d->kind = kind_of(json_get_text(item, "type"));
		d->index = index;
	} else if (!d->has_item) {
		open_item(d, scratch, index, item);
	}
	responses_finish_item(d, scratch, item);
}

void responses_item_frame(struct responses_decoder *d, struct arena *scratch,
			  const struct json *frame, int64_t index)
{
	struct slice type = json_get_text(frame, "type");

	if (slice_eq(type, "response.output_text.delta")) {
		on_text(d, scratch, frame, BLOCK_TEXT);
	} else if (slice_eq(type, "response.function_call_arguments.delta") ||
		   slice_eq(type, "response.custom_tool_call_input.delta")) {
		on_arguments(d, scratch, frame);
	} else if (slice_eq(type, "response.reasoning_summary_text.delta") ||
		   slice_eq(type, "response.reasoning_text.delta")) {
		on_text(d, scratch, frame, BLOCK_THINKING);
	} else if (slice_eq(type, "response.refusal.delta")) {
		on_text(d, scratch, frame, BLOCK_REFUSAL);
	} else if (slice_eq(type, "response.output_item.added")) {
		open_item(d, scratch, index, json_get(frame, "item"));
	} else if (slice_eq(type, "response.output_item.done")) {
		on_item_done(d, scratch, frame, index);
	} else if (slice_eq(type, "response.content_part.added")) {
		on_part_added(d, frame);
	} else if (slice_eq(type, "response.content_part.done")) {
		on_part_done(d, scratch, frame);
	} else if (slice_eq(type, "response.reasoning_summary_part.added")) {
		on_reasoning_part(d);
	} else if (slice_eq(type, "response.output_text.annotation.added")) {
		send_annotation(d, scratch, json_get(frame, "annotation"));
	}
}
