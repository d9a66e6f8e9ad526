/* What the tests of Chat's requests share: bodies and the ways they take. */
#ifndef TESTS_UNIT_CHAT_WORLD_H
#define TESTS_UNIT_CHAT_WORLD_H

#include "tests/unit/convert_world.h"

#define HEAD "{\"model\":\"m\","
#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define MESSAGES(list) HEAD "\"messages\":[" list "]}"
#define SAY(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define CALL(id, name, args) \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\"," \
	"\"arguments\":\"" args "\"}}"
#define CALLS(list) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" list "]}"
#define RESULT(id, text) \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" text "\"}"
/* The same for Anthropic. */
#define A_HEAD "{\"model\":\"m\",\"max_tokens\":100,"
#define A_MESSAGES(list) A_HEAD "\"messages\":[" list "]}"
#define A_USE(id) \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":{\"a\":1}}"
#define PNG "iVBORw0KGgo="
#define IMAGE(url) "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"

/* ---- the ways in and out ---- */

static inline struct converted_text *to_claude(const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_CHAT,
		.to = FORMAT_ANTHROPIC,
		.provider = PROVIDER_ANTHROPIC,
		.model = "claude-sonnet-4-5",
	};

	return convert_text(&c, body);
}

static inline struct converted_text *from(enum format_id format, const char *model, const char *body)
{
	const struct convert_case c = {
		.from = format,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_OPENAI,
		.model = model,
	};

	return convert_text(&c, body);
}

/* An Anthropic client at a compatible server, known by its host. */
static inline struct converted_text *to_server(const char *base_url, const char *body)
{
	const struct convert_case c = {
		.from = FORMAT_ANTHROPIC,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_COMPATIBLE,
		.model = "some-model",
		.base_url = base_url,
	};

	return convert_text(&c, body);
}

static inline struct converted_text *with_option(const char *name, const char *value,
					  enum format_id format, const char *body)
{
	struct string_pair pair = { name, value };
	const struct convert_case c = {
		.from = format,
		.to = FORMAT_CHAT,
		.provider = PROVIDER_OPENAI,
		.model = "gpt-4o",
		.options = { &pair, 1 },
	};

	return convert_text(&c, body);
}

static inline void has(struct converted_text *got, const char *part)
{
	if (!got->ok) {
		print_error("refused: %s\n", got->body);
	}
	assert_true(got->ok);
	assert_has(got->body, part);
}

static inline void refused(struct converted_text *got, const char *message)
{
	assert_false(got->ok);
	assert_has(got->body, message);
}

#endif
