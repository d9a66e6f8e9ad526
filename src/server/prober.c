#include "server/prober.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/probe.h"
#include "routing/router.h"
#include "server/live.h"

/* How often routing is asked whose turn it is. */
#define LOOK_MS 1000

struct prober {
	struct live *live;
	struct router *router;
	pthread_t thread;
	atomic_bool is_stopping;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

static void report(struct prober *p, const struct probe *done)
{
	if (done->is_ok) {
		router_probed(p->router, done->account->id, clock_moment());
		log_info("probe", "%s is back: %s", done->account->name, done->message);
	} else {
		log_debug("probe", "%s: %s", done->account->name, done->message);
	}
}

/* Accounts without a secret are left out: there is nothing to ask with. */
static size_t fill(const struct config *c, const struct key_ring *keys,
		   const char *const *ids, size_t count, struct probe *probes)
{
	size_t filled = 0;

	for (size_t i = 0; i < count; i++) {
		const struct upstream_account *a = config_account(c, ids[i]);
		const struct secret *key = a ? key_ring_get(keys, a->id, NULL) : NULL;

		if (key) {
			probes[filled++] = (struct probe){ .account = a, .key = key };
		}
	}
	return filled;
}

static void look(struct prober *p)
{
	const char *ids[PROBE_BATCH];
	struct probe probes[PROBE_BATCH];
	size_t count = router_due_probes(p->router, ids, clock_moment());
	struct config *c;
	struct key_ring *keys;

	if (!count) {
		return;
	}
	c = live_config(p->live);
	keys = live_keys(p->live);
	count = fill(c, keys, ids, count, probes);
	probe_run(probes, count, c, c->health_check.timeout_ms, &p->is_stopping);
	for (size_t i = 0; i < count; i++) {
		report(p, &probes[i]);
	}
	key_ring_unref(keys);
	config_unref(c);
}

static void wait_a_moment(struct prober *p)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOOK_MS / 1000;
	pthread_mutex_lock(&p->lock);
	if (!atomic_load(&p->is_stopping)) {
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
	}
	pthread_mutex_unlock(&p->lock);
}

static void *run(void *arg)
{
	struct prober *p = arg;

	while (!atomic_load(&p->is_stopping)) {
		look(p);
		wait_a_moment(p);
	}
	return NULL;
}

struct prober *prober_start(struct live *live, struct router *router, struct err *err)
{
	struct prober *p = xcalloc(1, sizeof *p);

	p->live = live;
	p->router = router;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	if (pthread_create(&p->thread, NULL, run, p) != 0) {
		err_setf(err, ERR_FAILED, "no thread for health probes");
		free(p);
		return NULL;
	}
	return p;
}

void prober_stop(struct prober *p)
{
	if (!p) {
		return;
	}
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->is_stopping, true);
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
