/*
 * The frames about one item of a Responses stream (openai-responses.md
 * section 6): its announcement, its pieces, and what repeats it at its end.
 */
#include "formats/responses_stream.h"

#include "base/limits.h"
#include "formats/logprobs.h"
#include "formats/sse.h"

/* ---- frames ---- */

void responses_begin_frame(struct responses_encoder *e, struct json_writer *w, struct buf *out,
			   const char *type)
{
	sse_begin(out, type);
	json_open(w, out);
	json_object(w);
	json_kstr(w, "type", type);
	json_kint(w, "sequence_number", e->sequence++);
}

void responses_end_frame(struct json_writer *w)
{
	json_end(w);
	sse_end(w->out);
}

/* A frame about the open item; `part` names the index of its part, or NULL. */
static void begin_item_frame(struct responses_encoder *e, struct json_writer *w,
			     struct buf *out, const char *type, const char *part)
{
	responses_begin_frame(e, w, out, type);
	json_kslice(w, "item_id", e->item.id);
	json_kint(w, "output_index", (int64_t)e->index);
	if (part) {
		json_kint(w, part, 0);
	}
}

/* Where a text stands in its frame. */
static const struct {
	const char *type;
	const char *part;
	const char *member;
} text_frames[] = {
	[FRAME_TEXT] = { "response.output_text.delta", "content_index", "delta" },
	[FRAME_TEXT_DONE] = { "response.output_text.done", "content_index", "text" },
	[FRAME_REFUSAL] = { "response.refusal.delta", "content_index", "delta" },
	[FRAME_REFUSAL_DONE] = { "response.refusal.done", "content_index", "refusal" },
	[FRAME_SUMMARY] = { "response.reasoning_summary_text.delta", "summary_index", "delta" },
	[FRAME_SUMMARY_DONE] = { "response.reasoning_summary_text.done", "summary_index", "text" },
	[FRAME_ARGUMENTS] = { "response.function_call_arguments.delta", NULL, "delta" },
	[FRAME_INPUT] = { "response.custom_tool_call_input.delta", NULL, "delta" },
	[FRAME_INPUT_DONE] = { "response.custom_tool_call_input.done", NULL, "input" },
};

/* Those behind `before`; NULL: all of them. */
static void write_logprobs(struct responses_encoder *e, struct json_writer *w,
			   const struct hub_logprob *before)
{
	const struct hub_logprobs *list = &e->block.text.logprobs;

	json_key(w, "logprobs");
	json_array(w);
	logprobs_write_openai(w, before ? before->next : list->first);
	json_end(w);
	e->told = list->last;
}

void responses_text_frame(struct responses_encoder *e, enum responses_text_frame kind,
			  struct slice text, struct buf *out)
{
	struct json_writer w;

	begin_item_frame(e, &w, out, text_frames[kind].type, text_frames[kind].part);
	json_key(&w, text_frames[kind].member);
	json_strn(&w, text);
	if (kind == FRAME_TEXT || kind == FRAME_TEXT_DONE) {
		write_logprobs(e, &w, kind == FRAME_TEXT ? e->told : NULL);
	}
	responses_end_frame(&w);
}

/* ---- the beginning of an item ---- */

void responses_item_done_frame(struct responses_encoder *e, struct buf *out, struct slice item)
{
	struct json_writer w;

	responses_begin_frame(e, &w, out, "response.output_item.done");
	json_kint(&w, "output_index", (int64_t)e->index);
	json_key(&w, "item");
	json_raw(&w, item);
	responses_end_frame(&w);
}

static void write_added(struct responses_encoder *e, struct buf *out)
{
	struct json_writer w;

	responses_begin_frame(e, &w, out, "response.output_item.added");
	json_kint(&w, "output_index", (int64_t)e->index);
	json_key(&w, "item");
	responses_item_write(&w, e->plan, &e->item);
	responses_end_frame(&w);
}

/* A message has one part, reasoning a summary of one part. */
static void write_part_added(struct responses_encoder *e, struct buf *out)
{
	struct hub_block empty = { .kind = e->block.kind };
	struct json_writer w;

	if (e->item.kind == ITEM_MESSAGE) {
		begin_item_frame(e, &w, out, "response.content_part.added", "content_index");
		json_key(&w, "part");
		responses_output_part_write(&w, &empty);
		responses_end_frame(&w);
	}
}

static void write_search_progress(struct responses_encoder *e, struct buf *out)
{
	static const char *const types[] = {
		"response.web_search_call.in_progress", "response.web_search_call.searching",
		"response.web_search_call.completed",
	};
	struct json_writer w;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		begin_item_frame(e, &w, out, types[i], NULL);
		responses_end_frame(&w);
	}
}

void responses_added_frames(struct responses_encoder *e, struct buf *out)
{
	write_added(e, out);
	write_part_added(e, out);
	if (e->item.kind == ITEM_SEARCH) {
		write_search_progress(e, out);
	}
}

/* ---- the end of an item ---- */

/* Only a complete text has its offsets (C129). */
static void write_annotations(struct responses_encoder *e, struct buf *out)
{
	int64_t index = 0;

	for (struct hub_citation *c = e->block.text.citations; c; c = c->next) {
		struct buf json = BUF_INIT(MAX_SSE_EVENT_BYTES);
		struct json_writer w;

		json_open(&w, &json);
		if (responses_annotation_write(&w, c, e->block.text.text)) {
			begin_item_frame(e, &w, out, "response.output_text.annotation.added",
					 "content_index");
			json_kint(&w, "annotation_index", index++);
			json_kraw(&w, "annotation", buf_slice(&json));
			responses_end_frame(&w);
		}
		buf_release(&json);
	}
}

static void finish_message(struct responses_encoder *e, struct buf *out)
{
	bool is_refusal = e->block.kind == BLOCK_REFUSAL;
	struct json_writer w;

	if (!is_refusal) {
		write_annotations(e, out);
	}
	responses_text_frame(e, is_refusal ? FRAME_REFUSAL_DONE : FRAME_TEXT_DONE,
			     e->block.text.text, out);
	begin_item_frame(e, &w, out, "response.content_part.done", "content_index");
	json_key(&w, "part");
	responses_output_part_write(&w, &e->block);
	responses_end_frame(&w);
}

static void write_summary_part(struct responses_encoder *e, struct buf *out, const char *type,
			       struct slice text)
{
	struct json_writer w;

	begin_item_frame(e, &w, out, type, "summary_index");
	json_key(&w, "part");
	json_object(&w);
	json_kstr(&w, "type", "summary_text");
	json_key(&w, "text");
	json_strn(&w, text);
	json_end(&w);
	responses_end_frame(&w);
}

static void finish_reasoning(struct responses_encoder *e, struct buf *out)
{
	struct slice text = e->block.kind == BLOCK_THINKING ? e->block.thinking.text : SLICE_NULL;

	if (text.len) {
		responses_text_frame(e, FRAME_SUMMARY_DONE, text, out);
		write_summary_part(e, out, "response.reasoning_summary_part.done", text);
	}
}

static void finish_function(struct responses_encoder *e, struct buf *out, bool is_cut)
{
	struct slice args = responses_call_arguments(&e->block, is_cut);
	struct json_writer w;

	if (!e->block.tool_use.args.len && args.len) {
		responses_text_frame(e, FRAME_ARGUMENTS, args, out);
	}
	begin_item_frame(e, &w, out, "response.function_call_arguments.done", NULL);
	json_kslice(&w, "name", responses_call_name(&e->block));
	json_key(&w, "arguments");
	json_strn(&w, args);
	responses_end_frame(&w);
}

/* The input stands inside the arguments: it comes in one piece. */
static void finish_custom(struct responses_encoder *e, struct buf *out)
{
	struct slice input = custom_input(&e->item_arena, e->block.tool_use.args);

	if (input.len) {
		responses_text_frame(e, FRAME_INPUT, input, out);
	}
	responses_text_frame(e, FRAME_INPUT_DONE, input, out);
}

void responses_done_frames(struct responses_encoder *e, struct buf *out, bool is_cut)
{
	switch (e->item.kind) {
	case ITEM_MESSAGE:
		finish_message(e, out);
		break;
	case ITEM_REASONING:
		finish_reasoning(e, out);
		break;
	case ITEM_FUNCTION:
		finish_function(e, out, is_cut);
		break;
	case ITEM_CUSTOM:
		finish_custom(e, out);
		break;
	default:
		break;
	}
}

void responses_thinking_frames(struct responses_encoder *e, struct slice text, bool is_first,
			       struct buf *out)
{
	if (is_first) {
		write_summary_part(e, out, "response.reasoning_summary_part.added",
				   slice_of(""));
	}
	responses_text_frame(e, FRAME_SUMMARY, text, out);
}
