/*
 * Names on the wire: tool-call ids (C84-C88) and tool names (C89) that a
 * target's grammar refuses are replaced by ones it takes. One map a request
 * keeps it injective and gives calls, results and definitions the same
 * answer; what already fits stays as it is. And ids the gateway makes (C8).
 */
#ifndef FORMATS_IDS_H
#define FORMATS_IDS_H

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

enum wire_rule {
	WIRE_KEEP,                      /* anything goes */
	WIRE_ID_ANTHROPIC,              /* C85: [A-Za-z0-9_-]{1,128} */
	WIRE_ID_40,                     /* C86: Chat at OpenAI and Azure, 40 bytes */
	WIRE_ID_64,                     /* C86: Responses, 64 bytes */
	WIRE_ID_MISTRAL,                /* C87: [A-Za-z0-9]{9} */
	WIRE_NAME_64,                   /* C89: [A-Za-z0-9_-]{1,64}, A and C */
	WIRE_NAME_128,                  /* the same with 128, R */
	WIRE_NAME_GEMINI,               /* [A-Za-z_][A-Za-z0-9_.:-]{0,63} */
};

/* A name that had to change. */
struct wire_pair {
	struct wire_pair *next;
	struct slice original;
	struct slice wire;
};

struct wire_map {
	struct arena *arena;
	enum wire_rule rule;
	struct map forward;             /* original -> struct wire_pair */
	struct map taken;               /* wire -> struct wire_pair */
	struct wire_pair *changed;
};

void wire_map_init(struct wire_map *m, struct arena *arena, enum wire_rule rule);
void wire_map_release(struct wire_map *m);

/* What `original` is called on the wire. Lives in the arena or is `original`. */
struct slice wire_map_get(struct wire_map *m, struct slice original);

/* Fresh random ids of C8, in the arena: "toolu_" + 24, "msg_" + 24,
 * "chatcmpl-" + 29, "call_" + 24 base62; "resp_", "rs_", "fc_", "ctc_", "ws_",
 * and "msg_" of Responses items + 48 hex; Gemini 22 base64url. */
struct slice id_base62_new(struct arena *a, const char *prefix, size_t count);
struct slice id_hex_new(struct arena *a, const char *prefix);
struct slice id_gemini_new(struct arena *a);

/* The same shape made from what the upstream called it, so that converting an
 * answer twice gives the same bytes (C2). An empty seed gives a random id. */
struct slice id_base62_derive(struct arena *a, const char *prefix, size_t count,
			      struct slice seed);
struct slice id_hex_derive(struct arena *a, const char *prefix, struct slice seed);

#endif
