/*
 * Items of a Responses request -> messages of the hub (C29-C31).
 *
 * Items are flat: one answer of the model is a run of reasoning, messages and
 * calls, which becomes one assistant message; outputs and user messages
 * between two runs become one user message.
 */
#include "formats/responses.h"

#include <stdio.h>

#include "base/map.h"
#include "formats/openai_common.h"

struct reader {
	struct decoding *d;
	struct map callers;               /* call id -> message with the call */
	struct map results;               /* call id -> its result so far */
	const struct hub_message *phased; /* the last one that was given a phase */
	const char *path;                 /* of the item being read */
};

/* The results of a turn stand right behind its calls, wherever the client put
 * them: only this format does not care. */
static struct hub_message *result_message(struct reader *r, struct slice call_id)
{
	struct hub_request *req = r->d->req;
	struct hub_message *caller = map_get(&r->callers, call_id);

	if (!caller) {
		return hub_message_continue(req, ROLE_USER);
	}
	if (caller->next && caller->next->role == ROLE_USER) {
		return caller->next;
	}
	return hub_message_after(req, caller, ROLE_USER);
}

/* One answer may have commentary and the final text; a message of the hub has
 * one phase. */
static void read_phase(struct reader *r, struct hub_message *m, const struct json *item)
{
	struct slice phase = json_get_text(item, "phase");

	if (r->phased != m) {
		r->phased = m;
		m->phase = phase;
	} else if (!slice_same(m->phase, phase)) {
		m->phase = SLICE_NULL;
	}
}

static struct hub_blocks *message_blocks(struct reader *r, const struct json *item)
{
	struct hub_request *req = r->d->req;
	struct slice role = json_get_text(item, "role");
	struct hub_message *m;

	if (slice_eq(role, "user")) {
		return &hub_message_continue(req, ROLE_USER)->blocks;
	}
	if (slice_eq(role, "assistant")) {
		m = hub_message_continue(req, ROLE_ASSISTANT);
		read_phase(r, m, item);
		return &m->blocks;
	}
	if (!slice_eq(role, "system") && !slice_eq(role, "developer")) {
		decode_refuse(r->d, r->path, "%s.role: unexpected role", r->path);
		return NULL;
	}
	/* C12, C29: what leads is the system text. */
	return req->messages ? &hub_message_new(req, ROLE_SYSTEM)->blocks : &req->system;
}

static bool read_message(struct reader *r, const struct json *item)
{
	struct hub_blocks *blocks = message_blocks(r, item);
	const char *path = arena_printf(r->d->arena, "%s.content", r->path);

	return blocks && responses_content_read(r->d, json_get(item, "content"), path, blocks);
}

/* A running call of Codex may report several times: all of it is one result,
 * which is all that others take. */
static void add_result(struct reader *r, struct hub_block *b)
{
	struct slice id = b->tool_result.id;
	struct hub_block *before = map_get(&r->results, id);
	struct hub_block *next;

	if (!before) {
		map_put(&r->results, id, b);
		hub_append(&result_message(r, id)->blocks, b);
		return;
	}
	before->tool_result.is_error |= b->tool_result.is_error;
	for (struct hub_block *part = b->tool_result.blocks.first; part; part = next) {
		next = part->next;
		hub_append(&before->tool_result.blocks, part);
	}
}

static bool read_output(struct reader *r, const struct json *item)
{
	struct hub_block *b = hub_block_new(r->d->arena, BLOCK_TOOL_RESULT);
	const char *path = arena_printf(r->d->arena, "%s.output", r->path);

	b->tool_result.id = json_get_text(item, "call_id");
	if (!responses_content_read(r->d, json_get(item, "output"), path,
				    &b->tool_result.blocks)) {
		return false;
	}
	openai_result_unmark(b);
	add_result(r, b);
	return true;
}

static void read_model_item(struct reader *r, const struct json *item)
{
	struct hub_message *m = hub_message_continue(r->d->req, ROLE_ASSISTANT);
	struct hub_block *b = responses_item_read(r->d->arena, item);

	hub_append(&m->blocks, b);
	if (b->kind == BLOCK_TOOL_USE) {
		map_put(&r->callers, b->tool_use.id, m);
		map_remove(&r->results, b->tool_use.id);
	}
}

/* Content that only the vendor can read: its loss is refused (C71). */
static void read_user_item(struct reader *r, const struct json *item)
{
	struct hub_message *m = hub_message_continue(r->d->req, ROLE_USER);

	hub_append(&m->blocks, responses_item_read(r->d->arena, item));
}

/* One is enough to refuse the request (C33). */
static void read_reference(struct reader *r, const struct json *item)
{
	if (!hub_ext_get(r->d->req, "item_reference").len) {
		hub_ext_add(r->d->req, "item_reference", item->raw);
	}
	read_user_item(r, item);
}

static bool read_item(struct reader *r, const struct json *item)
{
	struct slice type = json_get_text(item, "type");

	if (slice_eq(type, "message") || (!type.len && json_get(item, "role"))) {
		return read_message(r, item);
	}
	if (slice_eq(type, "function_call_output") ||
	    slice_eq(type, "custom_tool_call_output")) {
		return read_output(r, item);
	}
	if (!type.len) {
		return decode_refuse(r->d, r->path, "%s.type: Field required", r->path);
	}
	if (slice_eq(type, "additional_tools")) {
		return responses_tools_read(r->d, item);
	}
	if (slice_eq(type, "item_reference")) {
		read_reference(r, item);
	} else if (slice_eq(type, "configuration_update")) {
		responses_settings_read(r->d, item);
	} else if (responses_is_model_item(type)) {
		read_model_item(r, item);
	} else {
		read_user_item(r, item);
	}
	return true;
}

static bool read_items(struct reader *r, const struct json *input)
{
	char path[32];
	size_t index = 0;

	json_each(item, input) {
		snprintf(path, sizeof path, "input[%zu]", index++);
		r->path = path;
		if (!read_item(r, item)) {
			return false;
		}
	}
	for (struct hub_message *m = r->d->req->messages; m; m = m->next) {
		if (m->role == ROLE_USER) {
			hub_results_first(&m->blocks);
		}
	}
	return true;
}

/* A stored prompt or conversation needs no input. */
static bool has_stored_input(const struct json *body)
{
	return json_get(body, "prompt") || json_get(body, "conversation") ||
	       json_get(body, "previous_response_id");
}

bool responses_input_read(struct decoding *d, const struct json *body)
{
	const struct json *input = json_get(body, "input");
	struct reader r = { .d = d };
	bool ok;

	if (!input && has_stored_input(body)) {
		return true;
	}
	if (json_is(input, JSON_STRING)) {
		hub_append(&hub_message_new(d->req, ROLE_USER)->blocks,
			   hub_text_new(d->arena, input->text));
		return true;
	}
	if (!json_is(input, JSON_ARRAY)) {
		return decode_refuse(d, "input", input ? "input: expected a string or an array"
						       : "input: Field required");
	}
	ok = read_items(&r, input);
	map_release(&r.callers);
	map_release(&r.results);
	return ok;
}
