/*
 * Reads the control API's answers: a parsed JSON value and getters that take
 * a dotted path ("cause.class") and never fail: what is missing is "", 0,
 * false, or empty. The one file of this room with json-c.
 */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* A JSON value: the root is owned (answer_destroy), everything below it is
 * borrowed from the root. NULL is JSON's null, and every getter takes it. */
struct answer;

struct answer *answer_parse(struct slice text, struct err *err);
void answer_destroy(struct answer *root);

const struct answer *answer_get(const struct answer *a, const char *path);
bool answer_has(const struct answer *a, const char *path);      /* there, and not null */

const char *answer_text(const struct answer *a, const char *path);  /* numbers as text */
int64_t answer_int(const struct answer *a, const char *path);
double answer_double(const struct answer *a, const char *path);
bool answer_bool(const struct answer *a, const char *path);

/* Items of the array, or members of the object, at `path`; "" is `a`. */
size_t answer_count(const struct answer *a, const char *path);
const struct answer *answer_item(const struct answer *a, const char *path, size_t index);

/* Visits the members of the object at `path`. */
void answer_each(const struct answer *a, const char *path,
		 void (*visit)(void *ctx, const char *name, const struct answer *value),
		 void *ctx);

/* Texts of the array at `path`, joined; nothing when it is empty. */
void answer_join(const struct answer *a, const char *path, const char *glue, struct buf *out);

/* Indented JSON with a line break at the end. */
void answer_pretty(const struct answer *a, struct buf *out);

#endif
