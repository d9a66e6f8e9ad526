#include "formats/detect.h"

#include "base/json_text.h"

static const char *const anthropic_names[] = {
	"system", "stop_sequences", "anthropic_version", "anthropic_beta", "output_config",
	"mcp_servers", "container", "cache_control",
};

static const char *const chat_names[] = {
	"max_completion_tokens", "response_format", "stream_options", "stop", "n",
	"frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs",
	"functions", "function_call", "parallel_tool_calls", "reasoning_effort", "seed",
	"modalities", "prediction",
};

static bool is_one_of(const struct json_member *member, const char *const *names,
		      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (json_key_is(member, names[i])) {
			return true;
		}
	}
	return false;
}

/* The raw text of a string member, without its quotes; empty when there is
 * none. The words looked for need no escapes. */
static struct slice string_of(struct slice object, const char *name)
{
	struct json_member m;

	if (!json_find_kind(object, name, JSON_STRING, &m)) {
		return SLICE_NULL;
	}
	return (struct slice){ m.value.ptr + 1, m.value.len - 2 };
}

/* Anthropic's first message is never the system's. */
static void look_at_messages(struct body_signs *signs, struct slice messages)
{
	struct slice first = json_into(messages);
	struct json_member role;

	signs->has_messages = true;
	if (first.len && *first.ptr == '{' && json_peek(first, "role", JSON_STRING, &role)) {
		signs->chat += slice_eq(role.value, "\"system\"") ||
			       slice_eq(role.value, "\"developer\"");
	}
}

static void look_at_tools(struct body_signs *signs, struct slice tools)
{
	struct json_member first;
	struct json_member member;

	if (!json_first(tools, &first)) {
		return;
	}
	signs->anthropic += json_find(first.value, "input_schema", &member);
	signs->chat += json_find(first.value, "function", &member);
}

static void look_at_choice(struct body_signs *signs, const struct json_member *choice)
{
	struct slice type;

	if (choice->kind == JSON_STRING) {
		signs->chat++;
	} else if (choice->kind == JSON_OBJECT) {
		type = string_of(choice->value, "type");
		signs->chat += slice_eq(type, "function");
		signs->anthropic += slice_eq(type, "any") || slice_eq(type, "auto") ||
				    slice_eq(type, "tool");
	}
}

void detect_member(struct body_signs *signs, const struct json_member *member)
{
	if (member->kind == JSON_NULL) {
		return;
	}
	if (json_key_is(member, "messages")) {
		look_at_messages(signs, member->value);
	} else if (json_key_is(member, "tools")) {
		look_at_tools(signs, member->value);
	} else if (json_key_is(member, "tool_choice")) {
		look_at_choice(signs, member);
	} else if (json_key_is(member, "input")) {
		signs->has_input = true;
	} else {
		signs->anthropic += is_one_of(member, anthropic_names, ARRAY_LEN(anthropic_names));
		signs->chat += is_one_of(member, chat_names, ARRAY_LEN(chat_names));
	}
}

enum format_id detect_format(const struct body_signs *signs, enum format_id path_format)
{
	if (path_format == FORMAT_NONE || path_format == FORMAT_GEMINI) {
		return path_format;
	}
	if (signs->has_messages) {
		if (signs->anthropic && !signs->chat) {
			return FORMAT_ANTHROPIC;
		}
		if ((signs->chat && !signs->anthropic) || path_format == FORMAT_RESPONSES) {
			return FORMAT_CHAT;
		}
		return path_format;
	}
	return signs->has_input ? FORMAT_RESPONSES : path_format;
}

enum format_id detect_answer_format(enum format_id body_format, enum format_id path_format)
{
	return body_format == FORMAT_RESPONSES && path_format == FORMAT_CHAT ? FORMAT_CHAT
									      : body_format;
}
