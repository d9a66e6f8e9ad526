/*
 * Where the lines wait that are not written yet: each thread has a lane of its
 * own, so that no thread waits for another. A lane outlives its thread and is
 * given to the next one. Inside base/log only.
 */
#ifndef BASE_LOG_LANES_H
#define BASE_LOG_LANES_H

#include "base/log_line.h"

/* Copies the line into the calling thread's lane; one too many is counted. */
void log_lanes_add(const struct log_line *line);

typedef void (*log_lanes_visit)(void *ctx, struct log_line *line, struct log_field *fields);

/* Takes all lines in the order of their times. Returns how many; `lost`: how
 * many found no room since the last call. One thread at a time. */
size_t log_lanes_take(log_lanes_visit visit, void *ctx, uint64_t *lost);

/* Visits what waits without a lock, and leaves it there: for a process that
 * is about to end inside a signal handler. */
void log_lanes_peek(log_lanes_visit visit, void *ctx);

#endif
