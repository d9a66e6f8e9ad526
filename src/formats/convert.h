/*
 * The conversion of one exchange, as the gateway sees it: the client's body
 * in, the upstream's body out; the upstream's bytes in, the client's out.
 * Used only when the two sides speak different formats (C1 is the other case).
 *
 *	request = convert_decode(source, arena, &warnings, &error)
 *	for each candidate: convert_encode(request, target, &converted, &error)
 *	stream = convert_stream_create(converted.plan, is_sse)
 *	for each piece:  state = convert_stream_feed(stream, bytes, &out)
 *	at the end:      state = convert_stream_finish(stream, &out)
 *
 * In state NEXT the answer needs another call of the same upstream: the request
 * is encoded for the next round, and convert_stream_next takes its answer.
 *
 * No network, no clock but the answer's creation time and the age of what is
 * remembered; any thread, one exchange at a time.
 */
#ifndef FORMATS_CONVERT_H
#define FORMATS_CONVERT_H

#include "formats/answer_plan.h"
#include "formats/event.h"
#include "formats/warnings.h"

/* ---- requests ---- */

struct convert_source {
	enum format_id format;
	struct slice body;                /* must outlive the request */
	const char *path_model;           /* model of the URL; NULL: in the body */
	bool path_stream;                 /* Gemini: streamGenerateContent */
	bool gemini_array;                /* … without alt=sse */
	bool text_completion;             /* Chat: the body is one of /v1/completions */
	bool is_count;                    /* asks for a count, not for an answer (C115) */
	const struct sig_scope *signatures;       /* lives as long; NULL: none (C66) */
};

struct convert_target {
	enum format_id format;
	const struct upstream_account *account;   /* options */
	const char *model;                /* name for the upstream */
	const char *asked_model;          /* name that the answer carries (C7) */
	unsigned round;                   /* 0: the first call of the answer's */
};

/* What goes to the upstream. Release with converted_release. */
struct converted {
	struct buf body;
	bool stream;                      /* the upstream is asked to stream */
	const char *anthropic_version;    /* header value; NULL: target is another format */
	struct answer_plan *plan;         /* for convert_stream_create, which takes it */
	unsigned rounds;                  /* calls, one after the other, for one answer (C113) */
	struct buf warnings;              /* value of x-llm-gateway-warnings; may be empty */
};

/* The hub request in the arena, or NULL and *error (always the client's
 * fault). Decode warnings go to *warnings, which this initialises. */
struct hub_request *convert_decode(const struct convert_source *source, struct arena *a,
				   struct warnings *warnings, struct api_error *error);

/* Encodes for one candidate. `warnings` are convert_decode's and are not
 * changed. False and *error: this pair of formats cannot carry the request
 * (C160), or `strict` forbids what would be lost (C10). */
bool convert_encode(struct hub_request *req, const struct convert_target *target,
		    const struct warnings *warnings, struct converted *out,
		    struct api_error *error);
void converted_release(struct converted *c);

/* ---- answers ---- */

enum convert_state {
	CONVERT_WAITING,                  /* nothing meaningful yet: hold the head */
	CONVERT_FLOWING,                  /* content has come */
	CONVERT_NEXT,                     /* this call's part is whole; see above */
	CONVERT_COMPLETE,                 /* the answer is whole; stop reading */
	CONVERT_FAILED,                   /* see convert_stream_error */
};

struct convert_stream;

/* Takes the plan. `upstream_is_sse`: by its content type; otherwise the
 * upstream's answer is one JSON text, whatever was asked (C147). */
struct convert_stream *convert_stream_create(struct answer_plan *plan, bool upstream_is_sse);
void convert_stream_destroy(struct convert_stream *s);

/* After NEXT: from here on come the bytes of the next round's call. */
void convert_stream_next(struct convert_stream *s, bool upstream_is_sse);

/* Feeds upstream bytes; what they mean for the client is appended to `out` at
 * once. A client that does not stream gets its one JSON text when the answer
 * is complete. In state WAITING `out` holds opening frames that may still be
 * thrown away for another candidate. */
enum convert_state convert_stream_feed(struct convert_stream *s, struct slice bytes,
				       struct buf *out);

/* The upstream closed the connection. Ends in COMPLETE or FAILED. */
enum convert_state convert_stream_finish(struct convert_stream *s, struct buf *out);

/* The gateway gives up (timeout, broken connection). Ends in FAILED unless
 * the answer was complete. */
enum convert_state convert_stream_fail(struct convert_stream *s, const struct api_error *error,
				       struct buf *out);

/* A sign of life for a streaming client, after its head was sent (C140-C143). */
void convert_stream_keepalive(struct convert_stream *s, struct buf *out);

/* The same for a stream that passes unread, at the end of one of its events.
 * "" for FORMAT_NONE, whose streams nobody knows. */
const char *format_keepalive(enum format_id format);

/* After FAILED: the error, borrowed. When content had reached a streaming
 * client, its in-stream form is already in `out` (C156); otherwise nothing
 * was written, and the caller tries elsewhere or answers with an HTTP error
 * (C145). */
const struct api_error *convert_stream_error(const struct convert_stream *s);
bool convert_stream_wrote_error(const struct convert_stream *s);

/* Writes the in-stream form of an error when the head had to go out early
 * (C145, early_head) and convert_stream_wrote_error is false. */
void convert_stream_write_error(struct convert_stream *s, const struct api_error *error,
				struct buf *out);

/* So far; counts are -1 where the upstream told none. */
const struct hub_usage *convert_stream_usage(const struct convert_stream *s);
/* The upstream's own name of the model, "" when not told (C7). */
const char *convert_stream_upstream_model(const struct convert_stream *s);
/* Content type of the client's answer. */
const char *convert_stream_content_type(const struct convert_stream *s);

#endif
