/* The demo upstream as OpenAI Responses (openai-responses.md §5, §6). */
#include "demo/demo_turn.h"

/* An item as it is announced, as it is when done, and in a response that was
 * cut at its limit. */
enum item_state { ITEM_STARTED, ITEM_DONE, ITEM_INCOMPLETE };

static const char *status_of(enum item_state state)
{
	static const char *const names[] = { "in_progress", "completed", "incomplete" };

	return names[state];
}

static enum item_state final_state(const struct demo_turn *t)
{
	return t->stop == DEMO_STOP_LENGTH ? ITEM_INCOMPLETE : ITEM_DONE;
}

static void make_id(const char *prefix, const char *id, char out[40])
{
	snprintf(out, 40, "%s_%.24s", prefix, id);
}

static void item_id(const struct demo_turn *t, const char *prefix, char out[40])
{
	make_id(prefix, t->id, out);
}

static void write_empty_array(struct json_writer *w, const char *name)
{
	json_key(w, name);
	json_array(w);
	json_end(w);
}

/* --- items --- */

static void write_summary_part(struct json_writer *w, struct slice text)
{
	json_object(w);
	json_kstr(w, "type", "summary_text");
	json_key(w, "text");
	json_strn(w, text);
	json_end(w);
}

static void write_reasoning(const struct demo_turn *t, enum item_state state,
			    struct json_writer *w)
{
	char id[40];

	item_id(t, "rs", id);
	json_object(w);
	json_kstr(w, "id", id);
	json_kstr(w, "type", "reasoning");
	json_key(w, "summary");
	json_array(w);
	if (state != ITEM_STARTED && t->thinking.all.len) {
		write_summary_part(w, t->thinking.all);
	}
	json_end(w);
	if (state != ITEM_STARTED && t->wants_blob) {
		json_kstr(w, "encrypted_content", DEMO_SIGNATURE);
	}
	json_end(w);
}

static void write_text_part(struct json_writer *w, struct slice text)
{
	json_object(w);
	json_kstr(w, "type", "output_text");
	json_key(w, "text");
	json_strn(w, text);
	write_empty_array(w, "annotations");
	write_empty_array(w, "logprobs");
	json_end(w);
}

static void write_message(const struct demo_turn *t, enum item_state state,
			  struct json_writer *w)
{
	char id[40];

	item_id(t, "msg", id);
	json_object(w);
	json_kstr(w, "id", id);
	json_kstr(w, "type", "message");
	json_kstr(w, "status", status_of(state));
	json_kstr(w, "role", "assistant");
	json_key(w, "content");
	json_array(w);
	if (state != ITEM_STARTED) {
		write_text_part(w, t->text.all);
	}
	json_end(w);
	json_end(w);
}

static void write_call(const struct demo_call *call, enum item_state state,
		       struct json_writer *w)
{
	char id[40];
	char call_id[40];

	make_id("fc", call->id, id);
	make_id("call", call->id, call_id);
	json_object(w);
	json_kstr(w, "id", id);
	json_kstr(w, "type", "function_call");
	json_kstr(w, "status", status_of(state));
	json_kstr(w, "call_id", call_id);
	json_kstr(w, "name", call->name);
	json_key(w, "arguments");
	json_strn(w, state == ITEM_STARTED ? slice_of("") : call->input.all);
	json_end(w);
}

static void write_output(const struct demo_turn *t, struct json_writer *w)
{
	if (t->has_thinking) {
		write_reasoning(t, ITEM_DONE, w);
	}
	if (t->text.all.len) {
		write_message(t, final_state(t), w);
	}
	for (size_t i = 0; i < t->call_count; i++) {
		write_call(&t->calls[i], ITEM_DONE, w);
	}
}

/* --- the response object --- */

static void write_usage(const struct demo_turn *t, struct json_writer *w)
{
	json_key(w, "usage");
	json_object(w);
	json_kint(w, "input_tokens", t->tokens_in);
	json_key(w, "input_tokens_details");
	json_object(w);
	json_kint(w, "cached_tokens", t->tokens_cached);
	json_kint(w, "cache_write_tokens", 0);
	json_end(w);
	json_kint(w, "output_tokens", t->tokens_out);
	json_key(w, "output_tokens_details");
	json_object(w);
	json_kint(w, "reasoning_tokens", t->tokens_thinking);
	json_end(w);
	json_kint(w, "total_tokens", t->tokens_in + t->tokens_out);
	json_end(w);
}

static void write_outcome(const struct demo_turn *t, bool is_done, struct json_writer *w)
{
	json_kstr(w, "status", status_of(is_done ? final_state(t) : ITEM_STARTED));
	json_kstr(w, "error", NULL);
	json_key(w, "incomplete_details");
	if (is_done && t->stop == DEMO_STOP_LENGTH) {
		json_object(w);
		json_kstr(w, "reason", "max_output_tokens");
		json_end(w);
	} else {
		json_null(w);
	}
	json_key(w, "output");
	json_array(w);
	if (is_done) {
		write_output(t, w);
	}
	json_end(w);
	if (is_done) {
		write_usage(t, w);
	} else {
		json_kstr(w, "usage", NULL);
	}
}

static void write_response(const struct demo_turn *t, bool is_done, struct json_writer *w)
{
	char id[40];

	item_id(t, "resp", id);
	json_object(w);
	json_kstr(w, "id", id);
	json_kstr(w, "object", "response");
	json_kint(w, "created_at", t->created_s);
	write_outcome(t, is_done, w);
	json_kstr(w, "instructions", NULL);
	json_kstr(w, "model", t->model);
	json_kbool(w, "parallel_tool_calls", true);
	json_kstr(w, "previous_response_id", NULL);
	json_kbool(w, "store", false);
	json_kint(w, "temperature", 1);
	json_kstr(w, "tool_choice", "auto");
	write_empty_array(w, "tools");
	json_kint(w, "top_p", 1);
	json_kstr(w, "truncation", "disabled");
	json_key(w, "metadata");
	json_object(w);
	json_end(w);
	json_end(w);
}

void demo_responses_whole(const struct demo_turn *t, struct json_writer *w)
{
	write_response(t, true, w);
}

/* --- stream --- */

static struct json_writer *begin(struct demo_stream *s, const char *type)
{
	demo_stream_begin(s, type);
	json_object(&s->w);
	json_kstr(&s->w, "type", type);
	json_kint(&s->w, "sequence_number", s->sequence_number++);
	return &s->w;
}

static void end(struct demo_stream *s, int64_t delay_ms)
{
	json_end(&s->w);
	demo_stream_end(s, delay_ms);
}

static void send_response(const struct demo_turn *t, struct demo_stream *s,
			  const char *type, bool is_done)
{
	struct json_writer *w = begin(s, type);

	json_key(w, "response");
	write_response(t, is_done, w);
	end(s, is_done ? 0 : s->pace_ms);
}

/* Which item, and which part of it: what all frames between an item's two
 * ends carry. */
struct place {
	const char *prefix;             /* of the item's id */
	int index;
	const char *part;               /* "content_index", "summary_index", NULL */
	const struct demo_call *call;   /* NULL: another kind of item */
};

static struct json_writer *begin_at(const struct demo_turn *t, struct demo_stream *s,
				    const char *type, const struct place *at)
{
	struct json_writer *w = begin(s, type);
	char id[40];

	make_id(at->prefix, at->call ? at->call->id : t->id, id);
	json_kstr(w, "item_id", id);
	json_kint(w, "output_index", at->index);
	if (at->part) {
		json_kint(w, at->part, 0);
	}
	return w;
}

static struct json_writer *begin_item(struct demo_stream *s, int index, enum item_state state)
{
	struct json_writer *w = begin(s, state == ITEM_STARTED ? "response.output_item.added"
							       : "response.output_item.done");

	json_kint(w, "output_index", index);
	json_key(w, "item");
	return w;
}

static void send_item(const struct demo_turn *t, struct demo_stream *s, int index,
		      enum item_state state,
		      void (*write)(const struct demo_turn *, enum item_state,
				    struct json_writer *))
{
	write(t, state, begin_item(s, index, state));
	end(s, 0);
}

static void send_part(const struct demo_turn *t, struct demo_stream *s, const char *type,
		      const struct place *at, struct slice text)
{
	struct json_writer *w = begin_at(t, s, type, at);

	json_key(w, "part");
	if (str_eq(at->part, "summary_index")) {
		write_summary_part(w, text);
	} else {
		write_text_part(w, text);
	}
	end(s, 0);
}

/* A frame with one text in it: a delta, or all of it again at the end. */
static void send_text(const struct demo_turn *t, struct demo_stream *s, const char *type,
		      const struct place *at, struct slice text)
{
	bool is_delta = str_ends(type, ".delta");
	struct json_writer *w = begin_at(t, s, type, at);

	if (at->call && !is_delta) {
		json_kstr(w, "name", at->call->name);
	}
	json_key(w, is_delta ? "delta" : at->call ? "arguments" : "text");
	json_strn(w, text);
	if (str_eq(at->part, "content_index")) {
		write_empty_array(w, "logprobs");
	}
	end(s, is_delta ? s->pace_ms : 0);
}

static void send_deltas(const struct demo_turn *t, struct demo_stream *s,
			const char *type, const struct place *at,
			const struct demo_text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		send_text(t, s, type, at, text->pieces[i]);
	}
}

static void send_reasoning(const struct demo_turn *t, struct demo_stream *s, int index)
{
	const struct place at = { "rs", index, "summary_index", NULL };
	struct slice all = t->thinking.all;

	send_item(t, s, index, ITEM_STARTED, write_reasoning);
	if (all.len) {
		send_part(t, s, "response.reasoning_summary_part.added", &at, slice_of(""));
		send_deltas(t, s, "response.reasoning_summary_text.delta", &at, &t->thinking);
		send_text(t, s, "response.reasoning_summary_text.done", &at, all);
		send_part(t, s, "response.reasoning_summary_part.done", &at, all);
	}
	send_item(t, s, index, ITEM_DONE, write_reasoning);
}

static void send_message(const struct demo_turn *t, struct demo_stream *s, int index)
{
	const struct place at = { "msg", index, "content_index", NULL };

	send_item(t, s, index, ITEM_STARTED, write_message);
	send_part(t, s, "response.content_part.added", &at, slice_of(""));
	send_deltas(t, s, "response.output_text.delta", &at, &t->text);
	send_text(t, s, "response.output_text.done", &at, t->text.all);
	send_part(t, s, "response.content_part.done", &at, t->text.all);
	send_item(t, s, index, final_state(t), write_message);
}

static void send_call_item(struct demo_stream *s, const struct place *at,
			   enum item_state state)
{
	write_call(at->call, state, begin_item(s, at->index, state));
	end(s, 0);
}

static void send_call(const struct demo_turn *t, struct demo_stream *s, int index,
		      const struct demo_call *call)
{
	const struct place at = { "fc", index, NULL, call };

	send_call_item(s, &at, ITEM_STARTED);
	send_deltas(t, s, "response.function_call_arguments.delta", &at, &call->input);
	send_text(t, s, "response.function_call_arguments.done", &at, call->input.all);
	send_call_item(s, &at, ITEM_DONE);
}

void demo_responses_stream(const struct demo_turn *t, struct demo_stream *s)
{
	int index = 0;

	send_response(t, s, "response.created", false);
	send_response(t, s, "response.in_progress", false);
	if (t->has_thinking) {
		send_reasoning(t, s, index++);
	}
	if (t->text.all.len) {
		send_message(t, s, index++);
	}
	for (size_t i = 0; i < t->call_count; i++) {
		send_call(t, s, index++, &t->calls[i]);
	}
	send_response(t, s, t->stop == DEMO_STOP_LENGTH ? "response.incomplete"
							 : "response.completed", true);
}
