/*
 * A secret in memory: wiped on release, kept out of core dumps where the
 * system allows it, without any function that prints it. What may be shown is
 * the mask, e.g. `sk-...abcd`.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct secret {
	char *ptr;      /* owned, NUL-terminated; NULL when empty */
	size_t len;
};

#define SECRET_INIT { NULL, 0 }
#define SECRET_MASK_BYTES 16

void secret_set(struct secret *s, struct slice value);   /* copies; wipes the old value */
void secret_release(struct secret *s);
bool secret_is_empty(const struct secret *s);

/* Borrowed bytes, for the one place that sends or seals them. */
struct slice secret_peek(const struct secret *s);

/* `first…last` short enough to be useless: "sk-...abcd", or "***". */
void secret_mask(struct slice value, char out[SECRET_MASK_BYTES]);

#endif
