/* The demo upstream's embeddings, for OpenAI's and Gemini's requests. */
#ifndef DEMO_EMBEDDINGS_H
#define DEMO_EMBEDDINGS_H

#include "base/json_write.h"
#include "demo/demo_ask.h"

/* Writes the whole answer; false when the request names no text. */
bool demo_embeddings_write(const struct demo_ask *ask, struct json_writer *w);

#endif
