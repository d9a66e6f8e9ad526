/*
 * An upstream's answer of one format (FUZZ_FORMAT), stream or JSON text, for
 * clients of every format, streaming and not: it ends complete or failed, any
 * split of the bytes gives the same, and what the client gets is well-formed.
 */
#include "tests/fuzz/sides.h"

#include "formats/sse.h"

#define CREATED 1763700000

static struct answer_plan *plan_for(enum format_id client, bool client_stream)
{
	const struct upstream_account account = { .provider = PROVIDER_OPENAI };
	struct route_options options;
	struct answer_plan *plan;
	struct hub_request *req;
	struct arena a;

	arena_init(&a, 4096);
	route_options_read(&account, &options);
	options.inline_think_parse = client == FORMAT_GEMINI;
	req = hub_request_new(&a, client);
	req->stream = client_stream;
	req->n = client == FORMAT_CHAT || client == FORMAT_GEMINI ? 2 : 1;
	req->include_usage = true;
	req->wants_blobs = true;
	hub_name_add(&a, &req->stop, slice_of("END"));
	plan = answer_plan_create(req, FUZZ_FORMAT, slice_of("asked"), &options);
	if (client == FORMAT_ANTHROPIC) {
		answer_plan_scan_stops(plan, req);
	}
	plan->created = CREATED;
	arena_release(&a);
	return plan;
}

static void frame_is_json(void *ctx, const struct sse_event *ev)
{
	(void)ctx;
	if (!ev->is_comment && !slice_eq(ev->data, "[DONE]")) {
		assert_is_json(ev->data);
	}
}

static void client_reads(struct slice text, bool is_stream)
{
	struct sse_parser p;

	if (!is_stream) {
		assert_is_json(text);
		return;
	}
	sse_init(&p);
	assert(sse_feed(&p, text.ptr, text.len, frame_is_json, NULL));
	sse_finish(&p, frame_is_json, NULL);
	sse_release(&p);
}

static enum convert_state feed(struct convert_stream *s, struct slice text, bool whole,
			       struct buf *out)
{
	uint32_t state = (uint32_t)text.len;

	while (text.len) {
		size_t len = whole ? text.len : fuzz_piece(text, &state);

		convert_stream_feed(s, (struct slice){ text.ptr, len }, out);
		text.ptr += len;
		text.len -= len;
	}
	return convert_stream_finish(s, out);
}

static enum convert_state convert(struct slice text, enum format_id client, bool is_stream,
				  bool whole, struct buf *out)
{
	bool is_sse = !text.len || !strchr("{[", text.ptr[0]);
	struct convert_stream *s =
		convert_stream_create(plan_for(client, is_stream), is_sse);
	enum convert_state state = feed(s, text, whole, out);

	assert(state == CONVERT_COMPLETE || state == CONVERT_FAILED);
	if (state == CONVERT_FAILED) {
		assert(!str_empty(convert_stream_error(s)->message));
	}
	if (out->len && (state == CONVERT_COMPLETE || convert_stream_wrote_error(s))) {
		client_reads(buf_slice(out), is_stream);
	}
	convert_stream_destroy(s);
	return state;
}

static void convert_both_ways(struct slice text, enum format_id client, bool is_stream)
{
	struct buf whole = BUF_INIT(64 * MIB);
	struct buf pieces = BUF_INIT(64 * MIB);
	enum convert_state state = convert(text, client, is_stream, true, &whole);

	assert(convert(text, client, is_stream, false, &pieces) == state);
	assert(whole.len == pieces.len || is_stream);
	buf_release(&whole);
	buf_release(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum format_id clients[] = { FORMAT_ANTHROPIC, FORMAT_CHAT,
						  FORMAT_RESPONSES, FORMAT_GEMINI };

	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		convert_both_ways(fuzz_text(data, size), clients[i], true);
		convert_both_ways(fuzz_text(data, size), clients[i], false);
	}
	return 0;
}
