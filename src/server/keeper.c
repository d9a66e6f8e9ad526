#include "server/keeper.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/dir_watch.h"
#include "config/prompts.h"
#include "config/watch.h"
#include "control/control.h"
#include "control/socket.h"
#include "gateway/gateway.h"
#include "gateway/running.h"
#include "routing/router.h"
#include "server/live.h"
#include "server/log_files.h"
#include "server/prober.h"
#include "server/recorder.h"
#include "server/routing_state.h"
#include "stats/history.h"
#include "server/process.h"

#define DRAIN_MS 30000

/* How often collected log lines are written, and the end of a drain noticed. */
#define TICK_MS 200

/* An editor that empties a file and then writes it must not be taken by its
 * word in between: the file is read once it has been left alone this long. */
#define QUIET_MS 100

#define SWEEP_MS (60UL * 60 * 1000)

#define KEEPER_POLLS 5

struct keeper {
	struct keeper_setup setup;
	struct live *live;
	struct log_files *files;
	struct stats *stats;
	struct router *router;
	struct history *history;
	struct recorder *recorder;
	struct prober *prober;          /* NULL: no health probes */
	struct config_watch *watch;     /* NULL: the file cannot be watched */
	struct dir_watch *prompts;      /* NULL: their directory cannot be */
	struct control_runtime runtime;
	struct control *control;
	struct control_socket *socket;
	int64_t started_ms;
	uint64_t next_sweep_ms;
	uint64_t reload_at_ms;          /* monotonic; 0: the file has not changed */
	uint64_t prompts_at_ms;         /* the same for the system prompts */
	uint64_t generation;            /* of the configuration that was last looked at */
	int wake_fd;                    /* eventfd: stop_at_ms has changed */

	pthread_mutex_t lock;           /* guards the rest */
	struct gateway *gateway;        /* NULL once it has ended */
	uint64_t stop_at_ms;            /* monotonic; 0: running */
	bool is_draining;
};

/* ---- what the control API may ask, on its own threads ---- */

static struct config *runtime_config(void *ctx)
{
	struct keeper *k = ctx;

	return live_config(k->live);
}

static void runtime_facts(void *ctx, struct runtime_facts *out)
{
	struct keeper *k = ctx;
	struct config *c = live_config(k->live);

	*out = (struct runtime_facts){
		.started_ms = k->started_ms,
		.workers = gateway_worker_count(c),
		.is_demo = k->setup.is_demo,
	};
	config_unref(c);
	live_problems(k->live, out->config_error, out->store_problem, &out->needs_restart);
	history_problem(k->history, out->state_problem);
	pthread_mutex_lock(&k->lock);
	out->is_draining = k->stop_at_ms != 0;
	if (k->gateway) {
		out->in_flight = gateway_in_flight(k->gateway);
		str_copy(out->listen, sizeof out->listen, gateway_listen(k->gateway));
	}
	pthread_mutex_unlock(&k->lock);
}

static void runtime_running(void *ctx, struct running_list *out)
{
	struct keeper *k = ctx;

	*out = (struct running_list){ 0 };
	pthread_mutex_lock(&k->lock);
	if (k->gateway) {
		gateway_running(k->gateway, out);
	}
	pthread_mutex_unlock(&k->lock);
}

static bool runtime_cancel(void *ctx, const char *id)
{
	struct keeper *k = ctx;
	bool has_ended;

	pthread_mutex_lock(&k->lock);
	has_ended = k->gateway && gateway_cancel(k->gateway, id);
	pthread_mutex_unlock(&k->lock);
	return has_ended;
}

static void runtime_config_text(void *ctx, struct buf *out)
{
	struct keeper *k = ctx;

	live_config_text(k->live, out);
}

static bool runtime_reload(void *ctx, struct err *err)
{
	struct keeper *k = ctx;

	return live_reload(k->live, err);
}

static bool runtime_put_secret(void *ctx, const char *account, const struct secret *value,
			       struct err *err)
{
	struct keeper *k = ctx;

	return live_put_secret(k->live, account, value, err);
}

static struct key_ring *runtime_keys(void *ctx)
{
	struct keeper *k = ctx;

	return live_keys(k->live);
}

static struct oauth *runtime_oauth(void *ctx, struct err *err)
{
	struct keeper *k = ctx;

	return live_oauth(k->live, err);
}

static void runtime_stop(void *ctx, bool now)
{
	keeper_stop(ctx, now ? 0 : DRAIN_MS);
}

/* ---- beginning ---- */

static void start_logging(struct keeper *k)
{
	k->files = log_files_create();
	log_set_sink(log_files_write, k->files);
}

static void open_history(struct keeper *k)
{
	char *path = xasprintf("%s/state.db", k->setup.home);

	k->history = history_create(k->stats, path);
	free(path);
}

static bool start_gateway(struct keeper *k, struct err *err)
{
	struct config *c = live_config(k->live);
	struct key_ring *keys = live_keys(k->live);
	uint64_t seed;

	k->stats = stats_create(gateway_worker_count(c));
	open_history(k);
	crypto_random(&seed, sizeof seed);
	k->router = router_create(seed);
	routing_state_load(k->history, k->router);
	k->gateway = gateway_start(c, keys, k->stats, k->router, err);
	config_unref(c);
	key_ring_unref(keys);
	if (k->gateway) {
		live_attach(k->live, k->gateway, k->router);
	}
	return k->gateway;
}

static bool start_control(struct keeper *k, struct err *err)
{
	k->runtime = (struct control_runtime){
		.ctx = k,
		.config = runtime_config,
		.facts = runtime_facts,
		.config_text = runtime_config_text,
		.running = runtime_running,
		.cancel = runtime_cancel,
		.reload = runtime_reload,
		.put_secret = runtime_put_secret,
		.keys = runtime_keys,
		.oauth = runtime_oauth,
		.router = k->router,
		.stats = k->stats,
		.history = k->history,
		.stop = runtime_stop,
	};
	k->control = control_create(k->setup.home, k->setup.config_path, &k->runtime);
	k->socket = control_socket_create(k->control, k->setup.home, err);
	return k->socket;
}

static void start_watch(struct keeper *k)
{
	struct err err = ERR_INIT;

	k->watch = config_watch_create(k->setup.config_path, &err);
	if (!k->watch) {
		log_warn("config", "edits are not noticed by themselves: %s", err.msg);
	}
	k->prompts = dir_watch_create(&err);
	if (!k->prompts) {
		log_warn("config", "%s", err.msg);
	}
	/* What changed between loading and watching. */
	live_reload(k->live, NULL);
}

static bool start_recorder(struct keeper *k, struct err *err)
{
	k->recorder = recorder_start(k->history, k->live, k->router, err);
	return k->recorder;
}

static void start_prober(struct keeper *k)
{
	struct err err = ERR_INIT;

	k->prober = prober_start(k->live, k->router, &err);
	if (!k->prober) {
		log_warn("server", "%s", err.msg);
	}
}

struct keeper *keeper_create(const struct keeper_setup *setup, struct err *err)
{
	struct keeper *k = xcalloc(1, sizeof *k);

	k->setup = *setup;
	k->setup.home = xstrdup(setup->home);
	k->setup.config_path = xstrdup(setup->config_path);
	k->started_ms = clock_wall_ms();
	k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&k->lock, NULL);
	start_logging(k);
	k->live = live_create(setup->home, setup->config_path, k->files, setup->has_screen, err);
	if (k->live && start_gateway(k, err) && start_control(k, err) && start_recorder(k, err)) {
		start_watch(k);
		start_prober(k);
		log_info("server", "listening on %s", gateway_listen(k->gateway));
		return k;
	}
	keeper_destroy(k);
	return NULL;
}

const char *keeper_listen(const struct keeper *k)
{
	return gateway_listen(k->gateway);
}

/* ---- work ---- */

void keeper_stop(struct keeper *k, int64_t drain_ms)
{
	const uint64_t one = 1;
	uint64_t at_ms = clock_mono_ms() + (uint64_t)drain_ms;

	pthread_mutex_lock(&k->lock);
	if (!k->stop_at_ms || at_ms < k->stop_at_ms) {
		k->stop_at_ms = at_ms;
	}
	pthread_mutex_unlock(&k->lock);
	if (write(k->wake_fd, &one, sizeof one) < 0) {
		return;   /* it is full of wake-ups already */
	}
}

static void take_signals(struct keeper *k)
{
	int signal;

	while ((signal = process_next_signal(k->setup.signal_fd))) {
		if (signal == SIGHUP) {
			live_reload(k->live, NULL);
		} else {
			keeper_stop(k, k->is_draining ? 0 : DRAIN_MS);
			log_info("server", k->is_draining ? "ending at once" :
				 "finishing what is in flight; once more ends at once");
			k->is_draining = true;
		}
	}
}

static void take_wake_up(struct keeper *k)
{
	uint64_t count;

	while (read(k->wake_fd, &count, sizeof count) > 0) {
	}
}

/* Everything the keeper waits for; `fds` has room for KEEPER_POLLS. */
static nfds_t fill_polls(const struct keeper *k, struct pollfd *fds)
{
	nfds_t count = 0;

	fds[count++] = (struct pollfd){ .fd = k->wake_fd, .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = control_socket_fd(k->socket), .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = k->setup.signal_fd, .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = k->watch ? config_watch_fd(k->watch) : -1,
					.events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = k->prompts ? dir_watch_fd(k->prompts) : -1,
					.events = POLLIN };
	return count;
}

static void work(struct keeper *k, const struct pollfd *fds)
{
	if (fds[0].revents) {
		take_wake_up(k);
	}
	if (fds[1].revents) {
		control_socket_accept(k->socket);
	}
	if (fds[2].revents) {
		take_signals(k);
	}
	if (fds[3].revents && config_watch_drain(k->watch)) {
		k->reload_at_ms = clock_mono_ms() + QUIET_MS;
	}
	if (fds[4].revents && dir_watch_drain(k->prompts)) {
		k->prompts_at_ms = clock_mono_ms() + QUIET_MS;
	}
}

/* The configuration in force says which directory holds the system prompts.
 * What changed there between loading and watching is read as well. */
static void follow_prompts(struct keeper *k)
{
	struct config *c = live_config(k->live);
	struct buf path = BUF_INIT(8 * KIB);

	if (k->prompts && c->generation != k->generation) {
		k->generation = c->generation;
		if (c->proxy.enable_system_prompt) {
			prompts_directory(c, k->setup.home, &path);
		}
		if (dir_watch_point(k->prompts, buf_text(&path))) {
			k->prompts_at_ms = clock_mono_ms() + QUIET_MS;
		}
	}
	buf_release(&path);
	config_unref(c);
}

static void tick(struct keeper *k)
{
	uint64_t now_ms = clock_mono_ms();

	if (k->reload_at_ms && now_ms >= k->reload_at_ms) {
		k->reload_at_ms = 0;
		live_reload(k->live, NULL);
	}
	if (k->prompts_at_ms && now_ms >= k->prompts_at_ms) {
		k->prompts_at_ms = 0;
		live_reload_prompts(k->live);
	}
	follow_prompts(k);
	log_flush();
	if (now_ms >= k->next_sweep_ms) {
		k->next_sweep_ms = now_ms + SWEEP_MS;
		log_files_sweep(k->files, clock_wall_ms());
	}
}

static uint64_t stop_time(struct keeper *k)
{
	uint64_t at_ms;

	pthread_mutex_lock(&k->lock);
	at_ms = k->stop_at_ms;
	pthread_mutex_unlock(&k->lock);
	return at_ms;
}

/* Told to end, and nothing left to wait for? */
static bool is_over(struct keeper *k, bool *has_closed)
{
	uint64_t stop_at_ms = stop_time(k);

	if (!stop_at_ms) {
		return false;
	}
	if (!*has_closed) {
		*has_closed = true;
		process_notify("STOPPING=1");
		gateway_stop_listening(k->gateway);
	}
	return clock_mono_ms() >= stop_at_ms || gateway_in_flight(k->gateway) == 0;
}

static void end_gateway(struct keeper *k)
{
	struct gateway *gateway = k->gateway;

	live_attach(k->live, NULL, NULL);
	pthread_mutex_lock(&k->lock);
	k->gateway = NULL;
	pthread_mutex_unlock(&k->lock);
	gateway_stop(gateway, 0, NULL);
}

void keeper_run(struct keeper *k)
{
	struct pollfd fds[KEEPER_POLLS];
	bool has_closed = false;

	while (!is_over(k, &has_closed)) {
		nfds_t count = fill_polls(k, fds);

		bool is_soon = k->reload_at_ms || k->prompts_at_ms;

		if (poll(fds, count, is_soon ? QUIET_MS / 2 : TICK_MS) > 0) {
			work(k, fds);
		}
		tick(k);
	}
	end_gateway(k);
	log_info("server", "ended");
	log_flush();
}

/* ---- end ---- */

bool keeper_destroy(struct keeper *k)
{
	if (!k) {
		return true;
	}
	if (!control_socket_destroy(k->socket)) {
		log_flush();
		return false;
	}
	prober_stop(k->prober);
	if (k->gateway) {
		live_attach(k->live, NULL, NULL);
		gateway_stop(k->gateway, 0, NULL);
	}
	recorder_stop(k->recorder);
	control_destroy(k->control);
	config_watch_destroy(k->watch);
	dir_watch_destroy(k->prompts);
	live_destroy(k->live);
	router_destroy(k->router);
	history_destroy(k->history);
	stats_destroy(k->stats);
	log_flush();
	log_set_sink(NULL, NULL);
	log_files_destroy(k->files);
	close(k->wake_fd);
	pthread_mutex_destroy(&k->lock);
	free((char *)k->setup.home);
	free((char *)k->setup.config_path);
	free(k);
	return true;
}
