/*
 * Anthropic Messages, inside the formats room: what its files share. Facts:
 * anthropic-messages.md; rules: C14-C19, C41-C60, C120-C132, C140.
 */
#ifndef FORMATS_ANTHROPIC_H
#define FORMATS_ANTHROPIC_H

#include "formats/format.h"

/* ---- anthropic.c: tables in both directions ---- */

struct hub_stop anthropic_stop_read(const struct json *message);
/* stop_reason, stop_sequence, stop_details (C125). */
void anthropic_stop_write(struct json_writer *w, const struct hub_stop *stop);

/* Usage as the vendor counts it: -1 is "not told". */
struct anthropic_usage {
	int64_t uncached;
	int64_t cache_read;
	int64_t cache_write;
	int64_t cache_write_1h;
	int64_t output;
	int64_t thinking;
	int64_t web_searches;
};

#define ANTHROPIC_USAGE_INIT { -1, -1, -1, -1, -1, -1, -1 }

/* Takes over what the usage object tells; later ones replace (section 9.7). */
void anthropic_usage_read(struct anthropic_usage *u, const struct json *usage);
struct hub_usage anthropic_usage_hub(const struct anthropic_usage *u);
/* The usage object with all counters (C127, C140). */
void anthropic_usage_write(struct json_writer *w, const struct hub_usage *usage);

/* ---- anthropic_blocks_decode.c ---- */

/* One content block of a request or an answer; NULL: it says nothing (a
 * malformed one). The block is complete. */
struct hub_block *anthropic_block_read(struct arena *a, const struct json *v);
/* String or array content into a list. */
void anthropic_content_read(struct arena *a, const struct json *content,
			    struct hub_blocks *out);
struct hub_citation *anthropic_citation_read(struct arena *a, const struct json *v);
enum hub_cache anthropic_cache_read(const struct json *v);
/* A foreign block whose JSON is `v`: server_tool_use, *_tool_result, others. */
struct hub_block *anthropic_foreign_read(struct arena *a, const struct json *v);

/* ---- anthropic_tools.c ---- */

void anthropic_tools_read(struct decoding *d, const struct json *body);
/* tools and tool_choice (C48-C53, C89, C90). False: refused. */
bool anthropic_tools_write(struct conversion *c, struct json_writer *w, unsigned *skip_marks,
			   bool thinking_on);
/* Cache marks, newest four stay (C56): takes one off `skip` or writes it. */
void anthropic_cache_write(struct json_writer *w, enum hub_cache cache, unsigned *skip);

/* ---- anthropic_thinking.c ---- */

struct anthropic_thinking {
	enum { ANTHROPIC_OMIT, ANTHROPIC_OFF, ANTHROPIC_BETWEEN, ANTHROPIC_BUDGET,
	       ANTHROPIC_ADAPTIVE } kind;
	int64_t budget;
	int64_t max_tokens;
	enum hub_effort effort;           /* UNSET: not written */
};

/* max_tokens, thinking and effort as they fit this model (C60, C103, C104,
 * C108, C109). */
void anthropic_thinking_plan(struct conversion *c, struct anthropic_thinking *out);
void anthropic_thinking_write(const struct anthropic_thinking *t, enum hub_show show,
			      struct json_writer *w);

/* ---- anthropic_messages_encode.c ---- */

/* The "messages" member (C41-C47, C60, C70-C77). False: refused. */
bool anthropic_messages_write(struct conversion *c, struct json_writer *w,
			      unsigned *skip_marks);
/* An array of blocks of one list, for system and tool results. */
bool anthropic_blocks_write(struct conversion *c, struct json_writer *w,
			    const struct hub_blocks *blocks, enum hub_role role,
			    unsigned *skip_marks);

/* ---- anthropic_block_encode.c ---- */

/* One block as JSON. Tells whether something was written; a refusal sets
 * *failed and c->error. */
bool anthropic_block_write(struct conversion *c, struct json_writer *w,
			   const struct hub_block *block, enum hub_role role,
			   unsigned *skip_marks, bool *failed);

/* Would anything be written for it? A refusal counts as something. */
bool anthropic_block_has_content(const struct hub_block *block);

/* ---- anthropic_answer.c ---- */

/* The id a client sees: Anthropic's own, else one made from the upstream's. */
struct slice anthropic_answer_id(struct arena *a, const struct answer_head *head);

/* ---- the table's entries ---- */

bool anthropic_decode_request(struct decoding *d, const struct json *body);
bool anthropic_encode_request(struct conversion *c, struct json_writer *w);
void anthropic_decode_answer(struct arena *a, const struct json *body, struct emitter *e);
void anthropic_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			     struct json_writer *w);

void anthropic_decoder_init(void *state, const struct answer_plan *plan,
			    const struct event_sink *sink);
void anthropic_decode_frame(void *state, struct arena *scratch, const struct json *frame);
void anthropic_decode_eof(void *state);
void anthropic_decoder_release(void *state);
void anthropic_encoder_init(void *state, const struct answer_plan *plan);
void anthropic_encode_event(void *state, const struct event *ev, struct buf *out);
void anthropic_encoder_release(void *state);

#endif
