/* Whole Anthropic answers (C120-C129). */
#include "formats/anthropic.h"

#include "formats/envelope.h"

void anthropic_decode_answer(struct arena *a, const struct json *body, struct emitter *e)
{
	struct anthropic_usage counts = ANTHROPIC_USAGE_INIT;
	struct hub_usage usage;
	struct hub_stop stop = anthropic_stop_read(body);
	const struct answer_head head = {
		.id = json_get_text(body, "id"),
		.model = json_get_text(body, "model"),
		.service_tier = json_get_text(json_get(body, "usage"), "service_tier"),
		.format = FORMAT_ANTHROPIC,
	};
	struct api_error error;

	if (error_is_frame(body->raw)) {
		error_read(200, body->raw, a, &error);
		emit_error(e, &error);
		return;
	}
	if (!json_is(json_get(body, "content"), JSON_ARRAY)) {
		emit_failure(e, ERROR_UPSTREAM_BAD, "the upstream's answer has no content");
		return;
	}
	anthropic_usage_read(&counts, json_get(body, "usage"));
	usage = anthropic_usage_hub(&counts);
	emit_start(e, &head, &usage);
	json_each(item, json_get(body, "content")) {
		struct hub_block *block = anthropic_block_read(a, item);

		if (block) {
			emit_block(e, block);
		}
	}
	emit_stop(e, &stop);
	emit_end(e);
}

static void write_text(struct json_writer *w, const struct hub_block *block)
{
	json_object(w);
	json_kstr(w, "type", "text");
	json_kslice(w, "text", block->text.text);
	json_key(w, "citations");
	json_null(w);
	json_end(w);
}

static void write_own_text(struct json_writer *w, const struct hub_block *block)
{
	const struct hub_citation *c = block->text.citations;

	if (!c || c->origin != ORIGIN_ANTHROPIC) {
		write_text(w, block);
		return;
	}
	json_object(w);
	json_kstr(w, "type", "text");
	json_kslice(w, "text", block->text.text);
	json_key(w, "citations");
	json_array(w);
	for (; c; c = c->next) {
		json_raw(w, c->raw);
	}
	json_end(w);
	json_end(w);
}

static void write_thinking(struct json_writer *w, struct slice text, struct slice signature)
{
	json_object(w);
	json_kstr(w, "type", "thinking");
	json_key(w, "thinking");
	json_strn(w, text);
	json_key(w, "signature");
	json_strn(w, signature);
	json_end(w);
}

/* C65: a foreign signature of a text or a call travels in a block of its own
 * before it. */
static void write_signature(struct json_writer *w, struct arena *a,
			    const struct hub_block *block)
{
	struct slice sealed = envelope_seal(a, &block->sig, ORIGIN_ANTHROPIC);

	if (block->sig.origin != ORIGIN_NONE && block->sig.origin != ORIGIN_ANTHROPIC &&
	    sealed.len) {
		write_thinking(w, SLICE_NULL, sealed);
	}
}

static void write_tool_use(struct json_writer *w, struct arena *a,
			   const struct hub_block *block)
{
	struct slice id = block->tool_use.id;

	json_object(w);
	json_kstr(w, "type", "tool_use");
	json_kslice(w, "id", id.len ? id : id_base62_new(a, "toolu_", 24));
	json_kslice(w, "name", block->tool_use.name);
	json_key(w, "input");
	json_raw(w, args_object(a, block->tool_use.args, NULL));
	json_end(w);
}

static void write_foreign(struct json_writer *w, const struct hub_block *block)
{
	if (block->foreign.origin != ORIGIN_ANTHROPIC) {
		return;
	}
	if (block->kind != BLOCK_REDACTED) {
		json_raw(w, block->foreign.raw);
		return;
	}
	json_object(w);
	json_kstr(w, "type", "redacted_thinking");
	json_kslice(w, "data", block->foreign.raw);
	json_end(w);
}

static void write_block(struct json_writer *w, struct arena *a, const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
		write_signature(w, a, block);
		if (block->text.text.len) {
			write_own_text(w, block);
		}
		break;
	case BLOCK_REFUSAL:
		write_text(w, block);
		break;
	case BLOCK_THINKING:
		write_thinking(w, block->thinking.text,
			       envelope_seal(a, &block->sig, ORIGIN_ANTHROPIC));
		break;
	case BLOCK_TOOL_USE:
		write_signature(w, a, block);
		write_tool_use(w, a, block);
		break;
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		write_foreign(w, block);
		break;
	default:
		break;
	}
}

struct slice anthropic_answer_id(struct arena *a, const struct answer_head *head)
{
	if (head->format == FORMAT_ANTHROPIC && head->id.len) {
		return head->id;
	}
	return id_base62_derive(a, "msg_", 24, head->id);
}

void anthropic_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			     struct json_writer *w)
{
	struct arena a;

	(void)plan;
	arena_init(&a, 4096);
	json_object(w);
	json_kslice(w, "id", anthropic_answer_id(&a, &fold->head));
	json_kstr(w, "type", "message");
	json_kstr(w, "role", "assistant");
	json_key(w, "model");
	json_strn(w, fold->head.model);
	json_key(w, "content");
	json_array(w);
	blocks_each(block, &fold->answers[0].blocks) {
		write_block(w, &a, block);
	}
	json_end(w);
	anthropic_stop_write(w, &fold->answers[0].stop);
	json_key(w, "usage");
	anthropic_usage_write(w, &fold->usage);
	json_end(w);
	arena_release(&a);
}
