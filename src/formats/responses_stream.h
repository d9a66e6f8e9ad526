/* States of the two stream directions of OpenAI Responses; only their own
 * files look inside. */
#ifndef FORMATS_RESPONSES_STREAM_H
#define FORMATS_RESPONSES_STREAM_H

#include "formats/responses.h"
#include "formats/text_joiner.h"

/* Items that begin while another is open wait for its end (C135). The vendor
 * sends them one after the other; these bounds are for whoever does not. */
#define MAX_WAITING_ITEMS 64
#define MAX_WAITING_BYTES (4 * 1024 * 1024)

struct waiting_item {
	struct waiting_item *next;
	int64_t index;
	struct buf frames;                /* one JSON text a line */
};

struct responses_decoder {
	struct emitter e;
	struct text_joiner joiner;
	bool has_item;                    /* an announced item is open */
	int64_t index;                    /* its output_index, or the last one's */
	enum responses_item_kind kind;    /* of the open item */
	size_t sent;                      /* bytes of the open block's text, arguments, input */
	size_t parts;                     /* begun in the open message */
	size_t annotations;               /* passed on of the open part */
	bool has_logprobs;                /* of the open part, passed on */
	struct waiting_item *waiting;     /* in the order of their beginning */
	size_t waiting_count;
	size_t waiting_bytes;
};

struct responses_encoder {
	const struct answer_plan *plan;
	struct arena kept;                /* of the whole answer: id, model, stop */
	struct answer_head head;
	struct hub_usage usage;
	struct hub_stop stop;
	int64_t sequence;
	struct buf items;                 /* finished items, commas between */
	size_t index;                     /* output_index of the open item or the next */
	bool has_text;                    /* a text or refusal was shown (C126a) */

	/* the open block and its item */
	struct arena item_arena;
	struct hub_block block;
	struct hub_citation **citations;  /* where the next one goes */
	struct buf text;                  /* its text or arguments so far */
	const struct hub_logprob *told;   /* the last one that was sent */
	struct responses_item item;
	bool is_open;                     /* the item was announced */
	bool is_broken;                   /* the answer outgrew what can be repeated */
};

/* ---- responses_stream_items.c ---- */

/* A frame about the item with this index: the open one, or one that begins. */
void responses_item_frame(struct responses_decoder *d, struct arena *scratch,
			  const struct json *frame, int64_t index);
/* The open item as the upstream finished it; NULL: the stream ended inside it. */
void responses_finish_item(struct responses_decoder *d, struct arena *scratch,
			   const struct json *item);
void responses_close_block(struct responses_decoder *d);

/* ---- responses_stream_frames.c ---- */

/* Opens "event: TYPE / data: {"type":TYPE,"sequence_number":n". */
void responses_begin_frame(struct responses_encoder *e, struct json_writer *w, struct buf *out,
			   const char *type);
void responses_end_frame(struct json_writer *w);
/* A text about the open item. */
enum responses_text_frame {
	FRAME_TEXT,
	FRAME_TEXT_DONE,
	FRAME_REFUSAL,
	FRAME_REFUSAL_DONE,
	FRAME_SUMMARY,
	FRAME_SUMMARY_DONE,
	FRAME_ARGUMENTS,
	FRAME_INPUT,
	FRAME_INPUT_DONE,
};

void responses_text_frame(struct responses_encoder *e, enum responses_text_frame kind,
			  struct slice text, struct buf *out);
/* A piece of thinking, the part around it first. */
void responses_thinking_frames(struct responses_encoder *e, struct slice text, bool is_first,
			       struct buf *out);
/* Everything before an item's first piece. */
void responses_added_frames(struct responses_encoder *e, struct buf *out);
/* Everything behind its last one but the item itself. */
void responses_done_frames(struct responses_encoder *e, struct buf *out, bool is_cut);
void responses_item_done_frame(struct responses_encoder *e, struct buf *out, struct slice item);

#endif
