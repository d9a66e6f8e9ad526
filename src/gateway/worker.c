#include "gateway/worker.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/exchange.h"

#define LISTENER_ROUNDS 16

/* A worker without exchanges for this long gives freed memory back. */
#define TRIM_AFTER_MS 1000

static void on_wake(struct watch *w, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof count) > 0) {
		struct worker *worker = (struct worker *)((char *)w -
							  offsetof(struct worker, wake));

		waiting_woken(worker);
		running_answer(worker);
	}
}

bool worker_init(struct worker *w, struct gateway_shared *shared, unsigned index,
		 const struct listener_options *options, struct err *err)
{
	*w = (struct worker){ .shared = shared, .index = index, .wake = WATCH_INIT };
	running_desk_init(&w->desk);
	w->shard = stats_shard(shared->stats, index);
	w->loop = loop_create(err);
	if (!w->loop) {
		return false;
	}
	w->curl = curl_pool_create(w->loop, err);
	if (!w->curl) {
		return false;
	}
	w->direct = direct_pool_create(w->loop, w->curl);
	w->is_curl_only = str_eq(getenv("LLM_GATEWAY_TRANSPORT"), "curl");
	w->listener = listener_create(w->loop, options, exchange_client_events(), w, err);
	if (!w->listener) {
		return false;
	}
	w->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->wake.on_ready = on_wake;
	if (w->wake.fd < 0 || !loop_watch(w->loop, &w->wake, EPOLLIN)) {
		return err_errno(err, "eventfd");
	}
	w->mailbox = mailbox_create(w->wake.fd);
	return true;
}

void worker_refresh(struct worker *w)
{
	struct gateway_shared *shared = w->shared;
	uint64_t generation = __atomic_load_n(&shared->generation, __ATOMIC_ACQUIRE);

	if (generation == w->generation && w->config) {
		return;
	}
	key_memo_clear(&w->key_memo);
	config_unref(w->config);
	key_ring_unref(w->keys);
	pthread_mutex_lock(&shared->lock);
	w->config = config_ref(shared->config);
	w->keys = key_ring_ref(shared->keys);
	w->generation = __atomic_load_n(&shared->generation, __ATOMIC_ACQUIRE);
	pthread_mutex_unlock(&shared->lock);
	direct_pool_refresh(w->direct, w->config->proxy.ca_file);
}

/* glibc keeps the peak of a crowd until asked. */
static void trim_when_quiet(struct worker *w)
{
	if (__atomic_load_n(&w->in_flight, __ATOMIC_RELAXED)) {
		w->trim_at_ms = loop_now_ms(w->loop) + TRIM_AFTER_MS;
	} else if (w->trim_at_ms && loop_now_ms(w->loop) >= w->trim_at_ms) {
		w->trim_at_ms = 0;
		exchange_free_spare(w);
		malloc_trim(0);
	}
}

static uint64_t settle(struct worker *w)
{
	uint64_t wait_ms = 0;

	for (int i = 0; i < LISTENER_ROUNDS; i++) {
		wait_ms = listener_run(w->listener);
		loop_run_deferred(w->loop);
		if (!listener_is_due(w->listener)) {
			return wait_ms;
		}
	}
	return 0;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	uint64_t wait_ms = 0;

	while (__atomic_load_n(&w->order, __ATOMIC_ACQUIRE) != WORKER_STOP) {
		if (__atomic_load_n(&w->order, __ATOMIC_ACQUIRE) == WORKER_QUIESCE &&
		    !w->is_quiet) {
			w->is_quiet = true;
			listener_quiesce(w->listener);
		}
		loop_turn(w->loop, w->trim_at_ms && wait_ms > TRIM_AFTER_MS ? TRIM_AFTER_MS
									    : wait_ms);
		wait_ms = settle(w);
		loop_run_late(w->loop);
		trim_when_quiet(w);
	}
	exchange_end_all(w);
	settle(w);
	loop_run_late(w->loop);
	return NULL;
}

bool worker_start(struct worker *w, struct err *err)
{
	sigset_t all;
	sigset_t before;
	int failed;

	/* Signals are the keeper's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->is_started = !failed;
	return w->is_started || err_setf(err, ERR_FAILED, "a worker thread does not start");
}

void worker_wake(struct worker *w)
{
	uint64_t one = 1;

	if (write(w->wake.fd, &one, sizeof one) < 0) {
		return;         /* the counter is full: it wakes anyway */
	}
}

void worker_order(struct worker *w, enum worker_order order)
{
	__atomic_store_n(&w->order, order, __ATOMIC_RELEASE);
	worker_wake(w);
}

void worker_join(struct worker *w)
{
	if (w->is_started) {
		pthread_join(w->thread, NULL);
		w->is_started = false;
	}
}

void worker_release(struct worker *w)
{
	int wake_fd = w->wake.fd;

	mailbox_close(w->mailbox);
	running_desk_close(&w->desk);
	listener_destroy(w->listener);
	direct_pool_destroy(w->direct);
	curl_pool_destroy(w->curl);
	if (wake_fd >= 0) {
		loop_unwatch(w->loop, &w->wake);
		close(wake_fd);
	}
	loop_destroy(w->loop);
	exchange_free_spare(w);
	key_memo_clear(&w->key_memo);
	config_unref(w->config);
	key_ring_unref(w->keys);
}
