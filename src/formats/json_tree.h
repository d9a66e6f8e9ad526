/*
 * Reads JSON into an index: a tree of nodes in an arena, each with the exact
 * bytes it was read from. Nothing is copied and nothing is re-rendered, so
 * numbers keep their digits, members their order, and a subtree can be passed
 * on as the text it came in (C4). What is made is written with
 * base/json_write.h; what has to be rebuilt (schemas) is in schema.c.
 *
 * The whole grammar of RFC 8259 is checked, depth up to MAX_JSON_DEPTH.
 * Texts with a lone surrogate escape read as U+FFFD; bytes that are not UTF-8
 * are let through here and replaced when written.
 *
 * Accessors take NULL and the wrong kind and answer "nothing", so a decoder
 * can reach through what a stranger sent without a ladder of checks.
 */
#ifndef FORMATS_JSON_TREE_H
#define FORMATS_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json_scan.h"
#include "base/str.h"

struct json {
	enum json_kind kind;
	struct slice raw;             /* exact text, strings with their quotes */
	struct slice key;             /* decoded; empty in an array */
	struct slice text;            /* decoded, of a string */
	struct json *first;           /* children in order */
	struct json *next;
	size_t count;
};

struct json_fault {
	size_t offset;
	const char *why;              /* static */
};

/* The tree of `text`, or NULL and *fault (may be NULL). `text` and the arena
 * must outlive the tree: strings without escapes are borrowed from `text`. */
struct json *json_read(struct arena *a, struct slice text, struct json_fault *fault);

/* Does `text` hold one JSON value of this kind and nothing else? */
bool json_is_object_text(struct slice text);

/* The member called `name`; of duplicates the last. NULL when there is none
 * or it is null: in these formats null equals absent. */
const struct json *json_get(const struct json *object, const char *name);

/* Like json_get, by the first of two spellings that is there (C35). */
const struct json *json_get2(const struct json *object, const char *a, const char *b);

bool json_is(const struct json *v, enum json_kind kind);     /* false for NULL */
bool json_is_text(const struct json *v, const char *text);
struct slice json_raw_of(const struct json *v);              /* SLICE_NULL for NULL */

/* Text of the string member, or SLICE_NULL. */
struct slice json_get_text(const struct json *object, const char *name);
/* Value of a boolean member, or `fallback`. */
bool json_get_bool(const struct json *object, const char *name, bool fallback);
/* A number as a whole number (1e3 and 7.0 are whole); false when it is not
 * there or not one. Beyond int64 it saturates. */
bool json_to_int(const struct json *v, int64_t *out);
bool json_get_int(const struct json *object, const char *name, int64_t *out);
/* The same for a count: a negative one is none. */
bool json_get_count(const struct json *object, const char *name, int64_t *out);
bool json_to_double(const struct json *v, double *out);

/* The same JSON without line breaks, so that it fits an SSE line: `raw` itself
 * when there are none, else without any white space between tokens. */
struct slice json_one_line(struct arena *a, struct slice raw);

#define json_each(child, parent) \
	for (const struct json *child = (parent) ? (parent)->first : NULL; child; \
	     child = child->next)

#endif
