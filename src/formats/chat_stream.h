/* States of the two stream directions of Chat; only their own files look
 * inside. */
#ifndef FORMATS_CHAT_STREAM_H
#define FORMATS_CHAT_STREAM_H

#include "formats/chat.h"
#include "formats/chat_calls.h"
#include "formats/text_joiner.h"

/* One answer of the stream being read. */
struct chat_choice {
	struct emitter e;
	struct text_joiner joiner;        /* of the open text, refusal or thinking */
	struct chat_calls calls;
	struct buf late[2];               /* text and thinking that came inside a call */
	struct arena kept;                /* of the thinking that is open */
	struct chat_detail detail;        /* OpenRouter's entry, without its text */
	struct slice signature;           /* Mistral's */
	const struct hub_logprob *logprobs;   /* of the chunk being read, not yet passed on */
	enum hub_stop_kind stop;
	bool has_finish;
};

struct chat_choice *chat_choice_create(const struct event_sink *sink, unsigned number);
void chat_choice_destroy(struct chat_choice *c);              /* NULL-safe */
/* Takes one entry of a chunk's `choices`. */
void chat_choice_feed(struct chat_choice *c, struct arena *scratch, const struct json *choice);
/* The stream has ended: closes what is open and pushes STOP. */
void chat_choice_stop(struct chat_choice *c);

struct chat_decoder {
	struct event_sink sink;
	struct chat_choice *choices[MAX_CHOICES];   /* made when they begin */
	struct arena kept;                /* of the head */
	struct answer_head head;
	struct hub_usage usage;
	bool has_usage;
	bool is_over;
};

/* One answer of the stream being written. */
struct chat_written {
	unsigned calls;
	enum hub_block_kind open_kind;
	bool has_args;                    /* of the open call */
	bool is_custom;                   /* the open call is one */
	bool has_text;
	bool has_refusal;
	struct buf input;                 /* arguments of an open custom call */
	int64_t length;                   /* code points of all texts before the open one */
	int64_t open_length;
	struct arena kept;                /* of the open text's citations */
	struct hub_citation *citations;
	struct buf annotations;           /* JSON, comma-separated */
	struct arena tokens;              /* of the next */
	struct hub_logprobs logprobs;     /* that wait for their text */
};

struct chat_encoder {
	const struct answer_plan *plan;
	struct arena kept;                /* of the head */
	struct answer_head head;
	struct hub_usage usage;
	struct chat_written *written[MAX_CHOICES];  /* made when they begin */
};

#endif
