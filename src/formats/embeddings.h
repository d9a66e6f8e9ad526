/*
 * Embeddings of an OpenAI client at a Gemini upstream (C114; openai-chat.md §9,
 * gemini.md §8). Numbers are carried over as they are written, to the digit.
 * Pure functions.
 */
#ifndef FORMATS_EMBEDDINGS_H
#define FORMATS_EMBEDDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The batchEmbedContents body made of one for /v1/embeddings. ERR_INVALID for
 * what Gemini has no way to say: tokens instead of text. */
bool embeddings_request(struct slice body, const char *model, struct buf *out,
			struct err *err);

/* Does the client want base64 (float32, little endian)? */
bool embeddings_want_base64(struct slice body);

/* The answer for the client; `tokens`: of the prompt, -1 where the upstream
 * tells none. False: that was no answer. */
bool embeddings_answer(struct slice answer, const char *model, bool is_base64,
		       struct buf *out, int64_t *tokens);

#endif
