#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	max_align_t data[];
};

void arena_init(struct arena *a, size_t block_bytes)
{
	*a = (struct arena){ .block_bytes = block_bytes };
}

void arena_init_in(struct arena *a, void *memory, size_t bytes, size_t block_bytes)
{
	struct arena_block *block = memory;

	assert(bytes > ARENA_OVERHEAD);
	*block = (struct arena_block){ .size = bytes - sizeof *block };
	*a = (struct arena){
		.blocks = block,
		.own = block,
		.total = block->size,
		.block_bytes = block_bytes,
	};
}

void arena_release(struct arena *a)
{
	struct arena_block *block = a->blocks;

	while (block) {
		struct arena_block *next = block->next;

		if (block != a->own) {
			free(block);
		}
		block = next;
	}
	arena_init(a, a->block_bytes);
}

void arena_wipe(struct arena *a)
{
	for (struct arena_block *block = a->blocks; block; block = block->next) {
		mem_wipe(block->data, block->used);
	}
	arena_release(a);
}

/* An outsize request gets a block of its own behind the current one, so that
 * the rest of the current block is not wasted. */
static struct arena_block *add_block(struct arena *a, size_t need)
{
	size_t size = need > a->block_bytes ? need : a->block_bytes;
	struct arena_block *block = xmalloc(sizeof *block + size);

	block->used = 0;
	block->size = size;
	a->total += size;
	if (a->blocks && need > a->block_bytes) {
		block->next = a->blocks->next;
		a->blocks->next = block;
	} else {
		block->next = a->blocks;
		a->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = sizeof(max_align_t);
	size_t need = (size + align - 1) / align * align;
	struct arena_block *block = a->blocks;
	void *ptr;

	if (!block || block->size - block->used < need) {
		block = add_block(a, need);
	}
	ptr = (char *)block->data + block->used;
	block->used += need;
	return ptr;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

char *arena_strdup(struct arena *a, const char *text)
{
	return text ? arena_strndup(a, text, strlen(text)) : NULL;
}

char *arena_strndup(struct arena *a, const char *ptr, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	if (len) {
		memcpy(copy, ptr, len);
	}
	copy[len] = '\0';
	return copy;
}

struct slice arena_slice(struct arena *a, struct slice s)
{
	return (struct slice){ arena_strndup(a, s.ptr, s.len), s.len };
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	va_list again;
	int len;
	char *text;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (len < 0) {
		len = 0;
		small[0] = '\0';
	}
	text = arena_alloc(a, (size_t)len + 1);
	if ((size_t)len < sizeof small) {
		memcpy(text, small, (size_t)len + 1);
	} else {
		vsnprintf(text, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	return text;
}
