/*
 * Growing array of pointers. It owns the array, not what the pointers name.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

struct vec {
	void **items;
	size_t len;
	size_t capacity;
};

void vec_release(struct vec *v);
void vec_push(struct vec *v, void *item);
void *vec_pop(struct vec *v);                      /* NULL when empty */
void vec_remove(struct vec *v, size_t index);      /* keeps the order */

#endif
