/*
 * Memory that dies together: one arena per exchange, one per parsed config.
 * Nothing in it is freed alone. Not thread-safe; belongs to one owner.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;   /* newest first */
	size_t total;                 /* bytes of all blocks */
	size_t block_bytes;           /* size of an ordinary block */
	struct arena_block *own;      /* the first, when it is the caller's memory */
};

void arena_init(struct arena *a, size_t block_bytes);
/* The first block is `memory`, which stays the caller's (and is wiped by
 * arena_wipe); aligned for any type, more than ARENA_OVERHEAD bytes. */
#define ARENA_OVERHEAD 64
void arena_init_in(struct arena *a, void *memory, size_t bytes, size_t block_bytes);
void arena_release(struct arena *a);
void arena_wipe(struct arena *a);       /* release after overwriting: it held secrets */

/* Never NULL (base/mem.h); aligned for any type; zeroed by the `z` variant. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_zalloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *text);          /* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *ptr, size_t len);
struct slice arena_slice(struct arena *a, struct slice s);      /* copy, NUL behind it */
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
