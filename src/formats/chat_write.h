/* What the writers of whole answers and of streams of Chat share. */
#ifndef FORMATS_CHAT_WRITE_H
#define FORMATS_CHAT_WRITE_H

#include "formats/chat.h"

/* Citations of one answer; a reader shows some dozens at most. */
#define MAX_ANNOTATIONS_BYTES (256 * 1024)

/* A block's place in the text of the message, in code points. */
struct chat_span {
	int64_t from;
	int64_t length;
};

/* Appends a url_citation of a block (C129); citations of other kinds have no
 * place in Chat. */
void chat_annotation_add(struct buf *list, const struct hub_citation *citation,
			 const struct chat_span *span);
/* The "annotations" member of a message or delta. */
void chat_annotations_write(struct json_writer *w, const struct buf *list);

/* The call's id, made up when the upstream gave none. */
struct slice chat_call_id(struct arena *a, const struct hub_block *call);
/* "function" or "custom": type and member in one. */
const char *chat_call_type(const struct hub_block *call);

#endif
