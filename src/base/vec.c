#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void vec_release(struct vec *v)
{
	free(v->items);
	*v = (struct vec){ 0 };
}

void vec_push(struct vec *v, void *item)
{
	if (v->len == v->capacity) {
		v->capacity = v->capacity ? 2 * v->capacity : 8;
		v->items = xrealloc(v->items, v->capacity * sizeof *v->items);
	}
	v->items[v->len++] = item;
}

void *vec_pop(struct vec *v)
{
	return v->len ? v->items[--v->len] : NULL;
}

void vec_remove(struct vec *v, size_t index)
{
	assert(index < v->len);
	memmove(v->items + index, v->items + index + 1,
		(v->len - index - 1) * sizeof *v->items);
	v->len--;
}
