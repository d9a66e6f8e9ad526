#include "gateway/gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "formats/sig_memory.h"
#include "gateway/sealed_memory.h"
#include "gateway/worker.h"

#define BACKLOG 1024
#define MAX_WORKERS 64
#define MAX_AUTO_WORKERS 8
#define DRAIN_STEP_MS 20

/* Descriptors that the program needs for itself. */
#define OWN_DESCRIPTORS 64

struct gateway {
	struct gateway_shared shared;
	struct worker *workers;
	unsigned worker_count;
	char listen[128];
	struct buf tls_cert;
	struct buf tls_key;
};

unsigned gateway_worker_count(const struct config *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int wanted = config->server.workers;

	if (wanted > 0) {
		return wanted > MAX_WORKERS ? MAX_WORKERS : (unsigned)wanted;
	}
	if (cores < 1) {
		return 1;
	}
	return cores > MAX_AUTO_WORKERS ? MAX_AUTO_WORKERS : (unsigned)cores;
}

static bool resolve(const struct config *config, int port, struct addrinfo **found,
		    struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	char service[16];
	int failed;

	snprintf(service, sizeof service, "%d", port);
	failed = getaddrinfo(config->server.host, service, &hints, found);
	return !failed || err_setf(err, ERR_FAILED, "server.host %s: %s", config->server.host,
				   gai_strerror(failed));
}

static bool bind_one(int fd, const struct addrinfo *address, bool is_shared)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (is_shared) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	}
	return bind(fd, address->ai_addr, address->ai_addrlen) == 0;
}

static int port_of(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof address;

	getsockname(fd, (struct sockaddr *)&address, &len);
	return ntohs(address.ss_family == AF_INET6
			     ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port
			     : ((struct sockaddr_in *)(void *)&address)->sin_port);
}

/* SO_REUSEPORT would also let a stranger of the same user share the port
 * unnoticed, so a first bind without it tells whether the port is free. */
static bool port_is_free(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind_one(fd, address, false) && listen(fd, 1) == 0;

	if (fd >= 0) {
		close(fd);
	}
	return ok;
}

static int open_socket(const struct config *config, int *port, bool is_first, struct err *err)
{
	struct addrinfo *address = NULL;
	int fd = -1;

	if (!resolve(config, *port, &address, err)) {
		return -1;
	}
	if (is_first && *port && !port_is_free(address)) {
		err_setf(err, ERR_CONFLICT, "%s:%d is already in use; choose another with "
			 "`llm-gateway config set server.port PORT`", config->server.host, *port);
		freeaddrinfo(address);
		return -1;
	}
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !bind_one(fd, address, true) || listen(fd, BACKLOG) < 0) {
		err_errno(err, "listen on %s:%d", config->server.host, *port);
		if (fd >= 0) {
			close(fd);
		}
		fd = -1;
	} else {
		*port = port_of(fd);
	}
	freeaddrinfo(address);
	return fd;
}

static bool read_tls(struct gateway *g, const struct config *config, struct err *err)
{
	buf_init(&g->tls_cert, MAX_SECRET_BYTES);
	buf_init(&g->tls_key, MAX_SECRET_BYTES);
	if (str_empty(config->server.tls_cert)) {
		return true;
	}
	return file_read(config->server.tls_cert, &g->tls_cert, err) &&
	       file_read(config->server.tls_key, &g->tls_key, err);
}

/* Of each worker. A client and its upstream are two descriptors: where only
 * the first can be had, the upstream would be blamed for the second. */
static unsigned max_connections(const struct gateway *g, const struct config *config)
{
	rlim_t wanted = (rlim_t)config->server.max_connections;
	struct rlimit limit;
	rlim_t room;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		room = limit.rlim_cur > 4 * OWN_DESCRIPTORS ?
			(limit.rlim_cur - OWN_DESCRIPTORS) / 2 : limit.rlim_cur / 4;
		wanted = wanted < room ? wanted : room;
	}
	return (unsigned)wanted / g->worker_count + 1;
}

static bool prepare_workers(struct gateway *g, const struct config *config, struct err *err)
{
	int port = config->server.port;
	struct listener_options options = {
		.timeout_ms = config->server.timeout_ms,
		.max_connections = max_connections(g, config),
		.tls_cert = g->tls_cert.len ? buf_text(&g->tls_cert) : NULL,
		.tls_key = g->tls_key.len ? buf_text(&g->tls_key) : NULL,
	};

	for (unsigned i = 0; i < g->worker_count; i++) {
		options.socket_fd = open_socket(config, &port, i == 0, err);
		if (options.socket_fd < 0 ||
		    !worker_init(&g->workers[i], &g->shared, i, &options, err)) {
			return false;
		}
	}
	snprintf(g->listen, sizeof g->listen, strchr(config->server.host, ':') ? "[%s]:%d"
									       : "%s:%d",
		 config->server.host, port);
	return true;
}

static bool start_workers(struct gateway *g, struct err *err)
{
	for (unsigned i = 0; i < g->worker_count; i++) {
		if (!worker_start(&g->workers[i], err)) {
			return false;
		}
	}
	return true;
}

static void set_budget(struct gateway *g, const struct config *config)
{
	__atomic_store_n(&g->shared.budget.max_bytes, (size_t)config->server.memory_budget_bytes,
			 __ATOMIC_RELAXED);
}

struct gateway *gateway_start(struct config *config, struct key_ring *keys,
			      struct stats *stats, struct router *router,
			      struct err *err)
{
	struct gateway *g = xcalloc(1, sizeof *g);

	curl_pool_init_process();
	pthread_mutex_init(&g->shared.lock, NULL);
	queue_init(&g->shared.queue);
	g->shared.signatures = sig_memory_create(&sig_memory_usual);
	g->shared.sealed = sealed_memory_create((uint64_t)clock_wall_ms(), MAX_SEALED_REQUESTS);
	g->shared.config = config_ref(config);
	g->shared.keys = key_ring_ref(keys);
	g->shared.generation = 1;
	g->shared.stats = stats;
	g->shared.router = router;
	router_configure(router, config);
	set_budget(g, config);
	g->worker_count = gateway_worker_count(config);
	g->workers = xcalloc(g->worker_count, sizeof *g->workers);
	g->shared.workers = g->workers;
	for (unsigned i = 0; i < g->worker_count; i++) {
		g->workers[i].wake = (struct watch)WATCH_INIT;
	}
	if (!read_tls(g, config, err) || !prepare_workers(g, config, err) ||
	    !start_workers(g, err)) {
		gateway_stop(g, 0, NULL);
		return NULL;
	}
	return g;
}

const char *gateway_listen(const struct gateway *g)
{
	return g->listen;
}

static bool needs_restart(const struct server_config *a, const struct server_config *b)
{
	return !str_eq(a->host, b->host) || a->port != b->port || a->workers != b->workers ||
	       a->max_connections != b->max_connections || a->timeout_ms != b->timeout_ms ||
	       !str_eq(a->tls_cert, b->tls_cert) || !str_eq(a->tls_key, b->tls_key);
}

bool gateway_set_config(struct gateway *g, struct config *config)
{
	struct config *old;
	bool restart;

	router_configure(g->shared.router, config);
	pthread_mutex_lock(&g->shared.lock);
	old = g->shared.config;
	g->shared.config = config_ref(config);
	restart = needs_restart(&old->server, &config->server);
	__atomic_add_fetch(&g->shared.generation, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&g->shared.lock);
	set_budget(g, config);
	config_unref(old);
	return restart;
}

void gateway_set_keys(struct gateway *g, struct key_ring *keys)
{
	struct key_ring *old;

	pthread_mutex_lock(&g->shared.lock);
	old = g->shared.keys;
	g->shared.keys = key_ring_ref(keys);
	__atomic_add_fetch(&g->shared.generation, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&g->shared.lock);
	key_ring_unref(old);
}

void gateway_set_renewer(struct gateway *g, struct oauth_renewer *renewer)
{
	__atomic_store_n(&g->shared.renewer, renewer, __ATOMIC_RELEASE);
}

struct worker *gateway_worker(struct gateway *g, unsigned index)
{
	return index < g->worker_count ? &g->workers[index] : NULL;
}

unsigned gateway_in_flight(const struct gateway *g)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < g->worker_count; i++) {
		sum += __atomic_load_n(&g->workers[i].in_flight, __ATOMIC_RELAXED);
	}
	return sum;
}

static void order_all(struct gateway *g, enum worker_order order)
{
	for (unsigned i = 0; i < g->worker_count; i++) {
		if (g->workers[i].is_started) {
			worker_order(&g->workers[i], order);
		}
	}
}

void gateway_stop_listening(struct gateway *g)
{
	order_all(g, WORKER_QUIESCE);
}

static void drain(struct gateway *g, int64_t drain_ms, const volatile bool *stop_now)
{
	const struct timespec step = { .tv_nsec = DRAIN_STEP_MS * 1000000L };

	while (drain_ms > 0 && gateway_in_flight(g) && !(stop_now && *stop_now)) {
		nanosleep(&step, NULL);
		drain_ms -= DRAIN_STEP_MS;
	}
}

void gateway_stop(struct gateway *g, int64_t drain_ms, const volatile bool *stop_now)
{
	if (!g) {
		return;
	}
	gateway_stop_listening(g);
	drain(g, drain_ms, stop_now);
	order_all(g, WORKER_STOP);
	for (unsigned i = 0; i < g->worker_count; i++) {
		worker_join(&g->workers[i]);
	}
	/* Only now: up to their end they wake each other. */
	for (unsigned i = 0; i < g->worker_count; i++) {
		worker_release(&g->workers[i]);
	}
	free(g->workers);
	buf_wipe(&g->tls_cert);
	buf_wipe(&g->tls_key);
	config_unref(g->shared.config);
	key_ring_unref(g->shared.keys);
	queue_release(&g->shared.queue);
	sig_memory_destroy(g->shared.signatures);
	sealed_memory_destroy(g->shared.sealed);
	pthread_mutex_destroy(&g->shared.lock);
	free(g);
}
