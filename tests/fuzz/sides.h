/*
 * The four formats with an account and a model each, for the targets that
 * convert.
 */
#ifndef TESTS_FUZZ_SIDES_H
#define TESTS_FUZZ_SIDES_H

#include "tests/fuzz/fuzz.h"

#include "base/limits.h"
#include "formats/convert.h"
#include "formats/json_tree.h"
#include "formats/route_options.h"

struct side {
	enum format_id format;
	enum provider_id provider;
	const char *model;
};

static const struct side sides[] = {
	{ FORMAT_ANTHROPIC, PROVIDER_ANTHROPIC, "claude-sonnet-5-5" },
	{ FORMAT_CHAT, PROVIDER_OPENAI, "gpt-6-sol" },
	{ FORMAT_CHAT, PROVIDER_COMPATIBLE, "llama3" },
	{ FORMAT_RESPONSES, PROVIDER_OPENAI, "gpt-6-sol" },
	{ FORMAT_GEMINI, PROVIDER_GOOGLE, "gemini-3.8-flash" },
};

/* A place in the arena's life where what was written is read again. */
static inline void assert_is_json(struct slice text)
{
	struct arena a;

	arena_init(&a, 4096);
	assert(json_read(&a, text, NULL));
	arena_release(&a);
}

#endif
