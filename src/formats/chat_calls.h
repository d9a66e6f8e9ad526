/*
 * Tool calls of a Chat stream, put in order (C134). Servers may send the
 * fragments of several calls mixed, without indexes, or all with the same one;
 * a hub stream has one call after the other. So the first unfinished call
 * flows and the others wait: it is finished when its arguments are whole and
 * a fragment of another call has come, or when the answer ends.
 */
#ifndef FORMATS_CHAT_CALLS_H
#define FORMATS_CHAT_CALLS_H

#include "base/vec.h"
#include "formats/event.h"
#include "formats/json_tree.h"
#include "formats/text_joiner.h"

/* openai-chat.md section 5, rule 8: what the vendor's own reader takes. */
#define MAX_CALLS 128

struct chat_calls {
	struct vec list;                  /* struct chat_call, in the order they came */
	size_t current;                   /* the one that flows, or flows next */
	size_t held_bytes;                /* of all that wait */
};

void chat_calls_release(struct chat_calls *calls);

/* Takes one entry of `tool_calls` (or a `function_call` as its `function`).
 * False: there are more calls, or longer ones, than are kept. */
bool chat_calls_feed(struct chat_calls *calls, struct emitter *e, struct arena *scratch,
		     const struct json *fragment);

/* Finishes what is whole. True: no call is open or waiting, another block may
 * begin. */
bool chat_calls_pause(struct chat_calls *calls, struct emitter *e);

/* The answer ends: everything that waits goes out. */
void chat_calls_finish(struct chat_calls *calls, struct emitter *e);

#endif
