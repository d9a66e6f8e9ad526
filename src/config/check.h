/*
 * What one key alone cannot tell: references, names given twice, keys that
 * need or exclude each other. Belongs to the room.
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/decode.h"

/* Runs after all values are in; fills in what is derived (ids, resolved
 * routes) and collects warnings. `root` may be NULL (no file). */
bool check_config(struct load *l, const struct node *root);

#endif
