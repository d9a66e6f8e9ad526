/*
 * The requests of the self-test: the same question in each of the four
 * formats, as their clients write it.
 */
#ifndef SELFTEST_ASK_H
#define SELFTEST_ASK_H

#include "base/buf.h"
#include "config/config.h"

enum ask_kind {
	ASK_TEXT,               /* a text with characters that are easily broken */
	ASK_CALL,               /* calls a tool */
	ASK_CALLS,              /* calls two tools at once */
	ASK_RESULT,             /* brings a tool's result */
	ASK_IMAGE,
	ASK_THINKING,
	ASK_KINDS,
};

/* The text of ASK_TEXT, and the image of ASK_IMAGE (PNG, base64). */
extern const char ask_text[];
extern const char ask_image[];

/* Appends the path and the body of the request. `model` needs no escapes. */
void ask_path(enum format_id format, const char *model, bool is_stream, struct buf *out);
void ask_body(enum format_id format, enum ask_kind kind, const char *model, bool is_stream,
	      struct buf *out);

#endif
