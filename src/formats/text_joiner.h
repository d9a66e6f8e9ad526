/*
 * Joins a character that the source cut between two deltas: "\ud83d" at the
 * end of one JSON string and "\ude00" at the start of the next are one emoji,
 * though each alone reads as U+FFFD (C131).
 */
#ifndef FORMATS_TEXT_JOINER_H
#define FORMATS_TEXT_JOINER_H

#include "formats/json_tree.h"

struct text_joiner {
	unsigned high;                    /* a surrogate waiting for its half; 0: none */
};

/* The text to pass on for this string; in the arena or borrowed. NULL gives an
 * empty slice. One joiner per text that flows. */
struct slice text_join(struct text_joiner *j, struct arena *a, const struct json *string);

#endif
