/*
 * Tools of the files that rebuild schemas with json-c. Numbers keep their
 * digits: json-c stores the text of fractions, and whole numbers up to 64
 * bits as they are.
 */
#ifndef FORMATS_SCHEMA_REBUILD_H
#define FORMATS_SCHEMA_REBUILD_H

#include "base/arena.h"
#include "base/str.h"

struct json_object;

/* NULL when the text is no JSON object. The caller puts it. */
struct json_object *schema_parse(struct slice schema);
/* Compact text in the arena; puts the object. */
struct slice schema_print(struct arena *a, struct json_object *v);

struct json_object *schema_member(struct json_object *v, const char *key); /* borrowed or NULL */
void schema_set_str(struct json_object *v, const char *key, const char *text);

/* Adds "keyword: value" at the end of the description (C94). */
void schema_add_hint(struct json_object *v, const char *keyword, struct json_object *value);

/* Puts the description in front of the hints that are there already. */
void schema_describe(struct json_object *v, struct json_object *description);

/* Does a string array hold this text? */
bool schema_has_text(struct json_object *array, const char *text);

#endif
