/*
 * The benchmark's upstream: speaks Chat over plain HTTP/1.1, on a thread of
 * its own, with as little work as possible. The request's model says what
 * comes back: "stream" BENCH_CHUNKS chunks, one each millisecond and each with
 * the time of its sending in its text (mock_stamp); anything else a small
 * answer in one piece.
 */
#ifndef SELFTEST_MOCK_H
#define SELFTEST_MOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define BENCH_CHUNKS 10

struct mock;

/* Listens on `fd`, a bound socket that it takes. NULL + err. */
struct mock *mock_start(int fd, struct err *err);
void mock_stop(struct mock *m);         /* NULL is fine */

/* The next stamp in the text from *at on, in nanoseconds of the monotonic
 * clock; moves *at behind it. False when there is no whole one. */
bool mock_stamp(const struct buf *text, size_t *at, uint64_t *ns);

#endif
