/* The contents of a Gemini request -> hub messages (C35-C37). */
#include "formats/gemini.h"

#include "base/limits.h"

/* A call that waits for its response. */
struct open_call {
	struct open_call *next;
	struct hub_block *call;
	bool is_answered;
};

struct reader {
	struct decoding *d;
	struct open_call *calls;          /* of the last model turn, in order */
	struct open_call **calls_tail;
	bool in_model_turn;
	size_t content;                   /* index of the one being read */
	size_t part;
};

static void add_call(struct reader *r, struct hub_block *call)
{
	struct arena *a = r->d->arena;
	struct open_call *open = arena_zalloc(a, sizeof *open);

	if (!call->tool_use.id.len) {
		call->tool_use.id = slice_of(arena_printf(a, "call_%04zx%04zx", r->content,
							  r->part));
	}
	open->call = call;
	*r->calls_tail = open;
	r->calls_tail = &open->next;
}

static bool is_answer_to(const struct hub_block *result, const struct open_call *open)
{
	if (result->tool_result.id.len) {
		return slice_same(result->tool_result.id, open->call->tool_use.id);
	}
	return !open->is_answered &&
	       slice_same(result->tool_result.name, open->call->tool_use.name);
}

/* By id, else the first open call of its name (C37). A result without either
 * is refused later, with its id; one without an id here. */
static bool match_result(struct reader *r, struct hub_block *result)
{
	for (struct open_call *open = r->calls; open; open = open->next) {
		if (is_answer_to(result, open)) {
			open->is_answered = true;
			result->tool_result.id = open->call->tool_use.id;
			result->tool_result.name = open->call->tool_use.name;
			return true;
		}
	}
	if (result->tool_result.id.len) {
		return true;
	}
	return decode_refuse(r->d, "contents", "contents[%zu].parts[%zu].functionResponse: no "
			     "functionCall of this name waits for a response", r->content,
			     r->part);
}

/* How to look at a medium: no other format can say it. */
static void warn_of_modifiers(struct reader *r, const struct json *part)
{
	static const char *const modifiers[] = { "mediaResolution", "videoMetadata",
						 "mediaProcessing" };

	for (size_t i = 0; i < ARRAY_LEN(modifiers); i++) {
		if (gemini_get(part, modifiers[i])) {
			warn(r->d->warnings, WARN_DROPPED, "contents.%s", modifiers[i]);
		}
	}
}

static bool read_parts(struct reader *r, const struct json *content, struct hub_blocks *out)
{
	r->part = 0;
	json_each(part, gemini_get(content, "parts")) {
		struct hub_block *b = gemini_part_read(r->d->arena, part);

		warn_of_modifiers(r, part);
		if (b && b->kind == BLOCK_TOOL_USE) {
			add_call(r, b);
		} else if (b && b->kind == BLOCK_TOOL_RESULT && !match_result(r, b)) {
			return false;
		}
		if (b) {
			hub_append(out, b);
		}
		r->part++;
	}
	return true;
}

static bool read_role(struct reader *r, const struct json *content, enum hub_role *role)
{
	struct slice text = gemini_text(content, "role");

	if (slice_eq(text, "model")) {
		*role = ROLE_ASSISTANT;
	} else if (!text.len || slice_eq(text, "user") || slice_eq(text, "function")) {
		*role = ROLE_USER;
	} else if (slice_eq(text, "system")) {
		*role = ROLE_SYSTEM;
	} else {
		return decode_refuse(r->d, "contents", "contents[%zu].role: use user or model",
				     r->content);
	}
	return true;
}

static void forget_calls(struct reader *r)
{
	r->calls = NULL;
	r->calls_tail = &r->calls;
}

/* Clients keep a streamed answer as one content a chunk: the chunks of a turn
 * become one message. */
static bool read_content(struct reader *r, const struct json *content)
{
	enum hub_role role = ROLE_USER;
	struct hub_message *m;

	if (!read_role(r, content, &role)) {
		return false;
	}
	if (role == ROLE_ASSISTANT && !r->in_model_turn) {
		forget_calls(r);
	}
	r->in_model_turn = role == ROLE_ASSISTANT;
	m = role == ROLE_ASSISTANT ? hub_message_continue(r->d->req, role)
				   : hub_message_new(r->d->req, role);
	if (!read_parts(r, content, &m->blocks)) {
		return false;
	}
	hub_results_first(&m->blocks);
	return true;
}

/* ---- pieces of one text ---- */

/* A text that a signature closed is complete. */
static bool continues(const struct hub_block *before, const struct hub_block *b)
{
	return before->kind == b->kind && before->sig.origin == ORIGIN_NONE &&
	       (b->kind == BLOCK_TEXT || b->kind == BLOCK_THINKING);
}

static struct slice *text_of(struct hub_block *b)
{
	return b->kind == BLOCK_TEXT ? &b->text.text : &b->thinking.text;
}

/* Takes the blocks that continue `first` into it. */
static void join_run(struct arena *a, struct hub_block *first, struct buf *text)
{
	struct hub_block *end = first->next;

	buf_clear(text);
	buf_add(text, text_of(first)->ptr, text_of(first)->len);
	while (end && continues(first, end)) {
		buf_add(text, text_of(end)->ptr, text_of(end)->len);
		first->sig = end->sig;
		end = end->next;
	}
	if (first->next != end) {
		*text_of(first) = arena_slice(a, buf_slice(text));
		first->next = end;
	}
}

/* Deltas that a client kept as they came are one text again: white space
 * between them is not lost, and a signature stands with what it signs. */
static void join_texts(struct arena *a, struct hub_blocks *list)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);

	list->count = 0;
	for (struct hub_block *b = list->first; b; b = b->next) {
		if (b->kind == BLOCK_TEXT || b->kind == BLOCK_THINKING) {
			join_run(a, b, &text);
		}
		list->last = b;
		list->count++;
	}
	buf_release(&text);
}

bool gemini_contents_read(struct decoding *d, const struct json *body)
{
	struct reader r = { .d = d };
	const struct json *contents = gemini_get(body, "contents");

	if (!json_is(contents, JSON_ARRAY)) {
		return decode_refuse(d, "contents", "contents: Field required");
	}
	forget_calls(&r);
	json_each(content, contents) {
		if (!read_content(&r, content)) {
			return false;
		}
		r.content++;
	}
	for (struct hub_message *m = d->req->messages; m; m = m->next) {
		if (m->role == ROLE_ASSISTANT) {
			join_texts(d->arena, &m->blocks);
		}
	}
	return true;
}
