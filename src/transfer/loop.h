/*
 * A worker's event loop: one epoll, timers, and work put off to the end of
 * the turn. One thread; nothing here is shared.
 *
 * Events of one batch may name an object that an earlier event of the batch
 * has ended, so such objects are freed with loop_defer(), after the batch.
 */
#ifndef TRANSFER_LOOP_H
#define TRANSFER_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

/* Embedded in what is watched. fd -1: not registered. */
struct watch {
	int fd;
	void (*on_ready)(struct watch *w, uint32_t events);   /* EPOLL* bits */
};

#define WATCH_INIT { .fd = -1 }

/* Embedded in what waits. Not set while `slot` is 0. */
struct timer {
	uint64_t at_ms;         /* monotonic */
	size_t slot;            /* place in the heap, from 1 */
	void (*on_fire)(struct timer *t);
};

/* Embedded in what acts at the end of the turn. */
struct deferred {
	struct deferred *next;
	bool is_queued;
	void (*run)(struct deferred *d);
};

struct loop *loop_create(struct err *err);
void loop_destroy(struct loop *l);

/* Registers `w` (w->fd and w->on_ready set) for `events`; false when the
 * kernel refuses. */
bool loop_watch(struct loop *l, struct watch *w, uint32_t events);
bool loop_rewatch(struct loop *l, struct watch *w, uint32_t events);
/* Takes it out and sets fd to -1; does not close. */
void loop_unwatch(struct loop *l, struct watch *w);

/* Sets or moves a timer to fire `in_ms` from now. */
void loop_timer_set(struct loop *l, struct timer *t, uint64_t in_ms);
void loop_timer_clear(struct loop *l, struct timer *t);

/* Runs once after the events of this turn, in order of arrival. */
void loop_defer(struct loop *l, struct deferred *d);

/* Monotonic milliseconds, read once a turn. */
uint64_t loop_now_ms(const struct loop *l);

/* One turn: waits for events at most until the next timer or `max_wait_ms`,
 * dispatches them, then timers, then what was put off. */
void loop_turn(struct loop *l, uint64_t max_wait_ms);

/* Runs what was put off since; for work done between turns. */
void loop_run_deferred(struct loop *l);

/* The same for what nobody waits for: it runs when the turn's answers are on
 * their way, at loop_run_late(). */
void loop_defer_late(struct loop *l, struct deferred *d);
void loop_run_late(struct loop *l);

#endif
