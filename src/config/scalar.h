/*
 * One value of the snapshot from its text, and what a message or the manual
 * says about what it may be. Belongs to the room.
 */
#ifndef CONFIG_SCALAR_H
#define CONFIG_SCALAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "config/schema.h"

/* Whether `scalar_set` can read this kind. */
bool scalar_kind(enum key_kind kind);

/* Reads `text`, which lives as long as `base`, into its field. False when the text is not of the
 * kind, out of range or refused by the key's check; the field is unchanged. */
bool scalar_set(struct arena *arena, const struct schema_key *key, const char *text, void *base);

/* Cuts text at its commas. */
struct string_list;
struct string_list scalar_split(struct arena *arena, const char *text);

/* Appends what is expected: "a whole number from 0 to 65535". `text` is what
 * was refused, for keys whose check says more; it is not repeated. NULL when
 * there was no text at all. */
void scalar_expected(const struct schema_key *key, const char *text, struct buf *out);

#endif
