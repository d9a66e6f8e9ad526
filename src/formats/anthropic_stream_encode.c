/* Hub events -> a stream of Anthropic Messages (C140). */
#include "formats/anthropic_stream.h"

#include "base/limits.h"
#include "formats/envelope.h"
#include "formats/sse.h"

void anthropic_encoder_init(void *state, const struct answer_plan *plan)
{
	struct anthropic_encoder *e = state;

	e->plan = plan;
	e->usage = (struct hub_usage)HUB_USAGE_INIT;
	arena_init(&e->kept, 256);
	buf_init(&e->args, MAX_SSE_EVENT_BYTES);
}

void anthropic_encoder_release(void *state)
{
	struct anthropic_encoder *e = state;

	arena_release(&e->kept);
	buf_release(&e->args);
}

/* Opens "event: TYPE / data: {"type":TYPE"; close with end_frame. */
static void begin_frame(struct json_writer *w, struct buf *out, const char *type)
{
	sse_begin(out, type);
	json_open(w, out);
	json_object(w);
	json_kstr(w, "type", type);
}

static void end_frame(struct json_writer *w)
{
	json_end(w);
	sse_end(w->out);
}

static void write_ping(struct buf *out)
{
	struct json_writer w;

	begin_frame(&w, out, "ping");
	end_frame(&w);
}

static void write_message_start(struct anthropic_encoder *e, const struct answer_head *head,
				struct buf *out)
{
	struct hub_usage usage = e->usage;
	struct json_writer w;
	struct arena a;

	/* Readers expect the placeholder that the vendor sends. */
	usage.out_total = usage.out_total > 0 ? usage.out_total : 1;
	arena_init(&a, 256);
	begin_frame(&w, out, "message_start");
	json_key(&w, "message");
	json_object(&w);
	json_kslice(&w, "id", anthropic_answer_id(&a, head));
	json_kstr(&w, "type", "message");
	json_kstr(&w, "role", "assistant");
	json_key(&w, "model");
	json_strn(&w, head->model);
	json_kraw(&w, "content", slice_of("[]"));
	json_kstr(&w, "stop_reason", NULL);
	json_kstr(&w, "stop_sequence", NULL);
	json_kstr(&w, "stop_details", NULL);
	json_key(&w, "usage");
	anthropic_usage_write(&w, &usage);
	json_end(&w);
	end_frame(&w);
	arena_release(&a);
}

static void on_start(struct anthropic_encoder *e, const struct event *ev, struct buf *out)
{
	if (ev->usage) {
		hub_usage_merge(&e->usage, ev->usage);
	}
	write_message_start(e, ev->head, out);
	write_ping(out);
}

/* ---- blocks ---- */

static void begin_block(struct anthropic_encoder *e, struct json_writer *w, struct buf *out)
{
	begin_frame(w, out, "content_block_start");
	json_kint(w, "index", e->index);
	json_key(w, "content_block");
}

static void write_block_stop(struct anthropic_encoder *e, struct buf *out)
{
	struct json_writer w;

	begin_frame(&w, out, "content_block_stop");
	json_kint(&w, "index", e->index++);
	end_frame(&w);
}

static void write_delta(struct anthropic_encoder *e, const char *type, const char *member,
			struct slice text, struct buf *out)
{
	struct json_writer w;

	begin_frame(&w, out, "content_block_delta");
	json_kint(&w, "index", e->index);
	json_key(&w, "delta");
	json_object(&w);
	json_kstr(&w, "type", type);
	json_key(&w, member);
	json_strn(&w, text);
	json_end(&w);
	end_frame(&w);
}

static void write_text_start(struct anthropic_encoder *e, struct buf *out)
{
	struct json_writer w;

	begin_block(e, &w, out);
	json_raw(&w, slice_of("{\"type\":\"text\",\"text\":\"\",\"citations\":null}"));
	end_frame(&w);
}

static void write_thinking_start(struct anthropic_encoder *e, struct buf *out)
{
	struct json_writer w;

	begin_block(e, &w, out);
	json_raw(&w, slice_of("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"));
	end_frame(&w);
}

static void write_signature(struct anthropic_encoder *e, const struct hub_sig *sig,
			    struct buf *out)
{
	struct arena a;
	struct slice sealed;

	arena_init(&a, 1024);
	sealed = envelope_seal(&a, sig, ORIGIN_ANTHROPIC);
	if (sealed.len) {
		write_delta(e, "signature_delta", "signature", sealed, out);
	}
	arena_release(&a);
}

/* C65: the call's signature goes first, in a block of its own. */
static void write_tool_start(struct anthropic_encoder *e, const struct hub_block *block,
			     struct buf *out)
{
	struct slice id = block->tool_use.id;
	struct json_writer w;
	struct arena a;

	if (block->sig.origin != ORIGIN_NONE && block->sig.data.len) {
		write_thinking_start(e, out);
		write_signature(e, &block->sig, out);
		write_block_stop(e, out);
	}
	arena_init(&a, 256);
	begin_block(e, &w, out);
	json_object(&w);
	json_kstr(&w, "type", "tool_use");
	json_kslice(&w, "id", id.len ? id : id_base62_new(&a, "toolu_", 24));
	json_kslice(&w, "name", block->tool_use.name);
	json_kraw(&w, "input", slice_of("{}"));
	json_end(&w);
	end_frame(&w);
	arena_release(&a);
	buf_clear(&e->args);
	e->args_flow = false;
}

static void write_foreign_start(struct anthropic_encoder *e, const struct hub_block *block,
				struct buf *out)
{
	struct json_writer w;

	begin_block(e, &w, out);
	if (block->kind == BLOCK_REDACTED) {
		json_object(&w);
		json_kstr(&w, "type", "redacted_thinking");
		json_kslice(&w, "data", block->foreign.raw);
		json_end(&w);
	} else {
		json_raw(&w, block->foreign.raw);
	}
	end_frame(&w);
}

static void on_block_start(struct anthropic_encoder *e, const struct event *ev, struct buf *out)
{
	e->kind = ev->block->kind;
	e->is_open = true;
	switch (e->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		write_text_start(e, out);
		break;
	case BLOCK_THINKING:
		write_thinking_start(e, out);
		break;
	case BLOCK_TOOL_USE:
		write_tool_start(e, ev->block, out);
		break;
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		e->is_open = ev->block->foreign.origin == ORIGIN_ANTHROPIC;
		if (e->is_open) {
			write_foreign_start(e, ev->block, out);
		}
		break;
	default:
		e->is_open = false;
		break;
	}
}

/* Arguments flow as they come once they are seen to begin an object; anything
 * else waits for its end and is wrapped (C5). */
static void on_args(struct anthropic_encoder *e, struct slice text, struct buf *out)
{
	struct slice held;

	if (e->args_flow) {
		write_delta(e, "input_json_delta", "partial_json", text, out);
		return;
	}
	buf_add(&e->args, text.ptr, text.len);
	held = buf_slice(&e->args);
	while (held.len && slice_is_blank((struct slice){ held.ptr, 1 })) {
		held.ptr++;
		held.len--;
	}
	if (held.len && held.ptr[0] == '{') {
		e->args_flow = true;
		write_delta(e, "input_json_delta", "partial_json", held, out);
		buf_release(&e->args);
	}
}

static void finish_args(struct anthropic_encoder *e, struct buf *out)
{
	struct arena a;

	if (!e->args_flow && !slice_is_blank(buf_slice(&e->args))) {
		arena_init(&a, 1024);
		write_delta(e, "input_json_delta", "partial_json",
			    args_object(&a, buf_slice(&e->args), NULL), out);
		arena_release(&a);
	}
	buf_release(&e->args);
}

static void write_citation(struct anthropic_encoder *e, const struct hub_citation *citation,
			   struct buf *out)
{
	struct json_writer w;

	if (citation->origin != ORIGIN_ANTHROPIC) {
		return;
	}
	begin_frame(&w, out, "content_block_delta");
	json_kint(&w, "index", e->index);
	json_key(&w, "delta");
	json_object(&w);
	json_kstr(&w, "type", "citations_delta");
	json_kraw(&w, "citation", citation->raw);
	json_end(&w);
	end_frame(&w);
}

static void on_delta(struct anthropic_encoder *e, const struct event *ev, struct buf *out)
{
	if (!e->is_open) {
		return;
	}
	switch (ev->delta) {
	case DELTA_TEXT:
	case DELTA_REFUSAL:
		write_delta(e, "text_delta", "text", ev->text, out);
		break;
	case DELTA_THINKING:
		write_delta(e, "thinking_delta", "thinking", ev->text, out);
		break;
	case DELTA_ARGS:
		on_args(e, ev->text, out);
		break;
	case DELTA_SIG:
		/* Of a text it comes too late (C65). */
		if (e->kind == BLOCK_THINKING) {
			write_signature(e, ev->sig, out);
		}
		break;
	case DELTA_CITE:
		write_citation(e, ev->citation, out);
		break;
	case DELTA_LOGPROBS:
		/* C58: no place here. */
		break;
	}
}

static void on_block_stop(struct anthropic_encoder *e, struct buf *out)
{
	if (!e->is_open) {
		return;
	}
	if (e->kind == BLOCK_TOOL_USE) {
		finish_args(e, out);
	}
	write_block_stop(e, out);
	e->is_open = false;
}

/* ---- the end ---- */

static void write_end(struct anthropic_encoder *e, struct buf *out)
{
	struct json_writer w;

	begin_frame(&w, out, "message_delta");
	json_key(&w, "delta");
	json_object(&w);
	anthropic_stop_write(&w, &e->stop);
	json_end(&w);
	json_key(&w, "usage");
	anthropic_usage_write(&w, &e->usage);
	end_frame(&w);
	begin_frame(&w, out, "message_stop");
	end_frame(&w);
}

/* Usage may still follow, so the stop waits for the end. */
static void on_stop(struct anthropic_encoder *e, const struct hub_stop *stop)
{
	e->stop = *stop;
	e->stop.text = stop->text.ptr ? arena_slice(&e->kept, stop->text) : SLICE_NULL;
	e->stop.category = stop->category.ptr ? arena_slice(&e->kept, stop->category)
					      : SLICE_NULL;
}

void anthropic_encode_event(void *state, const struct event *ev, struct buf *out)
{
	struct anthropic_encoder *e = state;

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
		on_block_stop(e, out);
		break;
	case EVENT_USAGE:
		hub_usage_merge(&e->usage, ev->usage);
		break;
	case EVENT_STOP:
		on_stop(e, ev->stop);
		break;
	case EVENT_END:
		write_end(e, out);
		break;
	case EVENT_ERROR:
		error_write_event(FORMAT_ANTHROPIC, ev->error, NULL, out);
		break;
	case EVENT_PING:
		write_ping(out);
		break;
	}
}
