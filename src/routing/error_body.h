/*
 * What an error body says, whichever shape it has: the vendors' envelopes,
 * bare objects, a string, an array around it, a stream's error frame, HTML.
 * Slices point into the body, string contents still escaped.
 */
#ifndef ROUTING_ERROR_BODY_H
#define ROUTING_ERROR_BODY_H

#include <stdbool.h>

#include "base/str.h"

#define ERROR_WORDS 8

struct error_body {
	bool is_html;
	struct slice message;   /* its first 4 KB */
	struct slice quoted;    /* the same whole, with quotes, when it is a JSON string */
	struct slice words[ERROR_WORDS];  /* type, code, status, reason: identifiers */
	size_t word_count;
	int status;             /* an HTTP status given as a code; 0: none */
	int64_t reset_ms;       /* from now; -1: not said */
	const char *reset_from; /* the member that said so */
	bool is_daily;          /* a quota per day is what is exceeded */
	bool is_per_model;
};

void error_body_read(struct slice body, int64_t now_wall_ms, struct error_body *out);

/* Is this body, or this frame of a stream, an error although the status is
 * 200? False for anything that is not a JSON object with an error in it. */
bool error_body_is_error(struct slice body);

#endif
