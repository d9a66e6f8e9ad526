/*
 * What a request is: by method and path, and where the two do not tell the
 * truth (a body of one format at another one's path), by the body's members.
 * Pure functions, any thread. Rules C117 and C118.
 */
#ifndef FORMATS_DETECT_H
#define FORMATS_DETECT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json_scan.h"
#include "config/config.h"

enum endpoint_kind {
	ENDPOINT_CALL,          /* POST that goes to an upstream */
	ENDPOINT_MODELS,        /* the models list; one model when `model` is set */
	ENDPOINT_SERVICE,       /* / */
	ENDPOINT_HEALTH,        /* /health, /healthz */
	ENDPOINT_HEALTH_LIVE,
	ENDPOINT_HEALTH_READY,
	ENDPOINT_METRICS,
	ENDPOINT_ADMIN,         /* /admin and below; `path` is what follows it */
	ENDPOINT_UNKNOWN,       /* 404 */
	ENDPOINT_BAD_METHOD,    /* 405; `allow` is the header's value */
};

struct detect_request {
	const char *method;
	const char *path;               /* as it came, without the query */
	const char *query;              /* "" = none */
	bool has_google_key;            /* header x-goog-api-key */
	bool has_anthropic_version;     /* header anthropic-version */
};

/* Strings are never NULL; they are literals or live in the arena. */
struct endpoint {
	enum endpoint_kind kind;
	enum format_id format;          /* FORMAT_NONE: only passed through */
	enum format_id family;          /* whose error bodies and lists the client
	                                 * reads; never FORMAT_NONE */
	enum operation op;
	const char *model;              /* of the path, decoded; "" = in the body */
	bool is_stream;                 /* by the path (Gemini) */
	bool is_array_stream;           /* that stream without alt=sse: a JSON array */
	const char *gemini_version;     /* "v1", "v1beta", "v1alpha" */
	const char *gemini_method;      /* "embedContent" … of a Gemini path */
	const char *path;               /* OP_OTHER: below the version prefix, raw */
	const char *allow;
};

/* Always gives an answer. Doubled leading slashes, a trailing one, a doubled
 * "/v1" and, for the known paths, a missing one are forgiven: they come from
 * base URLs that are nearly right. */
void detect_endpoint(const struct detect_request *req, struct arena *a,
		     struct endpoint *out);

/* Signs of a body's format, collected while its top level is scanned. All
 * zero at first. */
struct body_signs {
	bool has_messages;
	bool has_input;
	unsigned anthropic;             /* how many signs of each */
	unsigned chat;
};

/* Looks at one top-level member; of arrays only at the beginning. */
void detect_member(struct body_signs *signs, const struct json_member *member);

/* The format that the body has: the path's one, unless the signs speak for
 * another one and none against it. Only for OP_GENERATE and OP_COUNT_TOKENS. */
enum format_id detect_format(const struct body_signs *signs, enum format_id path_format);

/* The format in which the client reads the answer: the body's. One exception:
 * Cursor sends Responses bodies to chat/completions and reads Chat answers. */
enum format_id detect_answer_format(enum format_id body_format,
				    enum format_id path_format);

#endif
