/*
 * Was a stream that passes unread whole, or did its upstream end it too early?
 * Told by its last bytes (C133, C137). For Chat and Gemini, whose last event
 * has no name of its own. Pure function.
 */
#ifndef FORMATS_STREAM_END_H
#define FORMATS_STREAM_END_H

#include <stdbool.h>

#include "base/str.h"
#include "config/config.h"

/* Room for the frames in which the two formats end. */
#define STREAM_END_BYTES 1024

/* `tail`: the last bytes, at most STREAM_END_BYTES of them. Also true when
 * they do not hold so much as one whole frame, and of other formats: then
 * nobody can tell. */
bool stream_end_seen(enum format_id format, struct slice tail);

#endif
