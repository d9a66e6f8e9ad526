#include "selftest/matrix.h"

#include <stdio.h>

#include "base/limits.h"
#include "selftest/check.h"

static const enum format_id formats[SELFTEST_FORMATS] = {
	FORMAT_ANTHROPIC, FORMAT_CHAT, FORMAT_RESPONSES, FORMAT_GEMINI,
};

/* How a case is asked, and which of the demo upstream's models it is for. */
static const struct {
	const char *name;
	enum ask_kind kind;
	const char *demo_model;
} cases[CASE_COUNT] = {
	[CASE_TEXT] = { "text", ASK_TEXT, "demo-fast" },
	[CASE_CALL] = { "call", ASK_CALL, "demo-fast" },
	[CASE_CALLS] = { "calls", ASK_CALLS, "demo-fast" },
	[CASE_RESULT] = { "result", ASK_RESULT, "demo-fast" },
	[CASE_IMAGE] = { "image", ASK_IMAGE, "demo-fast" },
	[CASE_THINKING] = { "thinking", ASK_THINKING, "demo-fast" },
	[CASE_USAGE] = { "usage", ASK_TEXT, "demo-usage" },
	[CASE_ERROR] = { "error", ASK_TEXT, "demo-400" },
	[CASE_CUT] = { "cut", ASK_TEXT, "demo-cut" },
};

const char *selftest_case_name(enum selftest_case c)
{
	return cases[c].name;
}

void matrix_accounts(struct buf *out)
{
	/* The demo upstream's Chat carries its thoughts where many servers do. */
	static const char chat_options[] = ", options: {reasoning_field: reasoning_content}";

	for (size_t i = 0; i < SELFTEST_FORMATS; i++) {
		const char *name = format_name(formats[i]);

		buf_addf(out,
			 "  - {id: upstream_%s, name: to-%s, type: none, provider: demo,"
			 " format: %s%s}\n", name, name, name,
			 formats[i] == FORMAT_CHAT ? chat_options : "");
	}
}

/* A name of the gateway's own for each: the answers must have it back. */
static void model_name(enum format_id upstream, const char *demo_model, char *out, size_t size)
{
	snprintf(out, size, "own-%s-%s", format_name(upstream), demo_model);
}

void matrix_models(struct buf *out)
{
	static const char *const models[] = { "demo-fast", "demo-usage", "demo-400", "demo-cut" };

	for (size_t i = 0; i < SELFTEST_FORMATS * ARRAY_LEN(models); i++) {
		enum format_id upstream = formats[i / ARRAY_LEN(models)];
		const char *model = models[i % ARRAY_LEN(models)];
		char name[64];

		model_name(upstream, model, name, sizeof name);
		buf_addf(out, "  %s: {routes: [{upstream: to-%s, model: %s}]}\n", name,
			 format_name(upstream), model);
	}
}

void matrix_name(struct selftest_pair *pair, size_t index)
{
	pair->client = formats[index / SELFTEST_FORMATS];
	pair->upstream = formats[index % SELFTEST_FORMATS];
}

/* Asked whole first: a failure of the stream says that it is one. */
static void run_case(struct selftest_pair *pair, enum selftest_case which, bool is_stream,
		     const struct target *t)
{
	struct selftest_check *c = &pair->checks[which];
	struct selftest_check own = { .has_passed = true };
	char model[64];
	struct question q = {
		.format = pair->client, .kind = cases[which].kind, .model = model,
		.is_stream = is_stream,
	};

	model_name(pair->upstream, cases[which].demo_model, model, sizeof model);
	question_ask(&q, t);
	check_case(&own, which, &q, pair->upstream);
	if (!own.has_passed) {
		check_fail(c, "%s%s", is_stream ? "stream: " : "", own.why);
	}
	question_release(&q);
}

void matrix_run(struct selftest_pair *pair, const struct target *t)
{
	for (int which = 0; which < CASE_COUNT; which++) {
		pair->checks[which].has_passed = true;
		run_case(pair, (enum selftest_case)which, false, t);
		if (pair->checks[which].has_passed) {
			run_case(pair, (enum selftest_case)which, true, t);
		}
	}
}
