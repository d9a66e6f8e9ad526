#include "demo/demo_turn.h"

#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "demo/demo_value.h"

/* Cuts before each word, and long words between characters. */
static struct demo_text cut_text(struct slice all, struct arena *a)
{
	struct demo_text text = { .all = all };
	size_t from = 0;

	text.pieces = arena_alloc(a, (all.len + 1) * sizeof *text.pieces);
	for (size_t i = 0; i < all.len;) {
		size_t width = utf8_valid_length(all.ptr + i, all.len - i);

		i += width ? width : 1;
		if (i == all.len || all.ptr[i] == ' ' || i - from >= 24) {
			text.pieces[text.count++] = (struct slice){ all.ptr + from, i - from };
			from = i;
		}
	}
	return text;
}

/* Keeps the first `count` pieces. */
static void shorten(struct demo_text *text, size_t count)
{
	if (count < text->count) {
		text->count = count;
		text->all.len = 0;
		for (size_t i = 0; i < count; i++) {
			text->all.len += text->pieces[i].len;
		}
	}
}

#define QUOTED_BYTES 200

/* The user's words, so that one sees which request this answers. */
static void add_quotation(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	size_t end = 0;

	while (end < len && end < QUOTED_BYTES) {
		size_t width = utf8_valid_length(text + end, len - end);

		end += width ? width : 1;
	}
	buf_adds(out, " Your last message was: \"");
	buf_add(out, text, end);
	buf_adds(out, end < len ? "…\"" : "\"");
}

/* What arrived of an image, for whoever wants to see that it is the same. */
static void add_image(struct buf *out, const struct demo_ask *ask)
{
	struct buf bytes = BUF_INIT(MAX_DEMO_BYTES);
	char hex[SHA256_HEX_BYTES];

	crypto_base64_decode(slice_of(ask->image_data), &bytes);
	crypto_sha256_hex(buf_slice(&bytes), hex);
	buf_addf(out, " I got %zu image%s, the last of them %s of %zu bytes with the SHA-256 %s.",
		 ask->image_count, ask->image_count == 1 ? "" : "s", ask->image_type, bytes.len,
		 hex);
	buf_release(&bytes);
}

static struct slice say(const struct demo_ask *ask, struct arena *a)
{
	struct buf text = BUF_INIT(MAX_DEMO_BYTES);
	struct slice said;

	if (ask->wants_json && ask->schema.len) {
		demo_value_write(ask->schema, &text);
	} else if (ask->wants_json) {
		buf_adds(&text, "{\"demo\": true}");
	} else {
		buf_addf(&text, "This is the built-in demo upstream of llm-gateway. No model was "
				"asked, and nothing left this machine; the request came as %s "
				"for the model %s.", format_name(ask->endpoint.format),
			 ask->model);
		if (ask->has_tool_result) {
			buf_adds(&text, " The tool's result has arrived; thank you.");
		}
		if (ask->image_count) {
			add_image(&text, ask);
		}
		if (*ask->user_text) {
			add_quotation(&text, ask->user_text);
		}
	}
	said = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return said;
}

static bool says(const struct demo_ask *ask, const char *words)
{
	return str_ifind(ask->user_text, strlen(ask->user_text), words) != NULL;
}

static size_t count_calls(const struct demo_ask *ask)
{
	if (!ask->tool_count || ask->has_tool_result) {
		return 0;
	}
	if (says(ask, "every tool")) {
		return ask->tool_count;
	}
	return says(ask, "tool") || ask->must_call;
}

const char *demo_turn_id(const struct demo_request *req, struct arena *a)
{
	char hex[SHA256_HEX_BYTES];
	const char *seed = arena_printf(a, "%lld.%llu", (long long)req->now_s,
					(unsigned long long)req->serial);

	crypto_sha256_hex(slice_of(seed), hex);
	return arena_strndup(a, hex, 24);
}

/* Tokens are counted as pieces; what is beyond the limit is not said. */
static void apply_limit(struct demo_turn *t, int64_t max_tokens)
{
	int64_t before = t->tokens_thinking;
	int64_t left;

	for (size_t i = 0; i < t->call_count; i++) {
		before += (int64_t)t->calls[i].input.count;
	}
	left = max_tokens - before;
	if (max_tokens && !t->call_count && (int64_t)t->text.count > left) {
		shorten(&t->text, left > 0 ? (size_t)left : 1);
		t->stop = DEMO_STOP_LENGTH;
	}
	t->tokens_out = before + (int64_t)t->text.count;
}

static struct slice tool_input(struct slice schema, struct arena *a)
{
	struct buf json = BUF_INIT(MAX_DEMO_BYTES);
	struct slice input;

	demo_value_write(schema, &json);
	/* A call's input is an object, whatever the schema says. */
	input = arena_slice(a, json.len && json.ptr[0] == '{' ? buf_slice(&json)
							       : slice_of("{}"));
	buf_release(&json);
	return input;
}

static void call_tools(struct demo_turn *t, const struct demo_ask *ask, struct arena *a)
{
	for (size_t i = 0; i < t->call_count; i++) {
		t->calls[i] = (struct demo_call){
			.name = ask->tools[i].name,
			.id = arena_printf(a, "%.23s%zu", t->id, i),
			.input = cut_text(tool_input(ask->tools[i].schema, a), a),
		};
	}
	t->text = cut_text(slice_of("I call the tool as asked."), a);
	t->stop = DEMO_STOP_TOOL;
}

/* Numbers that are known beforehand, for checks of what becomes of them. */
static void set_known_usage(struct demo_turn *t)
{
	t->tokens_in = DEMO_KNOWN_IN;
	t->tokens_cached = DEMO_KNOWN_CACHED;
	t->tokens_out = DEMO_KNOWN_OUT;
	t->tokens_thinking = DEMO_KNOWN_THINKING;
}

struct demo_turn demo_turn_make(const struct demo_request *req,
				const struct demo_ask *ask, struct arena *a)
{
	static const char thought[] = "A demo need not think, but thinking was asked for.";
	struct demo_turn t = {
		.id = demo_turn_id(req, a), .model = ask->model, .created_s = req->now_s,
		.tokens_in = ask->tokens_in, .wants_usage = ask->wants_usage,
		.wants_blob = ask->wants_blob, .call_count = count_calls(ask),
		.is_array_stream = ask->endpoint.is_array_stream,
	};

	if (ask->wants_thinking && ask->endpoint.op == OP_GENERATE) {
		t.has_thinking = true;
		t.thinking = cut_text(slice_of(ask->shows_thinking ? thought : ""), a);
		t.tokens_thinking = DEMO_KNOWN_THINKING;
	}
	if (t.call_count) {
		call_tools(&t, ask, a);
	} else {
		t.text = cut_text(say(ask, a), a);
	}
	apply_limit(&t, ask->max_tokens);
	if (str_eq(ask->model, "demo-usage")) {
		set_known_usage(&t);
	}
	return t;
}

/* --- frames --- */

void demo_stream_add(struct demo_stream *s, struct slice bytes, int64_t delay_ms)
{
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 32;
		struct demo_frame *frames = arena_alloc(s->arena, room * sizeof *frames);

		if (s->count) {
			memcpy(frames, s->frames, s->count * sizeof *frames);
		}
		s->frames = frames;
		s->room = room;
	}
	s->frames[s->count++] = (struct demo_frame){ arena_slice(s->arena, bytes), delay_ms };
}

void demo_stream_begin(struct demo_stream *s, const char *event)
{
	if (event) {
		buf_addf(&s->text, "event: %s\n", event);
	}
	buf_adds(&s->text, "data: ");
	json_open(&s->w, &s->text);
}

void demo_stream_end(struct demo_stream *s, int64_t delay_ms)
{
	buf_adds(&s->text, s->ending);
	demo_stream_add(s, buf_slice(&s->text), delay_ms);
	buf_clear(&s->text);
}
