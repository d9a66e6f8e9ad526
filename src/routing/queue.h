/*
 * How many exchanges run at once over all workers, and who is next. It only
 * keeps the order: waiting, waking and answering are the caller's.
 *
 * A ticket lives in its exchange and never leaves its worker; other threads
 * only mark it, under the lock. So a worker that is woken looks through its
 * own waiting exchanges with queue_admitted(). Thread-safe.
 */
#ifndef ROUTING_QUEUE_H
#define ROUTING_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

enum ticket_state { TICKET_IDLE, TICKET_WAITING, TICKET_RUNNING };

struct ticket {
	enum ticket_state state;
	unsigned worker;                /* whom to wake; below 64 */
	int64_t deadline_mono_ms;
	struct ticket *next;
	struct ticket *previous;
};

struct queue {
	pthread_mutex_t lock;
	int64_t running;
	int64_t waiting;
	struct ticket *first;           /* waits longest */
	struct ticket *last;
};

void queue_init(struct queue *q);
void queue_release(struct queue *q);

enum queue_answer { QUEUE_RUN, QUEUE_WAIT, QUEUE_FULL };

/* The ticket must be idle. QUEUE_WAIT: until queue_admitted() or its deadline,
 * then queue_leave(). With the queue switched off everything runs. */
enum queue_answer queue_enter(struct queue *q, struct ticket *t,
			      const struct concurrency_config *c, unsigned worker,
			      int64_t now_mono_ms);

/* Has a place come free for it? */
bool queue_admitted(struct queue *q, const struct ticket *t);

/* The exchange ended or gives up waiting; idle tickets are fine. Returns the
 * workers to wake, 1 << worker each: they have somebody to go on with. */
uint64_t queue_leave(struct queue *q, struct ticket *t, const struct concurrency_config *c,
		     int64_t now_mono_ms);

void queue_sizes(struct queue *q, int64_t *running, int64_t *waiting);

#endif
