/*
 * Members that only one format knows: what their loss means when a request
 * goes to another one (C160-C162).
 */
#ifndef FORMATS_EXT_H
#define FORMATS_EXT_H

#include "formats/format.h"

/* Walks the request's ext members that `target` does not know: some refuse the
 * request (content or authority would be lost), most warn, hints go silently.
 * False: refused. */
bool ext_check(struct conversion *c, enum format_id target);

#endif
