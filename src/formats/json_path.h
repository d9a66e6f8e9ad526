/*
 * A JSON object that is made piece by piece, each with the path of its place:
 * $.a.b[0]['c']. Built with json-c, which no other header shows.
 */
#ifndef FORMATS_JSON_PATH_H
#define FORMATS_JSON_PATH_H

#include "base/arena.h"
#include "base/str.h"

struct json_object;

struct json_object *json_path_create(void);
void json_path_destroy(struct json_object *root);

/* Puts the JSON value at `path` and makes what lies on the way. A path that
 * does not fit what is there changes nothing; arrays only grow by their end. */
void json_path_put(struct json_object *root, struct slice path, struct slice value);

/* Compact text in the arena. */
struct slice json_path_text(struct arena *a, struct json_object *root);

#endif
