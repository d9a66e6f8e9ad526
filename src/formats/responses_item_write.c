/* One block of an answer -> one output item (C123, C129, C142), the same for
 * whole answers and streams. */
#include "formats/responses.h"

#include "base/utf8.h"
#include "formats/envelope.h"
#include "formats/logprobs.h"

static const struct {
	const char *type;
	const char *prefix;
} kinds[] = {
	[ITEM_NONE] = { NULL, "" },
	[ITEM_MESSAGE] = { "message", "msg_" },
	[ITEM_REASONING] = { "reasoning", "rs_" },
	[ITEM_FUNCTION] = { "function_call", "fc_" },
	[ITEM_CUSTOM] = { "custom_tool_call", "ctc_" },
	[ITEM_SEARCH] = { "web_search_call", "ws_" },
	[ITEM_RAW] = { NULL, "" },
};

/* The query of another vendor's web search; false: it is none. */
static bool search_query(struct arena *a, const struct hub_block *block, struct slice *query)
{
	const struct json *v;
	const struct json *input;

	if (block->kind != BLOCK_SERVER_USE || !slice_eq(block->foreign.name, "web_search")) {
		return false;
	}
	v = json_read(a, block->foreign.raw, NULL);
	input = json_get(v, "input");
	*query = json_get_text(input ? input : v, "query");
	return true;
}

/* C13: what is the vendor's own comes back as it is. A redacted block has no
 * place but the one for opaque data, in an envelope that says what it is. */
static enum responses_item_kind foreign_kind(const struct answer_plan *plan,
					     const struct hub_block *block)
{
	if (block->kind == BLOCK_REDACTED) {
		return plan->wants_blobs && block->foreign.origin == ORIGIN_ANTHROPIC
		       ? ITEM_REASONING : ITEM_NONE;
	}
	if (block->foreign.origin == ORIGIN_OPENAI && plan->upstream == FORMAT_RESPONSES) {
		return ITEM_RAW;
	}
	return block->kind == BLOCK_SERVER_USE && slice_eq(block->foreign.name, "web_search")
	       ? ITEM_SEARCH : ITEM_NONE;
}

enum responses_item_kind responses_item_kind(const struct answer_plan *plan,
					     const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		return ITEM_MESSAGE;
	case BLOCK_THINKING:
		return ITEM_REASONING;
	case BLOCK_TOOL_USE:
		return block->tool_use.is_custom ? ITEM_CUSTOM : ITEM_FUNCTION;
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		return foreign_kind(plan, block);
	default:
		return ITEM_NONE;
	}
}

bool responses_is_empty(const struct answer_plan *plan, const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		return !block->text.text.len;
	case BLOCK_THINKING:
		return !block->thinking.text.len && !(plan->wants_blobs && block->sig.data.len);
	default:
		return false;
	}
}

struct slice responses_item_id(struct arena *a, enum responses_item_kind kind,
			       struct slice response_id, size_t index)
{
	struct slice seed = slice_of(arena_printf(a, "%.*s/%zu", (int)response_id.len,
						  response_id.ptr, index));

	return id_hex_derive(a, kinds[kind].prefix, seed);
}

/* ---- messages ---- */

bool responses_annotation_write(struct json_writer *w, const struct hub_citation *citation,
				struct slice text)
{
	int64_t end = citation->end >= 0 ? citation->end : utf8_count(text);

	if (citation->origin == ORIGIN_OPENAI && citation->raw.len) {
		json_raw(w, citation->raw);
		return true;
	}
	if (citation->kind != CITE_URL || !citation->url.len) {
		return false;
	}
	json_object(w);
	json_kstr(w, "type", "url_citation");
	json_kslice(w, "url", citation->url);
	json_kslice(w, "title", citation->title.ptr ? citation->title : slice_of(""));
	json_kint(w, "start_index", hub_count(citation->start));
	json_kint(w, "end_index", end);
	json_end(w);
	return true;
}

void responses_output_part_write(struct json_writer *w, const struct hub_block *block)
{
	struct slice text = block->text.text;

	json_object(w);
	if (block->kind == BLOCK_REFUSAL) {
		json_kstr(w, "type", "refusal");
		json_key(w, "refusal");
		json_strn(w, text);
		json_end(w);
		return;
	}
	json_kstr(w, "type", "output_text");
	json_key(w, "text");
	json_strn(w, text);
	json_key(w, "annotations");
	json_array(w);
	for (const struct hub_citation *c = block->text.citations; c; c = c->next) {
		responses_annotation_write(w, c, text);
	}
	json_end(w);
	json_key(w, "logprobs");
	json_array(w);
	logprobs_write_openai(w, block->text.logprobs.first);
	json_end(w);
	json_end(w);
}

static void write_message(struct json_writer *w, const struct responses_item *item)
{
	json_kstr(w, "status", item->status);
	json_kstr(w, "role", "assistant");
	json_key(w, "content");
	json_array(w);
	if (!str_eq(item->status, "in_progress")) {
		responses_output_part_write(w, item->block);
	}
	json_end(w);
}

/* ---- reasoning ---- */

static struct hub_sig reasoning_sig(const struct hub_block *block)
{
	if (block->kind == BLOCK_REDACTED) {
		return (struct hub_sig){ block->foreign.origin, block->foreign.raw,
					 slice_of("redacted_thinking") };
	}
	return block->sig;
}

static void write_reasoning(struct json_writer *w, const struct answer_plan *plan,
			    const struct responses_item *item)
{
	struct hub_sig sig = reasoning_sig(item->block);
	bool is_text = item->block->kind == BLOCK_THINKING && item->block->thinking.text.len;
	struct arena a;

	arena_init(&a, 1024);
	json_key(w, "summary");
	json_array(w);
	if (is_text) {
		json_object(w);
		json_kstr(w, "type", "summary_text");
		json_kslice(w, "text", item->block->thinking.text);
		json_end(w);
	}
	json_end(w);
	if (plan->wants_blobs && sig.data.len) {
		struct slice sealed = envelope_seal(&a, &sig, ORIGIN_OPENAI);

		json_kslice(w, "encrypted_content", sealed.len ? sealed : SLICE_NULL);
	}
	arena_release(&a);
}

struct hub_block responses_signature_block(const struct answer_plan *plan,
					   const struct hub_block *call)
{
	struct hub_block block = { .kind = BLOCK_THINKING, .sig = call->sig };

	if (!plan->wants_blobs || call->sig.origin == ORIGIN_NONE || !call->sig.data.len) {
		block.sig.origin = ORIGIN_NONE;
	}
	return block;
}

/* ---- calls ---- */

struct slice responses_call_name(const struct hub_block *call)
{
	struct slice name = call->tool_use.name;
	size_t skip = call->tool_use.name_space.len + 2;

	if (call->tool_use.name_space.len && name.len > skip) {
		return (struct slice){ name.ptr + skip, name.len - skip };
	}
	return name;
}

struct slice responses_call_arguments(const struct hub_block *call, bool is_cut)
{
	struct slice args = call->tool_use.args;

	return slice_is_blank(args) && !is_cut ? slice_of("{}") : args;
}

static void write_call(struct json_writer *w, const struct responses_item *item)
{
	const struct hub_block *call = item->block;
	bool is_started = str_eq(item->status, "in_progress");
	bool is_cut = str_eq(item->status, "incomplete");
	struct arena a;

	arena_init(&a, 1024);
	json_kstr(w, "status", item->status);
	json_kslice(w, "call_id", call->tool_use.id);
	json_kslice(w, "name", responses_call_name(call));
	if (call->tool_use.name_space.len) {
		json_kslice(w, "namespace", call->tool_use.name_space);
	}
	json_key(w, item->kind == ITEM_CUSTOM ? "input" : "arguments");
	if (is_started) {
		json_str(w, "");
	} else if (item->kind == ITEM_CUSTOM) {
		json_strn(w, custom_input(&a, call->tool_use.args));
	} else {
		json_strn(w, responses_call_arguments(call, is_cut));
	}
	arena_release(&a);
}

/* ---- searches ---- */

static void write_search(struct json_writer *w, const struct responses_item *item)
{
	struct slice query = SLICE_NULL;
	struct arena a;

	arena_init(&a, 1024);
	search_query(&a, item->block, &query);
	json_kstr(w, "status", item->status);
	json_key(w, "action");
	json_object(w);
	json_kstr(w, "type", "search");
	json_key(w, "query");
	json_strn(w, query);
	json_end(w);
	arena_release(&a);
}

void responses_item_write(struct json_writer *w, const struct answer_plan *plan,
			  const struct responses_item *item)
{
	if (item->kind == ITEM_RAW) {
		json_raw(w, item->block->foreign.raw);
		return;
	}
	json_object(w);
	json_kslice(w, "id", item->id);
	json_kstr(w, "type", kinds[item->kind].type);
	switch (item->kind) {
	case ITEM_MESSAGE:
		write_message(w, item);
		break;
	case ITEM_REASONING:
		write_reasoning(w, plan, item);
		break;
	case ITEM_FUNCTION:
	case ITEM_CUSTOM:
		write_call(w, item);
		break;
	case ITEM_SEARCH:
		write_search(w, item);
		break;
	case ITEM_NONE:
	case ITEM_RAW:
		break;
	}
	json_end(w);
}

struct slice responses_refusal_text(const struct hub_stop *stop)
{
	return stop->text.len ? stop->text : slice_of("The request was declined.");
}
