#include "server/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/live.h"
#include "server/routing_state.h"
#include "stats/history.h"

#define TICK_MS 400
#define PRUNE_MS (UINT64_C(60) * 60 * 1000)
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

struct recorder {
	struct history *history;
	struct live *live;
	struct router *router;
	struct routing_saved saved;
	pthread_t thread;
	pthread_mutex_t lock;           /* guards the rest */
	pthread_cond_t wake;
	bool is_over;
};

static void prune(struct recorder *r)
{
	struct config *c = live_config(r->live);
	int64_t days = c->usage.retention_days;

	config_unref(c);
	history_prune(r->history, clock_wall_ms() - days * DAY_MS);
}

/* False: it is time to end. */
static bool pause_tick(struct recorder *r)
{
	struct timespec until;
	bool goes_on;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&r->lock);
	while (!r->is_over && pthread_cond_timedwait(&r->wake, &r->lock, &until) != ETIMEDOUT) {
	}
	goes_on = !r->is_over;
	pthread_mutex_unlock(&r->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct recorder *r = arg;
	uint64_t prune_at_ms = 0;

	do {
		history_tick(r->history);
		routing_state_save(r->history, r->router, &r->saved, false);
		if (clock_mono_ms() >= prune_at_ms) {
			prune_at_ms = clock_mono_ms() + PRUNE_MS;
			prune(r);
		}
	} while (pause_tick(r));
	routing_state_save(r->history, r->router, &r->saved, true);
	return NULL;
}

struct recorder *recorder_start(struct history *history, struct live *live,
				struct router *router, struct err *err)
{
	struct recorder *r = xcalloc(1, sizeof *r);
	sigset_t all;
	sigset_t before;
	int failed;

	r->history = history;
	r->live = live;
	r->router = router;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&r->thread, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed) {
		return r;
	}
	free(r);
	err_setf(err, ERR_FAILED, "the recorder's thread does not start");
	return NULL;
}

void recorder_stop(struct recorder *r)
{
	if (!r) {
		return;
	}
	pthread_mutex_lock(&r->lock);
	r->is_over = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
