/* Hub events -> a stream of Gemini: SSE, or one JSON array (C143). */
#include "formats/gemini_stream.h"

#include "base/limits.h"
#include "formats/convert.h"

/* Per text block; vendors give some dozens. */
#define MAX_BLOCK_CITATIONS 256

void gemini_encoder_init(void *state, const struct answer_plan *plan)
{
	struct gemini_encoder *e = state;

	e->plan = plan;
	e->usage = (struct hub_usage)HUB_USAGE_INIT;
	arena_init(&e->kept, 256);
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		arena_init(&e->choices[i].kept, 256);
		arena_init(&e->choices[i].tokens, 1 * KIB);
		buf_init(&e->choices[i].args, MAX_SSE_EVENT_BYTES);
		buf_init(&e->choices[i].text, MAX_CITED_TEXT_BYTES);
		gemini_grounding_init(&e->choices[i].grounding);
	}
}

void gemini_encoder_release(void *state)
{
	struct gemini_encoder *e = state;

	arena_release(&e->kept);
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		arena_release(&e->choices[i].kept);
		arena_release(&e->choices[i].tokens);
		buf_release(&e->choices[i].args);
		buf_release(&e->choices[i].text);
		gemini_grounding_release(&e->choices[i].grounding);
	}
}

/* ---- frames ---- */

/* One candidate's part goes between begin_chunk and end_chunk. */
static void begin_chunk(struct gemini_encoder *e, struct json_writer *w, struct buf *out)
{
	if (e->plan->gemini_array) {
		buf_adds(out, e->has_frames ? ",\r\n" : "[");
	} else {
		buf_adds(out, "data: ");
	}
	e->has_frames = true;
	json_open(w, out);
	json_object(w);
	json_key(w, "candidates");
	json_array(w);
	json_object(w);
	json_key(w, "content");
	json_object(w);
	json_key(w, "parts");
	json_array(w);
}

static void end_parts(struct json_writer *w)
{
	json_end(w);
	json_kstr(w, "role", "model");
	json_end(w);
}

static void end_candidate(struct json_writer *w, unsigned choice)
{
	json_kint(w, "index", choice);
	json_end(w);
	json_end(w);
}

static void end_chunk(struct gemini_encoder *e, struct json_writer *w)
{
	gemini_identity_write(w, e->model, e->id);
	json_end(w);
	if (!e->plan->gemini_array) {
		buf_adds(w->out, "\r\n\r\n");
	}
}

/* C58: of the text since the last ones. */
static void write_logprobs(struct json_writer *w, struct gemini_open *o)
{
	if (o->logprobs.first) {
		logprobs_write_gemini(w, o->logprobs.first);
		o->logprobs = (struct hub_logprobs){ .first = NULL };
		arena_release(&o->tokens);
	}
}

static void write_text(struct gemini_encoder *e, unsigned choice, struct slice text,
		       bool is_thought, struct buf *out)
{
	struct json_writer w;

	begin_chunk(e, &w, out);
	gemini_text_part_write(&w, text, is_thought, SLICE_NULL);
	end_parts(&w);
	if (!is_thought) {
		write_logprobs(&w, &e->choices[choice]);
	}
	end_candidate(&w, choice);
	end_chunk(e, &w);
}

static void write_sig(struct gemini_encoder *e, unsigned choice, const struct hub_sig *sig,
		      struct buf *out)
{
	struct arena a;
	struct slice text;
	struct json_writer w;

	arena_init(&a, 1 * KIB);
	text = gemini_sig_text(&a, sig);
	if (text.len) {
		begin_chunk(e, &w, out);
		gemini_text_part_write(&w, slice_of(""), false, text);
		end_parts(&w);
		end_candidate(&w, choice);
		end_chunk(e, &w);
	}
	arena_release(&a);
}

static void write_call(struct gemini_encoder *e, unsigned choice, struct buf *out)
{
	struct gemini_open *o = &e->choices[choice];
	struct json_writer w;
	struct arena a;

	arena_init(&a, 1 * KIB);
	begin_chunk(e, &w, out);
	gemini_call_part_write(&w, &a, o->call, buf_slice(&o->args));
	end_parts(&w);
	end_candidate(&w, choice);
	end_chunk(e, &w);
	arena_release(&a);
	arena_release(&o->kept);
	buf_release(&o->args);
	o->call = NULL;
}

static void write_other(struct gemini_encoder *e, const struct event *ev, struct buf *out)
{
	struct json_writer w;

	if (!gemini_has_part(ev->block)) {
		return;
	}
	begin_chunk(e, &w, out);
	gemini_other_part_write(&w, ev->block);
	end_parts(&w);
	end_candidate(&w, ev->choice);
	end_chunk(e, &w);
}

/* ---- blocks ---- */

static void on_start(struct gemini_encoder *e, const struct event *ev)
{
	if (ev->usage) {
		hub_usage_merge(&e->usage, ev->usage);
	}
	if (!e->id.len) {
		e->id = arena_slice(&e->kept, gemini_answer_id(&e->kept, ev->head));
		e->model = arena_slice(&e->kept, ev->head->model);
	}
}

static void on_block_start(struct gemini_encoder *e, const struct event *ev, struct buf *out)
{
	struct gemini_open *o = &e->choices[ev->choice];

	o->kind = ev->block->kind;
	switch (o->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		o->block_from = o->text.len;
		break;
	case BLOCK_THINKING:
		break;
	case BLOCK_TOOL_USE:
		o->call = hub_block_copy(&o->kept, ev->block);
		break;
	default:
		write_other(e, ev, out);
		break;
	}
}

static void keep_citation(struct gemini_open *o, const struct hub_citation *citation)
{
	struct hub_citation **tail = &o->cited;

	if (o->cited_count++ >= MAX_BLOCK_CITATIONS) {
		return;
	}
	while (*tail) {
		tail = &(*tail)->next;
	}
	*tail = hub_citation_copy(&o->kept, citation);
}

static void on_delta(struct gemini_encoder *e, const struct event *ev, struct buf *out)
{
	struct gemini_open *o = &e->choices[ev->choice];

	switch (ev->delta) {
	case DELTA_TEXT:
	case DELTA_REFUSAL:
		buf_add(&o->text, ev->text.ptr, ev->text.len);
		write_text(e, ev->choice, ev->text, false, out);
		break;
	case DELTA_THINKING:
		write_text(e, ev->choice, ev->text, true, out);
		break;
	case DELTA_ARGS:
		buf_add(&o->args, ev->text.ptr, ev->text.len);
		break;
	case DELTA_SIG:
		write_sig(e, ev->choice, ev->sig, out);
		break;
	case DELTA_LOGPROBS:
		logprobs_add(&o->tokens, &o->logprobs, ev->logprobs);
		logprobs_sum(&o->average, ev->logprobs);
		break;
	case DELTA_CITE:
		keep_citation(o, ev->citation);
		break;
	}
}

/* The block's text is complete only now, and some citations span it all. */
static void close_text(struct gemini_open *o)
{
	struct slice text = {
		buf_text(&o->text) + o->block_from, o->text.len - o->block_from,
	};

	for (; o->cited && !o->text.failed; o->cited = o->cited->next) {
		gemini_grounding_add(&o->grounding, o->cited, text, o->block_from);
	}
	o->cited = NULL;
	o->cited_count = 0;
	arena_release(&o->kept);
}

static void on_block_stop(struct gemini_encoder *e, const struct event *ev, struct buf *out)
{
	struct gemini_open *o = &e->choices[ev->choice];

	if (o->call) {
		write_call(e, ev->choice, out);
	} else if (o->kind == BLOCK_TEXT || o->kind == BLOCK_REFUSAL) {
		if (o->logprobs.first) {
			write_text(e, ev->choice, slice_of(""), false, out);
		}
		close_text(o);
	}
}

/* ---- the end ---- */

static void on_stop(struct gemini_open *o, const struct hub_stop *stop)
{
	o->stop = *stop;
	o->stop.text = stop->text.ptr ? arena_slice(&o->kept, stop->text) : SLICE_NULL;
	o->stop.category = SLICE_NULL;
}

static void write_end(struct gemini_encoder *e, const struct event *ev, struct buf *out)
{
	struct gemini_open *o = &e->choices[ev->choice];
	struct json_writer w;

	begin_chunk(e, &w, out);
	gemini_text_part_write(&w, slice_of(""), false, SLICE_NULL);
	end_parts(&w);
	gemini_finish_write(&w, &o->stop);
	logprobs_average_write(&w, &o->average);
	gemini_grounding_write(&w, &o->grounding);
	end_candidate(&w, ev->choice);
	if (ev->is_last) {
		json_key(&w, "usageMetadata");
		gemini_usage_write(&w, &e->usage);
	}
	end_chunk(e, &w);
	if (ev->is_last && e->plan->gemini_array) {
		buf_adds(out, "]");
	}
}

static void write_error(struct gemini_encoder *e, const struct api_error *error,
			struct buf *out)
{
	const struct error_stream stream = {
		.is_array = e->plan->gemini_array,
		.has_elements = e->has_frames,
		.response_id = "",
		.model = "",
	};

	error_write_event(FORMAT_GEMINI, error, &stream, out);
}

void gemini_encode_event(void *state, const struct event *ev, struct buf *out)
{
	struct gemini_encoder *e = state;

	switch (ev->kind) {
	case EVENT_START:
		on_start(e, ev);
		break;
	case EVENT_BLOCK_START:
		on_block_start(e, ev, out);
		break;
	case EVENT_DELTA:
		on_delta(e, ev, out);
		break;
	case EVENT_BLOCK_STOP:
		on_block_stop(e, ev, out);
		break;
	case EVENT_USAGE:
		hub_usage_merge(&e->usage, ev->usage);
		break;
	case EVENT_STOP:
		on_stop(&e->choices[ev->choice], ev->stop);
		break;
	case EVENT_END:
		write_end(e, ev, out);
		break;
	case EVENT_ERROR:
		write_error(e, ev->error, out);
		break;
	case EVENT_PING:
		/* An array has no place for a sign of life; and where there is one
		 * it is an empty line, because Gemini CLI and the SDK's 1.x line
		 * read nothing behind a comment (C143 has one). */
		if (!e->plan->gemini_array) {
			buf_adds(out, format_keepalive(FORMAT_GEMINI));
		}
		break;
	}
}
