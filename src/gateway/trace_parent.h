/*
 * The header `traceparent` (W3C Trace Context): version-traceid-parentid-flags,
 * all lower-case hexadecimal.
 */
#ifndef GATEWAY_TRACE_PARENT_H
#define GATEWAY_TRACE_PARENT_H

#include "base/arena.h"
#include "base/id.h"

/* Takes the trace id out of a valid header. NULL is none. */
bool trace_parent_read(const char *text, char trace_id[ID_TRACE_BYTES]);

/* What an upstream gets in its place: the same trace and the same choice about
 * sampling, with a span of its own as the parent. `text` is valid. */
const char *trace_parent_next(const char *text, struct arena *a);

#endif
