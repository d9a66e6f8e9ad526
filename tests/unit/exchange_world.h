/*
 * A whole exchange for tests of conversions: request and answer run through
 * the same plan, as they do in the gateway. The last one's texts are in `got`.
 */
#ifndef TESTS_UNIT_EXCHANGE_WORLD_H
#define TESTS_UNIT_EXCHANGE_WORLD_H

#include "tests/unit/convert_world.h"

struct way {
	enum format_id client;
	enum format_id upstream;
	const char *model;                /* NULL: of the upstream's usual kind */
	const char *base_url;             /* of a compatible server; NULL: the vendor's own */
	struct string_pair option;
};

static struct {
	bool ok;
	char body[256 * 1024];            /* what the upstream gets, or why not */
	char warnings[1024];
	char answer[256 * 1024];          /* what the client gets */
	enum convert_state state;
} got;

/* Where calls' signatures are remembered; NULL: not at all. */
static const struct sig_scope *remembers;
/* Gemini clients ask for a stream by the path. */
static bool path_stream;

static const struct {
	enum provider_id provider;
	const char *model;
} usual[] = {
	[FORMAT_ANTHROPIC] = { PROVIDER_ANTHROPIC, "claude-sonnet-4-5" },
	[FORMAT_CHAT] = { PROVIDER_OPENAI, "gpt-4o" },
	[FORMAT_RESPONSES] = { PROVIDER_OPENAI, "gpt-4o" },
	[FORMAT_GEMINI] = { PROVIDER_GOOGLE, "gemini-3.8-flash" },
};

static inline struct upstream_account account_of(const struct way *way)
{
	static struct string_pair pair;

	pair = way->option;
	return (struct upstream_account){
		.provider = way->base_url ? PROVIDER_COMPATIBLE : usual[way->upstream].provider,
		.base_url = way->base_url,
		.options = { &pair, pair.name ? 1 : 0 },
	};
}

static inline void answer_with(struct answer_plan *plan, const char *upstream, bool is_sse)
{
	struct convert_stream *s = convert_stream_create(plan, is_sse);
	struct buf out = BUF_INIT(sizeof got.answer - 1);

	convert_stream_feed(s, slice_of(upstream), &out);
	got.state = convert_stream_finish(s, &out);
	if (got.state == CONVERT_FAILED && !convert_stream_wrote_error(s)) {
		error_write_body(plan->client, convert_stream_error(s), &out);
	}
	str_copy(got.answer, sizeof got.answer, buf_text(&out));
	buf_release(&out);
	convert_stream_destroy(s);
}

/* One exchange; `upstream` may be NULL: only the request. */
static inline void run(const struct way *way, const char *body, const char *upstream)
{
	const struct upstream_account account = account_of(way);
	const struct convert_source source = {
		.format = way->client,
		.body = slice_of(body),
		.path_stream = path_stream,
		.signatures = remembers,
	};
	const char *model = way->model ? way->model : usual[way->upstream].model;
	const struct convert_target target = { way->upstream, &account, model, "asked", 0 };
	struct api_error error = { .message = "" };
	struct warnings warnings;
	struct converted converted;
	struct hub_request *req;
	struct arena a;

	arena_init(&a, 4096);
	req = convert_decode(&source, &a, &warnings, &error);
	got.ok = req && convert_encode(req, &target, &warnings, &converted, &error);
	str_copy(got.body, sizeof got.body, got.ok ? buf_text(&converted.body) : error.message);
	got.warnings[0] = got.answer[0] = '\0';
	if (got.ok) {
		str_copy(got.warnings, sizeof got.warnings, buf_text(&converted.warnings));
		if (upstream) {
			answer_with(converted.plan, upstream, upstream[0] != '{');
			converted.plan = NULL;
		}
		converted_release(&converted);
	}
	arena_release(&a);
}

static inline void request(const struct way *way, const char *body, const char *part)
{
	run(way, body, NULL);
	if (!got.ok) {
		print_error("refused: %s\n", got.body);
	}
	assert_true(got.ok);
	assert_has(got.body, part);
}

static inline void refused(const struct way *way, const char *body, const char *message)
{
	run(way, body, NULL);
	assert_false(got.ok);
	assert_has(got.body, message);
}

static inline size_t count(const char *text, const char *part)
{
	size_t hits = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
		hits++;
	}
	return hits;
}

#endif
