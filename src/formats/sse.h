/*
 * Incremental reader of text/event-stream (WHATWG HTML, "Server-sent
 * events"), tolerant where servers are sloppy: LF, CRLF and CR, no space
 * behind the colon, a byte order mark, several data lines, comments, a
 * missing blank line at the end, a bare JSON object without `data:` (an error
 * that a proxy glued on). Any split of the bytes gives the same events; lines
 * of megabytes work up to MAX_SSE_EVENT_BYTES.
 *
 * An event that lies in one piece in the bytes that were fed is not copied.
 */
#ifndef FORMATS_SSE_H
#define FORMATS_SSE_H

#include <stdbool.h>

#include "base/buf.h"

struct sse_event {
	struct slice name;            /* empty: no event line */
	struct slice data;            /* lines joined with LF; the comment's text */
	bool is_comment;
};

struct sse_parser {
	struct buf line;              /* begun in an earlier piece */
	struct buf data;              /* of the event so far, when it had to be kept */
	struct slice borrowed;        /* its first data line, in the bytes being fed */
	char name[64];
	bool has_data;
	bool skip_lf;                 /* a CR ended the last piece */
	bool is_begun;                /* the place of the byte order mark is behind */
};

typedef void (*sse_callback)(void *ctx, const struct sse_event *ev);

void sse_init(struct sse_parser *p);
void sse_release(struct sse_parser *p);

/* Reports what is complete; the event is borrowed for the call. False when an
 * event is too large: the parser must not be fed again. */
bool sse_feed(struct sse_parser *p, const char *ptr, size_t len, sse_callback on_event,
	      void *ctx);

/* The end of the stream: reports an event whose blank line is missing. It may
 * be cut off. */
void sse_finish(struct sse_parser *p, sse_callback on_event, void *ctx);

/* ---- writing ---- */

/* "event: NAME\ndata: " and "data: "; the JSON follows, then sse_end. */
void sse_begin(struct buf *out, const char *name);            /* NULL: no event line */
void sse_end(struct buf *out);
void sse_comment(struct buf *out, const char *text);

#endif
