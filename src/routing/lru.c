#include "routing/lru.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

void lru_init(struct lru *l, size_t count)
{
	assert(count >= LRU_WAYS && (count & (count - 1)) == 0);
	*l = (struct lru){ xcalloc(count, sizeof *l->places), count };
}

void lru_release(struct lru *l)
{
	free(l->places);
	*l = (struct lru){ .places = NULL };
}

/* High bits choose the set: those of the hash are mixed best. */
static size_t first_of_set(const struct lru *l, uint64_t key)
{
	return (size_t)(key >> 32) % (l->count / LRU_WAYS) * LRU_WAYS;
}

size_t lru_find(const struct lru *l, uint64_t key)
{
	size_t first = first_of_set(l, key);

	for (size_t i = first; i < first + LRU_WAYS; i++) {
		if (l->places[i].key == key) {
			return i;
		}
	}
	return LRU_NONE;
}

size_t lru_place(struct lru *l, uint64_t key, int64_t now, bool *is_new)
{
	size_t at = lru_find(l, key);

	*is_new = at == LRU_NONE;
	if (*is_new) {
		size_t first = first_of_set(l, key);

		at = first;
		for (size_t i = first; i < first + LRU_WAYS; i++) {
			if (!l->places[i].key) {
				at = i;
				break;
			}
			if (l->places[i].used < l->places[at].used) {
				at = i;
			}
		}
		l->places[at].key = key;
	}
	l->places[at].used = now;
	return at;
}

/* Eight bytes at a time: sessions are known by texts of some kilobytes. */
uint64_t lru_hash(uint64_t so_far, struct slice text)
{
	uint64_t hash = so_far ^ 0xcbf29ce484222325u;
	size_t i = 0;

	for (; i + 8 <= text.len; i += 8) {
		uint64_t word;

		memcpy(&word, text.ptr + i, sizeof word);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	for (; i < text.len; i++) {
		hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3u;
	}
	hash = (hash ^ text.len) * 0x9e3779b97f4a7c15u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}
