#include "server/server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/gateway.h"
#include "server/background.h"
#include "server/home.h"
#include "server/keeper.h"
#include "server/process.h"

struct server {
	char *home;
	char *config_path;
	struct buf demo_key;
	bool is_demo;
	bool has_screen;
	int lock_fd;
	int signal_fd;
	struct keeper *keeper;
	pthread_t thread;               /* of an embedded keeper */
};

/* A flag wins over the file, also after a reload: it takes the way of the
 * environment, which does. */
static void set_override(const char *name, const char *value)
{
	setenv(name, value, 1);
}

static void set_override_int(const char *name, int value)
{
	char text[32];

	if (value >= 0) {
		snprintf(text, sizeof text, "%d", value);
		set_override(name, text);
	}
}

static void apply_flags(const struct server_options *o)
{
	if (o->host) {
		set_override("LLM_GATEWAY_SERVER_HOST", o->host);
	}
	set_override_int("LLM_GATEWAY_SERVER_PORT", o->port);
	set_override_int("LLM_GATEWAY_SERVER_WORKERS", o->workers);
}

static bool choose_home(struct server *s, const struct server_options *o, struct err *err)
{
	struct buf home = BUF_INIT(4 * KIB);
	bool ok = true;

	s->is_demo = o->is_demo;
	if (!o->is_demo) {
		s->home = xstrdup(o->home);
		s->config_path = xstrdup(o->config_path);
		return home_prepare(s->home, s->config_path, err);
	}
	ok = home_create_demo(&home, &s->demo_key, err);
	if (ok) {
		s->home = xstrdup(buf_text(&home));
		s->config_path = xasprintf("%s/config.yaml", s->home);
	}
	buf_release(&home);
	return ok;
}

static bool start_keeper(struct server *s, struct err *err)
{
	const struct keeper_setup setup = {
		.home = s->home,
		.config_path = s->config_path,
		.signal_fd = s->signal_fd,
		.has_screen = s->has_screen,
		.is_demo = s->is_demo,
	};

	s->keeper = keeper_create(&setup, err);
	return s->keeper;
}

/* A demo takes another port rather than fail beside the real gateway. */
static bool start_keeper_somewhere(struct server *s, const struct server_options *o,
				   struct err *err)
{
	struct err why = ERR_INIT;

	if (start_keeper(s, &why)) {
		return true;
	}
	if (s->is_demo && o->port < 0 && why.kind == ERR_CONFLICT) {
		set_override_int("LLM_GATEWAY_SERVER_PORT", 0);
		return start_keeper(s, err);
	}
	if (err) {
		*err = why;
	}
	return false;
}

static void destroy(struct server *s)
{
	if (!keeper_destroy(s->keeper)) {
		log_warn("server", "a call of the control API does not end");
	}
	if (s->is_demo && s->home) {
		home_remove_temporary(s->home);
	}
	if (s->lock_fd >= 0) {
		close(s->lock_fd);
	}
	if (s->signal_fd >= 0) {
		close(s->signal_fd);
	}
	buf_wipe(&s->demo_key);
	free(s->home);
	free(s->config_path);
	free(s);
}

static struct server *start(const struct server_options *o, bool is_embedded, struct err *err)
{
	struct server *s = xcalloc(1, sizeof *s);

	s->has_screen = is_embedded;
	s->lock_fd = -1;
	s->signal_fd = is_embedded ? -1 : process_signal_fd();
	buf_init(&s->demo_key, KIB);
	process_prepare();
	apply_flags(o);
	if (choose_home(s, o, err) && (s->lock_fd = home_lock(s->home, err)) >= 0 &&
	    start_keeper_somewhere(s, o, err)) {
		return s;
	}
	destroy(s);
	return NULL;
}

static void announce_demo(const struct server *s)
{
	dprintf(STDERR_FILENO,
		"DEMO: made-up accounts, no network; everything goes when it ends.\n"
		"  url   http://%s\n"
		"  key   %s\n"
		"  home  %s\n", keeper_listen(s->keeper), buf_text(&s->demo_key), s->home);
}

bool server_run(const struct server_options *options, struct err *err)
{
	struct background_report report;
	struct server *s;

	background_report_open(&report);
	s = start(options, false, err);
	if (!s) {
		background_report_failed(&report, err);
		return false;
	}
	if (s->is_demo) {
		announce_demo(s);
	}
	background_report_ready(&report, keeper_listen(s->keeper));
	process_notify("READY=1");
	keeper_run(s->keeper);
	destroy(s);
	return true;
}

static void *run_embedded(void *arg)
{
	const struct server *s = arg;

	keeper_run(s->keeper);
	return NULL;
}

struct server *server_start_embedded(const struct server_options *options, struct err *err)
{
	struct server *s = start(options, true, err);

	if (s && pthread_create(&s->thread, NULL, run_embedded, s) != 0) {
		err_setf(err, ERR_FAILED, "no thread for the gateway");
		destroy(s);
		return NULL;
	}
	return s;
}

void server_stop_embedded(struct server *s, int64_t drain_ms)
{
	if (!s) {
		return;
	}
	keeper_stop(s->keeper, drain_ms);
	pthread_join(s->thread, NULL);
	destroy(s);
}

const char *server_home(const struct server *s)
{
	return s->home;
}

const char *server_config_path(const struct server *s)
{
	return s->config_path;
}

const char *server_listen(const struct server *s)
{
	return keeper_listen(s->keeper);
}

const char *server_demo_key(const struct server *s)
{
	return buf_text(&s->demo_key);
}
