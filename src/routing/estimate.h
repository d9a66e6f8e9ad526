/*
 * How many tokens a request will take, before anybody counted: bytes divided
 * by the bytes per token that this model's requests turned out to have, and
 * its usual answer. Learns from every answer with usage; forgets slowly.
 *
 * Plain data without a lock.
 */
#ifndef ROUTING_ESTIMATE_H
#define ROUTING_ESTIMATE_H

#include "routing/lru.h"

struct estimate {
	double bytes_per_token;
	double answer_tokens;
};

struct estimates {
	struct lru lru;
	struct estimate *models;     /* owned, parallel to the places */
	int64_t turn;
};

void estimates_init(struct estimates *e);
void estimates_release(struct estimates *e);

/* Tokens of a prompt. `bytes` of text: without the base64 of images. */
int64_t estimate_prompt(const struct estimates *e, const char *model, size_t bytes);

/* Tokens that its answer usually has, at most `max_tokens` (0: not given). */
int64_t estimate_answer(const struct estimates *e, const char *model, int64_t max_tokens);

/* What it really was; zeros mean unknown and teach nothing. */
void estimate_learn(struct estimates *e, const char *model, size_t bytes,
		    int64_t prompt_tokens, int64_t answer_tokens);

#endif
