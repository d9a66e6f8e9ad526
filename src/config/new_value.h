/*
 * What an edit puts into the file: its text without indentation, lines ended
 * by \n, and its node. Belongs to the room.
 */
#ifndef CONFIG_NEW_VALUE_H
#define CONFIG_NEW_VALUE_H

#include "base/buf.h"
#include "base/err.h"
#include "config/node.h"

struct new_value {
	struct buf text;
	const struct node *node;        /* in `arena` */
	struct arena *arena;
	struct err *err;
};

/* From YAML text. False with ERR_INVALID when it does not parse or is empty;
 * to be released in any case. */
bool new_value_init(struct new_value *v, const char *value, struct arena *arena, struct err *err);
void new_value_release(struct new_value *v);

/* A map or list that takes lines of its own. */
bool new_value_is_block(const struct new_value *v);

/* Makes it the value of `key` in a block map, or the item of a block list. */
bool new_value_wrap_in_key(struct new_value *v, const char *key);
bool new_value_wrap_in_list(struct new_value *v);

#endif
