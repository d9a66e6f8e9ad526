/* A Gemini client's view (gemini.md §3, §4, §7). */
#include "base/json_text.h"
#include "selftest/seen.h"

static void read_call(struct seen *s, struct slice function)
{
	struct seen_call *call = seen_call_at(s, s->call_count);
	struct slice input = json_at(function, "args");

	if (call) {
		call->id = json_text_at(function, "id", s->arena);
		call->name = json_text_at(function, "name", s->arena);
		buf_add(&call->input, input.ptr, input.len);
	}
}

static void read_part(struct seen *s, struct slice part)
{
	struct slice function = json_at(part, "functionCall");
	bool is_thought = slice_eq(json_at(part, "thought"), "true");

	if (function.len) {
		read_call(s, function);
	} else {
		seen_add(s, is_thought ? &s->thinking : &s->text, part, "text");
	}
}

static void read_usage(struct seen *s, struct slice usage)
{
	if (usage.len) {
		s->tokens_in = seen_number(usage, "promptTokenCount");
		s->tokens_cached = seen_number(usage, "cachedContentTokenCount");
		s->tokens_thinking = seen_number(usage, "thoughtsTokenCount");
		s->tokens_out =
			seen_number(usage, "candidatesTokenCount") + s->tokens_thinking;
	}
}

/* Calls end with STOP as well. */
static void read_stop(struct seen *s, struct slice body)
{
	const char *stop = json_text_at(body, "candidates.0.finishReason", s->arena);

	if (*stop) {
		s->is_over = true;
		s->stop = !str_eq(stop, "STOP") ? SEEN_STOP_OTHER
			  : s->call_count	? SEEN_STOP_TOOL : SEEN_STOP_END;
	}
}

static void read_whole(struct seen *s, struct slice body)
{
	struct slice parts = json_at(body, "candidates.0.content.parts");
	struct json_scan scan;
	struct json_member part;

	if (json_at(body, "error").len) {
		s->error = json_text_at(body, "error.message", s->arena);
		return;
	}
	s->model = json_text_at(body, "modelVersion", s->arena);
	json_scan_init(&scan, parts);
	while (parts.len && json_scan_next(&scan, &part)) {
		read_part(s, part.value);
	}
	read_usage(s, json_at(body, "usageMetadata"));
	read_stop(s, body);
}

/* Each event is an answer of its own, with the next piece in it. */
static void read_event(struct seen *s, const char *name, struct slice data)
{
	(void)name;
	if (s->is_over) {
		seen_complain(s, "something follows the last event");
	}
	read_whole(s, data);
}

const struct seen_reader seen_gemini = { read_whole, read_event };
