/* What differs between two texts, line by line. */
#ifndef TUI_DIFF_H
#define TUI_DIFF_H

#include "base/buf.h"

/* Appends the lines that differ with three around them, each with "  ", "- "
 * or "+ " before it; returns how many differ. */
size_t diff_texts(struct slice before, struct slice after, struct buf *out);

#endif
