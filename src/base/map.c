#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/crypto.h"

struct map_entry {
	struct map_entry *next;
	void *value;
	size_t hash;
	size_t key_len;
	char key[];
};

static uint64_t hash_seed(void)
{
	static uint64_t seed;
	uint64_t value = __atomic_load_n(&seed, __ATOMIC_RELAXED);

	if (!value) {
		uint64_t fresh = 0;

		crypto_random(&fresh, sizeof fresh);
		fresh |= 1;
		if (__atomic_compare_exchange_n(&seed, &value, fresh, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			value = fresh;
		}
	}
	return value;
}

size_t map_hash(struct slice key)
{
	uint64_t h = hash_seed() ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.len; i++) {
		h = (h ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
	}
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return (size_t)(h ^ (h >> 29));
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->bucket_count; i++) {
		struct map_entry *entry = m->buckets[i];

		while (entry) {
			struct map_entry *next = entry->next;

			free(entry);
			entry = next;
		}
	}
	free(m->buckets);
	*m = (struct map){ 0 };
}

/* The link that points to the entry, or to the NULL at its chain's end. */
static struct map_entry **find(const struct map *m, struct slice key, size_t hash)
{
	struct map_entry **link = &m->buckets[hash & (m->bucket_count - 1)];

	while (*link && ((*link)->hash != hash || (*link)->key_len != key.len ||
			 (key.len && memcmp((*link)->key, key.ptr, key.len) != 0))) {
		link = &(*link)->next;
	}
	return link;
}

void *map_get(const struct map *m, struct slice key)
{
	struct map_entry *entry;

	if (!m->len) {
		return NULL;
	}
	entry = *find(m, key, map_hash(key));
	return entry ? entry->value : NULL;
}

static void grow(struct map *m)
{
	size_t count = m->bucket_count ? 2 * m->bucket_count : 16;
	struct map_entry **buckets = xcalloc(count, sizeof *buckets);

	for (size_t i = 0; i < m->bucket_count; i++) {
		struct map_entry *entry = m->buckets[i];

		while (entry) {
			struct map_entry *next = entry->next;
			struct map_entry **link = &buckets[entry->hash & (count - 1)];

			entry->next = *link;
			*link = entry;
			entry = next;
		}
	}
	free(m->buckets);
	m->buckets = buckets;
	m->bucket_count = count;
}

void *map_put(struct map *m, struct slice key, void *value)
{
	size_t hash = map_hash(key);
	struct map_entry **link;
	struct map_entry *entry;
	void *old;

	if (m->len >= m->bucket_count) {
		grow(m);
	}
	link = find(m, key, hash);
	if (*link) {
		old = (*link)->value;
		(*link)->value = value;
		return old;
	}
	entry = xmalloc(sizeof *entry + key.len + 1);
	*entry = (struct map_entry){ .value = value, .hash = hash, .key_len = key.len };
	if (key.len) {
		memcpy(entry->key, key.ptr, key.len);
	}
	entry->key[key.len] = '\0';
	*link = entry;
	m->len++;
	return NULL;
}

void *map_remove(struct map *m, struct slice key)
{
	struct map_entry **link;
	struct map_entry *entry;
	void *value;

	if (!m->len) {
		return NULL;
	}
	link = find(m, key, map_hash(key));
	entry = *link;
	if (!entry) {
		return NULL;
	}
	value = entry->value;
	*link = entry->next;
	free(entry);
	m->len--;
	return value;
}

void map_each(const struct map *m,
	      void (*visit)(void *ctx, struct slice key, void *value), void *ctx)
{
	for (size_t i = 0; i < m->bucket_count; i++) {
		for (struct map_entry *e = m->buckets[i]; e; e = e->next) {
			visit(ctx, (struct slice){ e->key, e->key_len }, e->value);
		}
	}
}
