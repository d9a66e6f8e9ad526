#include "demo/demo_answer.h"

#include <string.h>

#include "base/limits.h"
#include "demo/demo_embeddings.h"
#include "demo/demo_turn.h"
#include "formats/errors.h"
#include "formats/models_list.h"

#define PACE_MS 25              /* between two pieces: 40 words a second */
#define FIRST_MS 150            /* to the first byte */
#define SLOW_PACE_MS 400
#define SLOW_FIRST_MS 4000

/* How long a model takes for its first byte, and for each piece behind it. */
struct pace {
	int64_t first_ms;
	int64_t piece_ms;
};

static struct pace pace_of(const char *model)
{
	if (str_eq(model, "demo-slow")) {
		return (struct pace){ SLOW_FIRST_MS, SLOW_PACE_MS };
	}
	if (str_eq(model, "demo-fast") || str_eq(model, "demo-usage")) {
		return (struct pace){ 0, 0 };
	}
	return (struct pace){ FIRST_MS, PACE_MS };
}

/* --- answers in one piece --- */

static void set_whole(struct demo_answer *out, struct buf *body, int64_t delay_ms,
		      struct arena *a)
{
	struct demo_frame *frame = arena_alloc(a, sizeof *frame);

	*frame = (struct demo_frame){ arena_slice(a, buf_slice(body)), delay_ms };
	buf_release(body);
	out->frames = frame;
	out->frame_count = 1;
}

static void add_header(struct demo_answer *out, const char *name, const char *value)
{
	out->headers.items[out->headers.count++] = (struct header){ name, value };
}

static void answer_error(struct demo_answer *out, const struct endpoint *endpoint,
			 int status, const char *message, struct arena *a)
{
	struct api_error e = error_own(status, message);
	struct buf body = BUF_INIT(MAX_DEMO_BYTES);

	out->status = status;
	if (status == 429) {
		e.retry_after_ms = 5000;
		add_header(out, "retry-after", "5");
	}
	error_write_body(endpoint->family, &e, &body);
	set_whole(out, &body, FIRST_MS, a);
}

/* True when the model's name asks for a failure. */
static bool answer_failure(struct demo_answer *out, const struct demo_ask *ask,
			   struct arena *a)
{
	static const struct {
		const char *model;
		int status;
		const char *message;
	} failures[] = {
		{ "demo-400", 400, "The demo upstream was asked to find the request wrong." },
		{ "demo-401", 401, "The demo upstream was asked to refuse the account." },
		{ "demo-429", 429, "The demo upstream was asked to be rate limited. "
				   "Please try again in 5s." },
		{ "demo-529", 529, "The demo upstream was asked to be overloaded." },
		{ "demo-500", 500, "The demo upstream was asked to fail." },
	};

	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		if (str_eq(ask->model, failures[i].model)) {
			answer_error(out, &ask->endpoint, failures[i].status,
				     failures[i].message, a);
			return true;
		}
	}
	return false;
}

static void answer_models(struct demo_answer *out, const struct endpoint *endpoint,
			  const struct demo_request *req, struct arena *a)
{
	static const char *const names[] = {
		"demo", "demo-slow", "demo-fast", "demo-cut", "demo-usage", "demo-400", "demo-401",
		"demo-429", "demo-529", "demo-500",
	};
	struct model_entry entries[ARRAY_LEN(names)];
	struct buf body = BUF_INIT(MAX_DEMO_BYTES);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		entries[i] = (struct model_entry){ names[i], "llm-gateway", "", req->now_s };
		if (str_eq(endpoint->model, names[i])) {
			models_list_write_one(endpoint->family, &entries[i], &body);
		}
	}
	if (!*endpoint->model) {
		models_list_write(endpoint->family, entries, ARRAY_LEN(names), NULL, &body);
	}
	if (!body.len) {
		buf_release(&body);
		answer_error(out, endpoint, 404, "the demo upstream has no such model", a);
		return;
	}
	set_whole(out, &body, 0, a);
}

static void answer_count(struct demo_answer *out, const struct demo_ask *ask,
			 struct arena *a)
{
	struct buf body = BUF_INIT(MAX_DEMO_BYTES);
	struct json_writer w;

	json_open(&w, &body);
	json_object(&w);
	if (ask->endpoint.format == FORMAT_RESPONSES) {
		json_kstr(&w, "object", "response.input_tokens");
	}
	json_kint(&w, ask->endpoint.format == FORMAT_GEMINI ? "totalTokens" : "input_tokens",
		  ask->tokens_in);
	json_end(&w);
	set_whole(out, &body, 0, a);
}

static void answer_embeddings(struct demo_answer *out, const struct demo_ask *ask,
			      struct arena *a)
{
	struct buf body = BUF_INIT(MAX_DEMO_BYTES);
	struct json_writer w;
	bool ok;

	json_open(&w, &body);
	ok = demo_embeddings_write(ask, &w);
	if (!ok || body.failed) {
		buf_release(&body);
		answer_error(out, &ask->endpoint, ok ? 413 : 400,
			     ok ? "too many texts at once" : "input: Field required", a);
		return;
	}
	set_whole(out, &body, FIRST_MS, a);
}

/* --- in a format --- */

struct writers {
	void (*whole)(const struct demo_turn *t, struct json_writer *w);
	void (*stream)(const struct demo_turn *t, struct demo_stream *s);
};

static struct writers writers_of(const struct endpoint *endpoint)
{
	if (endpoint->op == OP_COMPLETIONS) {
		return (struct writers){ demo_completion_whole, demo_completion_stream };
	}
	switch (endpoint->format) {
	case FORMAT_ANTHROPIC:
		return (struct writers){ demo_anthropic_whole, demo_anthropic_stream };
	case FORMAT_RESPONSES:
		return (struct writers){ demo_responses_whole, demo_responses_stream };
	case FORMAT_GEMINI:
		return (struct writers){ demo_gemini_whole, demo_gemini_stream };
	default:
		return (struct writers){ demo_chat_whole, demo_chat_stream };
	}
}

static void answer_whole(struct demo_answer *out, const struct demo_ask *ask,
			 const struct demo_turn *t, struct arena *a)
{
	struct buf body = BUF_INIT(MAX_DEMO_BYTES);
	struct json_writer w;

	json_open(&w, &body);
	writers_of(&ask->endpoint).whole(t, &w);
	if (str_eq(ask->model, "demo-cut")) {
		body.len /= 2;
	}
	set_whole(out, &body, 2 * pace_of(ask->model).first_ms, a);
}

static void answer_stream(struct demo_answer *out, const struct demo_ask *ask,
			  const struct demo_turn *t, struct arena *a)
{
	struct pace pace = pace_of(ask->model);
	struct demo_stream s = {
		.arena = a, .text = BUF_INIT(MAX_DEMO_BYTES), .ending = "\n\n",
		.pace_ms = pace.piece_ms,
	};

	writers_of(&ask->endpoint).stream(t, &s);
	s.frames[0].delay_ms = pace.first_ms;
	buf_release(&s.text);
	out->frames = s.frames;
	out->frame_count = str_eq(ask->model, "demo-cut") ? s.count / 2 : s.count;
	if (!t->is_array_stream) {
		out->headers.items[0].value = "text/event-stream; charset=utf-8";
	}
}

static void answer_turn(struct demo_answer *out, const struct demo_request *req,
			const struct demo_ask *ask, struct arena *a)
{
	struct demo_turn t = demo_turn_make(req, ask, a);

	out->is_cut = str_eq(ask->model, "demo-cut");
	if (ask->is_stream) {
		answer_stream(out, ask, &t, a);
	} else {
		answer_whole(out, ask, &t, a);
	}
}

static void answer_call(struct demo_answer *out, const struct demo_request *req,
			const struct endpoint *endpoint, struct arena *a)
{
	struct demo_ask ask;
	const char *why;

	if (!demo_ask_read(endpoint, req->body, a, &ask, &why)) {
		answer_error(out, endpoint, 400, why, a);
		return;
	}
	if (endpoint->op == OP_COUNT_TOKENS) {
		answer_count(out, &ask, a);
	} else if (answer_failure(out, &ask, a)) {
		return;
	} else if (endpoint->op == OP_EMBEDDINGS) {
		answer_embeddings(out, &ask, a);
	} else {
		answer_turn(out, req, &ask, a);
	}
}

/* The path and query of a URL. */
static void split_url(const char *url, struct arena *a, struct detect_request *out)
{
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : url;
	const char *query = path ? strchr(path, '?') : NULL;

	out->path = !path ? "/" : query ? arena_strndup(a, path, (size_t)(query - path)) : path;
	out->query = query ? query + 1 : "";
}

void demo_answer(const struct demo_request *req, struct arena *a, struct demo_answer *out)
{
	struct detect_request where = { .method = req->method };
	struct endpoint endpoint;

	*out = (struct demo_answer){ .status = 200 };
	add_header(out, "content-type", "application/json");
	split_url(req->url, a, &where);
	detect_endpoint(&where, a, &endpoint);
	add_header(out, endpoint.family == FORMAT_ANTHROPIC ? "request-id" : "x-request-id",
		   arena_printf(a, "req_demo_%s", demo_turn_id(req, a)));
	if (endpoint.kind == ENDPOINT_MODELS) {
		answer_models(out, &endpoint, req, a);
	} else if (endpoint.kind == ENDPOINT_CALL && endpoint.format != FORMAT_NONE &&
		   endpoint.op != OP_OTHER) {
		answer_call(out, req, &endpoint, a);
	} else {
		answer_error(out, &endpoint, 404, "the demo upstream has nothing at this path", a);
	}
}
