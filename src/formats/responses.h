/*
 * OpenAI Responses, inside the formats room: what its files share. Facts:
 * openai-responses.md; rules: C29-C34, C45-C48, C53-C58, C62, C97, C98, C104,
 * C106, C110, C123-C127, C135, C142.
 */
#ifndef FORMATS_RESPONSES_H
#define FORMATS_RESPONSES_H

#include "formats/format.h"

/* ---- responses.c: tables in both directions ---- */

/* Why a response ended (C125, C126a): from its status, and whether it has
 * calls or a refusal. */
struct hub_stop responses_stop_read(const struct json *response, const struct emitter *e);
/* Did it end before it was done? Then its last item is incomplete too. */
bool responses_stop_is_cut(const struct hub_stop *stop);
/* "completed", "incomplete", "failed". */
const char *responses_status(const struct hub_stop *stop);
/* What a client reads when an upstream stopped with an error it did not name. */
#define RESPONSES_FAILURE "the upstream stopped with an error"
/* "max_output_tokens", "content_filter"; NULL: it was not cut. */
const char *responses_stop_reason(const struct hub_stop *stop);

void responses_usage_read(const struct json *usage, struct hub_usage *out);
/* The usage object with both details (C127): strict readers need them. */
void responses_usage_write(struct json_writer *w, const struct hub_usage *usage);

/* The id, model and time of a response. */
struct answer_head responses_head_read(const struct json *response);

/* ---- responses_items_decode.c ---- */

/* An item of the model's side that is no message: reasoning, a call, a server
 * tool's item. Complete; never NULL. */
struct hub_block *responses_item_read(struct arena *a, const struct json *item);
/* Arguments of a call as text, whatever the server made of them. */
struct slice responses_arguments(struct arena *a, const struct json *item);
/* The text of a reasoning item: summaries, else raw thinking, parts joined by
 * blank lines (C30). */
struct slice responses_reasoning_text(struct arena *a, const struct json *item);
/* An output_text or refusal part, complete; NULL: another one. */
struct hub_block *responses_output_part_read(struct arena *a, const struct json *part);
struct hub_citation *responses_citation_read(struct arena *a, const struct json *v);
/* Does an item of this type belong to the model's side? */
bool responses_is_model_item(struct slice type);

/* ---- responses_content_decode.c ---- */

/* String or parts into a list; `path` names them in a refusal. */
bool responses_content_read(struct decoding *d, const struct json *content, const char *path,
			    struct hub_blocks *out);

/* ---- responses_request_decode.c ---- */

/* reasoning, text: also of items that change them on the way. */
void responses_settings_read(struct decoding *d, const struct json *v);

/* ---- responses_input_decode.c ---- */

/* The "input" member (C29-C31). False: refused. */
bool responses_input_read(struct decoding *d, const struct json *body);

/* ---- responses_tools_decode.c ---- */

/* tools and tool_choice (C32). False: refused. */
bool responses_tools_read(struct decoding *d, const struct json *body);
/* "namespace__name" of a tool in a namespace, else the name. */
struct slice responses_tool_name(struct arena *a, struct slice name_space, struct slice name);

/* ---- responses_tools_encode.c ---- */

/* tools, tool_choice, parallel_tool_calls (C48-C53, C91). False: refused. */
bool responses_tools_write(struct conversion *c, struct json_writer *w);

/* ---- responses_input_encode.c ---- */

/* The "input" member (C41, C43, C62, C70, C71). False: refused. */
bool responses_input_write(struct conversion *c, struct json_writer *w);

/* ---- responses_parts_encode.c ---- */

/* Text and media of a user, a developer or a tool's result as input parts;
 * blocks that are no content are left out. False: refused. */
bool responses_parts_write(struct conversion *c, struct json_writer *w,
			   const struct hub_blocks *blocks);
/* One of them; nothing for what leaves nothing behind. */
bool responses_part_write(struct conversion *c, struct json_writer *w,
			  const struct hub_block *block);
bool responses_is_part(const struct hub_block *block);

/* ---- responses_item_write.c: items of an answer ---- */

enum responses_item_kind {
	ITEM_NONE,                        /* a block that this client does not get */
	ITEM_MESSAGE,
	ITEM_REASONING,
	ITEM_FUNCTION,
	ITEM_CUSTOM,
	ITEM_SEARCH,                      /* another vendor's web search */
	ITEM_RAW,                         /* the vendor's own, as it came */
};

/* What this client sees of a block (C123, C142). */
enum responses_item_kind responses_item_kind(const struct answer_plan *plan,
					     const struct hub_block *block);

/* Has a complete block nothing that this client could read or send back? */
bool responses_is_empty(const struct answer_plan *plan, const struct hub_block *block);

struct responses_item {
	enum responses_item_kind kind;
	const struct hub_block *block;    /* complete */
	struct slice id;
	const char *status;               /* in_progress, completed, incomplete */
};

/* The item's id: the same whenever this answer is converted (C2). */
struct slice responses_item_id(struct arena *a, enum responses_item_kind kind,
			       struct slice response_id, size_t index);
void responses_item_write(struct json_writer *w, const struct answer_plan *plan,
			  const struct responses_item *item);
/* The part of a message: output_text with its annotations, or refusal. */
void responses_output_part_write(struct json_writer *w, const struct hub_block *block);
/* One annotation (C129); false and nothing for what has no place here. */
bool responses_annotation_write(struct json_writer *w, const struct hub_citation *citation,
				struct slice text);
/* The name as the client gave it, without its namespace. */
struct slice responses_call_name(const struct hub_block *call);
/* Arguments of a finished call: an object when there were none. */
struct slice responses_call_arguments(const struct hub_block *call, bool is_cut);
/* A reasoning item for the signature of a call, which has no place of its own
 * (C62, C65); its kind is NONE when there is nothing to carry. */
struct hub_block responses_signature_block(const struct answer_plan *plan,
					   const struct hub_block *call);
/* C126a: the refusal's text when the upstream gave none. */
struct slice responses_refusal_text(const struct hub_stop *stop);

/* ---- responses_object.c ---- */

/* A response of any status: an object with what the schema requires. */
struct responses_object {
	const struct answer_head *head;   /* its id is the client's */
	const char *status;
	struct slice items;               /* JSON, commas between, no brackets */
	const struct hub_usage *usage;    /* NULL: none yet */
	const struct hub_stop *stop;      /* NULL: goes on */
};

void responses_object_write(struct json_writer *w, const struct answer_plan *plan,
			    const struct responses_object *object);
/* The id that a client sees. */
struct slice responses_answer_id(struct arena *a, const struct answer_head *head);

/* ---- responses_answer.c ---- */

/* Every block of a whole item, in order. */
void responses_item_emit(struct arena *a, struct emitter *e, const struct json *item);

/* ---- the table's entries ---- */

bool responses_decode_request(struct decoding *d, const struct json *body);
bool responses_encode_request(struct conversion *c, struct json_writer *w);
void responses_decode_answer(struct arena *a, const struct json *body, struct emitter *e);
void responses_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			     struct json_writer *w);

void responses_decoder_init(void *state, const struct answer_plan *plan,
			    const struct event_sink *sink);
void responses_decode_frame(void *state, struct arena *scratch, const struct json *frame);
void responses_decode_eof(void *state);
void responses_decoder_release(void *state);
void responses_encoder_init(void *state, const struct answer_plan *plan);
void responses_encode_event(void *state, const struct event *ev, struct buf *out);
void responses_encoder_release(void *state);

#endif
