/*
 * Arithmetic on instants. An end is kept on both clocks and is reached when
 * either says so: the monotonic one when somebody set the wall clock back,
 * the wall clock when the machine slept, which the monotonic one does not
 * count.
 */
#ifndef ROUTING_MOMENT_H
#define ROUTING_MOMENT_H

#include <stdbool.h>

#include "base/clock.h"

static inline struct moment moment_after(struct moment now, int64_t ms)
{
	return (struct moment){ now.mono_ms + ms, now.wall_ms + ms };
}

static inline bool moment_reached(struct moment now, struct moment at)
{
	return now.mono_ms >= at.mono_ms || now.wall_ms >= at.wall_ms;
}

/* Milliseconds until `at`, 0 when it is reached. */
static inline int64_t moment_left(struct moment now, struct moment at)
{
	int64_t mono = at.mono_ms - now.mono_ms;
	int64_t wall = at.wall_ms - now.wall_ms;
	int64_t left = mono < wall ? mono : wall;

	return left > 0 ? left : 0;
}

/* The instant of a wall-clock time, as read from a file or a header. */
static inline struct moment moment_at_wall(struct moment now, int64_t wall_ms)
{
	return moment_after(now, wall_ms - now.wall_ms);
}

#endif
