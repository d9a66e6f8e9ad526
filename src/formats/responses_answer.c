/* Whole Responses answers (C120-C129). */
#include "formats/responses.h"

#include "base/limits.h"

/* ---- reading ---- */

void responses_item_emit(struct arena *a, struct emitter *e, const struct json *item)
{
	struct slice type = json_get_text(item, "type");

	if (!type.len) {
		return;
	}
	if (!slice_eq(type, "message")) {
		emit_block(e, responses_item_read(a, item));
		return;
	}
	json_each(part, json_get(item, "content")) {
		struct hub_block *block = responses_output_part_read(a, part);

		if (block) {
			emit_block(e, block);
		}
	}
}

/* Failed, cancelled, or still at work: nothing that a client could use. */
static bool has_ended(const struct json *body)
{
	struct slice status = json_get_text(body, "status");

	return !status.len || slice_eq(status, "completed") || slice_eq(status, "incomplete");
}

void responses_decode_answer(struct arena *a, const struct json *body, struct emitter *e)
{
	const struct answer_head head = responses_head_read(body);
	struct hub_usage usage;
	struct hub_stop stop;
	struct api_error error;

	if (error_is_frame(body->raw)) {
		error_read(200, body->raw, a, &error);
		emit_error(e, &error);
		return;
	}
	if (!has_ended(body)) {
		emit_failure(e, ERROR_UPSTREAM_BAD, "the upstream's response did not complete");
		return;
	}
	if (!json_is(json_get(body, "output"), JSON_ARRAY)) {
		emit_failure(e, ERROR_UPSTREAM_BAD, "the upstream's response has no output");
		return;
	}
	responses_usage_read(json_get(body, "usage"), &usage);
	emit_start(e, &head, &usage);
	json_each(item, json_get(body, "output")) {
		responses_item_emit(a, e, item);
	}
	stop = responses_stop_read(body, e);
	emit_stop(e, &stop);
	emit_end(e);
}

/* ---- writing ---- */

struct answer_writer {
	const struct answer_plan *plan;
	struct arena a;
	struct answer_head head;
	struct json_writer w;             /* of the items; an array without its brackets */
	struct buf items;
	size_t count;
};

static void add_item(struct answer_writer *aw, const struct hub_block *block,
		     const char *status)
{
	struct responses_item item = {
		.kind = responses_item_kind(aw->plan, block),
		.block = block,
		.status = status,
	};

	if (item.kind == ITEM_NONE || responses_is_empty(aw->plan, block)) {
		return;
	}
	if (aw->count) {
		buf_addc(&aw->items, ',');
	}
	item.id = responses_item_id(&aw->a, item.kind, aw->head.id, aw->count++);
	json_open(&aw->w, &aw->items);
	responses_item_write(&aw->w, aw->plan, &item);
}

static void add_block(struct answer_writer *aw, const struct hub_block *block,
		      const char *status)
{
	struct hub_block call = *block;
	struct hub_block signature;

	if (block->kind != BLOCK_TOOL_USE) {
		add_item(aw, block, status);
		return;
	}
	signature = responses_signature_block(aw->plan, block);
	if (signature.sig.origin != ORIGIN_NONE) {
		add_item(aw, &signature, "completed");
	}
	if (!call.tool_use.id.len) {
		call.tool_use.id = id_base62_new(&aw->a, "call_", 24);
	}
	add_item(aw, &call, status);
}

static bool says_something(const struct hub_block *block)
{
	return (block->kind == BLOCK_TEXT || block->kind == BLOCK_REFUSAL) &&
	       block->text.text.len;
}

/* C126a */
static void add_missing_refusal(struct answer_writer *aw, const struct answer *answer)
{
	struct hub_block refusal = { .kind = BLOCK_REFUSAL };

	blocks_each(block, &answer->blocks) {
		if (says_something(block)) {
			return;
		}
	}
	refusal.text.text = responses_refusal_text(&answer->stop);
	add_item(aw, &refusal, "completed");
}

void responses_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			     struct json_writer *w)
{
	const struct answer *answer = &fold->answers[0];
	bool is_cut = responses_stop_is_cut(&answer->stop);
	struct answer_writer aw = { .plan = plan, .head = fold->head };
	struct responses_object object = {
		.head = &aw.head,
		.status = responses_status(&answer->stop),
		.usage = &fold->usage,
		.stop = &answer->stop,
	};

	arena_init(&aw.a, 4096);
	buf_init(&aw.items, MAX_SSE_EVENT_BYTES);
	aw.head.id = responses_answer_id(&aw.a, &fold->head);
	blocks_each(block, &answer->blocks) {
		bool is_last = block == answer->blocks.last;

		add_block(&aw, block, is_cut && is_last ? "incomplete" : "completed");
	}
	if (answer->stop.kind == STOP_REFUSAL) {
		add_missing_refusal(&aw, answer);
	}
	object.items = buf_slice(&aw.items);
	responses_object_write(w, plan, &object);
	buf_release(&aw.items);
	arena_release(&aw.a);
}
