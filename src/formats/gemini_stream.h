/* States of the two stream directions of Gemini; only their own files look
 * inside. */
#ifndef FORMATS_GEMINI_STREAM_H
#define FORMATS_GEMINI_STREAM_H

#include "base/limits.h"
#include "formats/gemini.h"
#include "formats/logprobs.h"
#include "formats/text_joiner.h"

/* Text of an answer that is kept because late citations count its bytes; a
 * longer answer loses them. */
#define MAX_CITED_TEXT_BYTES (1 * MIB)
/* The last groundingMetadata, and a call that comes in pieces. */
#define MAX_KEPT_JSON_BYTES (4 * MIB)
#define MAX_SIGNATURE_BYTES (1 * MIB)

struct gemini_partial;

/* One candidate of an answer being read. */
struct gemini_candidate {
	struct text_joiner joiner;
	struct buf text;                  /* of the answer, thoughts left out */
	size_t block_from;                /* where in it the open text block begins */
	struct buf sig;                   /* of the open block: the last one given */
	struct buf grounding;
	struct gemini_partial *partial;   /* a call in pieces; NULL: none */
	char reason[40];                  /* finishReason; "" none yet */
	unsigned calls;                   /* made so far, for ids */
};

struct gemini_decoder {
	struct emitter *e;                /* MAX_CHOICES of them */
	struct emitter own[MAX_CHOICES];
	struct gemini_candidate candidates[MAX_CHOICES];
	struct hub_usage usage;
	bool is_blocked;                  /* promptFeedback.blockReason */
	struct buf id;                    /* responseId */
};

/* A decoder that pushes through the caller's emitters. */
void gemini_decoder_start(struct gemini_decoder *d, struct emitter *e);

/* ---- gemini_partial_args.c: calls whose arguments come in pieces (C137) ---- */

struct gemini_partial *gemini_partial_create(void);
void gemini_partial_destroy(struct gemini_partial *p);
/* Is the functionCall one piece of several? */
bool gemini_call_is_partial(const struct json *call);
/* Takes over what the piece tells; what goes beyond the limits is left out. */
void gemini_partial_add(struct gemini_partial *p, const struct json *call, struct hub_sig sig);
/* The call as far as it came: its arguments are in the arena, the rest lives
 * as long as `p`. */
void gemini_partial_end(struct gemini_partial *p, struct arena *a, struct hub_block *out);

/* ---- writing ---- */

/* One candidate of an answer being written. */
struct gemini_open {
	enum hub_block_kind kind;
	struct arena kept;                /* the call, citations, the stop's texts */
	struct hub_block *call;
	struct buf args;
	struct buf text;                  /* of the answer, as far as citations need it */
	size_t block_from;
	struct hub_citation *cited;       /* in the open text */
	size_t cited_count;
	struct gemini_grounding grounding;
	struct arena tokens;              /* of the next */
	struct hub_logprobs logprobs;     /* that wait for their text */
	struct logprobs_average average;
	struct hub_stop stop;
};

struct gemini_encoder {
	const struct answer_plan *plan;
	struct hub_usage usage;
	struct arena kept;                /* model and id */
	struct slice model;
	struct slice id;
	bool has_frames;
	struct gemini_open choices[MAX_CHOICES];
};

#endif
