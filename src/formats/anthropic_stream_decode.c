/* A stream of Anthropic Messages -> hub events (C132). */
#include "formats/anthropic_stream.h"

#include <string.h>

#include "base/limits.h"
#include "formats/envelope.h"

void anthropic_decoder_init(void *state, const struct answer_plan *plan,
			    const struct event_sink *sink)
{
	struct anthropic_decoder *d = state;

	(void)plan;
	d->e.sink = *sink;
	d->usage = (struct anthropic_usage)ANTHROPIC_USAGE_INIT;
	arena_init(&d->kept, 256);
	buf_init(&d->input, MAX_SSE_EVENT_BYTES);
}

void anthropic_decoder_release(void *state)
{
	struct anthropic_decoder *d = state;

	arena_release(&d->kept);
	buf_release(&d->input);
}

/* Bounded: an upstream may send signatures without an end. */
static struct slice keep(struct anthropic_decoder *d, struct slice s)
{
	if (!s.ptr || d->kept.total > MAX_SSE_EVENT_BYTES) {
		return SLICE_NULL;
	}
	return arena_slice(&d->kept, s);
}

static void on_start(struct anthropic_decoder *d, const struct json *frame)
{
	const struct json *message = json_get(frame, "message");
	const struct json *usage = json_get(message, "usage");
	const struct answer_head head = {
		.id = json_get_text(message, "id"),
		.model = json_get_text(message, "model"),
		.service_tier = json_get_text(usage, "service_tier"),
		.format = FORMAT_ANTHROPIC,
	};
	struct hub_usage counts;

	anthropic_usage_read(&d->usage, usage);
	counts = anthropic_usage_hub(&d->usage);
	emit_start(&d->e, &head, &counts);
}

/* A call of a server tool is complete at its end; the input comes in deltas. */
static void hold_foreign(struct anthropic_decoder *d, const struct hub_block *block)
{
	d->foreign = hub_block_copy(&d->kept, block);
	buf_clear(&d->input);
}

static void on_block_start(struct anthropic_decoder *d, struct arena *scratch,
			   const struct json *frame)
{
	struct hub_block *block = anthropic_block_read(scratch,
						       json_get(frame, "content_block"));
	struct hub_block head;

	if (!block) {
		return;
	}
	head = *block;
	d->joiner.high = 0;
	d->has_args = false;
	d->whole_args = d->signature = SLICE_NULL;
	switch (block->kind) {
	case BLOCK_SERVER_USE:
		hold_foreign(d, block);
		return;
	case BLOCK_TOOL_USE:
		if (!slice_eq(block->tool_use.args, "{}")) {
			d->whole_args = keep(d, block->tool_use.args);
		}
		head.tool_use.args = SLICE_NULL;
		emit_open(&d->e, &head);
		break;
	case BLOCK_TEXT:
		head.text.text = SLICE_NULL;
		head.text.citations = NULL;
		emit_open(&d->e, &head);
		emit_delta(&d->e, DELTA_TEXT, block->text.text);
		break;
	case BLOCK_THINKING:
		d->signature = keep(d, block->sig.data);
		head.thinking.text = SLICE_NULL;
		head.sig.origin = ORIGIN_NONE;
		emit_open(&d->e, &head);
		emit_delta(&d->e, DELTA_THINKING, block->thinking.text);
		break;
	default:
		emit_open(&d->e, block);
		break;
	}
}

static void on_input(struct anthropic_decoder *d, struct arena *scratch, const struct json *piece)
{
	struct slice text = text_join(&d->joiner, scratch, piece);

	if (d->foreign) {
		buf_add(&d->input, text.ptr, text.len);
		return;
	}
	d->has_args |= text.len > 0;
	emit_delta(&d->e, DELTA_ARGS, text);
}

static void on_delta(struct anthropic_decoder *d, struct arena *scratch, const struct json *frame)
{
	const struct json *delta = json_get(frame, "delta");
	struct slice type = json_get_text(delta, "type");

	if (slice_eq(type, "text_delta")) {
		emit_delta(&d->e, DELTA_TEXT,
			   text_join(&d->joiner, scratch, json_get(delta, "text")));
	} else if (slice_eq(type, "thinking_delta")) {
		emit_delta(&d->e, DELTA_THINKING,
			   text_join(&d->joiner, scratch, json_get(delta, "thinking")));
	} else if (slice_eq(type, "input_json_delta")) {
		on_input(d, scratch, json_get(delta, "partial_json"));
	} else if (slice_eq(type, "signature_delta")) {
		/* Given twice, the later one is the whole value. */
		d->signature = keep(d, json_get_text(delta, "signature"));
	} else if (slice_eq(type, "citations_delta")) {
		struct hub_citation *citation =
			anthropic_citation_read(scratch, json_get(delta, "citation"));

		if (citation) {
			emit_cite(&d->e, citation);
		}
	}
}

/* The announced JSON with the input that has come since. */
static void emit_foreign(struct anthropic_decoder *d)
{
	struct hub_block *block = d->foreign;
	struct buf text = BUF_INIT(MAX_SSE_EVENT_BYTES);
	struct json_writer w;
	const struct json *head = json_read(&d->kept, block->foreign.raw, NULL);
	const struct json *input = json_read(&d->kept, buf_slice(&d->input), NULL);

	json_open(&w, &text);
	json_object(&w);
	json_each(member, head) {
		json_key(&w, arena_strndup(&d->kept, member->key.ptr, member->key.len));
		json_raw(&w, slice_eq(member->key, "input") && input ? input->raw : member->raw);
	}
	json_end(&w);
	block->foreign.raw = json_one_line(&d->kept, buf_slice(&text));
	emit_open(&d->e, block);
	emit_close(&d->e);
	buf_release(&text);
}

static void on_block_stop(struct anthropic_decoder *d)
{
	struct hub_sig sig;

	if (d->foreign) {
		emit_foreign(d);
		d->foreign = NULL;
	} else {
		if (d->joiner.high) {
			emit_delta(&d->e, d->e.open_kind == BLOCK_THINKING ? DELTA_THINKING
									   : DELTA_TEXT,
				   slice_of("\xef\xbf\xbd"));
		}
		if (!d->has_args) {
			emit_delta(&d->e, DELTA_ARGS, d->whole_args);
		}
		sig = envelope_open(&d->kept, d->signature, ORIGIN_ANTHROPIC);
		emit_sig(&d->e, &sig);
		emit_close(&d->e);
	}
	d->joiner.high = 0;
	d->signature = d->whole_args = SLICE_NULL;
	if (!d->has_stop) {
		arena_release(&d->kept);
	}
}

static void on_message_delta(struct anthropic_decoder *d, const struct json *frame)
{
	struct hub_usage usage;

	anthropic_usage_read(&d->usage, json_get(frame, "usage"));
	usage = anthropic_usage_hub(&d->usage);
	emit_usage(&d->e, &usage);
	d->stop = anthropic_stop_read(json_get(frame, "delta"));
	d->stop.text = keep(d, d->stop.text);
	d->stop.category = keep(d, d->stop.category);
	d->has_stop = true;
}

static void on_stop(struct anthropic_decoder *d)
{
	if (d->has_stop) {
		emit_stop(&d->e, &d->stop);
	}
	emit_end(&d->e);
}

static void on_error(struct anthropic_decoder *d, struct arena *scratch, const struct json *frame)
{
	struct api_error error;

	error_read(200, frame->raw, scratch, &error);
	emit_error(&d->e, &error);
}

void anthropic_decode_frame(void *state, struct arena *scratch, const struct json *frame)
{
	struct anthropic_decoder *d = state;
	struct slice type = json_get_text(frame, "type");

	if (slice_eq(type, "content_block_delta")) {
		on_delta(d, scratch, frame);
	} else if (slice_eq(type, "content_block_start")) {
		on_block_start(d, scratch, frame);
	} else if (slice_eq(type, "content_block_stop")) {
		on_block_stop(d);
	} else if (slice_eq(type, "message_start")) {
		on_start(d, frame);
	} else if (slice_eq(type, "message_delta")) {
		on_message_delta(d, frame);
	} else if (slice_eq(type, "message_stop")) {
		on_stop(d);
	} else if (slice_eq(type, "ping")) {
		emit_ping(&d->e);
	} else if (slice_eq(type, "error") || error_is_frame(frame->raw)) {
		on_error(d, scratch, frame);
	}
}

void anthropic_decode_eof(void *state)
{
	struct anthropic_decoder *d = state;

	if (d->has_stop) {
		on_stop(d);
	} else {
		emit_failure(&d->e, ERROR_UPSTREAM_EOF, "the upstream's stream broke off");
	}
}
