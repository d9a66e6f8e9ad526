#include "transfer/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define EVENTS_PER_TURN 256

struct loop {
	int epoll_fd;
	uint64_t now_ms;
	struct timer **heap;            /* from index 1; smallest at_ms first */
	size_t heap_len;
	size_t heap_capacity;
	struct queue_of_deferred {
		struct deferred *first;
		struct deferred **last;
	} soon, late;
	struct epoll_event events[EVENTS_PER_TURN];
};

struct loop *loop_create(struct err *err)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct loop *l;

	if (fd < 0) {
		err_errno(err, "epoll");
		return NULL;
	}
	l = xcalloc(1, sizeof *l);
	l->epoll_fd = fd;
	l->soon.last = &l->soon.first;
	l->late.last = &l->late.first;
	l->now_ms = clock_mono_ms();
	return l;
}

void loop_destroy(struct loop *l)
{
	if (!l) {
		return;
	}
	loop_run_deferred(l);
	loop_run_late(l);
	close(l->epoll_fd);
	free(l->heap);
	free(l);
}

static bool control(struct loop *l, int op, struct watch *w, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = w };

	return epoll_ctl(l->epoll_fd, op, w->fd, &event) == 0;
}

bool loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	assert(w->fd >= 0);
	return control(l, EPOLL_CTL_ADD, w, events);
}

bool loop_rewatch(struct loop *l, struct watch *w, uint32_t events)
{
	return control(l, EPOLL_CTL_MOD, w, events);
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	if (w->fd >= 0) {
		control(l, EPOLL_CTL_DEL, w, 0);
		w->fd = -1;
	}
}

static void place(struct loop *l, struct timer *t, size_t slot)
{
	l->heap[slot] = t;
	t->slot = slot;
}

static void sift_up(struct loop *l, struct timer *t, size_t slot)
{
	while (slot > 1 && l->heap[slot / 2]->at_ms > t->at_ms) {
		place(l, l->heap[slot / 2], slot);
		slot /= 2;
	}
	place(l, t, slot);
}

static void sift_down(struct loop *l, struct timer *t, size_t slot)
{
	for (;;) {
		size_t child = 2 * slot;

		if (child < l->heap_len && l->heap[child + 1]->at_ms < l->heap[child]->at_ms) {
			child++;
		}
		if (child > l->heap_len || l->heap[child]->at_ms >= t->at_ms) {
			break;
		}
		place(l, l->heap[child], slot);
		slot = child;
	}
	place(l, t, slot);
}

void loop_timer_set(struct loop *l, struct timer *t, uint64_t in_ms)
{
	loop_timer_clear(l, t);
	t->at_ms = l->now_ms + in_ms;
	if (l->heap_len + 2 > l->heap_capacity) {
		l->heap_capacity = l->heap_capacity ? 2 * l->heap_capacity : 64;
		l->heap = xrealloc(l->heap, l->heap_capacity * sizeof(struct timer *));
	}
	sift_up(l, t, ++l->heap_len);
}

void loop_timer_clear(struct loop *l, struct timer *t)
{
	struct timer *moved;
	size_t slot = t->slot;

	if (!slot) {
		return;
	}
	t->slot = 0;
	moved = l->heap[l->heap_len--];
	if (moved == t) {
		return;
	}
	if (slot > 1 && l->heap[slot / 2]->at_ms > moved->at_ms) {
		sift_up(l, moved, slot);
	} else {
		sift_down(l, moved, slot);
	}
}

static void put_off(struct queue_of_deferred *q, struct deferred *d)
{
	if (d->is_queued) {
		return;
	}
	d->is_queued = true;
	d->next = NULL;
	*q->last = d;
	q->last = &d->next;
}

/* What runs may put off more; that runs in the same pass. */
static void run_all(struct queue_of_deferred *q)
{
	while (q->first) {
		struct deferred *d = q->first;

		q->first = d->next;
		if (!q->first) {
			q->last = &q->first;
		}
		d->is_queued = false;
		d->run(d);
	}
}

void loop_defer(struct loop *l, struct deferred *d)
{
	put_off(&l->soon, d);
}

void loop_run_deferred(struct loop *l)
{
	run_all(&l->soon);
}

void loop_defer_late(struct loop *l, struct deferred *d)
{
	put_off(&l->late, d);
}

void loop_run_late(struct loop *l)
{
	run_all(&l->late);
}

uint64_t loop_now_ms(const struct loop *l)
{
	return l->now_ms;
}

static int wait_ms(const struct loop *l, uint64_t max_wait_ms)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t wait = max_wait_ms;

	if (l->soon.first) {
		return 0;
	}
	if (l->heap_len && l->heap[1]->at_ms < now_ms + wait) {
		wait = l->heap[1]->at_ms > now_ms ? l->heap[1]->at_ms - now_ms : 0;
	}
	return wait > 60000 ? 60000 : (int)wait;
}

void loop_turn(struct loop *l, uint64_t max_wait_ms)
{
	int count = epoll_wait(l->epoll_fd, l->events, EVENTS_PER_TURN, wait_ms(l, max_wait_ms));

	l->now_ms = clock_mono_ms();
	for (int i = 0; i < count; i++) {
		struct watch *w = l->events[i].data.ptr;

		if (w->fd >= 0) {
			w->on_ready(w, l->events[i].events);
		}
	}
	while (l->heap_len && l->heap[1]->at_ms <= l->now_ms) {
		struct timer *t = l->heap[1];

		loop_timer_clear(l, t);
		t->on_fire(t);
	}
	loop_run_deferred(l);
}
