/*
 * What tests of conversions share: one call from a body to the upstream's
 * body, one from an upstream's stream to the client's bytes. Texts come back
 * in static buffers that the next call reuses.
 */
#ifndef TESTS_UNIT_CONVERT_WORLD_H
#define TESTS_UNIT_CONVERT_WORLD_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/limits.h"
#include "formats/convert.h"

struct convert_case {
	enum format_id from;
	enum format_id to;
	enum provider_id provider;
	const char *model;                /* upstream's name; decides the traits */
	struct pair_list options;
	const char *base_url;             /* for the presets of known servers; may be NULL */
	bool text_completion;             /* the body is one of /v1/completions */
};

struct converted_text {
	bool ok;
	char body[64 * 1024];             /* the upstream's body, or the refusal's message */
	char warnings[2048];
	char error_class[32];
	const char *anthropic_version;
};

/* JSON as it is read best in C: ' stands for ". Four results stay valid. */
static inline const char *json(const char *text)
{
	static char kept[4][32 * 1024];
	static unsigned turn;
	char *out = kept[turn++ % 4];

	assert_true(str_copy(out, sizeof kept[0], text));
	for (char *c = out; *c; c++) {
		*c = *c == '\'' ? '"' : *c;
	}
	return out;
}

/* Converts a request; never fails itself. */
static inline struct converted_text *convert_text(const struct convert_case *c,
						  const char *body)
{
	static struct converted_text out;
	const struct upstream_account account = {
		.provider = c->provider,
		.options = c->options,
		.base_url = c->base_url,
	};
	const struct convert_source source = {
		.format = c->from,
		.body = slice_of(body),
		.text_completion = c->text_completion,
	};
	const struct convert_target target = { c->to, &account, c->model, "asked", 0 };
	struct api_error error = { .message = "" };
	struct warnings warnings;
	struct converted converted;
	struct hub_request *req;
	struct arena a;

	out = (struct converted_text){ .ok = false };
	arena_init(&a, 4096);
	req = convert_decode(&source, &a, &warnings, &error);
	out.ok = req && convert_encode(req, &target, &warnings, &converted, &error);
	if (out.ok) {
		str_copy(out.body, sizeof out.body, buf_text(&converted.body));
		str_copy(out.warnings, sizeof out.warnings, buf_text(&converted.warnings));
		out.anthropic_version = converted.anthropic_version;
		converted_release(&converted);
	} else {
		str_copy(out.body, sizeof out.body, error.message);
		str_copy(out.error_class, sizeof out.error_class, error_class_name(error.class));
	}
	arena_release(&a);
	return &out;
}

/* Fails the test when `part` is not in the text. */
#define assert_has(text, part) \
	do { \
		if (!strstr((text), (part))) { \
			print_error("%s\nis not in\n%s\n", (part), (text)); \
			fail(); \
		} \
	} while (0)

#define assert_lacks(text, part) \
	do { \
		if (strstr((text), (part))) { \
			print_error("%s\nis in\n%s\n", (part), (text)); \
			fail(); \
		} \
	} while (0)

/* Runs an upstream's SSE text through a plan; takes the plan. */
static inline enum convert_state convert_stream_text(struct answer_plan *plan,
						     const char *sse, struct buf *out)
{
	struct convert_stream *s = convert_stream_create(plan, true);
	enum convert_state state;

	convert_stream_feed(s, slice_of(sse), out);
	state = convert_stream_finish(s, out);
	convert_stream_destroy(s);
	return state;
}

#endif
