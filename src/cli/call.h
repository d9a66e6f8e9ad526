/*
 * Calls of the control API as commands make them: paths with escaped parts,
 * bodies, answers read and printed.
 */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/answer.h"
#include "cli/parse.h"

/* Builds a path: "/v1/upstreams", then parts and query values. */
#define MAX_CALL_PATH (8 * KIB)

/* Appends "/part", percent-encoded. */
void call_path_part(struct buf *path, const char *part);

/* Appends "?name=value" or "&name=value"; nothing when value is NULL. */
void call_path_query(struct buf *path, const char *name, const char *value);

/* One call; the parsed answer belongs to the caller, NULL is a failure. With
 * `body` NULL nothing is sent. Anything but GET makes the home when it is
 * missing. */
struct answer *call_api(const struct invocation *inv, const char *method, const char *path,
			const struct buf *body, struct err *err);

/* The same with path "base/U[/action]". */
struct answer *call_object(const struct invocation *inv, const char *method, const char *base,
			   const char *who, const char *action, struct err *err);

/* GET `path`, prints with `print`, or as JSON when --json was given. */
bool call_and_print(const struct invocation *inv, const char *path,
		    void (*print)(const struct invocation *inv, const struct answer *a),
		    struct err *err);

/* The same for "base/U", U being the first operand. */
bool call_and_print_object(const struct invocation *inv, const char *base,
			   void (*print)(const struct invocation *inv, const struct answer *a),
			   struct err *err);

/* Acts on "base/U[/action]" and prints "DONE U.", and what the answer warns
 * about. */
bool call_and_say(const struct invocation *inv, const char *method, const char *base,
		  const char *action, const char *done, struct err *err);

/* Prints the answer as JSON on stdout. */
void call_print_json(const struct answer *a);

#endif
