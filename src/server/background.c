#define _GNU_SOURCE   /* POSIX_SPAWN_SETSID, pipe2 */
#include "server/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "control/client.h"
#include "server/home.h"
#include "server/server.h"

#define READY_VARIABLE "LLM_GATEWAY_READY_FD"

/* Where the pipe is in the new process. */
#define READY_FD 3

/* Draining takes up to 30 s; the rest is for what comes around it. */
#define STOP_TIMEOUT_MS 45000
#define STOP_LOOK_MS 20

/* ---- in the gateway ---- */

void background_report_open(struct background_report *r)
{
	const char *text = getenv(READY_VARIABLE);
	int64_t fd;

	r->fd = text && str_to_i64(text, &fd) && fd > STDERR_FILENO && fd < 1024 ? (int)fd : -1;
	unsetenv(READY_VARIABLE);
	if (r->fd >= 0) {
		fcntl(r->fd, F_SETFD, FD_CLOEXEC);
	}
}

static void close_report(struct background_report *r)
{
	close(r->fd);
	r->fd = -1;
}

void background_report_ready(struct background_report *r, const char *listen)
{
	if (r->fd >= 0) {
		dprintf(r->fd, "ready\n%s\n", listen);
		close_report(r);
	}
}

void background_report_failed(struct background_report *r, const struct err *err)
{
	if (r->fd >= 0) {
		dprintf(r->fd, "%s\n%s\n%s\n", err_code_name(err->kind), err->msg, err->hint);
		close_report(r);
	}
}

/* ---- in the command that starts it ---- */

/* argv of the new process; the strings are owned by `out`. */
static void build_arguments(const struct server_options *o, struct vec *out)
{
	vec_push(out, xstrdup("llm-gateway"));
	vec_push(out, xstrdup("server"));
	vec_push(out, xstrdup("start"));
	if (o->is_demo) {
		vec_push(out, xstrdup("--demo"));
	} else {
		vec_push(out, xasprintf("--home=%s", o->home));
		vec_push(out, xasprintf("--config=%s", o->config_path));
	}
	if (o->host) {
		vec_push(out, xasprintf("--host=%s", o->host));
	}
	if (o->port >= 0) {
		vec_push(out, xasprintf("--port=%d", o->port));
	}
	if (o->workers >= 0) {
		vec_push(out, xasprintf("--workers=%d", o->workers));
	}
	vec_push(out, NULL);
}

static void set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none;
	sigset_t all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
}

/* A session of its own, standard streams to nowhere: what it has to say is in
 * its log files. */
static bool spawn(const struct vec *arguments, int ready_fd, pid_t *pid, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	set_attributes(&attr);
	posix_spawn_file_actions_adddup2(&actions, ready_fd, READY_FD);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	}
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	rc = posix_spawn(pid, "/proc/self/exe", &actions, &attr, (char **)arguments->items,
			 environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	errno = rc;
	return rc == 0 || err_errno(err, "the gateway cannot be started");
}

static bool take_report(struct buf *text, char *listen, size_t size, struct err *err)
{
	struct slice rest = buf_slice(text);
	struct slice first = SLICE_NULL;
	struct slice second = SLICE_NULL;
	struct slice third = SLICE_NULL;
	char code[64];

	slice_next(&rest, '\n', &first);
	slice_next(&rest, '\n', &second);
	slice_next(&rest, '\n', &third);
	if (!second.len) {
		return err_setf(err, ERR_FAILED, "the gateway ended before it was ready");
	}
	if (slice_eq(first, "ready")) {
		snprintf(listen, size, "%.*s", (int)second.len, second.ptr);
		return true;
	}
	snprintf(code, sizeof code, "%.*s", (int)first.len, first.ptr);
	err_setf(err, err_kind_by_name(code), "%.*s", (int)second.len, second.ptr);
	return err_hintf(err, "%.*s", (int)third.len, third.ptr);
}

/* Until the gateway closes its end: it is ready, has failed or has died. */
static bool read_report(int fd, char *listen, size_t size, struct err *err)
{
	struct buf text = BUF_INIT(8 * KIB);
	bool ok;

	while (buf_reserve(&text, KIB)) {
		ssize_t got = read(fd, text.ptr + text.len, KIB);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			break;
		}
		text.len += (size_t)got;
	}
	ok = take_report(&text, listen, size, err);
	buf_release(&text);
	return ok;
}

static char *absolute(const char *path)
{
	char *cwd;
	char *out;

	if (path[0] == '/') {
		return xstrdup(path);
	}
	cwd = getcwd(NULL, 0);
	out = xasprintf("%s/%s", cwd ? cwd : "", path);
	free(cwd);
	return out;
}

static bool start_and_wait(const struct vec *arguments, char *listen, size_t size,
			   struct err *err)
{
	int ends[2];
	pid_t pid = 0;
	bool ok;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return err_errno(err, "pipe");
	}
	ok = spawn(arguments, ends[1], &pid, err);
	close(ends[1]);
	if (ok) {
		ok = read_report(ends[0], listen, size, err);
		if (!ok) {
			waitpid(pid, NULL, 0);   /* it has failed, so it ends */
		}
	}
	close(ends[0]);
	return ok;
}

bool server_detach(const struct server_options *options, char *listen, size_t size,
		   struct err *err)
{
	struct server_options o = *options;
	struct vec arguments = { 0 };
	char *home = options->home ? absolute(options->home) : NULL;
	char *config = options->config_path ? absolute(options->config_path) : NULL;
	bool ok;

	o.home = home;
	o.config_path = config;
	build_arguments(&o, &arguments);
	setenv(READY_VARIABLE, "3", 1);
	ok = start_and_wait(&arguments, listen, size, err);
	unsetenv(READY_VARIABLE);
	for (size_t i = 0; i < arguments.len; i++) {
		free(arguments.items[i]);
	}
	vec_release(&arguments);
	free(config);
	free(home);
	return ok;
}

/* ---- the end of it ---- */

static bool wait_until_free(const char *home, struct err *err)
{
	const struct timespec look = { .tv_nsec = STOP_LOOK_MS * 1000000L };

	for (int waited_ms = 0; waited_ms < STOP_TIMEOUT_MS; waited_ms += STOP_LOOK_MS) {
		if (!home_is_locked(home)) {
			return true;
		}
		nanosleep(&look, NULL);
	}
	return err_setf(err, ERR_FAILED, "the gateway of %s still holds it after %d s", home,
			STOP_TIMEOUT_MS / 1000);
}

bool server_stop(const char *home, const char *config_path, struct err *err)
{
	struct control_client *client = control_client_create(home, config_path);
	struct buf answer = BUF_INIT(64 * KIB);
	bool ok = control_call(client, "POST", "/v1/stop", SLICE_NULL, &answer, err) &&
		  wait_until_free(home, err);

	buf_release(&answer);
	control_client_destroy(client);
	return ok;
}
