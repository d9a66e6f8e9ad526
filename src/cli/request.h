/*
 * The JSON body of a changing call, made from the flags that were given: a
 * flag that is absent makes no member, so the same functions serve POST
 * (create) and PATCH (merge patch).
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "base/json_write.h"
#include "cli/parse.h"

struct request {
	struct buf text;                /* may hold a secret */
	struct json_writer json;
	const struct invocation *inv;
};

/* Opens the object. */
void request_begin(struct request *r, const struct invocation *inv);

/* Closes it; the text stays until request_release(), which wipes it. */
const struct buf *request_end(struct request *r);
void request_release(struct request *r);

/* Each writes `member` when `flag` was given. */
void request_text(struct request *r, const char *flag, const char *member);
void request_int(struct request *r, const char *flag, const char *member);
void request_list(struct request *r, const char *flag, const char *member);
void request_time(struct request *r, const char *flag, const char *member);

/* An object of the NAME=VALUE or "Name: value" flags; an empty value is null,
 * which removes the entry in a PATCH. */
void request_pairs(struct request *r, const char *flag, const char *member);

/* "limits": the flags rpm, tpm, rpd, tpr, concurrency, those that are there. */
void request_limits(struct request *r);

/* "routes": the --route flags. */
void request_routes(struct request *r);

/* Is one of these flags (NULL-terminated names) given? */
bool request_any(const struct invocation *inv, const char *const *flags);

/* Did the body get any member? */
bool request_is_empty(const struct request *r);

#endif
