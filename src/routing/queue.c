#include "routing/queue.h"

#include <assert.h>

void queue_init(struct queue *q)
{
	*q = (struct queue){ .running = 0 };
	pthread_mutex_init(&q->lock, NULL);
}

void queue_release(struct queue *q)
{
	pthread_mutex_destroy(&q->lock);
}

static void append(struct queue *q, struct ticket *t)
{
	t->next = NULL;
	t->previous = q->last;
	if (q->last) {
		q->last->next = t;
	} else {
		q->first = t;
	}
	q->last = t;
	q->waiting++;
}

static void unlink_ticket(struct queue *q, struct ticket *t)
{
	if (t->previous) {
		t->previous->next = t->next;
	} else {
		q->first = t->next;
	}
	if (t->next) {
		t->next->previous = t->previous;
	} else {
		q->last = t->previous;
	}
	t->next = NULL;
	t->previous = NULL;
	q->waiting--;
}

static bool has_room(const struct queue *q, const struct concurrency_config *c)
{
	return !c->enabled || q->running < c->max_requests;
}

enum queue_answer queue_enter(struct queue *q, struct ticket *t,
			      const struct concurrency_config *c, unsigned worker,
			      int64_t now_mono_ms)
{
	enum queue_answer answer = QUEUE_RUN;

	assert(t->state == TICKET_IDLE);
	t->worker = worker;
	t->deadline_mono_ms = now_mono_ms + c->queue_timeout_ms;
	pthread_mutex_lock(&q->lock);
	if (!c->enabled || (!q->waiting && has_room(q, c))) {
		t->state = TICKET_RUNNING;
		q->running++;
	} else if (q->waiting < c->max_queue_size) {
		t->state = TICKET_WAITING;
		append(q, t);
		answer = QUEUE_WAIT;
	} else {
		answer = QUEUE_FULL;
	}
	pthread_mutex_unlock(&q->lock);
	return answer;
}

bool queue_admitted(struct queue *q, const struct ticket *t)
{
	bool admitted;

	pthread_mutex_lock(&q->lock);
	admitted = t->state == TICKET_RUNNING;
	pthread_mutex_unlock(&q->lock);
	return admitted;
}

/* The first whose time has not run out; the others give up by themselves. */
static struct ticket *next_in_time(const struct queue *q, int64_t now_mono_ms)
{
	struct ticket *t = q->first;

	while (t && t->deadline_mono_ms <= now_mono_ms) {
		t = t->next;
	}
	return t;
}

/* Lets in whom there is room for; several after the limit was raised. */
static uint64_t admit(struct queue *q, const struct concurrency_config *c, int64_t now_mono_ms)
{
	struct ticket *next = next_in_time(q, now_mono_ms);
	uint64_t workers = 0;

	while (next && has_room(q, c)) {
		unlink_ticket(q, next);
		next->state = TICKET_RUNNING;
		q->running++;
		workers |= (uint64_t)1 << next->worker % 64;
		next = next_in_time(q, now_mono_ms);
	}
	return workers;
}

uint64_t queue_leave(struct queue *q, struct ticket *t, const struct concurrency_config *c,
		     int64_t now_mono_ms)
{
	uint64_t workers;

	pthread_mutex_lock(&q->lock);
	if (t->state == TICKET_WAITING) {
		unlink_ticket(q, t);
	} else if (t->state == TICKET_RUNNING) {
		q->running--;
	}
	t->state = TICKET_IDLE;
	workers = admit(q, c, now_mono_ms);
	pthread_mutex_unlock(&q->lock);
	return workers;
}

void queue_sizes(struct queue *q, int64_t *running, int64_t *waiting)
{
	pthread_mutex_lock(&q->lock);
	*running = q->running;
	*waiting = q->waiting;
	pthread_mutex_unlock(&q->lock);
}
