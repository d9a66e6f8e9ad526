/* States of the two stream directions of Anthropic Messages; only their own
 * files look inside. */
#ifndef FORMATS_ANTHROPIC_STREAM_H
#define FORMATS_ANTHROPIC_STREAM_H

#include "formats/anthropic.h"
#include "formats/text_joiner.h"

struct anthropic_decoder {
	struct emitter e;
	struct anthropic_usage usage;
	struct text_joiner joiner;
	struct arena kept;                /* of the open block and the stop */
	struct hub_block *foreign;        /* a server tool's call, sent when complete */
	struct buf input;                 /* its input so far */
	struct slice whole_args;          /* a call that was announced with its input */
	bool has_args;                    /* argument deltas have come */
	struct slice signature;
	bool has_stop;
	struct hub_stop stop;
};

struct anthropic_encoder {
	const struct answer_plan *plan;
	struct hub_usage usage;
	unsigned index;                   /* of the client's block */
	bool is_open;                     /* a client block is open */
	enum hub_block_kind kind;
	struct buf args;                  /* arguments held until it is clear what they are */
	struct arena kept;                /* texts of the stop */
	struct hub_stop stop;
	bool args_flow;                   /* they begin an object and are passed on */
};

#endif
