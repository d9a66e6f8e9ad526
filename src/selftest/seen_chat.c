/* An OpenAI Chat client's view (openai-chat.md §4, §5, §8). */
#include "base/json_text.h"
#include "selftest/seen.h"

static void read_stop(struct seen *s, struct slice choice)
{
	const char *stop = json_text_at(choice, "finish_reason", s->arena);

	if (*stop) {
		s->stop = str_eq(stop, "stop")	       ? SEEN_STOP_END
			  : str_eq(stop, "tool_calls") ? SEEN_STOP_TOOL : SEEN_STOP_OTHER;
	}
}

static void read_usage(struct seen *s, struct slice usage)
{
	if (usage.len) {
		s->tokens_in = seen_number(usage, "prompt_tokens");
		s->tokens_cached = seen_number(usage, "prompt_tokens_details.cached_tokens");
		s->tokens_out = seen_number(usage, "completion_tokens");
		s->tokens_thinking =
			seen_number(usage, "completion_tokens_details.reasoning_tokens");
		if (seen_number(usage, "total_tokens") != s->tokens_in + s->tokens_out) {
			seen_complain(s, "total_tokens is not the sum");
		}
	}
}

static void read_call(struct seen *s, struct slice item, size_t index)
{
	struct seen_call *call = seen_call_at(s, index);

	if (!call) {
		return;
	}
	if (json_at(item, "id").len) {
		call->id = json_text_at(item, "id", s->arena);
		call->name = json_text_at(item, "function.name", s->arena);
	}
	seen_add(s, &call->input, item, "function.arguments");
}

static void read_calls(struct seen *s, struct slice calls, bool is_whole)
{
	struct json_scan scan;
	struct json_member item;

	json_scan_init(&scan, calls);
	while (calls.len && json_scan_next(&scan, &item)) {
		read_call(s, item.value, is_whole ? s->call_count
						  : (size_t)seen_number(item.value, "index"));
	}
}

/* A message, or a delta of one. */
static void read_message(struct seen *s, struct slice message, bool is_whole)
{
	seen_add(s, &s->text, message, "content");
	seen_add(s, &s->thinking, message, "reasoning_content");
	read_calls(s, json_at(message, "tool_calls"), is_whole);
}

static void read_whole(struct seen *s, struct slice body)
{
	struct slice choice = json_at(body, "choices.0");

	s->error = json_text_at(body, "error.message", s->arena);
	s->model = json_text_at(body, "model", s->arena);
	read_message(s, json_at(choice, "message"), true);
	read_usage(s, json_at(body, "usage"));
	read_stop(s, choice);
	s->is_over = seen_is(s, body, "object", "chat.completion") &&
		     seen_is(s, choice, "message.role", "assistant");
}

static void read_event(struct seen *s, const char *name, struct slice data)
{
	(void)name;
	if (s->is_over) {
		seen_complain(s, "something follows [DONE]");
	}
	if (slice_eq(data, "[DONE]")) {
		s->is_over = true;
		return;
	}
	if (json_at(data, "error").len) {
		s->error = json_text_at(data, "error.message", s->arena);
		return;
	}
	if (!seen_is(s, data, "object", "chat.completion.chunk")) {
		seen_complain(s, "a chunk's object is not chat.completion.chunk");
	}
	s->model = json_text_at(data, "model", s->arena);
	read_message(s, json_at(data, "choices.0.delta"), false);
	read_usage(s, json_at(data, "usage"));
	read_stop(s, json_at(data, "choices.0"));
}

const struct seen_reader seen_chat = { read_whole, read_event };
