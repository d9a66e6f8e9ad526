/* The demo upstream as Anthropic Messages (anthropic-messages.md §8, §9). */
#include "demo/demo_turn.h"

static const char *stop_reason(const struct demo_turn *t)
{
	switch (t->stop) {
	case DEMO_STOP_TOOL:
		return "tool_use";
	case DEMO_STOP_LENGTH:
		return "max_tokens";
	default:
		return "end_turn";
	}
}

static void write_output_usage(const struct demo_turn *t, struct json_writer *w)
{
	json_kint(w, "output_tokens", t->tokens_out);
	json_key(w, "output_tokens_details");
	json_object(w);
	json_kint(w, "thinking_tokens", t->tokens_thinking);
	json_end(w);
}

static void write_usage(const struct demo_turn *t, bool is_start, struct json_writer *w)
{
	json_key(w, "usage");
	json_object(w);
	json_kint(w, "input_tokens", t->tokens_in - t->tokens_cached);
	json_kint(w, "cache_creation_input_tokens", 0);
	json_kint(w, "cache_read_input_tokens", t->tokens_cached);
	json_key(w, "cache_creation");
	json_object(w);
	json_kint(w, "ephemeral_5m_input_tokens", 0);
	json_kint(w, "ephemeral_1h_input_tokens", 0);
	json_end(w);
	if (is_start) {
		json_kint(w, "output_tokens", 1);
		json_kstr(w, "output_tokens_details", NULL);
	} else {
		write_output_usage(t, w);
	}
	json_kstr(w, "server_tool_use", NULL);
	json_kstr(w, "service_tier", "standard");
	json_end(w);
}

/* A block whole, or in the empty shape that opens it in a stream. */
static void write_thinking(const struct demo_turn *t, bool is_start, struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "type", "thinking");
	json_key(w, "thinking");
	json_strn(w, is_start ? slice_of("") : t->thinking.all);
	json_kstr(w, "signature", is_start ? "" : DEMO_SIGNATURE);
	json_end(w);
}

static void write_text(const struct demo_turn *t, bool is_start, struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "type", "text");
	json_key(w, "text");
	json_strn(w, is_start ? slice_of("") : t->text.all);
	json_kstr(w, "citations", NULL);
	json_end(w);
}

static void write_call(const struct demo_call *call, bool is_start, struct json_writer *w)
{
	char id[40];

	snprintf(id, sizeof id, "toolu_%.24s", call->id);
	json_object(w);
	json_kstr(w, "type", "tool_use");
	json_kstr(w, "id", id);
	json_kstr(w, "name", call->name);
	json_key(w, "input");
	json_raw(w, is_start ? slice_of("{}") : call->input.all);
	json_end(w);
}

static void write_content(const struct demo_turn *t, struct json_writer *w)
{
	json_key(w, "content");
	json_array(w);
	if (t->has_thinking) {
		write_thinking(t, false, w);
	}
	if (t->text.all.len) {
		write_text(t, false, w);
	}
	for (size_t i = 0; i < t->call_count; i++) {
		write_call(&t->calls[i], false, w);
	}
	json_end(w);
}

static void write_message(const struct demo_turn *t, bool is_start, struct json_writer *w)
{
	char id[40];

	snprintf(id, sizeof id, "msg_%.24s", t->id);
	json_object(w);
	json_kstr(w, "id", id);
	json_kstr(w, "type", "message");
	json_kstr(w, "role", "assistant");
	json_kstr(w, "model", t->model);
	if (is_start) {
		json_key(w, "content");
		json_array(w);
		json_end(w);
	} else {
		write_content(t, w);
	}
	json_kstr(w, "stop_reason", is_start ? NULL : stop_reason(t));
	json_kstr(w, "stop_sequence", NULL);
	json_kstr(w, "stop_details", NULL);
	json_kstr(w, "container", NULL);
	write_usage(t, is_start, w);
	json_end(w);
}

void demo_anthropic_whole(const struct demo_turn *t, struct json_writer *w)
{
	write_message(t, false, w);
}

/* --- stream --- */

static void begin(struct demo_stream *s, const char *type)
{
	demo_stream_begin(s, type);
	json_object(&s->w);
	json_kstr(&s->w, "type", type);
}

static void end(struct demo_stream *s, int64_t delay_ms)
{
	json_end(&s->w);
	demo_stream_end(s, delay_ms);
}

static void begin_block(struct demo_stream *s, int index, const char *type)
{
	begin(s, type);
	json_kint(&s->w, "index", index);
}

static void send_delta(struct demo_stream *s, int index, const char *type,
		       const char *member, struct slice text)
{
	begin_block(s, index, "content_block_delta");
	json_key(&s->w, "delta");
	json_object(&s->w);
	json_kstr(&s->w, "type", type);
	json_key(&s->w, member);
	json_strn(&s->w, text);
	json_end(&s->w);
	end(s, s->pace_ms);
}

static void send_deltas(struct demo_stream *s, int index, const char *type,
			const char *member, const struct demo_text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		send_delta(s, index, type, member, text->pieces[i]);
	}
}

static void send_start(struct demo_stream *s, const struct demo_turn *t, int index,
		       void (*write)(const struct demo_turn *, bool, struct json_writer *))
{
	begin_block(s, index, "content_block_start");
	json_key(&s->w, "content_block");
	write(t, true, &s->w);
	end(s, 0);
}

static void send_stop(struct demo_stream *s, int index)
{
	begin_block(s, index, "content_block_stop");
	end(s, 0);
}

static void send_call(struct demo_stream *s, int index, const struct demo_call *call)
{
	begin_block(s, index, "content_block_start");
	json_key(&s->w, "content_block");
	write_call(call, true, &s->w);
	end(s, 0);
	send_deltas(s, index, "input_json_delta", "partial_json", &call->input);
	send_stop(s, index);
}

static void send_blocks(const struct demo_turn *t, struct demo_stream *s)
{
	int index = 0;

	if (t->has_thinking) {
		send_start(s, t, index, write_thinking);
		send_deltas(s, index, "thinking_delta", "thinking", &t->thinking);
		send_delta(s, index, "signature_delta", "signature", slice_of(DEMO_SIGNATURE));
		send_stop(s, index++);
	}
	if (t->text.all.len) {
		send_start(s, t, index, write_text);
		send_deltas(s, index, "text_delta", "text", &t->text);
		send_stop(s, index++);
	}
	for (size_t i = 0; i < t->call_count; i++) {
		send_call(s, index++, &t->calls[i]);
	}
}

void demo_anthropic_stream(const struct demo_turn *t, struct demo_stream *s)
{
	begin(s, "message_start");
	json_key(&s->w, "message");
	write_message(t, true, &s->w);
	end(s, s->pace_ms);
	begin(s, "ping");
	end(s, 0);
	send_blocks(t, s);
	begin(s, "message_delta");
	json_key(&s->w, "delta");
	json_object(&s->w);
	json_kstr(&s->w, "stop_reason", stop_reason(t));
	json_kstr(&s->w, "stop_sequence", NULL);
	json_end(&s->w);
	json_key(&s->w, "usage");
	json_object(&s->w);
	write_output_usage(t, &s->w);
	json_end(&s->w);
	end(s, 0);
	begin(s, "message_stop");
	end(s, 0);
}
