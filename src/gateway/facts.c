#define _GNU_SOURCE   /* memmem */
#include "gateway/facts.h"

#include <string.h>

#include "base/json_text.h"

/* Longer ones name nobody that we know of. */
#define USER_ID_BYTES 1024

struct message {
	struct slice role;              /* raw */
	struct json_member content;     /* or Gemini's parts */
};

static bool is_system(struct slice role)
{
	return slice_eq(role, "\"system\"") || slice_eq(role, "\"developer\"");
}

/* The message at the start of *rest, which moves behind it, unless it is the
 * user's: the last one that matters is not read to its end. */
static bool next_message(struct slice *rest, struct message *out)
{
	struct json_member m;
	struct json_scan s;
	size_t len;

	*out = (struct message){ .content = { .kind = JSON_NULL } };
	json_scan_init(&s, *rest);
	while (json_scan_next(&s, &m)) {
		if (json_key_is(&m, "role")) {
			out->role = m.value;
		} else if (json_key_is(&m, "content") || json_key_is(&m, "parts")) {
			out->content = m;
		}
		if (out->role.len && out->content.value.len && !is_system(out->role)) {
			return true;
		}
	}
	len = json_scan_offset(&s);
	*rest = (struct slice){ rest->ptr + len, rest->len - len };
	return s.done;
}

/* The text of a message: its content's string, or its first text part; raw. */
static struct slice text_of(const struct json_member *content)
{
	struct json_member part;
	struct json_member text;
	struct json_scan s;

	if (content->kind == JSON_STRING) {
		return content->value;
	}
	json_scan_init(&s, content->value);
	while (content->kind == JSON_ARRAY && json_scan_next(&s, &part)) {
		if (part.kind == JSON_OBJECT && json_find(part.value, "text", &text) &&
		    text.kind == JSON_STRING) {
			return text.value;
		}
	}
	return SLICE_NULL;
}

/* An array's text behind one of its elements: the next element on. */
static struct slice behind_comma(struct slice rest)
{
	if (rest.len && *rest.ptr == ',') {
		rest.ptr++;
		rest.len--;
	}
	while (rest.len && strchr(" \t\r\n", *rest.ptr) && *rest.ptr) {
		rest.ptr++;
		rest.len--;
	}
	return rest;
}

/* The first user message, and the system message before it where a format
 * keeps that in the list. */
static void first_texts(const struct scan *s, struct session_facts *out)
{
	struct slice rest = json_into(s->messages);
	struct message message;

	if (!s->messages.len || s->messages.ptr[0] != '[') {
		out->user_text = s->messages;
		return;
	}
	for (int i = 0; i < 4 && rest.len && *rest.ptr == '{' && next_message(&rest, &message);
	     i++) {
		if (!is_system(message.role)) {
			out->user_text = text_of(&message.content);
			return;
		}
		out->system_text = text_of(&message.content);
		rest = behind_comma(rest);
	}
}

uint64_t facts_session(const struct scan *s, const struct client *client, const char *model)
{
	struct json_member user = { .kind = JSON_NULL };
	char storage[USER_ID_BYTES];
	struct buf user_id;
	struct session_facts facts = {
		.session_header = slice_of(client_header(client, "x-claude-code-session-id")),
		.cache_key = s->cache_key,
		.system_text = s->system,
		.model = model,
	};

	buf_init_fixed(&user_id, storage, sizeof storage);
	if (s->metadata.len && json_find(s->metadata, "user_id", &user) &&
	    user.kind == JSON_STRING && json_unquote(user.value, &user_id)) {
		facts.user_id = buf_slice(&user_id);
	}
	if (!facts.session_header.len && !facts.cache_key.len) {
		first_texts(s, &facts);
	}
	return affinity_session(&facts);
}

static bool mentions(struct slice text, const char *word)
{
	return text.len && memmem(text.ptr, text.len, word, strlen(word));
}

static bool has_images(struct slice messages)
{
	static const char *const signs[] = {
		"\"image\"", "\"image_url\"", "\"input_image\"", "\"inlineData\"",
		"\"inline_data\"",
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (mentions(messages, signs[i])) {
			return true;
		}
	}
	return false;
}

static bool wants_thinking(struct slice thinking)
{
	return thinking.len && !slice_eq(thinking, "null") && !slice_eq(thinking, "\"none\"") &&
	       !mentions(thinking, "\"disabled\"") &&
	       (thinking.ptr[0] == '"' || mentions(thinking, "effort") ||
		mentions(thinking, "enabled") || mentions(thinking, "adaptive") ||
		mentions(thinking, "thinkingConfig"));
}

static bool has_tools(struct slice tools)
{
	return mentions(tools, "{");
}

static const char *header_of(const void *ctx, const char *name)
{
	return client_header(ctx, name);
}

struct request_facts facts_request(const struct scan *s, const struct client *client,
				   const char *model, int64_t tokens)
{
	return (struct request_facts){
		.tokens = tokens,
		.has_thinking = wants_thinking(s->thinking),
		.has_tools = has_tools(s->tools),
		.has_images = has_images(s->messages),
		.has_web_search = mentions(s->tools, "web_search") ||
				  mentions(s->tools, "google_search") ||
				  mentions(s->tools, "googleSearch"),
		.is_background = facts_is_background(s, client, model),
		.header = header_of,
		.header_ctx = client,
	};
}

/* Claude Code makes titles and summaries with its small model and no tools;
 * a single token is a probe. */
bool facts_is_background(const struct scan *s, const struct client *client, const char *model)
{
	const char *agent = client_header(client, "user-agent");

	if (s->max_tokens == 1) {
		return true;
	}
	return agent && str_starts(agent, "claude-cli/") && !has_tools(s->tools) && model &&
	       str_ifind(model, strlen(model), "haiku");
}
