/*
 * Finds what looks like a credential in free text and replaces its middle:
 * gateway keys, vendor API keys, OAuth tokens, bearer values, JWTs, keys in
 * URLs. The last line of defence behind `struct secret`, not the first.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buf.h"

/* Appends `text` with every credential masked. */
void mask_text(struct slice text, struct buf *out);

/* Would mask_text() change anything? Much cheaper than to do it. */
bool mask_is_needed(struct slice text);

#endif
