/*
 * OpenAI Chat Completions, inside the formats room: what its files share.
 * Facts: openai-chat.md, and azure-and-compatible.md for the many servers that
 * speak nearly the same; rules: C20-C28, C41-C59, C63, C66, C91, C97-C110,
 * C113, C120-C129, C133-C134b, C141.
 */
#ifndef FORMATS_CHAT_H
#define FORMATS_CHAT_H

#include "formats/format.h"

/* ---- chat.c: tables in both directions ---- */

/* A finish_reason in any server's words (azure-and-compatible.md section 4.5);
 * what is not known is an end. STOP_ERROR: the answer failed. */
enum hub_stop_kind chat_stop_read(struct slice reason);
/* What it means when the answer had calls or a refusal (C125, C126a). */
enum hub_stop_kind chat_stop_adjust(enum hub_stop_kind kind, bool has_calls, bool has_refusal);
/* finish_reason (C125). */
const char *chat_stop_name(enum hub_stop_kind kind, bool has_calls, bool has_refusal);
/* The error that a finish_reason stands for, when chat_stop_read said so. */
void chat_stop_fail(struct emitter *e, struct slice reason);

/* Usage of a chunk or an answer, wherever the server puts it; false: none. */
bool chat_usage_read(const struct json *frame, struct hub_usage *out);
void chat_usage_write(struct json_writer *w, const struct hub_usage *usage);

/* Pushes the error that a 200 answer or a frame of a stream tells of; false:
 * it tells of none. */
bool chat_emit_error(struct emitter *e, struct arena *a, const struct json *frame);

/* The id a client sees: Chat's own, else one made from the upstream's. */
struct slice chat_answer_id(struct arena *a, const struct answer_plan *plan,
			    const struct answer_head *head);
/* id, object, created, model; `is_chunk` of a stream. */
void chat_head_write(struct json_writer *w, const struct answer_plan *plan,
		     const struct answer_head *head, bool is_chunk);
/* Mistral differs in some members; its ids give it away, whatever its host is
 * called (C87). */
bool chat_is_mistral(const struct conversion *c);

/* C126a: the words for a refusal that came without any. */
struct slice chat_refusal_text(const struct hub_stop *stop);

/* ---- chat_parts_decode.c ---- */

/* String or part array of a request's message `index` into blocks. False: refused. */
bool chat_content_read(struct decoding *d, const struct json *content, size_t index,
		       struct hub_blocks *out);

/* ---- chat_assistant_decode.c ---- */

/* Everything the assistant said in one message, of a request or an answer:
 * thinking, text, refusal, calls (C21). `old_id` is for a function_call, which
 * has none; absent: whoever shows it makes one. */
void chat_assistant_read(struct arena *a, const struct json *message, struct slice old_id,
			 struct hub_blocks *out);
/* Parts and tools that only Chat knows. They have no origin: Responses is the
 * same vendor's, but has other ones. */
#define CHAT_PART_ORIGIN ORIGIN_NONE
struct hub_block *chat_opaque_read(struct arena *a, const struct json *part, struct slice type);
/* Arguments as text, also of servers that send them as an object (C134a). */
struct slice chat_args_read(struct arena *a, const struct json *arguments);

/* ---- chat_reasoning.c ---- */

/* Thinking blocks of a message (azure-and-compatible.md section 4.6). */
void chat_reasoning_read(struct arena *a, const struct json *message, struct hub_blocks *out);
/* Text of a thinking chunk of Mistral's. */
struct slice chat_chunk_text(struct arena *a, const struct json *chunk);
/* The text of an entry of reasoning_details, whatever its type. */
const struct json *chat_detail_text(const struct json *entry);
bool chat_details_have_text(const struct json *details);
/* The plain reasoning text of a message or delta; NULL: none. */
const struct json *chat_reasoning_text(const struct json *v);

/* An entry of reasoning_details without its text, put together from pieces;
 * OpenRouter's have half as many members. */
struct chat_detail {
	struct {
		struct slice key;
		struct slice raw;
	} members[10];
	size_t count;
};

/* Takes over a piece's members; the last value of each counts. */
void chat_detail_add(struct chat_detail *detail, struct arena *a, const struct json *entry);
/* Is it a further piece of the same entry? */
bool chat_detail_continues(const struct chat_detail *detail, const struct json *entry);
struct hub_sig chat_detail_sig(const struct chat_detail *detail, struct arena *a);

/* Thinking goes back as this server wants it (C63): members of an assistant
 * message, before its content. */
void chat_reasoning_write(struct conversion *c, struct json_writer *w,
			  const struct hub_message *m, bool has_calls);
/* … or as chunks at the front of its content array. */
bool chat_replays_chunks(const struct conversion *c, const struct hub_message *m,
			 bool has_calls);
void chat_chunks_write(struct json_writer *w, const struct hub_message *m);

/* ---- chat_tools_decode.c, chat_tools_encode.c ---- */

/* tools, functions, tool_choice, function_call, web_search_options. */
bool chat_tools_read(struct decoding *d, const struct json *body);
bool chat_tools_write(struct conversion *c, struct json_writer *w);

/* ---- chat_messages_decode.c, chat_messages_encode.c ---- */

bool chat_messages_read(struct decoding *d, const struct json *body);
/* The "messages" member (C20, C41-C47). False: refused. */
bool chat_messages_write(struct conversion *c, struct json_writer *w);

/* ---- chat_parts_encode.c ---- */

/* The blocks that this upstream gets: text, media, own opaque parts; what can
 * only be text has become text. False: refused. */
bool chat_flatten(struct conversion *c, enum hub_role role, const struct hub_blocks *blocks,
		  struct hub_blocks *flat);
/* The value of "content" for such blocks, of which there is at least one. */
void chat_content_write(struct conversion *c, struct json_writer *w,
			const struct hub_blocks *flat);
/* ---- chat_completion.c: /v1/completions (C113) ---- */

bool chat_completion_read(struct decoding *d, const struct json *body);
/* Members of both bodies that are read alike. */
bool chat_scalars_read(struct decoding *d, const struct json *body);

/* ---- the table's entries ---- */

bool chat_decode_request(struct decoding *d, const struct json *body);
bool chat_encode_request(struct conversion *c, struct json_writer *w);
void chat_decode_answer(struct arena *a, const struct json *body, struct emitter *e);
void chat_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			struct json_writer *w);

void chat_decoder_init(void *state, const struct answer_plan *plan,
		       const struct event_sink *sink);
void chat_decode_frame(void *state, struct arena *scratch, const struct json *frame);
void chat_decode_done(void *state);
void chat_decode_eof(void *state);
void chat_decoder_release(void *state);
void chat_encoder_init(void *state, const struct answer_plan *plan);
void chat_encode_event(void *state, const struct event *ev, struct buf *out);
void chat_encoder_release(void *state);

#endif
