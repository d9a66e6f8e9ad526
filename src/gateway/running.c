#include "gateway/running.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/exchange.h"

#define WAIT_MS 250

/* A question to all workers. Outlives the one who asks when a worker is late. */
struct question {
	pthread_mutex_t lock;           /* guards the rest */
	pthread_cond_t answered;
	unsigned refs;                  /* who asks, and each note */
	unsigned notes_out;
	char cancel[128];               /* end this one; "": list all */
	bool has_ended;                 /* it was found */
	struct running_list list;
};

/* The question on one worker's desk. */
struct running_note {
	struct running_note *next;
	struct question *question;
};

/* ---- the question ---- */

static struct question *question_create(const char *cancel)
{
	struct question *q = xcalloc(1, sizeof *q);
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->answered, &attr);
	pthread_condattr_destroy(&attr);
	str_copy(q->cancel, sizeof q->cancel, cancel);
	q->refs = 1;
	return q;
}

static void free_rows(struct vec *rows)
{
	for (size_t i = 0; i < rows->len; i++) {
		struct running_row *row = rows->items[i];

		free(row->record);
		free(row);
	}
	vec_release(rows);
}

void running_list_release(struct running_list *list)
{
	free_rows(&list->rows);
}

/* Called with the lock, which it gives back. */
static void question_unlock_and_unref(struct question *q)
{
	bool is_last = --q->refs == 0;

	pthread_mutex_unlock(&q->lock);
	if (is_last) {
		running_list_release(&q->list);
		pthread_cond_destroy(&q->answered);
		pthread_mutex_destroy(&q->lock);
		free(q);
	}
}

/* The worker's part; takes the rows over. */
static void note_answer(struct running_note *n, struct vec *rows, bool has_ended)
{
	struct question *q = n->question;

	pthread_mutex_lock(&q->lock);
	for (size_t i = 0; i < rows->len; i++) {
		vec_push(&q->list.rows, rows->items[i]);
	}
	q->has_ended = q->has_ended || has_ended;
	q->notes_out--;
	pthread_cond_signal(&q->answered);
	question_unlock_and_unref(q);
	vec_release(rows);
	free(n);
}

/* ---- the desk ---- */

void running_desk_init(struct running_desk *d)
{
	*d = (struct running_desk){ .first = NULL };
	pthread_mutex_init(&d->lock, NULL);
}

static bool desk_put(struct running_desk *d, struct question *q)
{
	struct running_note *n = xcalloc(1, sizeof *n);
	bool is_open;

	n->question = q;
	pthread_mutex_lock(&d->lock);
	is_open = !d->is_closed;
	if (is_open) {
		pthread_mutex_lock(&q->lock);
		q->refs++;
		q->notes_out++;
		pthread_mutex_unlock(&q->lock);
		n->next = d->first;
		d->first = n;
	} else {
		free(n);
	}
	pthread_mutex_unlock(&d->lock);
	return is_open;
}

static struct running_note *desk_take(struct running_desk *d, bool is_last)
{
	struct running_note *all;

	pthread_mutex_lock(&d->lock);
	all = d->first;
	d->first = NULL;
	d->is_closed = d->is_closed || is_last;
	pthread_mutex_unlock(&d->lock);
	return all;
}

void running_desk_close(struct running_desk *d)
{
	struct running_note *n = desk_take(d, true);

	while (n) {
		struct running_note *next = n->next;
		struct vec nothing = { 0 };

		note_answer(n, &nothing, false);
		n = next;
	}
	pthread_mutex_destroy(&d->lock);
}

/* ---- on the worker ---- */

static const char *phase_of(const struct exchange *x)
{
	switch (x->state) {
	case EXCHANGE_READING:
		return "reading";
	case EXCHANGE_SENDING:
		return "streaming";
	case EXCHANGE_TRYING:
		return !x->call.transfer			       ? "queued" :
		       !transfer_is_connected(x->call.transfer) ? "connecting" :
		       x->call.has_content			       ? "streaming" :
								 "waiting";
	default:
		return "queued";
	}
}

static bool is_shown(const struct exchange *x)
{
	return x->state != EXCHANGE_OVER && x->endpoint.kind == ENDPOINT_CALL;
}

static struct running_row *describe(struct exchange *x)
{
	struct running_row *row = xcalloc(1, sizeof *row);
	struct request_record r;

	exchange_describe(x, &r);
	pump_usage_so_far(x, &r.tokens);
	r.status = 0;
	str_copy(row->id, sizeof row->id, x->request_id);
	row->phase = phase_of(x);
	row->record = record_pack(&r);
	return row;
}

static void list_all(struct worker *w, struct vec *rows)
{
	for (struct exchange *x = w->exchanges; x && rows->len < MAX_RUNNING_ROWS; x = x->next) {
		if (is_shown(x)) {
			vec_push(rows, describe(x));
		}
	}
}

static bool cancel_one(struct worker *w, const char *id)
{
	static const char why[] = "the request was cancelled at the gateway";
	struct exchange *x = w->exchanges;

	while (x && !(is_shown(x) && (str_eq(x->request_id, id) || str_eq(x->trace_id, id)))) {
		x = x->next;
	}
	if (!x) {
		return false;
	}
	if (x->state == EXCHANGE_SENDING) {
		pump_cancel(x, why);
	} else {
		refuse(x, 499, "%s", why);
	}
	return true;
}

void running_answer(struct worker *w)
{
	struct running_note *n = desk_take(&w->desk, false);

	while (n) {
		struct running_note *next = n->next;
		const char *cancel = n->question->cancel;
		struct vec rows = { 0 };
		bool has_ended = *cancel && cancel_one(w, cancel);

		if (!*cancel) {
			list_all(w, &rows);
		}
		note_answer(n, &rows, has_ended);
		n = next;
	}
}

/* ---- who asks ---- */

static void wait_for_answers(struct question *q)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (q->notes_out && rc != ETIMEDOUT) {
		rc = pthread_cond_timedwait(&q->answered, &q->lock, &until);
	}
}

static int compare_newest(const void *a, const void *b)
{
	struct request_record x;
	struct request_record y;

	record_unpack((*(struct running_row *const *)a)->record, &x);
	record_unpack((*(struct running_row *const *)b)->record, &y);
	return x.at_ms == y.at_ms ? 0 : x.at_ms < y.at_ms ? 1 : -1;
}

static void sort_newest(struct running_list *list)
{
	struct vec *rows = &list->rows;

	if (rows->len) {
		qsort(rows->items, rows->len, sizeof *rows->items, compare_newest);
	}
	while (rows->len > MAX_RUNNING_ROWS) {
		struct running_row *row = vec_pop(rows);

		free(row->record);
		free(row);
	}
}

/* Only workers that have something to tell are woken. */
static void ask(struct gateway *g, const char *cancel, struct running_list *out, bool *has_ended)
{
	struct question *q = question_create(cancel);
	struct worker *w;

	for (unsigned i = 0; (w = gateway_worker(g, i)); i++) {
		if (__atomic_load_n(&w->in_flight, __ATOMIC_RELAXED) && desk_put(&w->desk, q)) {
			worker_wake(w);
		}
	}
	pthread_mutex_lock(&q->lock);
	wait_for_answers(q);
	*out = q->list;
	*has_ended = q->has_ended;
	q->list = (struct running_list){ 0 };
	question_unlock_and_unref(q);
}

void gateway_running(struct gateway *g, struct running_list *out)
{
	bool ignored;

	ask(g, "", out, &ignored);
	sort_newest(out);
}

bool gateway_cancel(struct gateway *g, const char *id)
{
	struct running_list nothing;
	bool has_ended;

	if (!*id) {
		return false;
	}
	ask(g, id, &nothing, &has_ended);
	running_list_release(&nothing);
	return has_ended;
}
