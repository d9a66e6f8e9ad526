#include "formats/chat_calls.h"

#include <stdlib.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "formats/chat.h"

struct call {
	int64_t index;                    /* -1: none came */
	struct buf id;
	struct buf name;
	struct buf held;                  /* arguments that wait for their turn */
	struct text_joiner joiner;
	bool is_custom;
	bool is_open;
	/* How far the JSON of the arguments has come. */
	int depth;
	bool in_string;
	bool is_escaped;
	bool is_whole;
};

/* An id or a name; longer ones are nobody's. */
#define MAX_CALL_NAME_BYTES 4096

static struct call *call_create(int64_t index, bool is_custom)
{
	struct call *call = xcalloc(1, sizeof *call);

	call->index = index;
	call->is_custom = is_custom;
	buf_init(&call->id, MAX_CALL_NAME_BYTES);
	buf_init(&call->name, MAX_CALL_NAME_BYTES);
	buf_init(&call->held, MAX_SSE_EVENT_BYTES);
	return call;
}

static void call_destroy(struct call *call)
{
	buf_release(&call->id);
	buf_release(&call->name);
	buf_release(&call->held);
	free(call);
}

void chat_calls_release(struct chat_calls *calls)
{
	for (size_t i = 0; i < calls->list.len; i++) {
		call_destroy(calls->list.items[i]);
	}
	vec_release(&calls->list);
}

static struct call *at(const struct chat_calls *calls, size_t i)
{
	return i < calls->list.len ? calls->list.items[i] : NULL;
}

/* ---- arguments ---- */

/* Follows brackets and strings; what is no object or array is never whole. */
static void scan(struct call *call, struct slice text)
{
	for (size_t i = 0; i < text.len && !call->is_whole; i++) {
		char c = text.ptr[i];

		if (call->is_escaped) {
			call->is_escaped = false;
		} else if (call->in_string) {
			call->is_escaped = c == '\\';
			call->in_string = c != '"';
		} else if (c == '"') {
			call->in_string = true;
		} else if (c == '{' || c == '[') {
			call->depth++;
		} else if (c == '}' || c == ']') {
			call->depth--;
			call->is_whole = call->depth <= 0;
		}
	}
}

/* A custom tool's input is text; as arguments it is the string in {"input":…}
 * (C31), of which the pieces are the inside. */
static void add_input(struct buf *out, struct slice piece)
{
	struct buf quoted = BUF_INIT(MAX_SSE_EVENT_BYTES);

	json_quote(&quoted, piece);
	if (!quoted.failed) {
		buf_add(out, quoted.ptr + 1, quoted.len - 2);
	}
	buf_release(&quoted);
}

static bool hold(struct chat_calls *calls, struct call *call, struct slice args)
{
	size_t before = call->held.len;

	if (call->is_custom) {
		add_input(&call->held, args);
	} else {
		buf_add(&call->held, args.ptr, args.len);
		scan(call, args);
	}
	calls->held_bytes += call->held.len - before;
	return !call->held.failed && calls->held_bytes <= MAX_SSE_EVENT_BYTES;
}

/* ---- going out ---- */

static void open_call(struct call *call, struct emitter *e)
{
	struct hub_block block = { .kind = BLOCK_TOOL_USE };

	block.tool_use.id = buf_slice(&call->id);
	block.tool_use.name = buf_slice(&call->name);
	block.tool_use.is_custom = call->is_custom;
	emit_open(e, &block);
	call->is_open = true;
	if (call->is_custom) {
		emit_delta(e, DELTA_ARGS, slice_of("{\"input\":\""));
	}
}

static void flow(struct chat_calls *calls, struct call *call, struct emitter *e)
{
	if (!call->is_open) {
		open_call(call, e);
	}
	emit_delta(e, DELTA_ARGS, buf_slice(&call->held));
	calls->held_bytes -= call->held.len;
	buf_release(&call->held);
}

static void finish_current(struct chat_calls *calls, struct emitter *e)
{
	struct call *call = at(calls, calls->current++);

	if (call->joiner.high) {
		hold(calls, call, slice_of("\xef\xbf\xbd"));
	}
	flow(calls, call, e);
	if (call->is_custom) {
		emit_delta(e, DELTA_ARGS, slice_of("\"}"));
	}
	emit_close(e);
}

/* A name may be late; without one a call cannot be announced. */
static void advance(struct chat_calls *calls, struct emitter *e)
{
	struct call *call = at(calls, calls->current);

	while (call && call->name.len) {
		bool is_last = calls->current + 1 == calls->list.len;

		if (is_last || !call->is_whole) {
			flow(calls, call, e);
			return;
		}
		finish_current(calls, e);
		call = at(calls, calls->current);
	}
}

bool chat_calls_pause(struct chat_calls *calls, struct emitter *e)
{
	struct call *call = at(calls, calls->current);

	while (call && call->name.len && call->is_whole) {
		finish_current(calls, e);
		call = at(calls, calls->current);
	}
	return !call;
}

void chat_calls_finish(struct chat_calls *calls, struct emitter *e)
{
	while (calls->current < calls->list.len) {
		struct call *call = at(calls, calls->current);

		if (call->name.len || call->held.len) {
			finish_current(calls, e);
		} else {
			calls->current++;
		}
	}
}

/* ---- coming in ---- */

static struct call *find(const struct chat_calls *calls, int64_t index)
{
	for (size_t i = calls->list.len; i > 0; i--) {
		if (at(calls, i - 1)->index == index) {
			return at(calls, i - 1);
		}
	}
	return NULL;
}

/* What a fragment says of its call. */
struct fragment {
	int64_t index;
	struct slice id;
	struct slice name;
	const struct json *args;
	bool is_custom;
};

static struct fragment read_fragment(const struct json *v)
{
	const struct json *custom = json_get(v, "custom");
	const struct json *what = custom ? custom : json_get(v, "function");
	struct fragment f = {
		.index = -1,
		.id = json_get_text(v, "id"),
		.name = json_get_text(what, "name"),
		.args = json_get(what, custom ? "input" : "arguments"),
		.is_custom = custom != NULL,
	};

	if (!json_get_int(v, "index", &f.index) || f.index < 0) {
		f.index = -1;
	}
	return f;
}

static bool has_args(const struct fragment *f)
{
	return f->args && (f->args->kind != JSON_STRING || f->args->text.len);
}

/* Section 4.4 of azure-and-compatible.md: a new id is a new call, whatever the
 * index says; so is a named fragment with arguments behind whole ones. */
static bool is_other(const struct call *call, const struct fragment *f)
{
	if (f->id.len && call->id.len) {
		return !slice_same(f->id, buf_slice(&call->id));
	}
	return call->is_whole && f->name.len && has_args(f);
}

static struct call *call_of(struct chat_calls *calls, const struct fragment *f)
{
	struct call *call = f->index >= 0 ? find(calls, f->index)
					  : at(calls, calls->list.len - 1);

	if (call && !is_other(call, f)) {
		return call;
	}
	if (calls->list.len == MAX_CALLS) {
		return NULL;
	}
	call = call_create(f->index, f->is_custom);
	vec_push(&calls->list, call);
	return call;
}

/* Servers repeat them, or send "" later on: the first ones count. */
static void set_once(struct buf *out, struct slice text)
{
	if (!out->len) {
		buf_add(out, text.ptr, text.len);
	}
}

static bool is_done(const struct chat_calls *calls, const struct call *call)
{
	for (size_t i = 0; i < calls->current; i++) {
		if (at(calls, i) == call) {
			return true;
		}
	}
	return false;
}

bool chat_calls_feed(struct chat_calls *calls, struct emitter *e, struct arena *scratch,
		     const struct json *v)
{
	struct fragment f = read_fragment(v);
	struct call *call = call_of(calls, &f);
	struct slice args;

	if (!call) {
		return false;
	}
	if (is_done(calls, call)) {
		return true;
	}
	if (!call->is_open) {
		set_once(&call->id, f.id);
		set_once(&call->name, f.name);
	}
	args = json_is(f.args, JSON_STRING) ? text_join(&call->joiner, scratch, f.args)
					    : chat_args_read(scratch, f.args);
	if (!hold(calls, call, args)) {
		return false;
	}
	advance(calls, e);
	return true;
}
