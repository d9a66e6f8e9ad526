#include "formats/count_tokens.h"

#include <stdio.h>

#include "base/json_scan.h"
#include "base/json_write.h"

/* Chat has no such path. */
static bool counts(enum format_id format)
{
	return format == FORMAT_ANTHROPIC || format == FORMAT_RESPONSES ||
	       format == FORMAT_GEMINI;
}

bool count_tokens_converts(enum format_id client, enum format_id upstream)
{
	return counts(client) && counts(upstream);
}

struct slice count_tokens_request(enum format_id client, struct slice body)
{
	struct json_member m;

	if (client == FORMAT_GEMINI && json_find(body, "generateContentRequest", &m) &&
	    m.kind == JSON_OBJECT) {
		return m.value;
	}
	return body;
}

/* What is no part of the prompt is refused there. */
static bool is_of_prompt(const struct json_member *m)
{
	static const char *const names[] = {
		"model", "messages", "system", "input", "instructions", "tools", "tool_choice",
		"thinking", "reasoning", "text", "parallel_tool_calls",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (slice_eq(m->key, names[i])) {
			return true;
		}
	}
	return false;
}

static void copy_members(struct json_writer *w, struct slice body, bool all)
{
	struct json_scan s;
	struct json_member m;
	char name[64];                  /* of our own encoders' members */

	json_scan_init(&s, body);
	while (json_scan_next(&s, &m)) {
		if (all || is_of_prompt(&m)) {
			snprintf(name, sizeof name, "%.*s", (int)m.key.len, m.key.ptr);
			json_key(w, name);
			json_raw(w, m.value);
		}
	}
}

void count_tokens_body(enum format_id upstream, const char *model, struct slice body,
		       struct buf *out)
{
	bool is_gemini = upstream == FORMAT_GEMINI;
	struct buf name = BUF_INIT(1024);
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	if (is_gemini) {
		buf_addf(&name, "models/%s", model);
		json_key(&w, "generateContentRequest");
		json_object(&w);
		json_kstr(&w, "model", buf_text(&name));
		buf_release(&name);
	}
	copy_members(&w, body, is_gemini);
	json_end(&w);
	if (is_gemini) {
		json_end(&w);
	}
}

bool count_tokens_read(struct slice answer, int64_t *tokens)
{
	struct json_member m;
	uint64_t count;

	if (!json_find(answer, "input_tokens", &m) && !json_find(answer, "totalTokens", &m)) {
		return false;
	}
	if (!json_to_u64(m.value, &count) || count > INT64_MAX) {
		return false;
	}
	*tokens = (int64_t)count;
	return true;
}

void count_tokens_write(enum format_id client, int64_t tokens, struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	if (client == FORMAT_RESPONSES) {
		json_kstr(&w, "object", "response.input_tokens");
	}
	json_kint(&w, client == FORMAT_GEMINI ? "totalTokens" : "input_tokens", tokens);
	json_end(&w);
}
