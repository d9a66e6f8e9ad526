/* The demo upstream as Gemini (gemini.md §3, §4). */
#include "demo/demo_turn.h"

static void write_text_part(struct json_writer *w, struct slice text, bool is_thought)
{
	json_object(w);
	json_key(w, "text");
	json_strn(w, text);
	if (is_thought) {
		json_kbool(w, "thought", true);
	}
	json_end(w);
}

static void write_call_part(const struct demo_call *call, struct json_writer *w)
{
	char id[40];

	snprintf(id, sizeof id, "call_%.24s", call->id);
	json_object(w);
	json_key(w, "functionCall");
	json_object(w);
	json_kstr(w, "id", id);
	json_kstr(w, "name", call->name);
	json_key(w, "args");
	json_raw(w, call->input.all);
	json_end(w);
	json_kstr(w, "thoughtSignature", DEMO_SIGNATURE);
	json_end(w);
}

/* Everything around the parts; `parts` are written between the two. */
static void begin_response(struct json_writer *w)
{
	json_object(w);
	json_key(w, "candidates");
	json_array(w);
	json_object(w);
	json_key(w, "content");
	json_object(w);
	json_key(w, "parts");
	json_array(w);
}

static void write_usage(const struct demo_turn *t, struct json_writer *w)
{
	json_key(w, "usageMetadata");
	json_object(w);
	json_kint(w, "promptTokenCount", t->tokens_in);
	if (t->tokens_cached) {
		json_kint(w, "cachedContentTokenCount", t->tokens_cached);
	}
	json_kint(w, "candidatesTokenCount", t->tokens_out - t->tokens_thinking);
	json_kint(w, "totalTokenCount", t->tokens_in + t->tokens_out);
	if (t->tokens_thinking) {
		json_kint(w, "thoughtsTokenCount", t->tokens_thinking);
	}
	json_end(w);
}

static void end_response(const struct demo_turn *t, bool is_last, struct json_writer *w)
{
	json_end(w);
	json_kstr(w, "role", "model");
	json_end(w);
	if (is_last) {
		json_kstr(w, "finishReason",
			  t->stop == DEMO_STOP_LENGTH ? "MAX_TOKENS" : "STOP");
	}
	json_kint(w, "index", 0);
	json_end(w);
	json_end(w);
	if (is_last) {
		write_usage(t, w);
	}
	json_kstr(w, "modelVersion", t->model);
	json_kstr(w, "responseId", t->id);
	json_end(w);
}

void demo_gemini_whole(const struct demo_turn *t, struct json_writer *w)
{
	begin_response(w);
	if (t->thinking.all.len) {
		write_text_part(w, t->thinking.all, true);
	}
	if (t->text.all.len) {
		write_text_part(w, t->text.all, false);
	}
	for (size_t i = 0; i < t->call_count; i++) {
		write_call_part(&t->calls[i], w);
	}
	end_response(t, true, w);
}

/* An array's elements are parted by commas; it is closed by the last one. */
static void begin_chunk(const struct demo_turn *t, struct demo_stream *s)
{
	if (t->is_array_stream) {
		buf_adds(&s->text, s->count ? ",\r\n" : "[");
		json_open(&s->w, &s->text);
	} else {
		demo_stream_begin(s, NULL);
	}
	begin_response(&s->w);
}

static void end_chunk(const struct demo_turn *t, struct demo_stream *s, bool is_last)
{
	end_response(t, is_last, &s->w);
	s->ending = !t->is_array_stream ? "\r\n\r\n" : is_last ? "]" : "";
	demo_stream_end(s, is_last ? 0 : s->pace_ms);
}

static void send_pieces(const struct demo_turn *t, struct demo_stream *s,
			const struct demo_text *text, bool is_thought)
{
	for (size_t i = 0; i < text->count; i++) {
		begin_chunk(t, s);
		write_text_part(&s->w, text->pieces[i], is_thought);
		end_chunk(t, s, false);
	}
}

void demo_gemini_stream(const struct demo_turn *t, struct demo_stream *s)
{
	send_pieces(t, s, &t->thinking, true);
	send_pieces(t, s, &t->text, false);
	for (size_t i = 0; i < t->call_count; i++) {
		begin_chunk(t, s);
		write_call_part(&t->calls[i], &s->w);
		end_chunk(t, s, false);
	}
	begin_chunk(t, s);
	write_text_part(&s->w, slice_of(""), false);
	end_chunk(t, s, true);
}
