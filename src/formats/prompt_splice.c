#include "formats/prompt_splice.h"

#include "base/json_scan.h"
#include "base/json_text.h"
#include "base/json_write.h"
#include "base/limits.h"

/* All texts, one byte of which JSON escapes with at most six. */
#define MAX_INSERTION (16 * MAX_PROMPTS_BYTES)

/* ---- pieces ---- */

static void add_escaped(struct buf *out, struct slice text)
{
	struct buf quoted = BUF_INIT(MAX_INSERTION);

	json_quote(&quoted, text);
	if (quoted.len > 2) {
		buf_add(out, quoted.ptr + 1, quoted.len - 2);
	}
	buf_release(&quoted);
}

/* Takes the text. */
static void edit(struct prompt_splice *s, struct slice range, struct buf *text)
{
	if (s->count < PROMPT_MAX_EDITS && text->len) {
		s->edits[s->count++] = (struct prompt_edit){
			range, arena_slice(s->arena, buf_slice(text)),
		};
	}
	buf_release(text);
}

static void insert(struct prompt_splice *s, const char *place, struct buf *text)
{
	edit(s, (struct slice){ place, 0 }, text);
}

static const char *end_of(struct slice s)
{
	return s.ptr + s.len;
}

/* Both texts as one. */
static void add_both(struct buf *out, const struct prompt_texts *t)
{
	add_escaped(out, t->before);
	if (t->before.len && t->after.len) {
		add_escaped(out, t->after_gap);
	}
	add_escaped(out, t->after);
}

/* What stands around an escaped text. */
struct shape {
	const char *head;
	const char *tail;
};

static const struct shape plain_string = { "\"", "\"" };
static const struct shape text_block = { "{\"type\":\"text\",\"text\":\"", "\"}" };
static const struct shape gemini_part = { "{\"text\":\"", "\"}" };
static const struct shape gemini_parts = { "[{\"text\":\"", "\"}]" };
static const struct shape gemini_system = { "{\"parts\":[{\"text\":\"", "\"}]}" };

static struct prompt_texts only_before(const struct prompt_texts *t)
{
	return (struct prompt_texts){ .before = t->before, .before_gap = t->before_gap };
}

static struct prompt_texts only_after(const struct prompt_texts *t)
{
	return (struct prompt_texts){ .after = t->after, .after_gap = t->after_gap };
}

/* ---- into one string ---- */

/* `raw` with its quotes. */
static void join_string(struct prompt_splice *s, struct slice raw, const struct prompt_texts *t)
{
	struct buf front = BUF_INIT(MAX_INSERTION);
	struct buf back = BUF_INIT(MAX_INSERTION);

	if (raw.len == 2) {
		add_both(&front, t);
		insert(s, raw.ptr + 1, &front);
		return;
	}
	if (t->before.len) {
		add_escaped(&front, t->before);
		add_escaped(&front, t->before_gap);
	}
	if (t->after.len) {
		add_escaped(&back, t->after_gap);
		add_escaped(&back, t->after);
	}
	insert(s, raw.ptr + 1, &front);
	insert(s, end_of(raw) - 1, &back);
}

/* ---- into a list ---- */

static void add_entry(struct buf *out, const struct shape *shape, struct slice text)
{
	if (text.len) {
		buf_adds(out, shape->head);
		add_escaped(out, text);
		buf_adds(out, shape->tail);
	}
}

static void insert_before(struct prompt_splice *s, const char *next, const struct shape *shape,
			  struct slice text)
{
	struct buf out = BUF_INIT(MAX_INSERTION);

	add_entry(&out, shape, text);
	if (out.len) {
		buf_addc(&out, ',');
	}
	insert(s, next, &out);
}

static void insert_behind(struct prompt_splice *s, const char *last, const struct shape *shape,
			  struct slice text)
{
	struct buf out = BUF_INIT(MAX_INSERTION);

	if (text.len) {
		buf_addc(&out, ',');
	}
	add_entry(&out, shape, text);
	insert(s, last, &out);
}

static void fill_list(struct prompt_splice *s, struct slice array, const struct shape *shape,
		      const struct prompt_texts *t)
{
	struct buf out = BUF_INIT(MAX_INSERTION);

	add_entry(&out, shape, t->before);
	if (t->before.len && t->after.len) {
		buf_addc(&out, ',');
	}
	add_entry(&out, shape, t->after);
	insert(s, array.ptr + 1, &out);
}

bool prompt_is_attribution(struct slice text)
{
	return slice_starts(text, "x-anthropic-billing-header:");
}

/* Texts that Anthropic looks for at the front stay there. */
static bool has_its_place(struct slice text)
{
	return prompt_is_attribution(text) || slice_starts(text, "You are Claude Code");
}

static bool block_has_its_place(struct slice block)
{
	struct json_member m;

	return json_find_kind(block, "text", JSON_STRING, &m) &&
	       has_its_place((struct slice){ m.value.ptr + 1, m.value.len - 2 });
}

static void join_list(struct prompt_splice *s, struct slice array, const struct shape *shape,
		      const struct prompt_texts *t)
{
	const char *placed = NULL;      /* ends of the entries before ours */
	const char *next = NULL;
	const char *last = NULL;
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, array);
	while (json_scan_next(&scan, &m)) {
		last = end_of(m.value);
		if (next) {
			continue;
		}
		if (s->format == FORMAT_ANTHROPIC && block_has_its_place(m.value)) {
			placed = last;
		} else {
			next = m.value.ptr;
		}
	}
	if (!last) {
		fill_list(s, array, shape, t);
		return;
	}
	if (placed) {
		insert_behind(s, placed, shape, t->before);
	} else {
		insert_before(s, next, shape, t->before);
	}
	insert_behind(s, last, shape, t->after);
}

/* ---- as a member ---- */

/* The first one of `object`, or in the place of its null. */
static void add_member(struct prompt_splice *s, struct slice object, const char *name,
		       const struct shape *shape, const struct prompt_texts *t)
{
	struct buf out = BUF_INIT(MAX_INSERTION);
	struct json_scan scan;
	struct json_member m;
	bool is_null = json_find(object, name, &m);

	if (!is_null) {
		buf_addf(&out, "\"%s\":", name);
	}
	buf_adds(&out, shape->head);
	add_both(&out, t);
	buf_adds(&out, shape->tail);
	if (is_null) {
		edit(s, m.value, &out);
		return;
	}
	json_scan_init(&scan, object);
	if (json_scan_next(&scan, &m)) {
		buf_addc(&out, ',');
	}
	insert(s, (const char *)memchr(object.ptr, '{', object.len) + 1, &out);
}

/* A member that is a string or a list of text blocks. */
static void join_member(struct prompt_splice *s, struct slice object, const char *name,
			const struct prompt_texts *t)
{
	struct json_member m;

	if (!t->before.len && !t->after.len) {
		return;
	}
	if (!json_find(object, name, &m) || m.kind == JSON_NULL) {
		add_member(s, object, name, &plain_string, t);
	} else if (m.kind == JSON_STRING) {
		join_string(s, m.value, t);
	} else if (m.kind == JSON_ARRAY) {
		join_list(s, m.value, &text_block, t);
	}
}

/* ---- as a message ---- */

/* A list's leading messages that instruct. */
struct leading {
	struct slice first;
	struct slice last;
	size_t count;
	const char *next;               /* the first other message, or NULL */
};

static bool instructs(struct slice message)
{
	struct json_member role;

	return json_find_kind(message, "role", JSON_STRING, &role) &&
	       (slice_eq(role.value, "\"system\"") || slice_eq(role.value, "\"developer\""));
}

static struct leading find_leading(struct slice messages)
{
	struct leading found = { .count = 0 };
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, messages);
	while (json_scan_next(&scan, &m)) {
		if (!instructs(m.value)) {
			found.next = m.value.ptr;
			break;
		}
		found.first = found.count++ ? found.first : m.value;
		found.last = m.value;
	}
	return found;
}

static struct shape message_shape(const struct prompt_splice *s)
{
	return (struct shape){
		arena_printf(s->arena, "{\"role\":\"%s\",\"content\":\"", s->role), "\"}",
	};
}

/* Into the message's content where that takes text, else beside it. */
static void join_message(struct prompt_splice *s, struct slice message,
			 const struct prompt_texts *t)
{
	const struct shape shape = message_shape(s);
	struct json_member content;

	if (json_find_kind(message, "content", JSON_STRING, &content)) {
		join_string(s, content.value, t);
	} else if (json_find_kind(message, "content", JSON_ARRAY, &content)) {
		join_list(s, content.value, &text_block, t);
	} else {
		insert_before(s, message.ptr, &shape, t->before);
		insert_behind(s, end_of(message), &shape, t->after);
	}
}

/* A message of both texts before all others. */
static void lead(struct prompt_splice *s, struct slice messages, const char *next)
{
	const struct shape shape = message_shape(s);
	struct buf out = BUF_INIT(MAX_INSERTION);

	buf_adds(&out, shape.head);
	add_both(&out, s->texts);
	buf_adds(&out, shape.tail);
	if (next) {
		buf_addc(&out, ',');
	}
	insert(s, messages.ptr + 1, &out);
}

static void splice_chat(struct prompt_splice *s, struct slice body)
{
	const struct prompt_texts before = only_before(s->texts);
	const struct prompt_texts after = only_after(s->texts);
	struct json_member messages;
	struct leading found;

	if (!json_find_kind(body, "messages", JSON_ARRAY, &messages)) {
		return;
	}
	found = find_leading(messages.value);
	if (!found.count) {
		lead(s, messages.value, found.next);
	} else if (found.count == 1) {
		join_message(s, found.first, s->texts);
	} else {
		join_message(s, found.first, &before);
		join_message(s, found.last, &after);
	}
}

/* ---- the other formats ---- */

/* `instructions` come before the items of `input`: what goes behind all system
 * text goes behind those that instruct. */
static void splice_responses(struct prompt_splice *s, struct slice body)
{
	const struct prompt_texts before = only_before(s->texts);
	const struct shape shape = message_shape(s);
	struct leading found = { .count = 0 };
	struct json_member input;

	if (json_find_kind(body, "input", JSON_ARRAY, &input)) {
		found = find_leading(input.value);
	}
	if (!found.count) {
		join_member(s, body, "instructions", s->texts);
		return;
	}
	join_member(s, body, "instructions", &before);
	insert_behind(s, end_of(found.last), &shape, s->texts->after);
}

/* Counting knows system text only inside a whole request, which is put around
 * the contents. */
static void wrap_contents(struct prompt_splice *s, struct slice body)
{
	struct buf front = BUF_INIT(MAX_INSERTION);
	struct buf back = BUF_INIT(8);
	struct json_member contents;

	if (!json_find(body, "contents", &contents)) {
		return;
	}
	buf_adds(&front, "\"generateContentRequest\":{\"model\":\"models/");
	add_escaped(&front, slice_of(s->model));
	buf_addf(&front, "\",\"systemInstruction\":%s", gemini_system.head);
	add_both(&front, s->texts);
	buf_addf(&front, "%s,", gemini_system.tail);
	insert(s, json_key_text(&contents).ptr, &front);
	buf_adds(&back, "}");
	insert(s, end_of(contents.value), &back);
}

static void splice_gemini(struct prompt_splice *s, struct slice body)
{
	static const char *const names[] = { "systemInstruction", "system_instruction" };
	struct json_member whole;
	struct json_member system = { .kind = JSON_NULL };
	struct json_member parts;
	bool is_whole = json_find_kind(body, "generateContentRequest", JSON_OBJECT, &whole) ||
			json_find_kind(body, "generate_content_request", JSON_OBJECT, &whole);
	struct slice object = is_whole ? whole.value : body;
	const char *name = json_find(object, names[1], &system) ? names[1] : names[0];

	if (name == names[0] && !json_find(object, name, &system) && s->is_count && !is_whole) {
		wrap_contents(s, body);
	} else if (system.kind == JSON_NULL) {
		add_member(s, object, name, &gemini_system, s->texts);
	} else if (json_find_kind(system.value, "parts", JSON_ARRAY, &parts)) {
		join_list(s, parts.value, &gemini_part, s->texts);
	} else if (system.kind == JSON_OBJECT && !json_find(system.value, "parts", &parts)) {
		add_member(s, system.value, "parts", &gemini_parts, s->texts);
	}
}

void prompt_splice(struct prompt_splice *s, struct slice body)
{
	s->count = 0;
	switch (s->format) {
	case FORMAT_ANTHROPIC:
		join_member(s, body, "system", s->texts);
		break;
	case FORMAT_CHAT:
		splice_chat(s, body);
		break;
	case FORMAT_RESPONSES:
		splice_responses(s, body);
		break;
	case FORMAT_GEMINI:
		splice_gemini(s, body);
		break;
	case FORMAT_NONE:
		break;
	}
}

/* ---- the hub ---- */

/* A text that may be joined to: one of several has its own place, and a mark
 * for the cache says what it ends. */
static bool takes_text(const struct hub_block *block)
{
	return block->kind == BLOCK_TEXT && block->text.text.len && !block->cache &&
	       !has_its_place(block->text.text);
}

static struct slice cat3(struct arena *a, struct slice x, struct slice y, struct slice z)
{
	return slice_cat(a, slice_cat(a, x, y), z);
}

static void put_before(struct hub_request *req, const struct prompt_texts *t)
{
	struct hub_blocks *system = &req->system;
	struct hub_block **place = &system->first;
	struct hub_block *fresh;

	while (*place && (*place)->kind == BLOCK_TEXT && has_its_place((*place)->text.text)) {
		place = &(*place)->next;
	}
	if (*place && takes_text(*place)) {
		(*place)->text.text = cat3(req->arena, t->before, t->before_gap,
					   (*place)->text.text);
		return;
	}
	fresh = hub_text_new(req->arena, t->before);
	fresh->next = *place;
	*place = fresh;
	system->last = fresh->next ? system->last : fresh;
	system->count++;
}

void prompt_into_hub(struct hub_request *req, const struct prompt_texts *t)
{
	struct hub_block *last;

	if (t->before.len) {
		put_before(req, t);
	}
	last = req->system.last;
	if (t->after.len && last && takes_text(last)) {
		last->text.text = cat3(req->arena, last->text.text, t->after_gap, t->after);
	} else if (t->after.len) {
		hub_append(&req->system, hub_text_new(req->arena, t->after));
	}
}
