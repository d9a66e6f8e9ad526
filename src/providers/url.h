/*
 * Putting URLs together from parts that strangers chose (RFC 3986): whatever
 * comes in, no part can add a segment, a parameter or a header line.
 */
#ifndef PROVIDERS_URL_H
#define PROVIDERS_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends `text` as one path segment: all but unreserved characters encoded. */
void url_add_segment(struct buf *out, const char *text);

/* Appends a path or query that is encoded already; what still may not stand
 * in a URL (blanks, control characters, '#', '?', bytes above 0x7f) is
 * encoded. */
void url_add_raw(struct buf *out, struct slice text);

/* A segment "." or "..", encoded or not, which servers and curl would resolve. */
bool url_has_dot_segment(const char *path);

/* Appends base and path; the longest run of whole segments that ends the base
 * and begins the path stands once. ERR_INVALID unless the base is http(s)
 * with a host and without query, fragment or odd bytes. */
bool url_join(struct buf *out, const char *base, const char *path, struct err *err);

/* Has the URL a path beyond "/"? */
bool url_has_path(const char *url);

/* Has its path a segment like "v1", "v1beta" or "v4"? */
bool url_has_version(const char *url);

/* Does its path end in these whole segments ("/openai/v1"), slash or not? */
bool url_ends_with(const char *url, const char *segments);

/* Appends the client's parameters to `out`, without those that carry a
 * credential, by name (api_key, access_token… and `key` unless `keep_key`) or
 * because the value is a gateway key, and without api-version. No '?' in
 * front. */
void url_add_query(struct buf *out, const char *query, bool keep_key);

#endif
