#include "gateway/budget.h"

bool budget_take(struct budget *b, size_t bytes)
{
	size_t used = __atomic_add_fetch(&b->used_bytes, bytes, __ATOMIC_RELAXED);

	if (used > __atomic_load_n(&b->max_bytes, __ATOMIC_RELAXED)) {
		budget_give(b, bytes);
		return false;
	}
	return true;
}

void budget_give(struct budget *b, size_t bytes)
{
	__atomic_sub_fetch(&b->used_bytes, bytes, __ATOMIC_RELAXED);
}
