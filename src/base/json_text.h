/*
 * Reading single values out of JSON text with json_scan, without building
 * anything: for the few places that want three strings of a document.
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json_scan.h"

/* The decoded text of a string, in the arena; "" for anything else, and for
 * one that is longer than MAX_JSON_TEXT_BYTES. */
const char *json_text(const struct json_member *member, struct arena *a);
const char *json_find_text(struct slice object, const char *name, struct arena *a);

/* The value at "a.b.0.c", an index for an element of an array; empty when the
 * path leads nowhere or to null. A name on it has at most 63 bytes. */
struct slice json_at(struct slice value, const char *path);

/* The decoded text of the string that json_at finds; "" for anything else. */
const char *json_text_at(struct slice value, const char *path, struct arena *a);

/* json_find of a member that has this kind. */
bool json_find_kind(struct slice object, const char *name, enum json_kind kind,
		    struct json_member *member);

/* The first element of an array; false when it has none. */
bool json_first(struct slice array, struct json_member *element);

/* For looking into a long array without reading all of it: the text from its
 * first element on, with everything behind; empty when there is none. */
struct slice json_into(struct slice array);

/* The first member of this name and kind of the object that `text` begins
 * with, whatever follows it; what stands behind the member is not read. */
bool json_peek(struct slice text, const char *name, enum json_kind kind,
	       struct json_member *member);

#endif
