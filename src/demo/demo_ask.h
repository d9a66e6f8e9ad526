/*
 * What the demo upstream understands of a request: enough to answer in kind.
 */
#ifndef DEMO_ASK_H
#define DEMO_ASK_H

#include "base/json_scan.h"
#include "demo/demo_answer.h"
#include "formats/detect.h"

#define DEMO_MAX_TOOLS 8        /* what more a request brings is not looked at */

struct demo_tool {
	const char *name;
	struct slice schema;
};

/* Strings are never NULL. */
struct demo_ask {
	struct endpoint endpoint;
	struct slice body;
	const char *model;
	bool is_stream;
	bool wants_usage;               /* Chat: stream_options.include_usage */
	bool wants_thinking;
	bool shows_thinking;            /* its text, not only that it happened */
	bool wants_blob;                /* Responses: reasoning.encrypted_content */
	bool wants_json;
	struct slice schema;            /* of the answer; empty = any JSON */
	const char *user_text;          /* the last one; "" = none, or a long one */
	size_t image_count;             /* beside that text */
	const char *image_type;         /* of the last one: "image/png" */
	const char *image_data;         /* its base64 */
	bool has_tool_result;           /* the last thing said is a tool's */
	struct demo_tool tools[DEMO_MAX_TOOLS];
	size_t tool_count;
	bool must_call;
	int64_t max_tokens;             /* 0 = no limit */
	int64_t tokens_in;              /* an estimate */
};

/* False when the body is no JSON object or lacks what its format demands;
 * `*why` then names it. */
bool demo_ask_read(const struct endpoint *endpoint, struct slice body, struct arena *a,
		   struct demo_ask *out, const char **why);

#endif
