/* What the tests of Gemini share. JSON is written with ' for " in them. */
#ifndef TESTS_UNIT_GEMINI_WORLD_H
#define TESTS_UNIT_GEMINI_WORLD_H

#include "tests/unit/convert_world.h"

#define LEVEL "gemini-3.8-flash"
#define PRO "gemini-3.1-pro-preview"
#define BUDGET "gemini-2.5-flash"
#define BUDGET_PRO "gemini-2.5-pro"
#define HI "'contents':[{'parts':[{'text':'hi'}]}]"
#define CLAUDE "claude-sonnet-5"
#define PNG "iVBORw0KGgo="

static inline struct converted_text *convert(enum format_id from, enum format_id to,
					     const char *model, const char *body)
{
	const struct convert_case c = {
		.from = from,
		.to = to,
		.provider = to == FORMAT_GEMINI ? PROVIDER_GOOGLE
			    : to == FORMAT_ANTHROPIC ? PROVIDER_ANTHROPIC : PROVIDER_OPENAI,
		.model = model,
	};

	return convert_text(&c, json(body));
}

static inline struct converted_text *expect(struct converted_text *got, const char *part)
{
	if (!got->ok) {
		print_error("refused: %s\n", got->body);
	}
	assert_true(got->ok);
	assert_has(got->body, json(part));
	return got;
}

static inline void expect_refusal(struct converted_text *got, const char *message)
{
	assert_false(got->ok);
	assert_has(got->body, message);
}

/* Gemini to itself, Gemini to Claude, Claude to Gemini, Chat to Gemini. */
static inline struct converted_text *own(const char *model, const char *body)
{
	return convert(FORMAT_GEMINI, FORMAT_GEMINI, model, body);
}

static inline struct converted_text *to_claude(const char *body)
{
	return convert(FORMAT_GEMINI, FORMAT_ANTHROPIC, CLAUDE, body);
}

static inline struct converted_text *from_claude(const char *model, const char *body)
{
	return convert(FORMAT_ANTHROPIC, FORMAT_GEMINI, model, body);
}

static inline struct converted_text *from_chat(const char *model, const char *body)
{
	return convert(FORMAT_CHAT, FORMAT_GEMINI, model, body);
}

/* ---- answers ---- */

static inline struct answer_plan *new_plan(enum format_id client, enum format_id upstream,
					   bool stream)
{
	const struct upstream_account account = { .provider = PROVIDER_GOOGLE };
	struct route_options options;
	struct answer_plan *plan;
	struct hub_request *req;
	struct arena a;

	arena_init(&a, 1024);
	route_options_read(&account, &options);
	req = hub_request_new(&a, client);
	req->stream = stream;
	plan = answer_plan_create(req, upstream, slice_of("asked"), &options);
	arena_release(&a);
	return plan;
}

/* What a client reads of one upstream text; in a buffer the next call reuses. */
static inline const char *read_by(enum format_id client, bool stream, const char *sse)
{
	static char text[64 * 1024];
	struct buf out = BUF_INIT(64 * KIB);
	enum convert_state end;

	end = convert_stream_text(new_plan(client, FORMAT_GEMINI, stream), json(sse), &out);
	str_copy(text, sizeof text, end == CONVERT_FAILED && !out.len ? "failed"
								      : buf_text(&out));
	buf_release(&out);
	return text;
}

#define CHUNK(parts, more) "data: {'candidates':[{'content':{'parts':[" parts "]}" more "}]," \
	"'responseId':'r'}\r\n\r\n"
#define STOPPED ",'finishReason':'STOP'"

/* A turn of calls, and its parts. */
#define LOOP(blocks) \
	"{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'go'},{'role':" \
	"'assistant','content':[" blocks "]},{'role':'user','content':[{'type':'tool_result'," \
	"'tool_use_id':'t1','content':'ok'}]}]}"
#define CALL "{'type':'tool_use','id':'t1','name':'f','input':{}}"
/* {"d":"U2ln"} of Gemini */
#define SEALED "{'type':'thinking','thinking':'','signature':'gw1.g.eyJkIjoiVTJsbiJ9'}"
#define CALLS(first) \
	"{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'go'},{'role':" \
	"'assistant','content':[" first "{'type':'tool_use','id':'t1','name':'f','input':{}}," \
	"{'type':'tool_use','id':'t2','name':'g','input':{'x':1}}]},{'role':'user','content':[" \
	"{'type':'text','text':'and'},{'type':'tool_result','tool_use_id':'t2','content':[{" \
	"'type':'image','source':{'type':'base64','media_type':'image/png','data':'" PNG "'}}]}," \
	"{'type':'tool_result','tool_use_id':'t1','is_error':true,'content':'bad'}]}]}"

#endif
