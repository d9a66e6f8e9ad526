/*
 * The memory that all bodies and buffers may take together
 * (server.memory_budget): beyond it requests get 503, never the process an
 * OOM kill. Atomic; any thread.
 */
#ifndef GATEWAY_BUDGET_H
#define GATEWAY_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget {
	size_t used_bytes;
	size_t max_bytes;
};

/* False, and nothing taken, when it would go beyond the maximum. */
bool budget_take(struct budget *b, size_t bytes);
void budget_give(struct budget *b, size_t bytes);

#endif
