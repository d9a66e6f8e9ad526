/* An OpenAI Responses client's view (openai-responses.md §5, §6, §8). */
#include "base/json_text.h"
#include "selftest/seen.h"

static void read_texts(struct seen *s, struct slice parts, struct buf *out)
{
	struct json_scan scan;
	struct json_member part;

	json_scan_init(&scan, parts);
	while (parts.len && json_scan_next(&scan, &part)) {
		seen_add(s, out, part.value, "text");
	}
}

static void read_call(struct seen *s, struct slice item)
{
	struct seen_call *call = seen_call_at(s, s->call_count);

	if (call) {
		call->id = json_text_at(item, "call_id", s->arena);
		call->name = json_text_at(item, "name", s->arena);
		seen_add(s, &call->input, item, "arguments");
	}
}

static void read_item(struct seen *s, struct slice item)
{
	if (seen_is(s, item, "type", "function_call")) {
		read_call(s, item);
	} else if (seen_is(s, item, "type", "reasoning")) {
		read_texts(s, json_at(item, "summary"), &s->thinking);
	} else if (seen_is(s, item, "type", "message")) {
		read_texts(s, json_at(item, "content"), &s->text);
	} else {
		seen_complain(s, "an item is neither message, reasoning nor function_call");
	}
}

/* A response that has ended. Its stop reason is in what it holds. */
static void read_end(struct seen *s, struct slice response)
{
	struct slice usage = json_at(response, "usage");

	s->model = json_text_at(response, "model", s->arena);
	s->tokens_in = seen_number(usage, "input_tokens");
	s->tokens_cached = seen_number(usage, "input_tokens_details.cached_tokens");
	s->tokens_out = seen_number(usage, "output_tokens");
	s->tokens_thinking = seen_number(usage, "output_tokens_details.reasoning_tokens");
	s->stop = !seen_is(s, response, "status", "completed") ? SEEN_STOP_OTHER
		  : s->call_count			       ? SEEN_STOP_TOOL : SEEN_STOP_END;
	if (seen_number(usage, "total_tokens") != s->tokens_in + s->tokens_out) {
		seen_complain(s, "total_tokens is not the sum");
	}
	s->is_over = true;
}

static void read_output(struct seen *s, struct slice response)
{
	struct slice output = json_at(response, "output");
	struct json_scan scan;
	struct json_member item;

	json_scan_init(&scan, output);
	while (output.len && json_scan_next(&scan, &item)) {
		read_item(s, item.value);
	}
}

static void read_whole(struct seen *s, struct slice body)
{
	s->error = json_text_at(body, "error.message", s->arena);
	if (seen_is(s, body, "object", "response")) {
		read_output(s, body);
		read_end(s, body);
	}
}

/* The stream has said everything piece by piece; its last event says it again,
 * and both must agree. */
static void read_last(struct seen *s, struct slice response)
{
	struct seen again = {
		.arena = s->arena, .error = "", .problem = "",
		.text = BUF_INIT(s->text.max), .thinking = BUF_INIT(s->thinking.max),
	};

	read_output(&again, response);
	if (!str_eq(buf_text(&again.text), buf_text(&s->text)) ||
	    !str_eq(buf_text(&again.thinking), buf_text(&s->thinking)) ||
	    again.call_count != s->call_count) {
		seen_complain(s, "the last event says something else than the deltas");
	}
	seen_release(&again);
	read_end(s, response);
}

static void begin_item(struct seen *s, struct slice item)
{
	if (seen_is(s, item, "type", "function_call")) {
		read_call(s, item);
	}
}

static void read_event(struct seen *s, const char *name, struct slice data)
{
	const char *type = json_text_at(data, "type", s->arena);

	if (!str_eq(name, type)) {
		seen_complain(s, "an event's name is not its type");
	} else if (s->is_over) {
		seen_complain(s, "something follows the last event");
	} else if (str_eq(type, "response.output_item.added")) {
		begin_item(s, json_at(data, "item"));
	} else if (str_eq(type, "response.output_text.delta")) {
		seen_add(s, &s->text, data, "delta");
	} else if (str_eq(type, "response.reasoning_summary_text.delta")) {
		seen_add(s, &s->thinking, data, "delta");
	} else if (str_eq(type, "response.function_call_arguments.delta") && s->call_count) {
		seen_add(s, &s->calls[s->call_count - 1].input, data, "delta");
	} else if (str_eq(type, "response.completed") || str_eq(type, "response.incomplete")) {
		read_last(s, json_at(data, "response"));
	} else if (str_eq(type, "response.failed")) {
		s->error = json_text_at(data, "response.error.message", s->arena);
	} else if (str_eq(type, "error")) {
		s->error = json_text_at(data, "message", s->arena);
	}
}

const struct seen_reader seen_responses = { read_whole, read_event };
