/* One arena for all tests of a file: group set-up and tear-down for cmocka. */
#ifndef TESTS_UNIT_TEST_ARENA_H
#define TESTS_UNIT_TEST_ARENA_H

#include "base/arena.h"

static struct arena arena;

static inline int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 1024);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

#endif
