/*
 * Exchanges that wait for somebody else: for a place among the requests that
 * may run at once, or for a renewed token. The worker serves others meanwhile
 * and is woken through its eventfd.
 */
#include "gateway/exchange.h"

#include <stdlib.h>

#include "base/clock.h"
#include "oauth/renewer.h"

/* A call to the vendor takes half of it at most, and another account's may be
 * ahead. */
#define RENEWAL_WAIT_MS 60000

#define FROM_TIMER(t) ((struct exchange *)((char *)(t) - offsetof(struct exchange, phase_timer)))

/* ---- a place in the queue ---- */

static void refuse_place(struct exchange *x, const char *why)
{
	x->retry_after_ms = x->config->concurrency.queue_timeout_ms;
	refuse(x, 503, "too many requests run at once: %s", why);
}

static void go_on(struct exchange *x)
{
	loop_timer_clear(x->worker->loop, &x->phase_timer);
	exchange_proceed(x);
}

static void on_queue_timeout(struct timer *t)
{
	struct exchange *x = FROM_TIMER(t);

	if (queue_admitted(&x->worker->shared->queue, &x->place)) {
		go_on(x);
	} else {
		refuse_place(x, "no place came free in time");
	}
}

void waiting_enter(struct exchange *x)
{
	const struct concurrency_config *c = &x->config->concurrency;
	enum queue_answer answer = QUEUE_RUN;

	if (c->enabled) {
		answer = queue_enter(&x->worker->shared->queue, &x->place, c, x->worker->index,
				     (int64_t)clock_mono_ms());
	}
	switch (answer) {
	case QUEUE_RUN:
		exchange_proceed(x);
		break;
	case QUEUE_WAIT:
		x->state = EXCHANGE_QUEUED;
		x->phase_timer.on_fire = on_queue_timeout;
		loop_timer_set(x->worker->loop, &x->phase_timer, (uint64_t)c->queue_timeout_ms);
		break;
	case QUEUE_FULL:
		refuse_place(x, "the queue is full");
		break;
	}
}

void waiting_leave(struct exchange *x)
{
	struct worker *w = x->worker;
	uint64_t workers;

	if (x->place.state == TICKET_IDLE) {
		return;
	}
	workers = queue_leave(&w->shared->queue, &x->place, &w->config->concurrency,
			      (int64_t)clock_mono_ms());
	for (unsigned i = 0; workers; i++, workers >>= 1) {
		if (workers & 1) {
			worker_wake(&w->shared->workers[i]);
		}
	}
}

static void admit_waiting(struct worker *w)
{
	struct exchange *next;

	for (struct exchange *x = w->exchanges; x; x = next) {
		next = x->next;
		if (x->state == EXCHANGE_QUEUED && queue_admitted(&w->shared->queue, &x->place)) {
			go_on(x);
		}
	}
}

/* ---- a renewed token ---- */

/* On the renewer's thread. */
static void on_renewed(void *ctx, const char *account_id, const struct err *err)
{
	(void)account_id;
	letter_send(ctx, !err ? RENEWAL_DONE : err->kind == ERR_SIGN_IN ? RENEWAL_LOST
									: RENEWAL_PUT_OFF);
}

/* The new token is in the newest ring: it was put in force first. */
static void take_answer(struct exchange *x, enum renewal how)
{
	x->renewal = 0;
	worker_refresh(x->worker);
	key_ring_unref(x->keys);
	x->keys = key_ring_ref(x->worker->keys);
	walk_refreshed(&x->walk, how, clock_moment());
}

static void on_renewal_timeout(struct timer *t)
{
	struct exchange *x = FROM_TIMER(t);

	take_answer(x, RENEWAL_PUT_OFF);
	attempt_next(x);
}

bool waiting_renewal(struct exchange *x, const struct upstream_account *account)
{
	struct worker *w = x->worker;
	struct oauth_renewer *renewer = __atomic_load_n(&w->shared->renewer, __ATOMIC_ACQUIRE);
	const struct secret *token = key_ring_get(x->keys, account->id, NULL);

	if (!renewer || !token) {
		return false;
	}
	x->renewal = ++w->renewals;
	oauth_renewer_refused(renewer, account->id, secret_peek(token), on_renewed,
			      letter_create(w->mailbox, x->renewal));
	x->phase_timer.on_fire = on_renewal_timeout;
	loop_timer_set(w->loop, &x->phase_timer, RENEWAL_WAIT_MS);
	return true;
}

/* NULL: its client has left meanwhile, or it gave up. */
static struct exchange *asker(const struct worker *w, uint64_t number)
{
	struct exchange *x = w->exchanges;

	while (x && (x->renewal != number || x->state == EXCHANGE_OVER)) {
		x = x->next;
	}
	return x;
}

static void read_letters(struct worker *w)
{
	struct letter *l = mailbox_take(w->mailbox);

	while (l) {
		struct exchange *x = asker(w, l->number);
		struct letter *next = l->next;

		if (x) {
			take_answer(x, (enum renewal)l->answer);
			attempt_next(x);
		}
		free(l);
		l = next;
	}
}

void waiting_woken(struct worker *w)
{
	read_letters(w);
	admit_waiting(w);
}
