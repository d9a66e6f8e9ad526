/* The messages of a hub request -> Chat's (C20, C41-C47, C63). */
#include "formats/chat.h"

#include "base/limits.h"
#include "base/map.h"
#include "formats/openai_common.h"

struct encoder {
	struct conversion *c;
	struct json_writer *w;
	struct map results;               /* of the turn: call id -> its result's block */
	size_t count;                     /* messages written */
};

static void begin(struct encoder *e, const char *role)
{
	json_object(e->w);
	json_kstr(e->w, "role", role);
	e->count++;
}

/* Participants' names are only told to those who know them (C162). */
static void write_name(struct encoder *e, const struct hub_message *m)
{
	if (m->name.len && e->c->req->format == FORMAT_CHAT) {
		json_kslice(e->w, "name", m->name);
	}
}

/* ---- system, user ---- */

static const char *system_role(const struct encoder *e)
{
	return e->c->options.developer_role == DEVELOPER_NATIVE ? "developer" : "system";
}

static void write_flat(struct encoder *e, const char *role, const struct hub_message *m,
		       const struct hub_blocks *flat)
{
	if (!flat->count) {
		return;
	}
	begin(e, role);
	if (m) {
		write_name(e, m);
	}
	json_key(e->w, "content");
	chat_content_write(e->c, e->w, flat);
	json_end(e->w);
}

/* What asks for JSON where the upstream has no other way (C97, C98). */
static struct slice output_sentence(struct conversion *c)
{
	const struct hub_output *output = &c->req->output;
	bool has_no_schema = output->kind == OUTPUT_SCHEMA &&
			     c->options.response_format != RESPONSE_SCHEMA;
	bool has_no_json = output->kind == OUTPUT_JSON &&
			   c->options.response_format == RESPONSE_NONE;
	struct slice about;

	if (!has_no_schema && !has_no_json) {
		return openai_json_sentence(c);
	}
	warn(c->warnings, WARN_EMULATED, "response_format");
	if (has_no_json || !output->schema.len) {
		return slice_of(JSON_SENTENCE);
	}
	about = slice_of(JSON_SENTENCE " It must match this JSON schema:\n");
	return slice_cat(c->arena, about, output->schema);
}

static bool write_system(struct encoder *e)
{
	struct hub_blocks flat = { .count = 0 };
	struct slice sentence = output_sentence(e->c);

	if (!chat_flatten(e->c, ROLE_SYSTEM, &e->c->req->system, &flat)) {
		return false;
	}
	if (sentence.len) {
		hub_append(&flat, hub_text_new(e->c->arena, sentence));
	}
	write_flat(e, system_role(e), NULL, &flat);
	return true;
}

static bool write_other(struct encoder *e, const struct hub_message *m)
{
	struct hub_blocks flat = { .count = 0 };

	if (!chat_flatten(e->c, m->role, &m->blocks, &flat)) {
		return false;
	}
	write_flat(e, m->role == ROLE_SYSTEM ? system_role(e) : "user", m, &flat);
	return true;
}

/* ---- the assistant ---- */

/* What a message comes down to here. */
struct said {
	struct slice text;
	struct slice refusal;
	bool has_calls;
};

/* C42: texts are joined as they are. */
static bool collect(struct encoder *e, const struct hub_message *m, struct said *said)
{
	struct hub_blocks flat = { .count = 0 };
	struct hub_blocks refusals = { .count = 0 };

	if (!chat_flatten(e->c, ROLE_ASSISTANT, &m->blocks, &flat)) {
		return false;
	}
	blocks_each(block, &flat) {
		if (block->kind != BLOCK_TEXT) {
			warn(e->c->warnings, WARN_DROPPED, "messages.assistant.content");
		}
	}
	blocks_each(block, &m->blocks) {
		said->has_calls |= block->kind == BLOCK_TOOL_USE;
		if (block->kind == BLOCK_REFUSAL && e->c->options.is_openai) {
			hub_append(&refusals, hub_text_new(e->c->arena, block->text.text));
		}
	}
	said->text = hub_join_text(e->c->arena, &flat, "");
	said->refusal = hub_join_text(e->c->arena, &refusals, "");
	return true;
}

static void write_text_part(struct json_writer *w, const char *type, struct slice text)
{
	if (text.len) {
		json_object(w);
		json_kstr(w, "type", type);
		json_kslice(w, type, text);
		json_end(w);
	}
}

static void write_content(struct encoder *e, const struct hub_message *m,
			  const struct said *said)
{
	bool has_chunks = chat_replays_chunks(e->c, m, said->has_calls);

	json_key(e->w, "content");
	if (has_chunks || said->refusal.len) {
		json_array(e->w);
		if (has_chunks) {
			chat_chunks_write(e->w, m);
		}
		write_text_part(e->w, "text", said->text);
		write_text_part(e->w, "refusal", said->refusal);
		json_end(e->w);
	} else if (said->text.len) {
		json_strn(e->w, said->text);
	} else {
		json_null(e->w);
	}
}

/* C5: any text may stand for arguments but none. */
static void write_call(struct encoder *e, const struct hub_block *call)
{
	bool is_custom = call->tool_use.is_custom && e->c->options.custom_tools;
	struct slice args = call->tool_use.args;
	const char *type = is_custom ? "custom" : "function";

	json_object(e->w);
	json_key(e->w, "id");
	json_strn(e->w, wire_id(e->c, call->tool_use.id));
	json_kstr(e->w, "type", type);
	json_key(e->w, type);
	json_object(e->w);
	json_key(e->w, "name");
	json_strn(e->w, wire_name(e->c, call->tool_use.name));
	json_key(e->w, is_custom ? "input" : "arguments");
	if (is_custom) {
		json_strn(e->w, custom_input(e->c->arena, args));
	} else {
		json_strn(e->w, slice_is_blank(args) ? slice_of("{}") : args);
	}
	json_end(e->w);
	json_end(e->w);
}

static void write_calls(struct encoder *e, const struct hub_message *m)
{
	json_key(e->w, "tool_calls");
	json_array(e->w);
	blocks_each(block, &m->blocks) {
		if (block->kind == BLOCK_TOOL_USE) {
			write_call(e, block);
		}
	}
	json_end(e->w);
}

/* C43: servers take it as history, Mistral asks for a mark. */
static void write_prefill_mark(struct encoder *e, const struct hub_message *m)
{
	if (!m->next) {
		warn(e->c->warnings, WARN_EMULATED, "messages.prefill");
		if (chat_is_mistral(e->c)) {
			json_kbool(e->w, "prefix", true);
		}
	}
}

static bool write_assistant(struct encoder *e, const struct hub_message *m)
{
	struct said said = { .has_calls = false };

	if (!collect(e, m, &said)) {
		return false;
	}
	if (!said.text.len && !said.refusal.len && !said.has_calls) {
		return true;
	}
	begin(e, "assistant");
	write_name(e, m);
	chat_reasoning_write(e->c, e->w, m, said.has_calls);
	write_content(e, m, &said);
	if (said.has_calls) {
		write_calls(e, m);
	}
	write_prefill_mark(e, m);
	json_end(e->w);
	return true;
}

/* ---- results (C45) ---- */

/* Results of the turn that begins with `m`, by the ids of their calls. */
static void find_results(struct encoder *e, const struct hub_message *m)
{
	map_release(&e->results);
	while (m && m->role == ROLE_ASSISTANT) {
		m = m->next;
	}
	for (; m && m->role != ROLE_ASSISTANT; m = m->next) {
		for (struct hub_block *b = m->blocks.first; b; b = b->next) {
			if (b->kind == BLOCK_TOOL_RESULT) {
				map_put(&e->results, b->tool_result.id, b);
			}
		}
	}
}

static bool has_media(const struct hub_block *result)
{
	blocks_each(block, &result->tool_result.blocks) {
		if (block->kind != BLOCK_TEXT) {
			return true;
		}
	}
	return false;
}

static void write_result(struct encoder *e, const struct hub_block *result)
{
	struct slice text = openai_result_text(e->c->arena, result);

	if (!text.len && has_media(result)) {
		text = slice_of("[see the next message]");
	}
	begin(e, "tool");
	json_key(e->w, "tool_call_id");
	json_strn(e->w, wire_id(e->c, result->tool_result.id));
	json_key(e->w, "content");
	json_strn(e->w, text);
	json_end(e->w);
}

/* Tool messages carry text only; the rest follows them as the user's. */
static bool flatten_media(struct encoder *e, const struct hub_block *result,
			  struct hub_blocks *flat)
{
	struct slice id = wire_id(e->c, result->tool_result.id);
	struct slice label = slice_of(arena_printf(e->c->arena, "[content of tool result %.*s]",
						   (int)id.len, id.len ? id.ptr : ""));
	struct hub_blocks media = { .count = 0 };

	warn(e->c->warnings, WARN_REWRITTEN, "messages.tool_result");
	blocks_each(block, &result->tool_result.blocks) {
		if (block->kind != BLOCK_TEXT) {
			struct hub_block *copy = arena_alloc(e->c->arena, sizeof *copy);

			*copy = *block;
			hub_append(&media, copy);
		}
	}
	hub_append(flat, hub_text_new(e->c->arena, label));
	return chat_flatten(e->c, ROLE_USER, &media, flat);
}

/* Directly behind the message with the calls, in their order. */
static bool write_results(struct encoder *e, const struct hub_message *m)
{
	struct hub_blocks flat = { .count = 0 };

	blocks_each(block, &m->blocks) {
		const struct hub_block *result;

		if (block->kind != BLOCK_TOOL_USE) {
			continue;
		}
		result = map_get(&e->results, block->tool_use.id);
		if (!result) {
			continue;
		}
		write_result(e, result);
		if (has_media(result) && !flatten_media(e, result, &flat)) {
			return false;
		}
	}
	write_flat(e, "user", NULL, &flat);
	return true;
}

/* ---- the whole ---- */

static bool write_all(struct encoder *e)
{
	enum hub_role before = ROLE_USER;

	messages_each(m, e->c->req) {
		if (m->role != ROLE_ASSISTANT) {
			if (!write_other(e, m)) {
				return false;
			}
		} else {
			if (before != ROLE_ASSISTANT) {
				find_results(e, m);
			}
			if (!write_assistant(e, m) || !write_results(e, m)) {
				return false;
			}
		}
		before = m->role;
	}
	return true;
}

bool chat_messages_write(struct conversion *c, struct json_writer *w)
{
	struct encoder e = { .c = c, .w = w };
	bool ok;

	json_key(w, "messages");
	json_array(w);
	ok = write_system(&e) && write_all(&e);
	json_end(w);
	map_release(&e.results);
	if (ok && !e.count) {
		return encode_refuse(c, "messages", "messages: at least one message is required");
	}
	return ok;
}
