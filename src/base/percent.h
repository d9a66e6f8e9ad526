/* Percent-encoding of URL parts (RFC 3986). */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends `text` with everything encoded but unreserved characters: it can
 * then stand as a segment, a name or a value. */
void percent_add(struct buf *out, struct slice text);

/* Appends the decoded text; '+' is a blank, as in forms. False when a '%' is
 * not followed by two hex digits. */
bool percent_decode(struct slice text, struct buf *out);

/* The first parameter called `name` of a query ("a=1&b=2", no '?'), decoded
 * and appended. False when there is none or it is malformed. */
bool percent_query_get(struct slice query, const char *name, struct buf *out);

#endif
