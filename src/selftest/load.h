/*
 * The benchmark's clients: connections that are kept, and the same request
 * over and over. Blocking; one thread.
 */
#ifndef SELFTEST_LOAD_H
#define SELFTEST_LOAD_H

#include "selftest/client.h"
#include "selftest/samples.h"

struct line {
	int fd;
	struct arena arena;
	struct http1_answer head;
	struct buf body;
	size_t looked;                  /* so far for stamps */
	uint64_t sent_ns;
};

/* False when nobody takes it; close it in both cases. */
bool line_open(struct line *l, int port);
void line_close(struct line *l);

/* Where the times of an answer go; NULL: nowhere. */
struct times {
	struct samples *whole;          /* sending to the last byte */
	struct samples *first;          /* sending to the first stamp */
	struct samples *chunk;          /* a later stamp to its arrival */
};

/* Sends the request and reads its answer. False: no 200, or no answer; the
 * line is of no further use. */
bool line_turn(struct line *l, const struct target *t, struct slice request,
	       const struct times *times);

struct rush {
	const struct target *target;
	struct slice request;
	size_t connections;
	double seconds;
	/* out: */
	struct samples *times;
	size_t errors;
	double took_s;
};

/* Keeps all connections busy for that long; ends early when the target says so
 * or no connection is left. */
void load_rush(struct rush *r);

#endif
