/* An Anthropic client's view (anthropic-messages.md §8, §9, §11). */
#include "base/json_text.h"
#include "selftest/seen.h"

static void read_stop(struct seen *s, struct slice value, const char *path)
{
	const char *stop = json_text_at(value, path, s->arena);

	if (*stop) {
		s->stop = str_eq(stop, "end_turn")   ? SEEN_STOP_END
			  : str_eq(stop, "tool_use") ? SEEN_STOP_TOOL : SEEN_STOP_OTHER;
	}
}

/* What an event does not repeat keeps its value. */
static void read_usage(struct seen *s, struct slice usage)
{
	if (json_at(usage, "input_tokens").len) {
		s->tokens_cached = seen_number(usage, "cache_read_input_tokens");
		s->tokens_in = seen_number(usage, "input_tokens") + s->tokens_cached +
			       seen_number(usage, "cache_creation_input_tokens");
	}
	s->tokens_out = seen_number(usage, "output_tokens");
	s->tokens_thinking = seen_number(usage, "output_tokens_details.thinking_tokens");
}

static void read_call(struct seen *s, struct slice block, bool is_whole)
{
	struct seen_call *call = seen_call_at(s, s->call_count);
	struct slice input = json_at(block, "input");

	if (call) {
		call->id = json_text_at(block, "id", s->arena);
		call->name = json_text_at(block, "name", s->arena);
		buf_add(&call->input, input.ptr, is_whole ? input.len : 0);
	}
}

static void read_block(struct seen *s, struct slice block, bool is_whole)
{
	if (seen_is(s, block, "type", "tool_use")) {
		read_call(s, block, is_whole);
	} else if (seen_is(s, block, "type", "thinking")) {
		seen_add(s, &s->thinking, block, "thinking");
	} else if (seen_is(s, block, "type", "text")) {
		seen_add(s, &s->text, block, "text");
	} else {
		seen_complain(s, "a block is neither text, thinking nor tool_use");
	}
}

static void read_whole(struct seen *s, struct slice body)
{
	struct slice content = json_at(body, "content");
	struct json_scan scan;
	struct json_member block;

	if (seen_is(s, body, "type", "error")) {
		s->error = json_text_at(body, "error.message", s->arena);
		return;
	}
	s->model = json_text_at(body, "model", s->arena);
	json_scan_init(&scan, content);
	while (content.len && json_scan_next(&scan, &block)) {
		read_block(s, block.value, true);
	}
	read_usage(s, json_at(body, "usage"));
	read_stop(s, body, "stop_reason");
	s->is_over = seen_is(s, body, "type", "message") && seen_is(s, body, "role", "assistant");
}

static void read_delta(struct seen *s, struct slice data)
{
	struct slice delta = json_at(data, "delta");

	seen_add(s, &s->text, delta, "text");
	seen_add(s, &s->thinking, delta, "thinking");
	if (seen_is(s, delta, "type", "input_json_delta")) {
		if (!s->call_count) {
			seen_complain(s, "a call's input comes before the call");
			return;
		}
		seen_add(s, &s->calls[s->call_count - 1].input, delta, "partial_json");
	}
}

static void read_event(struct seen *s, const char *name, struct slice data)
{
	const char *type = json_text_at(data, "type", s->arena);

	if (!str_eq(name, type)) {
		seen_complain(s, "an event's name is not its type");
	} else if (s->is_over) {
		seen_complain(s, "something follows message_stop");
	} else if (str_eq(type, "message_start")) {
		s->model = json_text_at(data, "message.model", s->arena);
		read_usage(s, json_at(data, "message.usage"));
	} else if (str_eq(type, "content_block_start")) {
		read_block(s, json_at(data, "content_block"), false);
	} else if (str_eq(type, "content_block_delta")) {
		read_delta(s, data);
	} else if (str_eq(type, "message_delta")) {
		read_stop(s, data, "delta.stop_reason");
		read_usage(s, json_at(data, "usage"));
	} else if (str_eq(type, "error")) {
		s->error = json_text_at(data, "error.message", s->arena);
	}
	s->is_over = s->is_over || str_eq(type, "message_stop");
}

const struct seen_reader seen_anthropic = { read_whole, read_event };
