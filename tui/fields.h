/*
 * Values out of JSON text by their path ("cause.class"), without a tree: what
 * is missing, null or of another kind reads as "", NAN, 0 or nothing, because
 * a dashboard shows what is there and "-" for the rest.
 */
#ifndef TUI_FIELDS_H
#define TUI_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json_scan.h"

/* Raw JSON of the value; SLICE_NULL when absent or null. */
struct slice field_value(struct slice object, const char *path);

/* In the arena; numbers and booleans as their text. */
const char *field_str(struct slice object, const char *path, struct arena *a);

/* The first of two spellings that is there. */
const char *field_either(struct slice object, const char *one, const char *other,
			 struct arena *a);

double field_num(struct slice object, const char *path);   /* NAN: absent */
bool field_is(struct slice object, const char *path);	   /* is it true? */
int64_t field_time(struct slice object, const char *path); /* wall ms; 0: absent */

/* Strings of an array, joined with ", ". */
const char *field_joined(struct slice object, const char *path, struct arena *a);

size_t field_count(struct slice object, const char *path); /* of an array */

/* An element's text of any kind, in the arena. */
const char *member_text(const struct json_member *m, struct arena *a);

#endif
