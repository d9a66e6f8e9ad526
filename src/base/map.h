/*
 * Hash map from a byte string to a pointer. Keys are copied, values are not
 * owned. The hash is seeded per process, so a stranger cannot choose
 * collisions. Not thread-safe.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct map_entry;

struct map {
	struct map_entry **buckets;
	size_t bucket_count;          /* power of two, 0 before the first put */
	size_t len;
};

void map_release(struct map *m);
void *map_get(const struct map *m, struct slice key);            /* NULL: none */
/* Returns the value that was there before, or NULL. */
void *map_put(struct map *m, struct slice key, void *value);
void *map_remove(struct map *m, struct slice key);

/* Visits every entry in no order; the map must not change meanwhile. */
void map_each(const struct map *m,
	      void (*visit)(void *ctx, struct slice key, void *value), void *ctx);

/* The seeded hash itself (FNV-1a with a final mix). */
size_t map_hash(struct slice key);

#endif
