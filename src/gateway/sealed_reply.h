/*
 * What it takes to seal the answer of one exchange: see reply.h for its use.
 */
#ifndef GATEWAY_SEALED_REPLY_H
#define GATEWAY_SEALED_REPLY_H

#include "base/arena.h"
#include "gateway/sealed_envelope.h"

struct sealed_answering;

/* In the arena, which its owner wipes: it has a copy of the key. */
struct sealed_answering *sealed_answering_make(const struct sealed_key *key,
					       const struct sealed_stamp *asked,
					       struct arena *a);

/* Gives back what it holds beside the arena. NULL is fine. */
void sealed_answering_release(struct sealed_answering *s);

#endif
