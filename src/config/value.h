/*
 * How the configuration writes its scalars. Pure functions on text; also for
 * flags of the command line that take the same forms.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/crypto.h"

/* true yes on, false no off; any case. */
bool value_bool(const char *text, bool *out);

/* Whole seconds, or a whole number with ms, s, m, h or d. Never negative. */
bool value_duration_ms(const char *text, int64_t *ms);

/* Bytes, or a whole number with B, KB, MB, GB, TB (powers of 1024). */
bool value_size_bytes(const char *text, int64_t *bytes);

/* "sha256:" and 64 hex digits. */
bool value_key_hash(const char *text, unsigned char hash[SHA256_BYTES]);

/* The shortest spelling that reads back: "30s", "500ms"; "64MB". */
void value_add_duration(struct buf *out, int64_t ms);
void value_add_size(struct buf *out, int64_t bytes);

/* A finite number, not negative. */
bool value_number(const char *text, double *out);

#endif
