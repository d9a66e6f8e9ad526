/*
 * Which place of a fixed table belongs to a 64-bit key: sets of four places,
 * of which the one unused for longest gives way. Lookups are constant, memory
 * is bounded whatever strangers send. The owner keeps values in an array of
 * its own at the same places.
 *
 * Plain data without a lock.
 */
#ifndef ROUTING_LRU_H
#define ROUTING_LRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define LRU_WAYS 4
#define LRU_NONE SIZE_MAX

struct lru_place {
	uint64_t key;           /* 0: free */
	int64_t used;           /* owner's time of last use */
};

struct lru {
	struct lru_place *places;    /* owned */
	size_t count;           /* power of two */
};

void lru_init(struct lru *l, size_t count);
void lru_release(struct lru *l);

/* LRU_NONE when the key is unknown. */
size_t lru_find(const struct lru *l, uint64_t key);

/* The key's place, made when it has none; *is_new: whatever value the owner
 * has there is somebody else's. */
size_t lru_place(struct lru *l, uint64_t key, int64_t now, bool *is_new);

/* A key from text, never 0; the same on every run, so it may be stored. Chain
 * texts by giving the hash so far. */
uint64_t lru_hash(uint64_t so_far, struct slice text);

#endif
