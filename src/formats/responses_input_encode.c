/*
 * The messages of a hub request -> input items of Responses (C41, C43, C45,
 * C62, C70, C71). What belongs in a message is collected into one item; calls,
 * results and reasoning are items of their own, in their places.
 */
#include "formats/responses.h"

#include "base/map.h"
#include "formats/openai_common.h"

struct encoder {
	struct conversion *c;
	struct json_writer *w;
	struct map custom_calls;          /* ids of calls that were custom (C48) */
	bool is_open;                     /* a message's content is being written */
	size_t count;                     /* items begun */
};

static void close_message(struct encoder *e)
{
	if (e->is_open) {
		json_end(e->w);
		json_end(e->w);
		e->is_open = false;
	}
}

static const char *role_name(const struct conversion *c, enum hub_role role)
{
	switch (role) {
	case ROLE_ASSISTANT:
		return "assistant";
	case ROLE_SYSTEM:
		return c->options.developer_role == DEVELOPER_NATIVE ? "developer" : "system";
	case ROLE_USER:
		break;
	}
	return "user";
}

/* The content of the message that the next part belongs to. */
static void want_message(struct encoder *e, const struct hub_message *m)
{
	if (e->is_open) {
		return;
	}
	e->count++;
	json_object(e->w);
	json_kstr(e->w, "type", "message");
	json_kstr(e->w, "role", role_name(e->c, m->role));
	if (m->role == ROLE_ASSISTANT) {
		json_kslice(e->w, "phase", m->phase.len ? m->phase : SLICE_NULL);
	}
	json_key(e->w, "content");
	json_array(e->w);
	e->is_open = true;
}

static void begin_item(struct encoder *e, const char *type)
{
	close_message(e);
	e->count++;
	json_object(e->w);
	json_kstr(e->w, "type", type);
}

/* ---- the assistant's blocks ---- */

/* Citations only go back to who made them (C70). */
static void write_annotations(struct json_writer *w, const struct hub_citation *list)
{
	json_key(w, "annotations");
	json_array(w);
	for (; list; list = list->next) {
		if (list->origin == ORIGIN_OPENAI && list->raw.len) {
			json_raw(w, list->raw);
		}
	}
	json_end(w);
}

static void put_output_text(struct encoder *e, const struct hub_message *m,
			    const struct hub_citation *citations, struct slice text)
{
	want_message(e, m);
	json_object(e->w);
	json_kstr(e->w, "type", "output_text");
	json_kslice(e->w, "text", text);
	write_annotations(e->w, citations);
	json_end(e->w);
}

static void put_refusal(struct encoder *e, const struct hub_message *m, struct slice text)
{
	want_message(e, m);
	json_object(e->w);
	json_kstr(e->w, "type", "refusal");
	json_kslice(e->w, "refusal", text);
	json_end(e->w);
}

static void write_thinking_text(struct json_writer *w, const char *member, const char *type,
				struct slice text)
{
	json_key(w, member);
	json_array(w);
	if (text.len) {
		json_object(w);
		json_kstr(w, "type", type);
		json_kslice(w, "text", text);
		json_end(w);
	}
	json_end(w);
}

/* C62: only with its own signature, otherwise not at all. */
static void put_thinking(struct encoder *e, const struct hub_block *block)
{
	bool is_raw = e->c->req->format == FORMAT_RESPONSES && !block->thinking.is_summary;
	struct slice text = block->thinking.text;

	if (block->sig.origin != ORIGIN_OPENAI || !block->sig.data.len) {
		return;
	}
	begin_item(e, "reasoning");
	json_kslice(e->w, "id", block->sig.item_id.len ? block->sig.item_id : SLICE_NULL);
	write_thinking_text(e->w, "summary", "summary_text", is_raw ? SLICE_NULL : text);
	if (is_raw) {
		write_thinking_text(e->w, "content", "reasoning_text", text);
	}
	json_kslice(e->w, "encrypted_content", block->sig.data);
	json_end(e->w);
}

static void put_call(struct encoder *e, const struct hub_block *block)
{
	struct slice args = block->tool_use.args;
	bool is_custom = block->tool_use.is_custom;

	begin_item(e, is_custom ? "custom_tool_call" : "function_call");
	json_kslice(e->w, "call_id", wire_id(e->c, block->tool_use.id));
	json_kslice(e->w, "name", wire_name(e->c, block->tool_use.name));
	if (is_custom) {
		map_put(&e->custom_calls, block->tool_use.id, e);
		json_key(e->w, "input");
		json_strn(e->w, custom_input(e->c->arena, args));
	} else {
		json_kslice(e->w, "arguments", slice_is_blank(args) ? slice_of("{}") : args);
	}
	json_end(e->w);
}

static bool put_foreign(struct encoder *e, const struct hub_message *m,
			const struct hub_block *block)
{
	switch (foreign_fate(e->c, block, m->role, ORIGIN_OPENAI)) {
	case FOREIGN_KEEP:
		close_message(e);
		e->count++;
		json_raw(e->w, block->foreign.raw);
		return true;
	case FOREIGN_TEXT:
		put_output_text(e, m, NULL, block->foreign.digest);
		return true;
	case FOREIGN_DROP:
		return true;
	case FOREIGN_REFUSE:
		break;
	}
	return false;
}

static bool put_assistant_block(struct encoder *e, const struct hub_message *m,
				const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
		if (block->text.text.len) {
			put_output_text(e, m, block->text.citations, block->text.text);
		}
		return true;
	case BLOCK_REFUSAL:
		put_refusal(e, m, block->text.text);
		return true;
	case BLOCK_THINKING:
		put_thinking(e, block);
		return true;
	case BLOCK_TOOL_USE:
		put_call(e, block);
		return true;
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		return put_foreign(e, m, block);
	default:
		/* The model's side has no media. */
		warn(e->c->warnings, WARN_DROPPED, "messages.assistant.media");
		return true;
	}
}

/* ---- the user's blocks ---- */

static bool is_only_text(const struct hub_blocks *blocks)
{
	blocks_each(block, blocks) {
		if (block->kind != BLOCK_TEXT) {
			return false;
		}
	}
	return true;
}

/* C46: the mark stands in front of what can carry no flag. */
static bool write_result_parts(struct encoder *e, const struct hub_block *result)
{
	const struct hub_block mark = {
		.kind = BLOCK_TEXT,
		.text = { .text = openai_error_mark() },
	};

	json_array(e->w);
	if (result->tool_result.is_error && !responses_part_write(e->c, e->w, &mark)) {
		return false;
	}
	if (!responses_parts_write(e->c, e->w, &result->tool_result.blocks)) {
		return false;
	}
	json_end(e->w);
	return true;
}

static bool put_result(struct encoder *e, const struct hub_block *result)
{
	bool is_custom = map_get(&e->custom_calls, result->tool_result.id) != NULL;

	begin_item(e, is_custom ? "custom_tool_call_output" : "function_call_output");
	json_kslice(e->w, "call_id", wire_id(e->c, result->tool_result.id));
	json_key(e->w, "output");
	if (is_only_text(&result->tool_result.blocks)) {
		json_strn(e->w, openai_result_text(e->c->arena, result));
	} else if (!write_result_parts(e, result)) {
		return false;
	}
	json_end(e->w);
	return true;
}

/* An item of the vendor itself, or a part of a message? */
static bool is_own_item(const struct conversion *c, const struct hub_block *block)
{
	return block->kind == BLOCK_OPAQUE && block->foreign.origin == ORIGIN_OPENAI &&
	       c->req->format == FORMAT_RESPONSES;
}

static bool put_user_block(struct encoder *e, const struct hub_message *m,
			   const struct hub_block *block)
{
	if (block->kind == BLOCK_TOOL_RESULT) {
		return put_result(e, block);
	}
	if (is_own_item(e->c, block)) {
		return put_foreign(e, m, block);
	}
	if (!responses_is_part(block)) {
		return true;
	}
	want_message(e, m);
	return responses_part_write(e->c, e->w, block);
}

/* ---- messages ---- */

static bool put_message(struct encoder *e, const struct hub_message *m)
{
	blocks_each(block, &m->blocks) {
		bool ok = m->role == ROLE_ASSISTANT ? put_assistant_block(e, m, block)
						    : put_user_block(e, m, block);

		if (!ok) {
			return false;
		}
	}
	close_message(e);
	return true;
}

/* C98: the vendor looks for the word in the input alone. */
static void put_json_sentence(struct encoder *e)
{
	const struct hub_message m = { .role = ROLE_SYSTEM };
	const struct hub_block block = {
		.kind = BLOCK_TEXT,
		.text = { .text = openai_json_sentence(e->c) },
	};

	put_user_block(e, &m, &block);
	close_message(e);
}

/* C43: the model goes on after it, it does not continue it. */
static void check_prefill(const struct conversion *c)
{
	const struct hub_message *last = c->req->last_message;

	if (last && last->role == ROLE_ASSISTANT) {
		warn(c->warnings, WARN_EMULATED, "messages.prefill");
	}
}

bool responses_input_write(struct conversion *c, struct json_writer *w)
{
	struct encoder e = { .c = c, .w = w };
	bool ok = true;

	check_prefill(c);
	json_key(w, "input");
	json_array(w);
	put_json_sentence(&e);
	e.count = 0;
	for (const struct hub_message *m = c->req->messages; m && ok; m = m->next) {
		ok = put_message(&e, m);
	}
	json_end(w);
	map_release(&e.custom_calls);
	if (ok && !e.count && !hub_ext_get(c->req, "prompt").len) {
		return encode_refuse(c, "messages", "messages: at least one message is required");
	}
	return ok;
}
