/*
 * JSON schemas on their way to a target that takes only a part of the language
 * (C90-C96). The only file of the room that rebuilds JSON, with json-c; what
 * need not change is passed on as the text it was.
 */
#ifndef FORMATS_SCHEMA_H
#define FORMATS_SCHEMA_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* C90: an object schema, or `{"type":"object","properties":{}}` for none. */
struct slice schema_for_anthropic(struct arena *a, struct slice schema);

/* C92: does it lie in the strict subset of OpenAI? */
bool schema_is_strict(struct slice schema);

/* C93: optional properties become required and nullable, additionalProperties
 * false is added. */
struct slice schema_make_strict(struct arena *a, struct slice schema);

/* C94: JSON Schema for parametersJsonSchema and responseJsonSchema. */
struct slice schema_for_gemini_json(struct arena *a, struct slice schema);

/* C95: the classic Schema type of Gemini. Absent when it is an object without
 * properties and `for_parameters` is set: then the member is left out. */
struct slice schema_for_gemini(struct arena *a, struct slice schema, bool for_parameters);

/* C38: a classic Gemini schema as JSON Schema: types in lower case, nullable
 * as a type. */
struct slice schema_from_gemini(struct arena *a, struct slice schema);

#endif
