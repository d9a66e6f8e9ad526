/*
 * Puts the model name that the client asked for into an answer that passes
 * through otherwise untouched (product: §11 "Model in answers"), and takes out
 * the usage chunk that only the gateway asked for ("Usage of Chat streams").
 * Every other byte stays.
 */
#ifndef GATEWAY_MODEL_FILTER_H
#define GATEWAY_MODEL_FILTER_H

#include "base/buf.h"
#include "config/config.h"

struct model_filter {
	enum format_id format;
	struct buf name;        /* the asked name as a JSON string */
	struct buf line;        /* the beginning of a line whose end is not here */
	bool is_in_line;        /* a line's beginning has gone out already */
	bool is_done;           /* nothing to replace any more: bytes pass */
	bool hides_usage;       /* Chat: a chunk with usage and no choice is left out */
	bool is_after_hidden;   /* the blank line that ended it goes too */
};

/* `asked` NULL: the name stays. */
void model_filter_init(struct model_filter *f, enum format_id format, const char *asked);
void model_filter_release(struct model_filter *f);

/* A whole JSON answer. Appends to `out`. */
void model_filter_json(struct model_filter *f, struct slice body, struct buf *out);

/* Stream bytes, cut anywhere. Appends what may go out now; only a started
 * `data:` line is kept back until its end. */
void model_filter_feed(struct model_filter *f, struct slice bytes, struct buf *out);
void model_filter_finish(struct model_filter *f, struct buf *out);

#endif
