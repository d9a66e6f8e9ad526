#define _GNU_SOURCE     /* memmem */
#include "formats/history.h"

#include <string.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "formats/envelope.h"
#include "formats/format.h"
#include "formats/gemini.h"

struct cleaning {
	struct arena *arena;
	enum history_scope scope;
	struct history_edit *edits;
};

static void edit(struct cleaning *c, const char *from, const char *to, struct slice text)
{
	struct history_edit *e = arena_zalloc(c->arena, sizeof *e);

	e->range = (struct slice){ from, (size_t)(to - from) };
	e->text = text;
	e->next = c->edits;
	c->edits = e;
}

static const char *end_of(const struct json *v)
{
	return v->raw.ptr + v->raw.len;
}

/* The value becomes this text. */
static void replace(struct cleaning *c, const struct json *v, struct slice text)
{
	struct buf quoted = BUF_INIT(MAX_ARENA_BYTES);

	json_quote(&quoted, text);
	edit(c, v->raw.ptr, end_of(v), arena_slice(c->arena, buf_slice(&quoted)));
	buf_release(&quoted);
}

/* ---- taking children out of an array or object, commas included ---- */

struct thinning {
	struct cleaning *c;
	const char *from;               /* behind the child before */
	bool has_kept;
};

static struct thinning thin(struct cleaning *c, const struct json *parent)
{
	return (struct thinning){ .c = c, .from = parent->raw.ptr + 1 };
}

static void keep(struct thinning *t, const struct json *child)
{
	t->from = end_of(child);
	t->has_kept = true;
}

/* With the comma before it, or behind it while it would be the first. */
static void drop(struct thinning *t, const struct json *child)
{
	const char *end = end_of(child);

	if (!t->has_kept && child->next) {
		end += strspn(end, " \t\r\n");
		end += *end == ',';
	}
	edit(t->c, t->from, end, slice_of(""));
	t->from = end;
}

/* ---- blobs ---- */

enum fate { FATE_KEEP, FATE_UNWRAP, FATE_DROP };

static enum fate fate_of(const struct cleaning *c, struct slice blob,
			 const struct hub_sig *sig, enum hub_origin own)
{
	if (c->scope == HISTORY_ALL) {
		return FATE_DROP;
	}
	if (!blob.len || sig->data.ptr == blob.ptr) {
		return FATE_KEEP;
	}
	return sig->origin == own ? FATE_UNWRAP : FATE_DROP;
}

/* A member that is an envelope or not; false: what it belongs to goes. */
static bool clean_blob(struct cleaning *c, const struct json *blob, enum hub_origin own)
{
	struct slice text = json_is(blob, JSON_STRING) ? blob->text : SLICE_NULL;
	struct hub_sig sig = envelope_open(c->arena, text, own);
	enum fate fate = fate_of(c, text, &sig, own);

	if (fate == FATE_UNWRAP) {
		replace(c, blob, sig.data);
	}
	return fate != FATE_DROP;
}

/* ---- Anthropic ---- */

static bool is_thinking(const struct json *block)
{
	return json_is_text(json_get(block, "type"), "thinking") ||
	       json_is_text(json_get(block, "type"), "redacted_thinking");
}

static bool keeps_block(struct cleaning *c, const struct json *block)
{
	return !is_thinking(block) ||
	       clean_blob(c, json_get(block, "signature"), ORIGIN_ANTHROPIC);
}

/* False: nothing is left of it. */
static bool clean_message(struct cleaning *c, const struct json *content, bool *lost)
{
	struct history_edit *before = c->edits;
	struct thinning t = thin(c, content);

	*lost = false;
	json_each(block, content) {
		if (keeps_block(c, block)) {
			keep(&t, block);
		} else {
			drop(&t, block);
			*lost = true;
		}
	}
	if (*lost && !t.has_kept) {
		c->edits = before;
		return false;
	}
	return true;
}

static bool has_result(const struct json *message)
{
	json_each(block, json_get(message, "content")) {
		if (json_is_text(json_get(block, "type"), "tool_result")) {
			return true;
		}
	}
	return false;
}

static bool needs_thinking(const struct json *edit)
{
	const struct json *type = json_get(edit, "type");

	return json_is(type, JSON_STRING) && slice_starts(type->text, "clear_thinking_");
}

/* False: nothing is left of them. */
static bool keep_edits_without_thinking(struct cleaning *c, const struct json *edits)
{
	struct history_edit *before = c->edits;
	struct thinning t = thin(c, edits);

	json_each(one, edits) {
		if (needs_thinking(one)) {
			drop(&t, one);
			c->edits->warning = "dropped:context_management.edits";
		} else {
			keep(&t, one);
		}
	}
	if (c->edits != before && !t.has_kept) {
		c->edits = before;
		return false;
	}
	return true;
}

/* What clears thinking is refused where there is none. */
static void stop_thinking(struct cleaning *c, const struct json *body,
			  const struct json *thinking)
{
	const struct json *management = json_get(body, "context_management");
	const struct json *edits = json_get(management, "edits");
	struct thinning t = thin(c, body);
	bool keeps;

	edit(c, thinking->raw.ptr, end_of(thinking), slice_of("{\"type\":\"disabled\"}"));
	c->edits->warning = "emulated:thinking";
	keeps = !json_is(edits, JSON_ARRAY) || keep_edits_without_thinking(c, edits);
	json_each(member, body) {
		if (keeps || member != management) {
			keep(&t, member);
		} else {
			drop(&t, member);
			c->edits->warning = "dropped:context_management";
		}
	}
}

/* C60: inside a tool loop manual thinking wants the turn's own thinking. */
static void clean_anthropic(struct cleaning *c, const struct json *body)
{
	const struct json *messages = json_get(body, "messages");
	const struct json *thinking = json_get(body, "thinking");
	struct thinning t;
	bool lost_last = false;
	bool in_loop = false;

	if (!json_is(messages, JSON_ARRAY)) {
		return;
	}
	t = thin(c, messages);
	json_each(message, messages) {
		const struct json *content = json_get(message, "content");

		in_loop = has_result(message);
		if (json_is_text(json_get(message, "role"), "assistant") &&
		    json_is(content, JSON_ARRAY) && !clean_message(c, content, &lost_last)) {
			drop(&t, message);
		} else {
			keep(&t, message);
		}
	}
	if (lost_last && in_loop && json_is_text(json_get(thinking, "type"), "enabled")) {
		stop_thinking(c, body, thinking);
	}
}

/* ---- Responses ---- */

/* Ids name what is stored where the item was made. */
static void drop_id(struct cleaning *c, const struct json *item)
{
	const struct json *id = json_get(item, "id");
	struct thinning t = thin(c, item);

	for (const struct json *m = item->first; m && id; m = m->next) {
		if (m == id) {
			drop(&t, m);
		} else {
			keep(&t, m);
		}
	}
}

static void clean_responses(struct cleaning *c, const struct json *body)
{
	const struct json *input = json_get(body, "input");
	struct thinning t;

	if (!json_is(input, JSON_ARRAY)) {
		return;
	}
	t = thin(c, input);
	json_each(item, input) {
		if (!json_is_text(json_get(item, "type"), "reasoning")) {
			if (c->scope == HISTORY_ALL && item->kind == JSON_OBJECT &&
			    !json_is_text(json_get(item, "type"), "item_reference")) {
				drop_id(c, item);
			}
			keep(&t, item);
		} else if (clean_blob(c, json_get(item, "encrypted_content"), ORIGIN_OPENAI)) {
			keep(&t, item);
		} else {
			drop(&t, item);
		}
	}
}

/* ---- Gemini ---- */

/* A call keeps a word in its place: newer models refuse one without (C61). */
static void drop_signature(struct cleaning *c, const struct json *part,
			   const struct json *signature)
{
	struct thinning t = thin(c, part);

	if (gemini_get(part, "functionCall")) {
		replace(c, signature, slice_of(GEMINI_NO_SIGNATURE));
		return;
	}
	json_each(member, part) {
		if (member == signature) {
			drop(&t, member);
		} else {
			keep(&t, member);
		}
	}
}

/* False: it was a signature alone. */
static bool clean_part(struct cleaning *c, const struct json *part)
{
	const struct json *signature = gemini_get(part, "thoughtSignature");
	struct hub_sig sig;

	if (!json_is(signature, JSON_STRING)) {
		return true;
	}
	sig = gemini_sig_read(c->arena, signature->text);
	switch (fate_of(c, signature->text, &sig, ORIGIN_GEMINI)) {
	case FATE_KEEP:
		break;
	case FATE_UNWRAP:
		replace(c, signature, sig.data);
		break;
	case FATE_DROP:
		if (part->count == 1) {
			return false;
		}
		drop_signature(c, part, signature);
		break;
	}
	return true;
}

static void clean_gemini(struct cleaning *c, const struct json *body)
{
	json_each(content, gemini_get(body, "contents")) {
		const struct json *parts = gemini_get(content, "parts");
		struct thinning t;

		if (!json_is(parts, JSON_ARRAY)) {
			continue;
		}
		t = thin(c, parts);
		json_each(part, parts) {
			if (clean_part(c, part)) {
				keep(&t, part);
			} else {
				drop(&t, part);
			}
		}
	}
}

/* ---- the whole ---- */

bool history_has_envelopes(enum format_id format, struct slice body)
{
	/* Base64 of "gw1." begins with the second. */
	const char *mark = format == FORMAT_GEMINI ? "\"Z3cxL" : "\"gw1.";

	return format != FORMAT_CHAT && memmem(body.ptr, body.len, mark, strlen(mark));
}

const struct history_edit *history_clean(enum format_id format, struct slice body,
					 enum history_scope scope, struct arena *a)
{
	struct cleaning c = { .arena = a, .scope = scope };
	const struct json *v = json_read(a, body, NULL);

	switch (format) {
	case FORMAT_ANTHROPIC:
		clean_anthropic(&c, v);
		break;
	case FORMAT_RESPONSES:
		clean_responses(&c, v);
		break;
	case FORMAT_GEMINI:
		clean_gemini(&c, v);
		break;
	default:
		break;
	}
	return c.edits;
}

void history_forget(struct hub_request *req)
{
	for (struct hub_message *m = req->messages; m; m = m->next) {
		struct hub_block *b = m->blocks.first;

		m->blocks = (struct hub_blocks){ .count = 0 };
		while (b) {
			struct hub_block *next = b->next;

			b->next = NULL;
			b->sig = (struct hub_sig){ .origin = ORIGIN_NONE };
			if (b->kind != BLOCK_REDACTED) {
				hub_append(&m->blocks, b);
			}
			b = next;
		}
	}
}

bool history_is_refused(const struct api_error *error)
{
	/* All of a line's words; vendors and their front ends vary the rest. */
	static const char *const signs[][3] = {
		{ "invalid", "signature", "thinking" },
		{ "invalid", "data", "redacted_thinking" },
		{ "thought signature", "not valid", "" },
		{ "thought signature", "invalid", "" },
		{ "thought signature", "corrupted", "" },
		{ "encrypted content", "could not be verified", "" },
		{ "item with id 'rs_", "not found", "" },
	};
	size_t len = strlen(error->message);

	if (str_eq(error->code, "invalid_encrypted_content")) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (str_ifind(error->message, len, signs[i][0]) &&
		    str_ifind(error->message, len, signs[i][1]) &&
		    str_ifind(error->message, len, signs[i][2])) {
			return true;
		}
	}
	return false;
}
