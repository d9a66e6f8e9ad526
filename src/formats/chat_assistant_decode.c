/* What the assistant said in one message -> hub: the same shape in a request's
 * history and in an answer (C21, C121). Lenient: servers differ. */
#include "formats/chat.h"

#include <string.h>

#include "formats/openai_common.h"

struct slice chat_args_read(struct arena *a, const struct json *arguments)
{
	if (json_is(arguments, JSON_STRING)) {
		return arguments->text;
	}
	if (json_is(arguments, JSON_OBJECT) || json_is(arguments, JSON_ARRAY)) {
		return json_one_line(a, arguments->raw);
	}
	return SLICE_NULL;
}

static struct hub_block *new_call(struct arena *a, struct slice id, const struct json *what)
{
	struct hub_block *b = hub_block_new(a, BLOCK_TOOL_USE);

	b->tool_use.id = id;
	b->tool_use.name = json_get_text(what, "name");
	b->tool_use.args = chat_args_read(a, json_get(what, "arguments"));
	return b;
}

/* NULL: neither a function call nor a custom one. */
static struct hub_block *read_call(struct arena *a, const struct json *call)
{
	const struct json *function = json_get(call, "function");
	const struct json *custom = json_get(call, "custom");
	struct hub_block *b;

	if (!json_is(function, JSON_OBJECT) && !json_is(custom, JSON_OBJECT)) {
		return NULL;
	}
	b = new_call(a, json_get_text(call, "id"), function ? function : custom);
	if (!function) {
		b->tool_use.is_custom = true;
		b->tool_use.args = custom_args(a, json_get_text(custom, "input"));
	}
	return b;
}

static void add_text(struct arena *a, enum hub_block_kind kind, struct slice text,
		     struct hub_blocks *out)
{
	struct hub_block *b;

	if (text.len) {
		b = hub_block_new(a, kind);
		b->text.text = text;
		hub_append(out, b);
	}
}

struct hub_block *chat_opaque_read(struct arena *a, const struct json *part, struct slice type)
{
	struct hub_block *b = hub_block_new(a, BLOCK_OPAQUE);

	b->foreign.origin = CHAT_PART_ORIGIN;
	b->foreign.type = type;
	b->foreign.raw = json_one_line(a, part->raw);
	return b;
}

static void read_part(struct arena *a, const struct json *part, struct hub_blocks *out)
{
	struct slice type = json_get_text(part, "type");
	struct hub_block *b;

	if (slice_eq(type, "text")) {
		add_text(a, BLOCK_TEXT, json_get_text(part, "text"), out);
	} else if (slice_eq(type, "refusal")) {
		add_text(a, BLOCK_REFUSAL, json_get_text(part, "refusal"), out);
	} else if (slice_eq(type, "thinking")) {
		b = hub_block_new(a, BLOCK_THINKING);
		b->thinking.text = chat_chunk_text(a, part);
		b->sig.data = json_get_text(part, "signature");
		b->sig.origin = b->sig.data.len ? ORIGIN_MISTRAL : ORIGIN_NONE;
		hub_append(out, b);
	} else if (type.len) {
		hub_append(out, chat_opaque_read(a, part, type));
	}
}

static struct hub_citation *read_citation(struct arena *a, const struct json *annotation)
{
	const struct json *v = json_get(annotation, "url_citation");

	return v ? openai_citation_read(a, v) : NULL;
}

/* They speak of the whole text of the message, which is one block here. */
static void read_annotations(struct arena *a, const struct json *message,
			     struct hub_blocks *blocks)
{
	struct hub_block *text = blocks->last;
	struct hub_citation **tail;

	if (!text || text->kind != BLOCK_TEXT) {
		return;
	}
	tail = &text->text.citations;
	json_each(annotation, json_get(message, "annotations")) {
		*tail = read_citation(a, annotation);
		tail = *tail ? &(*tail)->next : tail;
	}
}

static void read_calls(struct arena *a, const struct json *message, struct slice old_id,
		       struct hub_blocks *out)
{
	const struct json *old = json_get(message, "function_call");

	json_each(call, json_get(message, "tool_calls")) {
		struct hub_block *b = read_call(a, call);

		if (b) {
			hub_append(out, b);
		}
	}
	if (json_is(old, JSON_OBJECT)) {
		hub_append(out, new_call(a, old_id, old));
	}
}

void chat_assistant_read(struct arena *a, const struct json *message, struct slice old_id,
			 struct hub_blocks *out)
{
	const struct json *content = json_get(message, "content");

	chat_reasoning_read(a, message, out);
	if (json_is(content, JSON_ARRAY)) {
		json_each(part, content) {
			read_part(a, part, out);
		}
	} else if (json_is(content, JSON_STRING)) {
		add_text(a, BLOCK_TEXT, content->text, out);
	}
	read_annotations(a, message, out);
	add_text(a, BLOCK_REFUSAL, json_get_text(message, "refusal"), out);
	read_calls(a, message, old_id, out);
}
