#include "formats/hub_check.h"

#include <assert.h>

#include "base/map.h"

struct call {
	struct call *next;
	struct slice id;
	bool is_answered;
};

struct checker {
	struct hub_request *req;
	struct hub_message *caller;       /* last assistant message */
	struct call *calls;               /* of the assistant's turn, in order */
	struct call **calls_tail;
	struct map by_id;
	bool repair;
	struct warnings *warnings;
	struct api_error *why;
};

/* An id is the client's text: shortened for the message. */
static bool refuse(struct checker *c, const char *what, struct slice id)
{
	return hub_refuse(c->why, c->req->arena, ERROR_INVALID, "messages", "%s `%.*s`", what,
			  (int)(id.len > 128 ? 128 : id.len), id.len ? id.ptr : "");
}

static void collect_calls(struct checker *c, const struct hub_message *m)
{
	blocks_each(block, &m->blocks) {
		struct call *call;

		if (block->kind != BLOCK_TOOL_USE) {
			continue;
		}
		call = arena_zalloc(c->req->arena, sizeof *call);
		call->id = block->tool_use.id;
		*c->calls_tail = call;
		c->calls_tail = &call->next;
		map_put(&c->by_id, call->id, call);
	}
}

static void forget_calls(struct checker *c)
{
	map_release(&c->by_id);
	c->calls = NULL;
	c->calls_tail = &c->calls;
}

static bool match_results(struct checker *c, const struct hub_message *m)
{
	blocks_each(block, &m->blocks) {
		struct call *call;

		if (block->kind != BLOCK_TOOL_RESULT) {
			continue;
		}
		call = map_get(&c->by_id, block->tool_result.id);
		if (!call) {
			return refuse(c, "messages: no tool call of the previous assistant "
				      "message has the id of the tool result",
				      block->tool_result.id);
		}
		if (call->is_answered) {
			return refuse(c, "messages: more than one tool result for the id",
				      call->id);
		}
		call->is_answered = true;
	}
	return true;
}

/* The user message behind the calls; made when there is none. */
static struct hub_message *result_message(struct checker *c)
{
	if (c->caller->next && c->caller->next->role == ROLE_USER) {
		return c->caller->next;
	}
	return hub_message_after(c->req, c->caller, ROLE_USER);
}

static void add_missing_result(struct checker *c, struct slice id)
{
	struct hub_block *block = hub_block_new(c->req->arena, BLOCK_TOOL_RESULT);
	struct hub_message *m = result_message(c);

	block->tool_result.id = id;
	block->tool_result.is_error = true;
	hub_append(&block->tool_result.blocks,
		   hub_text_new(c->req->arena, slice_of("no result recorded")));
	block->next = m->blocks.first;
	m->blocks.first = block;
	m->blocks.last = m->blocks.last ? m->blocks.last : block;
	m->blocks.count++;
	warn(c->warnings, WARN_EMULATED, "messages.tool_result");
}

static bool close_turn(struct checker *c)
{
	for (struct call *call = c->calls; call; call = call->next) {
		if (call->is_answered) {
			continue;
		}
		if (!c->repair) {
			return refuse(c, "messages: no tool result follows the tool call",
				      call->id);
		}
		add_missing_result(c, call->id);
	}
	forget_calls(c);
	return true;
}

static bool check_message(struct checker *c, struct hub_message *m, enum hub_role before)
{
	switch (m->role) {
	case ROLE_ASSISTANT:
		if (before != ROLE_ASSISTANT && !close_turn(c)) {
			return false;
		}
		c->caller = m;
		collect_calls(c, m);
		return true;
	case ROLE_USER:
		return match_results(c, m);
	case ROLE_SYSTEM:
		break;
	}
	return true;
}

static bool check_tool_names(struct hub_request *req, struct api_error *why)
{
	struct map seen = { .len = 0 };
	bool ok = true;

	for (struct hub_tool *tool = req->tools; tool && ok; tool = tool->next) {
		if (tool->name.len && map_put(&seen, tool->name, tool)) {
			ok = hub_refuse(why, req->arena, ERROR_INVALID, "tools",
					"tools: the name `%.*s` is given twice",
					(int)(tool->name.len > 128 ? 128 : tool->name.len),
					tool->name.ptr);
		}
	}
	map_release(&seen);
	return ok;
}

bool hub_check(struct hub_request *req, bool repair_tools, struct warnings *warnings,
	       struct api_error *why)
{
	struct checker c = {
		.req = req,
		.repair = repair_tools,
		.warnings = warnings,
		.why = why,
	};
	enum hub_role before = ROLE_USER;
	bool ok = true;

	forget_calls(&c);
	for (struct hub_message *m = req->messages; m && ok; m = m->next) {
		ok = check_message(&c, m, before);
		before = m->role;
	}
	ok = ok && close_turn(&c) && check_tool_names(req, why);
	map_release(&c.by_id);
	return ok;
}

static bool is_in_place(const struct hub_blocks *list, enum hub_role role, bool is_inside)
{
	blocks_each(block, list) {
		bool ok = true;

		if (block->kind == BLOCK_TOOL_USE) {
			ok = role == ROLE_ASSISTANT && !is_inside;
		} else if (block->kind == BLOCK_TOOL_RESULT) {
			ok = role == ROLE_USER && !is_inside &&
			     is_in_place(&block->tool_result.blocks, role, true);
		} else if (block->kind == BLOCK_DOCUMENT) {
			ok = is_in_place(&block->media.media.blocks, role, true);
		}
		if (!ok) {
			return false;
		}
	}
	return true;
}

bool hub_check_places(const struct hub_request *req, struct api_error *why)
{
	bool ok = is_in_place(&req->system, ROLE_SYSTEM, false);

	for (const struct hub_message *m = req->messages; m && ok; m = m->next) {
		ok = is_in_place(&m->blocks, m->role, false);
	}
	return ok || hub_refuse(why, req->arena, ERROR_INVALID, "messages",
				"messages: a tool call stands where only the assistant's may, or "
				"a tool result where only the user's may");
}

#ifdef DEBUG
static void assert_block(const struct hub_block *block, enum hub_role role);

static void assert_blocks(const struct hub_blocks *list, enum hub_role role)
{
	const struct hub_block *last = NULL;
	size_t count = 0;

	blocks_each(block, list) {
		assert_block(block, role);
		last = block;
		count++;
	}
	assert(list->last == last && list->count == count);
}

static void assert_block(const struct hub_block *block, enum hub_role role)
{
	switch (block->kind) {
	case BLOCK_TOOL_RESULT:
		assert(role == ROLE_USER);
		assert_blocks(&block->tool_result.blocks, role);
		break;
	case BLOCK_TOOL_USE:
		assert(role == ROLE_ASSISTANT);
		break;
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_REDACTED:
		assert(block->foreign.origin != ORIGIN_NONE);
		break;
	case BLOCK_DOCUMENT:
		assert_blocks(&block->media.media.blocks, role);
		break;
	default:
		break;
	}
	assert(block->sig.origin != ORIGIN_NONE || !block->sig.data.len);
}

void hub_assert(const struct hub_request *req)
{
	const struct hub_message *last = NULL;
	size_t count = 0;

	assert_blocks(&req->system, ROLE_SYSTEM);
	messages_each(m, req) {
		assert_blocks(&m->blocks, m->role);
		last = m;
		count++;
	}
	assert(req->last_message == last && req->message_count == count);
	assert(req->arena && req->n >= 1 && req->top_logprobs >= 0);
	tools_each(tool, req) {
		assert(tool->next || tool == req->last_tool);
	}
}
#else
void hub_assert(const struct hub_request *req)
{
	(void)req;
}
#endif
