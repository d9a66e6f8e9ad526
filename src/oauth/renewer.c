#include "oauth/renewer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/map.h"
#include "base/mem.h"
#include "oauth/state.h"

/* The wall clock may jump and machines sleep: no wait is longer. Tests have
 * less patience, here and in refresh.c. */
#ifndef OAUTH_TICK_MS
#define OAUTH_TICK_MS 15000
#endif

struct refused {
	char *account_id;
	struct secret used_token;
	oauth_renewed done;
	void *ctx;
};

/* When an account is looked at next; made with the first look. */
struct watch {
	int64_t next_ms;                /* wall clock */
};

struct oauth_renewer {
	struct oauth *oauth;
	pthread_t thread;
	pthread_mutex_t lock;           /* of what follows; inside oauth.lock */
	pthread_cond_t wake;
	struct config *config;
	struct map watches;             /* account id -> struct watch */
	struct vec queue;               /* struct refused, oldest first */
	bool is_stopping;
};

/* ---- questions of the data path ---- */

static void answer(struct refused *q, const struct err *err)
{
	if (q->done) {
		q->done(q->ctx, q->account_id, err);
	}
	secret_release(&q->used_token);
	free(q->account_id);
	free(q);
}

void oauth_renewer_refused(struct oauth_renewer *r, const char *account_id,
			   struct slice used_token, oauth_renewed done, void *ctx)
{
	struct refused *q = xcalloc(1, sizeof *q);

	q->account_id = xstrdup(account_id);
	secret_set(&q->used_token, used_token);
	q->done = done;
	q->ctx = ctx;
	pthread_mutex_lock(&r->lock);
	vec_push(&r->queue, q);
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

static bool is_same_question(const struct refused *a, const struct refused *b)
{
	return str_eq(a->account_id, b->account_id) &&
	       a->used_token.len == b->used_token.len &&
	       crypto_equal(a->used_token.ptr, b->used_token.ptr, a->used_token.len);
}

/* The requests that were refused together: the first and its twins. */
static struct vec take_questions(struct oauth_renewer *r)
{
	struct vec same = {0};
	struct vec others = {0};

	for (size_t i = 0; i < r->queue.len; i++) {
		struct refused *q = r->queue.items[i];
		bool is_twin = !same.len || is_same_question(same.items[0], q);

		vec_push(is_twin ? &same : &others, q);
	}
	vec_release(&r->queue);
	r->queue = others;
	return same;
}

/* Off the lock. */
static void handle(struct oauth_renewer *r, struct config *c, struct vec *questions)
{
	struct refused *first = questions->items[0];
	const struct upstream_account *a = config_account(c, first->account_id);
	struct oauth_need need = {
		.reason = OAUTH_REFUSED,
		.used_token = secret_peek(&first->used_token),
	};
	struct err why = ERR_INIT;
	bool ok = a ? oauth_refresh(r->oauth, c, a, &need, &why) :
		  err_setf(&why, ERR_NOT_FOUND, "the account is no longer configured");

	for (size_t i = 0; i < questions->len; i++) {
		answer(questions->items[i], ok ? NULL : &why);
	}
}

/* ---- renewal in time ---- */

static struct watch *watch_of(struct oauth_renewer *r, const char *id)
{
	struct watch *w = map_get(&r->watches, slice_of(id));

	if (!w) {
		w = xcalloc(1, sizeof *w);
		map_put(&r->watches, slice_of(id), w);
	}
	return w;
}

/* The next account whose time has come, or NULL. Under the lock. */
static const struct upstream_account *next_due(struct oauth_renewer *r)
{
	int64_t now_ms = clock_wall_ms();

	for (size_t i = 0; i < r->config->account_count; i++) {
		const struct upstream_account *a = &r->config->accounts[i];

		if (a->type == ACCOUNT_OAUTH && a->is_active &&
		    watch_of(r, a->id)->next_ms <= now_ms) {
			return a;
		}
	}
	return NULL;
}

/* Off the lock. Returns when to look again: not at once, however short the
 * tokens live; never for a missing sign-in, of which somebody tells. */
static int64_t look(struct oauth_renewer *r, struct config *c,
		    const struct upstream_account *a)
{
	struct oauth_need need = { .reason = OAUTH_DUE };
	struct oauth_account *acc = oauth_account_of(r->oauth, a->id);
	struct err why = ERR_INIT;
	bool ok = oauth_refresh(r->oauth, c, a, &need, &why);
	int64_t soonest_ms = clock_wall_ms() + OAUTH_TICK_MS;
	int64_t due_at_ms;

	pthread_mutex_lock(&r->oauth->lock);
	due_at_ms = acc->due_at_ms;
	pthread_mutex_unlock(&r->oauth->lock);
	if (!ok) {
		return why.kind == ERR_SIGN_IN ? INT64_MAX : soonest_ms;
	}
	return due_at_ms > soonest_ms ? due_at_ms : soonest_ms;
}

void oauth_renewer_look_again(struct oauth_renewer *r, const char *account_id)
{
	pthread_mutex_lock(&r->lock);
	watch_of(r, account_id)->next_ms = 0;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

void oauth_renewer_set_config(struct oauth_renewer *r, struct config *c)
{
	struct config *old;

	pthread_mutex_lock(&r->lock);
	old = r->config;
	r->config = config_ref(c);
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	config_unref(old);
}

/* ---- the thread ---- */

static void wait_a_tick(struct oauth_renewer *r)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += OAUTH_TICK_MS / 1000;
	pthread_cond_timedwait(&r->wake, &r->lock, &until);
}

/* Both enter and leave under the lock; what blocks is done off it. */
static void work_on_questions(struct oauth_renewer *r)
{
	struct vec questions = take_questions(r);
	struct config *c = config_ref(r->config);

	pthread_mutex_unlock(&r->lock);
	handle(r, c, &questions);
	vec_release(&questions);
	config_unref(c);
	pthread_mutex_lock(&r->lock);
}

static void work_on_account(struct oauth_renewer *r, const struct upstream_account *a)
{
	struct config *c = config_ref(r->config);
	struct watch *w = watch_of(r, a->id);
	int64_t next_ms;

	w->next_ms = INT64_MAX;          /* unless somebody says otherwise meanwhile */
	pthread_mutex_unlock(&r->lock);
	next_ms = look(r, c, a);
	config_unref(c);
	pthread_mutex_lock(&r->lock);
	w->next_ms = w->next_ms < next_ms ? w->next_ms : next_ms;
}

static void *run(void *arg)
{
	struct oauth_renewer *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->is_stopping) {
		const struct upstream_account *a = next_due(r);

		if (r->queue.len) {
			work_on_questions(r);
		} else if (a) {
			work_on_account(r, a);
		} else {
			wait_a_tick(r);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Who signs in tells the renewer from now on, or (NULL) no longer. */
static void introduce(struct oauth *o, struct oauth_renewer *r)
{
	pthread_mutex_lock(&o->lock);
	o->renewer = r;
	pthread_mutex_unlock(&o->lock);
}

struct oauth_renewer *oauth_renewer_start(struct oauth *o, struct config *c, struct err *err)
{
	struct oauth_renewer *r = xcalloc(1, sizeof *r);
	pthread_condattr_t monotonic;

	r->oauth = o;
	r->config = config_ref(c);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	introduce(o, r);
	if (!oauth_start_thread(&r->thread, run, r)) {
		introduce(o, NULL);
		err_setf(err, ERR_FAILED, "no thread for the renewal of tokens");
		config_unref(r->config);
		free(r);
		return NULL;
	}
	return r;
}

static void free_watch(void *ctx, struct slice key, void *value)
{
	(void)ctx;
	(void)key;
	free(value);
}

void oauth_renewer_stop(struct oauth_renewer *r)
{
	struct err ended = ERR_INIT;

	if (!r) {
		return;
	}
	pthread_mutex_lock(&r->lock);
	r->is_stopping = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	introduce(r->oauth, NULL);
	err_setf(&ended, ERR_FAILED, "the gateway ends");
	for (size_t i = 0; i < r->queue.len; i++) {
		answer(r->queue.items[i], &ended);
	}
	vec_release(&r->queue);
	map_each(&r->watches, free_watch, NULL);
	map_release(&r->watches);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	config_unref(r->config);
	free(r);
}
