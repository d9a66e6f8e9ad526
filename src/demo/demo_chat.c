/*
 * The demo upstream as OpenAI Chat (openai-chat.md §4, §5) and as legacy
 * completions (§7).
 */
#include "demo/demo_turn.h"

static const char *finish_reason(const struct demo_turn *t)
{
	switch (t->stop) {
	case DEMO_STOP_TOOL:
		return "tool_calls";
	case DEMO_STOP_LENGTH:
		return "length";
	default:
		return "stop";
	}
}

static void write_usage(const struct demo_turn *t, struct json_writer *w)
{
	json_key(w, "usage");
	json_object(w);
	json_kint(w, "prompt_tokens", t->tokens_in);
	json_kint(w, "completion_tokens", t->tokens_out);
	json_kint(w, "total_tokens", t->tokens_in + t->tokens_out);
	json_key(w, "prompt_tokens_details");
	json_object(w);
	json_kint(w, "cached_tokens", t->tokens_cached);
	json_end(w);
	json_key(w, "completion_tokens_details");
	json_object(w);
	json_kint(w, "reasoning_tokens", t->tokens_thinking);
	json_end(w);
	json_end(w);
}

static void write_head(const struct demo_turn *t, const char *prefix, const char *object,
		       struct json_writer *w)
{
	char id[48];

	snprintf(id, sizeof id, "%s-%.24s", prefix, t->id);
	json_object(w);
	json_kstr(w, "id", id);
	json_kstr(w, "object", object);
	json_kint(w, "created", t->created_s);
	json_kstr(w, "model", t->model);
}

/* --- chat --- */

/* `index` -1: not in a stream. */
static void write_call(const struct demo_call *call, struct slice arguments, int index,
		       struct json_writer *w)
{
	char id[40];

	snprintf(id, sizeof id, "call_%.24s", call->id);
	json_object(w);
	if (index >= 0) {
		json_kint(w, "index", index);
	}
	json_kstr(w, "id", id);
	json_kstr(w, "type", "function");
	json_key(w, "function");
	json_object(w);
	json_kstr(w, "name", call->name);
	json_key(w, "arguments");
	json_strn(w, arguments);
	json_end(w);
	json_end(w);
}

static void write_calls(const struct demo_turn *t, struct json_writer *w)
{
	json_key(w, "tool_calls");
	json_array(w);
	for (size_t i = 0; i < t->call_count; i++) {
		write_call(&t->calls[i], t->calls[i].input.all, -1, w);
	}
	json_end(w);
}

static void write_message(const struct demo_turn *t, struct json_writer *w)
{
	json_key(w, "message");
	json_object(w);
	json_kstr(w, "role", "assistant");
	json_key(w, "content");
	if (t->text.all.len) {
		json_strn(w, t->text.all);
	} else {
		json_null(w);
	}
	json_kstr(w, "refusal", NULL);
	if (t->thinking.all.len) {
		json_key(w, "reasoning_content");
		json_strn(w, t->thinking.all);
	}
	if (t->call_count) {
		write_calls(t, w);
	}
	json_end(w);
}

void demo_chat_whole(const struct demo_turn *t, struct json_writer *w)
{
	write_head(t, "chatcmpl", "chat.completion", w);
	json_key(w, "choices");
	json_array(w);
	json_object(w);
	json_kint(w, "index", 0);
	write_message(t, w);
	json_kstr(w, "logprobs", NULL);
	json_kstr(w, "finish_reason", finish_reason(t));
	json_end(w);
	json_end(w);
	write_usage(t, w);
	json_kstr(w, "system_fingerprint", NULL);
	json_end(w);
}

/* Opens a chunk up to the inside of its delta. */
static struct json_writer *begin_chunk(const struct demo_turn *t, struct demo_stream *s)
{
	demo_stream_begin(s, NULL);
	write_head(t, "chatcmpl", "chat.completion.chunk", &s->w);
	json_kstr(&s->w, "system_fingerprint", NULL);
	json_key(&s->w, "choices");
	json_array(&s->w);
	json_object(&s->w);
	json_kint(&s->w, "index", 0);
	json_key(&s->w, "delta");
	json_object(&s->w);
	return &s->w;
}

/* With include_usage every chunk has the member (§5.4). */
static void end_chunk(const struct demo_turn *t, struct demo_stream *s,
		      const char *finish, int64_t delay_ms)
{
	json_end(&s->w);
	json_kstr(&s->w, "logprobs", NULL);
	json_kstr(&s->w, "finish_reason", finish);
	json_end(&s->w);
	json_end(&s->w);
	if (t->wants_usage) {
		json_kstr(&s->w, "usage", NULL);
	}
	json_end(&s->w);
	demo_stream_end(s, delay_ms);
}

static void send_pieces(const struct demo_turn *t, struct demo_stream *s,
			const char *member, const struct demo_text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		struct json_writer *w = begin_chunk(t, s);

		json_key(w, member);
		json_strn(w, text->pieces[i]);
		end_chunk(t, s, NULL, s->pace_ms);
	}
}

static void send_call(const struct demo_turn *t, int index, struct demo_stream *s)
{
	const struct demo_call *call = &t->calls[index];
	struct json_writer *w = begin_chunk(t, s);

	json_key(w, "tool_calls");
	json_array(w);
	write_call(call, slice_of(""), index, w);
	json_end(w);
	end_chunk(t, s, NULL, s->pace_ms);
	for (size_t i = 0; i < call->input.count; i++) {
		w = begin_chunk(t, s);
		json_key(w, "tool_calls");
		json_array(w);
		json_object(w);
		json_kint(w, "index", index);
		json_key(w, "function");
		json_object(w);
		json_key(w, "arguments");
		json_strn(w, call->input.pieces[i]);
		json_end(w);
		json_end(w);
		json_end(w);
		end_chunk(t, s, NULL, s->pace_ms);
	}
}

static void send_tail(const struct demo_turn *t, struct demo_stream *s,
		      const char *prefix, const char *object)
{
	if (t->wants_usage) {
		demo_stream_begin(s, NULL);
		write_head(t, prefix, object, &s->w);
		json_key(&s->w, "choices");
		json_array(&s->w);
		json_end(&s->w);
		write_usage(t, &s->w);
		json_end(&s->w);
		demo_stream_end(s, 0);
	}
	demo_stream_add(s, slice_of("data: [DONE]\n\n"), 0);
}

void demo_chat_stream(const struct demo_turn *t, struct demo_stream *s)
{
	struct json_writer *w = begin_chunk(t, s);

	json_kstr(w, "role", "assistant");
	json_kstr(w, "content", "");
	json_kstr(w, "refusal", NULL);
	end_chunk(t, s, NULL, s->pace_ms);
	send_pieces(t, s, "reasoning_content", &t->thinking);
	send_pieces(t, s, "content", &t->text);
	for (size_t i = 0; i < t->call_count; i++) {
		send_call(t, (int)i, s);
	}
	begin_chunk(t, s);
	end_chunk(t, s, finish_reason(t), 0);
	send_tail(t, s, "chatcmpl", "chat.completion.chunk");
}

/* --- completions --- */

static void write_completion(const struct demo_turn *t, struct slice text,
			     const char *finish, struct json_writer *w)
{
	write_head(t, "cmpl", "text_completion", w);
	json_key(w, "choices");
	json_array(w);
	json_object(w);
	json_key(w, "text");
	json_strn(w, text);
	json_kint(w, "index", 0);
	json_kstr(w, "logprobs", NULL);
	json_kstr(w, "finish_reason", finish);
	json_end(w);
	json_end(w);
}

void demo_completion_whole(const struct demo_turn *t, struct json_writer *w)
{
	write_completion(t, t->text.all, finish_reason(t), w);
	write_usage(t, w);
	json_end(w);
}

static void send_completion(const struct demo_turn *t, struct demo_stream *s,
			    struct slice text, const char *finish)
{
	demo_stream_begin(s, NULL);
	write_completion(t, text, finish, &s->w);
	json_end(&s->w);
	demo_stream_end(s, s->pace_ms);
}

void demo_completion_stream(const struct demo_turn *t, struct demo_stream *s)
{
	for (size_t i = 0; i < t->text.count; i++) {
		send_completion(t, s, t->text.pieces[i], NULL);
	}
	send_completion(t, s, slice_of(""), finish_reason(t));
	send_tail(t, s, "cmpl", "text_completion");
}
