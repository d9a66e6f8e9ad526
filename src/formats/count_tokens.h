/*
 * Counting the tokens of a request at an upstream of another format (C115):
 * what is counted is the request as it would be converted. Pure functions.
 */
#ifndef FORMATS_COUNT_TOKENS_H
#define FORMATS_COUNT_TOKENS_H

#include <stdbool.h>

#include "base/buf.h"
#include "config/config.h"

/* Can a client of this format be answered by an upstream of that one? */
bool count_tokens_converts(enum format_id client, enum format_id upstream);

/* What is to be counted: Gemini's clients may put it into an envelope. */
struct slice count_tokens_request(enum format_id client, struct slice body);

/* The body that asks for a count, made of one that asks for an answer. */
void count_tokens_body(enum format_id upstream, const char *model, struct slice body,
		       struct buf *out);

/* The number in an upstream's answer; false: there is none. */
bool count_tokens_read(struct slice answer, int64_t *tokens);

/* The answer for a client. */
void count_tokens_write(enum format_id client, int64_t tokens, struct buf *out);

#endif
