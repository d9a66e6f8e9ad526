/* One answer of a Chat stream: its blocks, in the order in which they come. */
#include "formats/chat_stream.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/logprobs.h"

enum { LATE_TEXT, LATE_THINKING };

struct chat_choice *chat_choice_create(const struct event_sink *sink, unsigned number)
{
	struct chat_choice *c = xcalloc(1, sizeof *c);

	c->e.sink = *sink;
	c->e.choice = number;
	buf_init(&c->late[LATE_TEXT], MAX_SSE_EVENT_BYTES);
	buf_init(&c->late[LATE_THINKING], MAX_SSE_EVENT_BYTES);
	arena_init(&c->kept, 256);
	return c;
}

void chat_choice_destroy(struct chat_choice *c)
{
	if (c) {
		chat_calls_release(&c->calls);
		buf_release(&c->late[LATE_TEXT]);
		buf_release(&c->late[LATE_THINKING]);
		arena_release(&c->kept);
		free(c);
	}
}

/* ---- text, refusal, thinking ---- */

/* Leaves the open block: what belongs to its end is sent. */
static void leave(struct chat_choice *c)
{
	struct hub_sig sig = { .origin = ORIGIN_NONE };

	if (c->joiner.high) {
		emit_delta(&c->e, DELTA_TEXT, slice_of("\xef\xbf\xbd"));
		emit_delta(&c->e, DELTA_THINKING, slice_of("\xef\xbf\xbd"));
		emit_delta(&c->e, DELTA_REFUSAL, slice_of("\xef\xbf\xbd"));
		c->joiner.high = 0;
	}
	if (c->detail.count) {
		sig = chat_detail_sig(&c->detail, &c->kept);
	} else if (c->signature.len) {
		sig = (struct hub_sig){ .origin = ORIGIN_MISTRAL, .data = c->signature };
	}
	emit_sig(&c->e, &sig);
	emit_close(&c->e);
	c->detail.count = 0;
	c->signature = SLICE_NULL;
	arena_release(&c->kept);
}

/* Makes a block of this kind the open one. False: a call stands open whose
 * arguments are still coming. */
static bool enter(struct chat_choice *c, enum hub_block_kind kind)
{
	if (c->e.is_open && c->e.open_kind == kind) {
		return true;
	}
	if (!chat_calls_pause(&c->calls, &c->e)) {
		return false;
	}
	leave(c);
	emit_ensure(&c->e, kind);
	return true;
}

static enum delta_kind delta_of(enum hub_block_kind kind)
{
	switch (kind) {
	case BLOCK_THINKING:
		return DELTA_THINKING;
	case BLOCK_REFUSAL:
		return DELTA_REFUSAL;
	default:
		return DELTA_TEXT;
	}
}

static void put(struct chat_choice *c, enum hub_block_kind kind, bool is_open,
		struct slice text)
{
	size_t late = kind == BLOCK_THINKING ? LATE_THINKING : LATE_TEXT;

	if (is_open) {
		emit_delta(&c->e, delta_of(kind), text);
	} else {
		buf_add(&c->late[late], text.ptr, text.len);
	}
}

static void put_text(struct chat_choice *c, enum hub_block_kind kind, struct slice text)
{
	if (text.len) {
		put(c, kind, enter(c, kind), text);
	}
}

/* C58 */
static void pass_logprobs(struct chat_choice *c)
{
	emit_logprobs(&c->e, c->logprobs);
	c->logprobs = NULL;
}

/* The block is entered first: half a character may end the one before. */
static void put_string(struct chat_choice *c, struct arena *scratch, enum hub_block_kind kind,
		       const struct json *string)
{
	bool is_open;

	if (json_is(string, JSON_STRING) && string->text.len) {
		is_open = enter(c, kind);
		if (kind != BLOCK_THINKING) {
			pass_logprobs(c);
		}
		put(c, kind, is_open, text_join(&c->joiner, scratch, string));
	}
}

static void put_late(struct chat_choice *c)
{
	put_text(c, BLOCK_THINKING, buf_slice(&c->late[LATE_THINKING]));
	buf_clear(&c->late[LATE_THINKING]);
	put_text(c, BLOCK_TEXT, buf_slice(&c->late[LATE_TEXT]));
	buf_clear(&c->late[LATE_TEXT]);
}

/* Content as an array of chunks (Mistral). */
static void on_chunk(struct chat_choice *c, struct arena *scratch, const struct json *chunk)
{
	struct slice type = json_get_text(chunk, "type");
	struct slice signature = json_get_text(chunk, "signature");

	if (slice_eq(type, "text")) {
		put_string(c, scratch, BLOCK_TEXT, json_get(chunk, "text"));
	} else if (slice_eq(type, "thinking")) {
		put_text(c, BLOCK_THINKING, chat_chunk_text(scratch, chunk));
		if (signature.len && signature.len <= MAX_SECRET_BYTES &&
		    enter(c, BLOCK_THINKING)) {
			c->signature = arena_slice(&c->kept, signature);
		}
	}
}

static void on_content(struct chat_choice *c, struct arena *scratch, const struct json *content)
{
	put_string(c, scratch, BLOCK_TEXT, content);
	if (json_is(content, JSON_ARRAY)) {
		json_each(chunk, content) {
			on_chunk(c, scratch, chunk);
		}
	}
}

/* ---- reasoning (section 4.6) ---- */

/* Each entry is a block of its own, because each has its own signature. */
static void on_detail(struct chat_choice *c, struct arena *scratch, const struct json *entry)
{
	bool is_open = c->e.is_open && c->e.open_kind == BLOCK_THINKING;

	if (is_open && !chat_detail_continues(&c->detail, entry)) {
		leave(c);
	}
	if (enter(c, BLOCK_THINKING) && c->kept.total <= MAX_SSE_EVENT_BYTES) {
		chat_detail_add(&c->detail, &c->kept, entry);
	}
	put_string(c, scratch, BLOCK_THINKING, chat_detail_text(entry));
}

static void on_reasoning(struct chat_choice *c, struct arena *scratch, const struct json *delta)
{
	const struct json *details = json_get(delta, "reasoning_details");

	if (!chat_details_have_text(details)) {
		put_string(c, scratch, BLOCK_THINKING, chat_reasoning_text(delta));
	}
	json_each(entry, details) {
		if (entry->kind == JSON_OBJECT) {
			on_detail(c, scratch, entry);
		}
	}
}

/* ---- calls ---- */

static void on_call(struct chat_choice *c, struct arena *scratch, const struct json *fragment)
{
	if (c->e.is_open && c->e.open_kind != BLOCK_TOOL_USE) {
		leave(c);
	}
	if (!chat_calls_feed(&c->calls, &c->e, scratch, fragment)) {
		emit_failure(&c->e, ERROR_UPSTREAM_BAD,
			     "the upstream's tool calls are too many or too long");
	}
}

/* Before there were several, a call was the delta's own member. */
static void on_calls(struct chat_choice *c, struct arena *scratch, const struct json *delta)
{
	struct json function = { .kind = JSON_OBJECT };
	struct json old = { .kind = JSON_OBJECT };
	const struct json *call = json_get(delta, "function_call");

	json_each(fragment, json_get(delta, "tool_calls")) {
		on_call(c, scratch, fragment);
	}
	if (json_is(call, JSON_OBJECT)) {
		function = *call;
		function.key = slice_of("function");
		function.next = NULL;
		old.first = &function;
		on_call(c, scratch, &old);
	}
}

/* ---- the end ---- */

static void close_all(struct chat_choice *c)
{
	chat_calls_finish(&c->calls, &c->e);
	put_late(c);
	leave(c);
}

/* The stop itself waits for the stream's end: usage may still come, and some
 * servers tell the reason more than once. */
static void on_finish(struct chat_choice *c, struct slice reason)
{
	if (!reason.len) {
		return;
	}
	c->stop = chat_stop_read(reason);
	c->has_finish = true;
	if (c->stop == STOP_ERROR) {
		chat_stop_fail(&c->e, reason);
	} else {
		close_all(c);
	}
}

void chat_choice_feed(struct chat_choice *c, struct arena *scratch, const struct json *choice)
{
	const struct json *delta = json_get(choice, "delta");
	const struct json *logprobs = json_get(choice, "logprobs");

	on_reasoning(c, scratch, delta);
	c->logprobs = logprobs_read_openai(scratch, json_get(logprobs, "content")).first;
	on_content(c, scratch, json_get(delta, "content"));
	/* Part of a character is a token without a text of its own. */
	pass_logprobs(c);
	c->logprobs = logprobs_read_openai(scratch, json_get(logprobs, "refusal")).first;
	put_string(c, scratch, BLOCK_REFUSAL, json_get(delta, "refusal"));
	pass_logprobs(c);
	on_calls(c, scratch, delta);
	on_finish(c, json_get_text(choice, "finish_reason"));
}

void chat_choice_stop(struct chat_choice *c)
{
	struct hub_stop stop;

	close_all(c);
	stop = (struct hub_stop){
		.kind = chat_stop_adjust(c->stop, c->e.has_tool_use, c->e.has_refusal),
	};
	emit_stop(&c->e, &stop);
}
