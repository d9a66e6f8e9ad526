/* The messages of a Chat request -> hub (C20-C22). */
#include "formats/chat.h"

#include "base/map.h"
#include "formats/openai_common.h"

/* A tool message that waits for the others of its turn. */
struct result {
	struct result *next;
	struct hub_block *block;
	bool is_placed;
};

struct reader {
	struct decoding *d;
	size_t index;                     /* of the message being read */
	bool is_leading;                  /* only system messages so far */
	struct hub_message *turn;         /* where the assistant's last turn begins */
	struct result *results;           /* of its calls, in the client's order */
	struct result **results_tail;
	struct map by_id;                 /* call id -> struct result */
	struct map functions;             /* name -> call of it without a result */
};

static bool refuse(struct reader *r, const char *what)
{
	return decode_refuse(r->d, "messages", "messages[%zu]%s", r->index, what);
}

/* ---- results (C22) ---- */

static void place(struct result *result, struct hub_blocks *out)
{
	if (result && !result->is_placed) {
		hub_append(out, result->block);
		result->is_placed = true;
	}
}

/* In the order of the calls; what answers none of them, or one a second time,
 * comes last and is refused later. */
static void place_results(struct reader *r, struct hub_blocks *out)
{
	for (const struct hub_message *m = r->turn; m; m = m->next) {
		blocks_each(block, &m->blocks) {
			if (block->kind == BLOCK_TOOL_USE) {
				place(map_get(&r->by_id, block->tool_use.id), out);
			}
		}
	}
	for (struct result *result = r->results; result; result = result->next) {
		place(result, out);
	}
}

static void forget_results(struct reader *r)
{
	map_release(&r->by_id);
	r->results = NULL;
	r->results_tail = &r->results;
}

/* The user message that holds the results read so far; NULL: there are none. */
static struct hub_message *flush_results(struct reader *r)
{
	struct hub_blocks placed = { .count = 0 };
	struct hub_message *m;

	if (!r->results) {
		return NULL;
	}
	place_results(r, &placed);
	forget_results(r);
	m = hub_message_new(r->d->req, ROLE_USER);
	m->blocks = placed;
	return m;
}

static bool add_result(struct reader *r, const struct json *v, struct slice id)
{
	struct hub_block *block = hub_block_new(r->d->arena, BLOCK_TOOL_RESULT);
	struct result *result = arena_zalloc(r->d->arena, sizeof *result);
	const struct json *content = json_get(v, "content");

	block->tool_result.id = id;
	block->tool_result.name = json_get_text(v, "name");
	if (content && !chat_content_read(r->d, content, r->index, &block->tool_result.blocks)) {
		return false;
	}
	openai_result_unmark(block);
	result->block = block;
	*r->results_tail = result;
	r->results_tail = &result->next;
	if (!map_get(&r->by_id, id)) {
		map_put(&r->by_id, id, result);
	}
	return true;
}

static bool read_tool(struct reader *r, const struct json *v)
{
	struct slice id = json_get_text(v, "tool_call_id");

	return id.len ? add_result(r, v, id) : refuse(r, ".tool_call_id: Field required");
}

/* Deprecated: the result names its function, not its call. */
static bool read_function(struct reader *r, const struct json *v)
{
	struct hub_block *call = map_remove(&r->functions, json_get_text(v, "name"));

	return call ? add_result(r, v, call->tool_use.id)
		    : refuse(r, ".name: no function_call of this name is waiting for a result");
}

/* ---- the other roles ---- */

static bool read_system(struct reader *r, const struct json *v)
{
	struct hub_blocks *out = &r->d->req->system;

	if (!r->is_leading) {
		flush_results(r);
		out = &hub_message_new(r->d->req, ROLE_SYSTEM)->blocks;
	}
	return chat_content_read(r->d, json_get(v, "content"), r->index, out);
}

static bool read_user(struct reader *r, const struct json *v)
{
	struct hub_message *m = flush_results(r);

	if (!m) {
		m = hub_message_new(r->d->req, ROLE_USER);
	}
	m->name = json_get_text(v, "name");
	return chat_content_read(r->d, json_get(v, "content"), r->index, &m->blocks);
}

static bool check_calls(struct reader *r, struct hub_message *m)
{
	for (struct hub_block *b = m->blocks.first; b; b = b->next) {
		if (b->kind != BLOCK_TOOL_USE) {
			continue;
		}
		if (!b->tool_use.id.len || !b->tool_use.name.len) {
			return refuse(r, ".tool_calls: id and name are required");
		}
		map_put(&r->functions, b->tool_use.name, b);
	}
	return true;
}

static bool read_assistant(struct reader *r, const struct json *v)
{
	struct slice old_id = slice_of(arena_printf(r->d->arena, "call_fn_%zu", r->index));
	struct hub_message *last;
	struct hub_message *m;

	flush_results(r);
	last = r->d->req->last_message;
	m = hub_message_new(r->d->req, ROLE_ASSISTANT);
	if (!last || last->role != ROLE_ASSISTANT) {
		r->turn = m;
		map_release(&r->functions);
	}
	m->name = json_get_text(v, "name");
	chat_assistant_read(r->d->arena, v, old_id, &m->blocks);
	return check_calls(r, m);
}

static bool read_message(struct reader *r, const struct json *v)
{
	struct slice role = json_get_text(v, "role");

	if (slice_eq(role, "system") || slice_eq(role, "developer")) {
		return read_system(r, v);
	}
	r->is_leading = false;
	if (slice_eq(role, "user")) {
		return read_user(r, v);
	}
	if (slice_eq(role, "assistant")) {
		return read_assistant(r, v);
	}
	if (slice_eq(role, "tool")) {
		return read_tool(r, v);
	}
	if (slice_eq(role, "function")) {
		return read_function(r, v);
	}
	return refuse(r, ".role: unexpected role");
}

bool chat_messages_read(struct decoding *d, const struct json *body)
{
	const struct json *messages = json_get(body, "messages");
	struct reader r = { .d = d, .is_leading = true };
	bool ok = true;

	if (!json_is(messages, JSON_ARRAY) || !messages->count) {
		return decode_refuse(d, "messages", "messages: at least one message is required");
	}
	r.results_tail = &r.results;
	for (const struct json *v = messages->first; v && ok; v = v->next, r.index++) {
		ok = read_message(&r, v);
	}
	flush_results(&r);
	map_release(&r.by_id);
	map_release(&r.functions);
	return ok;
}
