/*
 * Log probabilities of the tokens an answer is made of (C58, L11): read from
 * one vendor's words, kept with the text block they belong to, written in
 * another's. Gemini tells tokens as texts only, so their bytes are those of
 * the text.
 */
#ifndef FORMATS_LOGPROBS_H
#define FORMATS_LOGPROBS_H

#include "formats/format.h"

/* An array of token objects as Chat and Responses have it; NULL: no tokens. */
struct hub_logprobs logprobs_read_openai(struct arena *a, const struct json *tokens);
/* A candidate's `logprobsResult`. */
struct hub_logprobs logprobs_read_gemini(struct arena *a, const struct json *result);

/* Deep copies of `more` and what follows it, at the end of the list; what goes
 * beyond MAX_LOGPROBS_BYTES is left out. */
void logprobs_add(struct arena *a, struct hub_logprobs *list, const struct hub_logprob *more);

/* The token objects alone, into an array that is open. */
void logprobs_write_openai(struct json_writer *w, const struct hub_logprob *tokens);
/* The "logprobsResult" member; nothing when there are no tokens. */
void logprobs_write_gemini(struct json_writer *w, const struct hub_logprob *tokens);

/* Gemini's mean over an answer's tokens. Zero-initialise. */
struct logprobs_average {
	double sum;
	size_t tokens;
};

void logprobs_sum(struct logprobs_average *average, const struct hub_logprob *tokens);
/* The "avgLogprobs" member; nothing when there are no tokens. */
void logprobs_average_write(struct json_writer *w, const struct logprobs_average *average);

/* How many alternatives to ask for: no vendor gives more than 20. */
int64_t logprobs_fit_top(struct conversion *c);

#endif
