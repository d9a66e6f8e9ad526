/*
 * Gemini's generateContent family, inside the formats room: what its files
 * share. Facts: gemini.md; rules: C35-C47, C51-C53, C61, C64, C72-C76, C88,
 * C94, C95, C99, C111, C124-C129, C137, C143.
 */
#ifndef FORMATS_GEMINI_H
#define FORMATS_GEMINI_H

#include "formats/format.h"

/* C61: stands for the signature of a call that another model made. */
#define GEMINI_NO_SIGNATURE "skip_thought_signature_validator"

/* ---- gemini.c: reading by either spelling, tables, signatures ---- */

/* The member called `camel`, or its snake_case spelling (C35). */
const struct json *gemini_get(const struct json *object, const char *camel);
struct slice gemini_text(const struct json *object, const char *camel);
/* A number, or its text as proto JSON writes an int64. */
bool gemini_int(const struct json *object, const char *camel, int64_t *out);

/* finishReason -> stop (C125). False: nothing a client could use came, so the
 * answer failed; `has_tool_use` and `has_content` say what did come. */
bool gemini_stop_read(struct slice reason, bool has_tool_use, bool has_content,
		      struct hub_stop *stop);
const char *gemini_stop_name(enum hub_stop_kind kind);

/* usageMetadata, as far as the object tells (C127). */
struct hub_usage gemini_usage_read(const struct json *metadata);
void gemini_usage_write(struct json_writer *w, const struct hub_usage *usage);

/* A client's thoughtSignature: base64 of an envelope gives its sig back (C64). */
struct hub_sig gemini_sig_read(struct arena *a, struct slice text);
/* The same for writing; absent when there is none. */
struct slice gemini_sig_text(struct arena *a, const struct hub_sig *sig);

/* ---- gemini_parts_decode.c ---- */

/* One part of a request or an answer; NULL: it says nothing. Call ids may be
 * absent. The block is complete. */
struct hub_block *gemini_part_read(struct arena *a, const struct json *part);

/* ---- gemini_contents_decode.c ---- */

bool gemini_contents_read(struct decoding *d, const struct json *body);

/* ---- gemini_tools.c ---- */

void gemini_tools_read(struct decoding *d, const struct json *body);
bool gemini_choice_read(struct decoding *d, const struct json *body);
/* tools and toolConfig. False: refused. */
bool gemini_tools_write(struct conversion *c, struct json_writer *w);
/* Are functions declared? Then some models take no schema for the answer (C99). */
bool gemini_has_functions(const struct hub_request *req);

/* ---- gemini_config_encode.c ---- */

/* generationConfig. False: refused. */
bool gemini_config_write(struct conversion *c, struct json_writer *w);

/* ---- gemini_contents_encode.c ---- */

/* The "contents" member (C41-C47, C61). False: refused. */
bool gemini_contents_write(struct conversion *c, struct json_writer *w);

/* ---- gemini_parts_encode.c ---- */

/* Writes one block as part objects. False: refused. `name` is the called
 * function's, for results; `sig` the part's thoughtSignature, may be absent. */
bool gemini_part_write(struct conversion *c, struct json_writer *w,
		       const struct hub_block *block, struct slice name, struct slice sig);
/* C45: older models take the media of a result as parts of their own. */
bool gemini_result_media_write(struct conversion *c, struct json_writer *w,
			       const struct hub_block *result);
bool gemini_is_media(const struct hub_block *block);

/* ---- gemini_grounding.c ---- */

/* Citations of the answer's text `text`, of which the open block begins at
 * byte `from`: groundingMetadata -> citations of that block (C129). */
struct hub_citation *gemini_grounding_read(struct arena *a, const struct json *metadata,
					   struct slice text, size_t from);

/* What the blocks of an answer cite, for the one groundingMetadata. */
struct gemini_grounding {
	struct arena arena;
	struct gemini_source *sources;
	size_t source_count;
	struct gemini_support *supports;
	size_t support_count;
};

void gemini_grounding_init(struct gemini_grounding *g);
void gemini_grounding_release(struct gemini_grounding *g);
/* A citation of the block whose text so far is `text`, `from` bytes into the
 * answer. */
void gemini_grounding_add(struct gemini_grounding *g, const struct hub_citation *citation,
			  struct slice text, size_t from);
/* The groundingMetadata member; nothing when nothing is cited. */
void gemini_grounding_write(struct json_writer *w, const struct gemini_grounding *g);

/* ---- gemini_write.c: pieces of an answer, whole or streamed ---- */

void gemini_text_part_write(struct json_writer *w, struct slice text, bool is_thought,
			    struct slice sig);
void gemini_call_part_write(struct json_writer *w, struct arena *a,
			    const struct hub_block *call, struct slice args);
/* finishReason and what explains it. */
void gemini_finish_write(struct json_writer *w, const struct hub_stop *stop);
/* Media and parts of Google's own tools, as far as an answer can have them. */
bool gemini_has_part(const struct hub_block *block);
void gemini_other_part_write(struct json_writer *w, const struct hub_block *block);
/* modelVersion and responseId. */
void gemini_identity_write(struct json_writer *w, struct slice model, struct slice id);
struct slice gemini_answer_id(struct arena *a, const struct answer_head *head);

/* ---- the table's entries ---- */

bool gemini_decode_request(struct decoding *d, const struct json *body);
bool gemini_encode_request(struct conversion *c, struct json_writer *w);
void gemini_decode_answer(struct arena *a, const struct json *body, struct emitter *e);
void gemini_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			  struct json_writer *w);

void gemini_decoder_init(void *state, const struct answer_plan *plan,
			 const struct event_sink *sink);
void gemini_decode_frame(void *state, struct arena *scratch, const struct json *frame);
void gemini_decode_eof(void *state);
void gemini_decoder_release(void *state);
void gemini_encoder_init(void *state, const struct answer_plan *plan);
void gemini_encode_event(void *state, const struct event *ev, struct buf *out);
void gemini_encoder_release(void *state);

#endif
