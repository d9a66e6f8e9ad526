/* UTF-8 at byte level (RFC 3629: no overlong forms, no surrogates). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Bytes of the valid character at `ptr`, or 0 when it is not one. */
size_t utf8_valid_length(const char *ptr, size_t len);

/* Decodes one character; returns its length, or 0 when invalid. */
size_t utf8_decode(const char *ptr, size_t len, uint32_t *code);

void utf8_encode(struct buf *out, uint32_t code);

bool utf8_is_valid(const char *ptr, size_t len);

/* Characters of a text that is valid: bytes that begin one. */
int64_t utf8_count(struct slice text);

#endif
