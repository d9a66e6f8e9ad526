/* Whole answers of Gemini (C120-C129): a whole answer is one chunk, and a
 * stream without alt=sse an array of them. */
#include "formats/gemini_stream.h"

#include "formats/logprobs.h"

void gemini_decode_answer(struct arena *a, const struct json *body, struct emitter *e)
{
	struct gemini_decoder d;

	gemini_decoder_start(&d, e);
	if (json_is(body, JSON_ARRAY)) {
		json_each(chunk, body) {
			gemini_decode_frame(&d, a, chunk);
		}
	} else {
		gemini_decode_frame(&d, a, body);
	}
	gemini_decode_eof(&d);
	gemini_decoder_release(&d);
}

/* ---- writing ---- */

struct writer {
	struct json_writer *w;
	struct arena *arena;
	struct gemini_grounding grounding;
	size_t text_bytes;                /* of the texts written so far */
	struct hub_logprobs logprobs;     /* of all of them */
};

static void write_text(struct writer *x, const struct hub_block *block)
{
	const struct hub_citation *c = block->text.citations;

	for (; c; c = c->next) {
		gemini_grounding_add(&x->grounding, c, block->text.text, x->text_bytes);
	}
	x->text_bytes += block->text.text.len;
	logprobs_add(x->arena, &x->logprobs, block->text.logprobs.first);
	gemini_text_part_write(x->w, block->text.text, false,
			       gemini_sig_text(x->arena, &block->sig));
}

/* Without its text only the signature is left (C67). */
static void write_thinking(struct writer *x, const struct hub_block *block)
{
	struct slice sig = gemini_sig_text(x->arena, &block->sig);

	if (block->thinking.text.len) {
		gemini_text_part_write(x->w, block->thinking.text, true, SLICE_NULL);
	}
	if (sig.len) {
		gemini_text_part_write(x->w, slice_of(""), false, sig);
	}
}

static void write_block(struct writer *x, const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		write_text(x, block);
		break;
	case BLOCK_THINKING:
		write_thinking(x, block);
		break;
	case BLOCK_TOOL_USE:
		gemini_call_part_write(x->w, x->arena, block, block->tool_use.args);
		break;
	default:
		if (gemini_has_part(block)) {
			gemini_other_part_write(x->w, block);
		}
		break;
	}
}

static void write_candidate(struct json_writer *w, struct arena *a, const struct answer *answer,
			    unsigned index)
{
	struct writer x = { .w = w, .arena = a };
	struct logprobs_average average = { .tokens = 0 };

	gemini_grounding_init(&x.grounding);
	json_object(w);
	json_key(w, "content");
	json_object(w);
	json_key(w, "parts");
	json_array(w);
	blocks_each(block, &answer->blocks) {
		write_block(&x, block);
	}
	json_end(w);
	json_kstr(w, "role", "model");
	json_end(w);
	gemini_finish_write(w, &answer->stop);
	logprobs_write_gemini(w, x.logprobs.first);
	logprobs_sum(&average, x.logprobs.first);
	logprobs_average_write(w, &average);
	json_kint(w, "index", index);
	gemini_grounding_write(w, &x.grounding);
	json_end(w);
	gemini_grounding_release(&x.grounding);
}

void gemini_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			  struct json_writer *w)
{
	struct arena a;

	(void)plan;
	arena_init(&a, 4096);
	json_object(w);
	json_key(w, "candidates");
	json_array(w);
	for (unsigned i = 0; i < fold->count; i++) {
		if (fold->answers[i].is_started) {
			write_candidate(w, &a, &fold->answers[i], i);
		}
	}
	json_end(w);
	json_key(w, "usageMetadata");
	gemini_usage_write(w, &fold->usage);
	gemini_identity_write(w, fold->head.model, gemini_answer_id(&a, &fold->head));
	json_end(w);
	arena_release(&a);
}
