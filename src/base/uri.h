/*
 * Reading percent-encoded text (RFC 3986): paths and queries as they came.
 */
#ifndef BASE_URI_H
#define BASE_URI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Is there "%" and two hex digits at `at`? */
bool uri_is_escape(struct slice text, size_t at);

/* The decoded byte at *at, which moves on; a broken escape stands for itself. */
char uri_next(struct slice text, size_t *at);

/* All of it, with a terminator. NULL when a control character comes out, which
 * no name has (and NUL would cut the text). '+' stays. */
const char *uri_decode(struct slice text, struct arena *a);

/* The raw value of a query's first parameter of this name ("" without '=');
 * false when there is none. `query` has no '?' in front. */
bool uri_parameter(const char *query, const char *name, struct slice *value);

#endif
