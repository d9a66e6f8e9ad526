/* The messages of a Chat request -> hub (C20-C22). */
#include "formats/chat.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "formats/openai_common.h"

/* A tool message that waits for the others of its turn. */
struct result {
	struct hub_block *block;
	size_t call;                      /* place of its call in the turn; SIZE_MAX: unknown */
	size_t message;                   /* of the request, for results of equal calls */
};

struct reader {
	struct decoding *d;
	size_t index;                     /* of the message being read */
	bool is_leading;                  /* only system messages so far */
	size_t calls;                     /* of the assistant's last turn */
	struct map places;                /* call id -> its place there, counted from 1 */
	struct map functions;             /* name -> call of it without a result */
	struct vec results;               /* struct result, in the client's order */
};

static bool refuse(struct reader *r, const char *what)
{
	return decode_refuse(r->d, "messages", "messages[%zu]%s", r->index, what);
}

/* ---- results (C22) ---- */

static int compare_results(const void *a, const void *b)
{
	const struct result *x = *(const struct result *const *)a;
	const struct result *y = *(const struct result *const *)b;

	if (x->call != y->call) {
		return x->call < y->call ? -1 : 1;
	}
	return x->message < y->message ? -1 : x->message > y->message;
}

/* The user message that holds the results read so far, in the order of their
 * calls; NULL: there are none. What answers no call comes last and is refused
 * later. */
static struct hub_message *flush_results(struct reader *r)
{
	struct hub_message *m;

	if (!r->results.len) {
		return NULL;
	}
	qsort(r->results.items, r->results.len, sizeof *r->results.items, compare_results);
	m = hub_message_new(r->d->req, ROLE_USER);
	for (size_t i = 0; i < r->results.len; i++) {
		const struct result *result = r->results.items[i];

		hub_append(&m->blocks, result->block);
	}
	r->results.len = 0;
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
	result->call = (size_t)(uintptr_t)map_get(&r->places, id) - 1;
	result->message = r->index;
	vec_push(&r->results, result);
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

static bool add_call(struct reader *r, struct hub_block *call)
{
	if (!call->tool_use.id.len || !call->tool_use.name.len) {
		return refuse(r, ".tool_calls: id and name are required");
	}
	map_put(&r->places, call->tool_use.id, (void *)(uintptr_t)++r->calls);
	map_put(&r->functions, call->tool_use.name, call);
	return true;
}

static void begin_turn(struct reader *r)
{
	const struct hub_message *last = r->d->req->last_message;

	if (!last || last->role != ROLE_ASSISTANT) {
		map_release(&r->places);
		map_release(&r->functions);
		r->calls = 0;
	}
}

static bool read_assistant(struct reader *r, const struct json *v)
{
	struct slice old_id = slice_of(arena_printf(r->d->arena, "call_fn_%zu", r->index));
	struct hub_message *m;

	flush_results(r);
	begin_turn(r);
	m = hub_message_new(r->d->req, ROLE_ASSISTANT);
	m->name = json_get_text(v, "name");
	chat_assistant_read(r->d->arena, v, old_id, &m->blocks);
	for (struct hub_block *b = m->blocks.first; b; b = b->next) {
		if (b->kind == BLOCK_TOOL_USE && !add_call(r, b)) {
			return false;
		}
	}
	return true;
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
	for (const struct json *v = messages->first; v && ok; v = v->next, r.index++) {
		ok = read_message(&r, v);
	}
	flush_results(&r);
	map_release(&r.places);
	map_release(&r.functions);
	vec_release(&r.results);
	return ok;
}
