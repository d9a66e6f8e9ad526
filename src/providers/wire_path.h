/*
 * Where each wire format puts its operations below a base URL. What the
 * vendors differ in is the prefix; the rest belongs to the format.
 */
#ifndef PROVIDERS_WIRE_PATH_H
#define PROVIDERS_WIRE_PATH_H

#include "providers/provider.h"

/* Path prefixes of one vendor's surfaces: "" or "/v1" or "/v1beta/openai". */
struct wire_prefixes {
	const char *anthropic;
	const char *openai;     /* chat, responses, and what only passes through */
	const char *gemini;
};

/* Path and query of the request. As the vtable's `path`. */
bool wire_path(const struct provider_request *req, const struct wire_prefixes *prefixes,
	       struct arena *a, const char **path, struct err *err);

/* The usual prefixes: Anthropic and Gemini bring their version, OpenAI style
 * has it in the base; a base that is only a host gets "/v1". */
struct wire_prefixes wire_prefixes_of(const struct provider_request *req,
				      const char *base_url);

/* Both together: the `path` of a vendor without rules of its own. */
bool wire_usual_path(const struct provider_request *req, const char *base_url,
		     struct arena *a, const char **path, struct err *err);

/* The pieces, for a vendor that puts them together in its own way. */

/* "/chat/completions" and the like; NULL when the format lacks the operation
 * (or has it elsewhere: Gemini, OP_OTHER). */
const char *wire_operation(enum format_id format, enum operation op);

/* Appends req->path below `prefix`; refuses dot segments. */
bool wire_add_other(struct buf *out, const char *prefix, const char *path,
		    struct err *err);

/* Appends the client's query where it is still meant, behind '?' or '&'. */
void wire_add_query(struct buf *out, const struct provider_request *req);
void wire_add_parameter(struct buf *out, const char *name, const char *value);

/* ERR_NOT_FOUND: the account has no such operation. Returns false. */
bool wire_no_operation(const struct provider_request *req, struct err *err);

/* Moves the text into the arena; false when it outgrew MAX_URL_BYTES. */
bool wire_finish(struct buf *text, struct arena *a, const char **out, struct err *err);

#endif
