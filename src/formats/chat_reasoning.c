/*
 * Reasoning of compatible servers, for which Chat itself has no place: four
 * spellings on the way in, told apart by what is there, and on the way out the
 * one that the route names (azure-and-compatible.md sections 4.6 and 5, C63).
 */
#include "formats/chat.h"

#include "base/limits.h"

/* ---- reading ---- */

struct slice chat_chunk_text(struct arena *a, const struct json *chunk)
{
	const struct json *thinking = json_get(chunk, "thinking");
	struct hub_blocks texts = { .count = 0 };

	if (json_is(thinking, JSON_STRING)) {
		return thinking->text;
	}
	json_each(part, thinking) {
		hub_append(&texts, hub_text_new(a, json_get_text(part, "text")));
	}
	return hub_join_text(a, &texts, "");
}

const struct json *chat_detail_text(const struct json *entry)
{
	return json_get2(entry, "text", "summary");
}

const struct json *chat_reasoning_text(const struct json *v)
{
	static const char *const names[] = { "reasoning_content", "reasoning", "thinking" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct json *text = json_get(v, names[i]);

		if (json_is(text, JSON_STRING) && text->text.len) {
			return text;
		}
	}
	return NULL;
}

/* OpenRouter wants entries back as they were. The text is the block's own; the
 * rest is its signature. */
static struct hub_block *read_detail(struct arena *a, const struct json *entry)
{
	const struct json *text = chat_detail_text(entry);
	struct hub_block *b = hub_block_new(a, BLOCK_THINKING);
	struct chat_detail detail = { .count = 0 };

	chat_detail_add(&detail, a, entry);
	b->thinking.text = json_is(text, JSON_STRING) ? text->text : SLICE_NULL;
	b->thinking.is_summary = json_get(entry, "summary") != NULL;
	b->sig = chat_detail_sig(&detail, a);
	return b;
}

bool chat_details_have_text(const struct json *details)
{
	json_each(entry, details) {
		const struct json *text = chat_detail_text(entry);

		if (json_is(text, JSON_STRING) && text->text.len) {
			return true;
		}
	}
	return false;
}

void chat_reasoning_read(struct arena *a, const struct json *message, struct hub_blocks *out)
{
	const struct json *details = json_get(message, "reasoning_details");
	const struct json *text = chat_reasoning_text(message);
	struct hub_block *b;

	if (text && !chat_details_have_text(details)) {
		b = hub_block_new(a, BLOCK_THINKING);
		b->thinking.text = text->text;
		hub_append(out, b);
	}
	json_each(entry, details) {
		if (entry->kind == JSON_OBJECT) {
			hub_append(out, read_detail(a, entry));
		}
	}
}

static bool is_known_member(const struct chat_detail *detail, struct slice key, size_t *at)
{
	for (*at = 0; *at < detail->count; (*at)++) {
		if (slice_same(detail->members[*at].key, key)) {
			return true;
		}
	}
	return false;
}

/* Every piece repeats most of them: only what is new is kept. */
void chat_detail_add(struct chat_detail *detail, struct arena *a, const struct json *entry)
{
	json_each(member, entry) {
		struct slice raw = json_one_line(a, member->raw);
		size_t at;

		if (slice_eq(member->key, "text") || slice_eq(member->key, "summary") ||
		    member->kind == JSON_NULL) {
			continue;
		}
		if (!is_known_member(detail, member->key, &at)) {
			if (detail->count == ARRAY_LEN(detail->members)) {
				continue;
			}
			detail->members[detail->count].key = arena_slice(a, member->key);
			detail->members[detail->count++].raw = SLICE_NULL;
		}
		if (!slice_same(detail->members[at].raw, raw)) {
			detail->members[at].raw = arena_slice(a, raw);
		}
	}
}

bool chat_detail_continues(const struct chat_detail *detail, const struct json *entry)
{
	static const char *const marks[] = { "type", "index", "id" };

	if (!detail->count) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const struct json *mark = json_get(entry, marks[i]);
		size_t at;

		if (mark && is_known_member(detail, slice_of(marks[i]), &at) &&
		    !slice_same(detail->members[at].raw, mark->raw)) {
			return false;
		}
	}
	return true;
}

struct hub_sig chat_detail_sig(const struct chat_detail *detail, struct arena *a)
{
	struct hub_sig sig = { .origin = ORIGIN_OPENROUTER };
	struct buf text = BUF_INIT(MAX_SSE_EVENT_BYTES);
	struct json_writer w;

	json_open(&w, &text);
	json_object(&w);
	for (size_t i = 0; i < detail->count; i++) {
		struct slice key = detail->members[i].key;

		json_key(&w, arena_strndup(a, key.ptr, key.len));
		json_raw(&w, detail->members[i].raw);
	}
	json_end(&w);
	sig.data = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return sig;
}

/* ---- writing (C63) ---- */

static bool is_for(enum reasoning_field field, const struct hub_block *block)
{
	if (block->kind != BLOCK_THINKING) {
		return false;
	}
	switch (field) {
	case REASONING_DETAILS:
		return block->sig.origin == ORIGIN_OPENROUTER;
	case REASONING_CHUNKS:
		return block->sig.origin == ORIGIN_NONE || block->sig.origin == ORIGIN_MISTRAL;
	case REASONING_CONTENT:
	case REASONING_PLAIN:
		/* What another vendor signed was thought by another model (L1). */
		return block->sig.origin == ORIGIN_NONE;
	case REASONING_NONE:
		break;
	}
	return false;
}

static bool replays(const struct conversion *c, bool has_calls)
{
	return c->options.replay_reasoning == REPLAY_ALWAYS ||
	       (c->options.replay_reasoning == REPLAY_TOOL_TURNS && has_calls);
}

static struct slice own_thinking(const struct conversion *c, const struct hub_message *m)
{
	struct hub_blocks texts = { .count = 0 };

	blocks_each(block, &m->blocks) {
		if (is_for(c->options.reasoning_field, block)) {
			hub_append(&texts, hub_text_new(c->arena, block->thinking.text));
		}
	}
	return hub_join_text(c->arena, &texts, "\n\n");
}

static bool has_own(const struct conversion *c, const struct hub_message *m)
{
	blocks_each(block, &m->blocks) {
		if (is_for(c->options.reasoning_field, block)) {
			return true;
		}
	}
	return false;
}

static void write_detail(struct conversion *c, struct json_writer *w,
			 const struct hub_block *block)
{
	const struct json *entry = json_read(c->arena, block->sig.data, NULL);
	bool is_summary = json_is_text(json_get(entry, "type"), "reasoning.summary");

	json_object(w);
	json_each(member, entry) {
		json_key(w, arena_strndup(c->arena, member->key.ptr, member->key.len));
		json_raw(w, member->raw);
	}
	if (block->thinking.text.len) {
		json_kslice(w, is_summary ? "summary" : "text", block->thinking.text);
	}
	json_end(w);
}

static void write_details(struct conversion *c, struct json_writer *w,
			  const struct hub_message *m)
{
	json_key(w, "reasoning_details");
	json_array(w);
	blocks_each(block, &m->blocks) {
		if (is_for(REASONING_DETAILS, block)) {
			write_detail(c, w, block);
		}
	}
	json_end(w);
}

/* DeepSeek refuses a turn with calls whose reasoning is missing; an empty text
 * stands for one that is lost. */
void chat_reasoning_write(struct conversion *c, struct json_writer *w,
			  const struct hub_message *m, bool has_calls)
{
	bool has_text = has_own(c, m);

	if (!replays(c, has_calls)) {
		return;
	}
	switch (c->options.reasoning_field) {
	case REASONING_CONTENT:
		if (has_text || has_calls) {
			json_key(w, "reasoning_content");
			json_strn(w, own_thinking(c, m));
		}
		break;
	case REASONING_PLAIN:
		if (has_text) {
			json_kslice(w, "reasoning", own_thinking(c, m));
		}
		break;
	case REASONING_DETAILS:
		if (has_text) {
			write_details(c, w, m);
		}
		break;
	case REASONING_CHUNKS:
	case REASONING_NONE:
		break;
	}
}

bool chat_replays_chunks(const struct conversion *c, const struct hub_message *m,
			 bool has_calls)
{
	return c->options.reasoning_field == REASONING_CHUNKS && replays(c, has_calls) &&
	       has_own(c, m);
}

void chat_chunks_write(struct json_writer *w, const struct hub_message *m)
{
	blocks_each(block, &m->blocks) {
		if (!is_for(REASONING_CHUNKS, block)) {
			continue;
		}
		json_object(w);
		json_kstr(w, "type", "thinking");
		json_key(w, "thinking");
		json_array(w);
		json_object(w);
		json_kstr(w, "type", "text");
		json_key(w, "text");
		json_strn(w, block->thinking.text);
		json_end(w);
		json_end(w);
		if (block->sig.origin == ORIGIN_MISTRAL) {
			json_kslice(w, "signature", block->sig.data);
		}
		json_end(w);
	}
}
