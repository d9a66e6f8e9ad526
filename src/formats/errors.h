/*
 * Errors in the words of each format: reading what an upstream said, writing
 * what a client understands, before a stream or inside one. Rules C150-C157.
 * Pure functions, any thread.
 *
 * A FORMAT_NONE client gets OpenAI's shape, and so do Azure's SDKs (C117).
 */
#ifndef FORMATS_ERRORS_H
#define FORMATS_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/config.h"

/* C150 */
enum error_class {
	ERROR_INVALID,          /* the request's own fault */
	ERROR_CONTEXT,          /* ... longer than the model's context */
	ERROR_AUTH,
	ERROR_BILLING,          /* no credit, quota used up for good */
	ERROR_PERMISSION,
	ERROR_NOT_FOUND,
	ERROR_CONFLICT,
	ERROR_TOO_LARGE,
	ERROR_RATE,
	ERROR_FILTER,           /* refused for its content */
	ERROR_OVERLOADED,
	ERROR_TIMEOUT,
	ERROR_UNSUPPORTED,
	ERROR_INTERNAL,
	ERROR_UPSTREAM_BAD,     /* bytes that are no answer */
	ERROR_UPSTREAM_EOF,     /* an answer that broke off */
};

/* Strings are never NULL and are borrowed. */
struct api_error {
	enum error_class class;
	int status;             /* HTTP; 0 = what the class has in the format */
	const char *message;    /* as it came; writers clean and cut it (C152) */
	const char *code;       /* "" = what the class has in the format */
	const char *param;      /* JSON path of the offending value, "" = none */
	int64_t retry_after_ms; /* 0 = not known */
	const char *request_id; /* the gateway's own (C155), "" = none */
};

/* An error of the gateway itself with this status. */
struct api_error error_own(int status, const char *message);

/* The class of an upstream's HTTP status. */
enum error_class error_class_of_status(int status);
const char *error_class_name(enum error_class class);   /* for logs: "rate" */

/* Reads an upstream's error body, or the data of an error frame inside a 200
 * (then `status` is 200), in any of the shapes that servers use. What is no
 * JSON gives "upstream returned HTTP n" (C157). Strings live in the arena. */
void error_read(int status, struct slice body, struct arena *a, struct api_error *out);

/* Does this JSON object say that something failed? For frames inside a 200. */
bool error_is_frame(struct slice object);

/* The HTTP status for a client of this format. */
int error_status(enum format_id format, const struct api_error *e);

/* Appends the body (application/json). */
void error_write_body(enum format_id format, const struct api_error *e, struct buf *out);

/* What the client has seen of the stream that now ends. */
struct error_stream {
	bool is_array;                  /* Gemini without alt=sse */
	bool has_elements;              /* ... that had one already */
	int64_t sequence_number;        /* Responses: of the next frame */
	const char *response_id;        /* Responses: "" = none was created */
	const char *model;
	int64_t created_at;             /* seconds */
	struct slice output;            /* JSON array of its items so far; empty = [] */
};

/* Appends the terminal frame of a stream that failed (C140-C143, C156); the
 * connection is closed after it. `stream` may be NULL. */
void error_write_event(enum format_id format, const struct api_error *e,
		       const struct error_stream *stream, struct buf *out);

#endif
