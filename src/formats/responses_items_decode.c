/* Items of the model's side -> hub blocks, for histories and answers. */
#include "formats/responses.h"

#include "base/limits.h"
#include "formats/envelope.h"
#include "formats/logprobs.h"
#include "formats/openai_common.h"

/* Items of tools that the vendor runs. Everything else with a type is run by
 * the client or unknown. */
static const char *const server_items[] = {
	"web_search_call", "file_search_call", "code_interpreter_call",
	"image_generation_call", "mcp_list_tools", "mcp_call", "mcp_approval_request",
	"tool_search_call", "tool_search_output", "program", "program_output",
};

static bool is_server_item(struct slice type)
{
	for (size_t i = 0; i < ARRAY_LEN(server_items); i++) {
		if (slice_eq(type, server_items[i])) {
			return true;
		}
	}
	return false;
}

bool responses_is_model_item(struct slice type)
{
	return slice_eq(type, "reasoning") || is_server_item(type) ||
	       slice_ends(type, "_call");
}

/* ---- parts of messages ---- */

struct hub_citation *responses_citation_read(struct arena *a, const struct json *v)
{
	struct hub_citation *c;

	if (!json_is(v, JSON_OBJECT)) {
		return NULL;
	}
	c = openai_citation_read(a, v);
	if (!json_is_text(json_get(v, "type"), "url_citation")) {
		c->kind = CITE_FILE;
	}
	c->raw = json_one_line(a, v->raw);
	return c;
}

static struct hub_block *read_text(struct arena *a, const struct json *part)
{
	struct hub_block *b = hub_text_new(a, json_get_text(part, "text"));
	struct hub_citation **tail = &b->text.citations;

	json_each(item, json_get(part, "annotations")) {
		*tail = responses_citation_read(a, item);
		tail = *tail ? &(*tail)->next : tail;
	}
	b->text.logprobs = logprobs_read_openai(a, json_get(part, "logprobs"));
	return b;
}

struct hub_block *responses_output_part_read(struct arena *a, const struct json *part)
{
	struct slice type = json_get_text(part, "type");
	struct hub_block *b;

	if (slice_eq(type, "output_text")) {
		return read_text(a, part);
	}
	if (!slice_eq(type, "refusal")) {
		return NULL;
	}
	b = hub_block_new(a, BLOCK_REFUSAL);
	b->text.text = json_get_text(part, "refusal");
	return b;
}

/* ---- reasoning ---- */

static void join_texts(const struct json *parts, const char *type, struct buf *out)
{
	json_each(part, parts) {
		struct slice text = json_get_text(part, "text");

		if (!json_is_text(json_get(part, "type"), type) || !text.len) {
			continue;
		}
		buf_adds(out, out->len ? "\n\n" : "");
		buf_add(out, text.ptr, text.len);
	}
}

struct slice responses_reasoning_text(struct arena *a, const struct json *item)
{
	struct buf text = BUF_INIT(MAX_SSE_EVENT_BYTES);
	struct slice joined;

	join_texts(json_get(item, "summary"), "summary_text", &text);
	if (!text.len) {
		join_texts(json_get(item, "content"), "reasoning_text", &text);
	}
	joined = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return joined;
}

/* A redacted block of Anthropic came as reasoning without any text; the
 * envelope says what it was. */
static struct hub_block *redacted_of(struct arena *a, const struct hub_sig *sig)
{
	struct hub_block *b = hub_block_new(a, BLOCK_REDACTED);

	b->foreign.origin = sig->origin;
	b->foreign.type = sig->item_id;
	b->foreign.raw = sig->data;
	return b;
}

static struct hub_block *read_reasoning(struct arena *a, const struct json *item)
{
	struct hub_sig sig = envelope_open(a, json_get_text(item, "encrypted_content"),
					   ORIGIN_OPENAI);
	const struct json *summary = json_get(item, "summary");
	struct hub_block *b;

	if (sig.origin == ORIGIN_ANTHROPIC && slice_eq(sig.item_id, "redacted_thinking")) {
		return redacted_of(a, &sig);
	}
	if (sig.origin == ORIGIN_OPENAI && !sig.item_id.len) {
		sig.item_id = json_get_text(item, "id");
	}
	b = hub_block_new(a, BLOCK_THINKING);
	b->thinking.text = responses_reasoning_text(a, item);
	b->thinking.is_summary = (summary && summary->count) || !json_get(item, "content");
	b->sig = sig;
	return b;
}

/* ---- calls ---- */

struct slice responses_arguments(struct arena *a, const struct json *item)
{
	const struct json *args = json_get(item, "arguments");

	if (json_is(args, JSON_STRING)) {
		return args->text;
	}
	return args ? json_one_line(a, args->raw) : SLICE_NULL;
}

static struct hub_block *read_call(struct arena *a, const struct json *item, bool is_custom)
{
	struct hub_block *b = hub_block_new(a, BLOCK_TOOL_USE);

	b->tool_use.id = json_get_text(item, "call_id");
	b->tool_use.name_space = json_get_text(item, "namespace");
	b->tool_use.name = responses_tool_name(a, b->tool_use.name_space,
					       json_get_text(item, "name"));
	b->tool_use.is_custom = is_custom;
	b->tool_use.args = is_custom ? custom_args(a, json_get_text(item, "input"))
				     : responses_arguments(a, item);
	return b;
}

/* ---- what the vendor's own tools did (C70) ---- */

static void add_fence(struct buf *out, struct slice text)
{
	if (text.len) {
		buf_adds(out, out->len ? "\n```\n" : "```\n");
		buf_add(out, text.ptr, text.len);
		buf_adds(out, "\n```");
	}
}

static void digest_code(const struct json *item, struct buf *out)
{
	add_fence(out, json_get_text(item, "code"));
	json_each(output, json_get(item, "outputs")) {
		add_fence(out, json_get_text(output, "logs"));
	}
}

static void digest_search(const struct json *item, struct buf *out)
{
	json_each(source, json_get(json_get(item, "action"), "sources")) {
		struct slice url = json_get_text(source, "url");

		if (url.len) {
			buf_adds(out, out->len ? "\n- " : "Search results:\n- ");
			buf_add(out, url.ptr, url.len);
		}
	}
}

static struct slice digest_of(struct arena *a, struct slice type, const struct json *item)
{
	struct buf text = BUF_INIT(MAX_SSE_EVENT_BYTES);
	struct slice digest = SLICE_NULL;

	if (slice_eq(type, "code_interpreter_call")) {
		digest_code(item, &text);
	} else if (slice_eq(type, "web_search_call")) {
		digest_search(item, &text);
	}
	if (text.len) {
		digest = arena_slice(a, buf_slice(&text));
	}
	buf_release(&text);
	return digest;
}

/* Call and result are one item here: it counts as a result when it has
 * something to say. */
static struct hub_block *read_foreign(struct arena *a, const struct json *item)
{
	struct slice type = json_get_text(item, "type");
	struct slice digest = digest_of(a, type, item);
	enum hub_block_kind kind = BLOCK_OPAQUE;
	struct hub_block *b;

	if (is_server_item(type)) {
		kind = digest.len ? BLOCK_SERVER_RESULT : BLOCK_SERVER_USE;
	}
	b = hub_block_new(a, kind);
	b->foreign.origin = ORIGIN_OPENAI;
	b->foreign.type = type;
	b->foreign.id = json_get_text(item, "id");
	b->foreign.name = json_get_text(item, "name");
	b->foreign.raw = json_one_line(a, item->raw);
	b->foreign.digest = digest;
	return b;
}

struct hub_block *responses_item_read(struct arena *a, const struct json *item)
{
	struct slice type = json_get_text(item, "type");

	if (slice_eq(type, "reasoning")) {
		return read_reasoning(a, item);
	}
	if (slice_eq(type, "function_call")) {
		return read_call(a, item, false);
	}
	if (slice_eq(type, "custom_tool_call")) {
		return read_call(a, item, true);
	}
	return read_foreign(a, item);
}
