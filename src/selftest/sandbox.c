#include "selftest/sandbox.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "server/home.h"
#include "server/server.h"

#define MAX_SANDBOX_CONFIG_BYTES (256 * KIB)
#define MAX_TASKS 32
#define LOOK_MS 50              /* how soon a signal or the last task is noticed */

struct sandbox {
	char key[ID_GATEWAY_KEY_BYTES];
	char *home;
	char *config_path;
	struct server *server;
	int port;
	sigset_t signals;
	sigset_t before;
	atomic_bool is_ending;
};

extern char **environ;

static bool is_foreign(const char *variable)
{
	size_t len = strcspn(variable, "=");

	return str_starts(variable, "LLM_GATEWAY_") ||
	       (len >= 6 && strncasecmp(variable + len - 6, "_proxy", 6) == 0);
}

/* The user's settings for the real gateway, and proxies, mean nothing here. */
static void clean_environment(void)
{
	for (char **at = environ; at && *at;) {
		char *name;

		if (!is_foreign(*at)) {
			at++;
			continue;
		}
		name = xstrndup(*at, strcspn(*at, "="));
		unsetenv(name);
		free(name);
		at = environ;
	}
}

static void write_config(const struct sandbox *s, struct slice config, struct buf *out)
{
	char hex[SHA256_HEX_BYTES];

	crypto_sha256_hex(slice_of(s->key), hex);
	buf_addf(out,
		 "credentials: {store: file}\n"
		 "gateway_keys:\n"
		 "  - {id: gw_sandbox, name: sandbox, key_hash: \"sha256:%s\","
		 " permissions: [read, write], status: active}\n", hex);
	buf_add(out, config.ptr, config.len);
}

static bool make_home(struct sandbox *s, struct slice config, struct err *err)
{
	struct buf text = BUF_INIT(MAX_SANDBOX_CONFIG_BYTES);
	struct buf home = BUF_INIT(4 * KIB);
	bool ok;

	write_config(s, config, &text);
	ok = home_create_temporary(buf_slice(&text), &home, err);
	if (ok) {
		s->home = xstrdup(buf_text(&home));
		s->config_path = xasprintf("%s/config.yaml", s->home);
	}
	buf_release(&text);
	buf_release(&home);
	return ok;
}

static bool start_gateway(struct sandbox *s, struct err *err)
{
	const struct server_options options = {
		.home = s->home,
		.config_path = s->config_path,
		.host = "127.0.0.1",
		.port = 0,
		.workers = -1,
	};

	s->server = server_start_embedded(&options, err);
	if (!s->server) {
		return false;
	}
	s->port = (int)strtol(strrchr(server_listen(s->server), ':') + 1, NULL, 10);
	return true;
}

static void block_signals(struct sandbox *s)
{
	sigemptyset(&s->signals);
	sigaddset(&s->signals, SIGINT);
	sigaddset(&s->signals, SIGTERM);
	sigaddset(&s->signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &s->signals, &s->before);
	signal(SIGPIPE, SIG_IGN);
}

struct sandbox *sandbox_start(struct slice config, struct err *err)
{
	struct sandbox *s = xcalloc(1, sizeof *s);

	clean_environment();
	block_signals(s);
	id_gateway_key(s->key);
	if (!make_home(s, config, err) || !start_gateway(s, err)) {
		sandbox_stop(s);
		return NULL;
	}
	return s;
}

void sandbox_stop(struct sandbox *s)
{
	if (!s) {
		return;
	}
	server_stop_embedded(s->server, 0);
	if (s->home) {
		home_remove_temporary(s->home);
	}
	pthread_sigmask(SIG_SETMASK, &s->before, NULL);
	mem_wipe(s->key, sizeof s->key);
	free(s->home);
	free(s->config_path);
	free(s);
}

int sandbox_port(const struct sandbox *s)
{
	return s->port;
}

const char *sandbox_key(const struct sandbox *s)
{
	return s->key;
}

bool sandbox_is_ending(const struct sandbox *s)
{
	return atomic_load_explicit(&s->is_ending, memory_order_relaxed);
}

struct crew {
	void (*task)(void *ctx, size_t index);
	void *ctx;
	atomic_size_t running;
};

struct member {
	struct crew *crew;
	size_t index;
	pthread_t thread;
};

static void *work(void *arg)
{
	const struct member *m = arg;

	m->crew->task(m->crew->ctx, m->index);
	atomic_fetch_sub(&m->crew->running, 1);
	return NULL;
}

static void watch(struct sandbox *s, struct crew *crew, struct err *err)
{
	const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };

	while (atomic_load(&crew->running)) {
		int signal = sigtimedwait(&s->signals, NULL, &look);

		if (signal > 0 && !atomic_exchange(&s->is_ending, true)) {
			err_setf(err, ERR_FAILED, "interrupted by %s", strsignal(signal));
		}
	}
}

bool sandbox_run(struct sandbox *s, size_t count, void (*task)(void *ctx, size_t index),
		 void *ctx, struct err *err)
{
	struct crew crew = { .task = task, .ctx = ctx };
	struct member members[MAX_TASKS];
	size_t started = 0;

	for (; started < count && started < MAX_TASKS; started++) {
		members[started] = (struct member){ .crew = &crew, .index = started };
		atomic_fetch_add(&crew.running, 1);
		if (pthread_create(&members[started].thread, NULL, work, &members[started])) {
			atomic_fetch_sub(&crew.running, 1);
			break;
		}
	}
	if (started < count) {
		err_setf(err, ERR_FAILED, "no thread for a task");
		atomic_store(&s->is_ending, true);
	}
	watch(s, &crew, err);
	for (size_t i = 0; i < started; i++) {
		pthread_join(members[i].thread, NULL);
	}
	return !sandbox_is_ending(s);
}
