#include "tui/agent.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"
#include "control/client.h"

#define MAX_JOBS 64 /* a person's keys, or one key for all marked rows */

struct agent {
	pthread_mutex_t lock;
	pthread_cond_t change;
	int users; /* the dashboard and the thread */
	bool is_ending;
	int fd;
	struct vec waiting; /* struct job, oldest first */
	struct vec finished;
	struct control_client *client; /* the thread's */
	bool (*run)(void *ctx, const char *line, struct buf *out, struct err *err);
	void *ctx;
};

struct job *job_create(int kind, const char *method, const char *path)
{
	struct job *j = xcalloc(1, sizeof *j);

	j->kind = kind;
	j->method = xstrdup(method);
	j->path = xstrdup(path);
	buf_init(&j->body, MAX_CONTROL_BYTES);
	buf_init(&j->answer, MAX_CONTROL_BYTES);
	return j;
}

void job_destroy(struct job *j)
{
	if (!j) {
		return;
	}
	buf_wipe(&j->body);
	buf_wipe(&j->answer);
	free(j->method);
	free(j->path);
	free(j->object);
	free(j->twin);
	free(j);
}

static void clear_jobs(struct vec *jobs)
{
	for (size_t i = 0; i < jobs->len; i++) {
		job_destroy(jobs->items[i]);
	}
	vec_release(jobs);
}

static void release(struct agent *a)
{
	bool is_last;

	pthread_mutex_lock(&a->lock);
	is_last = --a->users == 0;
	pthread_mutex_unlock(&a->lock);
	if (!is_last) {
		return;
	}
	clear_jobs(&a->waiting);
	clear_jobs(&a->finished);
	control_client_destroy(a->client);
	close(a->fd);
	pthread_cond_destroy(&a->change);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static struct job *next_job(struct agent *a)
{
	struct job *j = NULL;

	pthread_mutex_lock(&a->lock);
	while (!a->waiting.len && !a->is_ending) {
		pthread_cond_wait(&a->change, &a->lock);
	}
	if (!a->is_ending) {
		j = a->waiting.items[0];
		vec_remove(&a->waiting, 0);
	}
	pthread_mutex_unlock(&a->lock);
	return j;
}

static void finish(struct agent *a, struct job *j)
{
	const uint64_t one = 1;

	j->is_done = true;
	pthread_mutex_lock(&a->lock);
	vec_push(&a->finished, j);
	pthread_mutex_unlock(&a->lock);
	if (write(a->fd, &one, sizeof one) < 0) {
		return; /* readable already */
	}
}

/* Without a gateway nothing is done: the dashboard shows one, and what it
 * does must be in force there. */
static void do_job(struct agent *a, struct job *j)
{
	if (str_eq(j->method, "RUN")) {
		j->ok = a->run ? a->run(a->ctx, j->path, &j->answer, &j->err) :
				 err_setf(&j->err, ERR_FAILED, "commands cannot run here");
		return;
	}
	if (!control_client_is_running(a->client)) {
		err_setf(&j->err, ERR_NOT_RUNNING, "the gateway is offline");
		return;
	}
	j->ok = control_call(a->client, j->method, j->path, buf_slice(&j->body), &j->answer,
			     &j->err);
	buf_wipe(&j->body);
}

static void *work(void *arg)
{
	struct agent *a = arg;
	struct job *j;

	while ((j = next_job(a))) {
		do_job(a, j);
		finish(a, j);
	}
	release(a);
	return NULL;
}

struct agent *agent_create(const char *home, const char *config_path,
			   bool (*run)(void *ctx, const char *line, struct buf *out,
				       struct err *err),
			   void *ctx)
{
	struct agent *a = xcalloc(1, sizeof *a);
	pthread_t thread;

	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->change, NULL);
	a->users = 2;
	a->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->client = control_client_create(home, config_path);
	a->run = run;
	a->ctx = ctx;
	if (pthread_create(&thread, NULL, work, a) == 0) {
		pthread_detach(thread);
	} else {
		a->users = 1;
	}
	return a;
}

void agent_destroy(struct agent *a)
{
	if (!a) {
		return;
	}
	pthread_mutex_lock(&a->lock);
	a->is_ending = true;
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
	release(a);
}

bool agent_submit(struct agent *a, struct job *j)
{
	bool has_room;

	pthread_mutex_lock(&a->lock);
	has_room = a->waiting.len < MAX_JOBS;
	if (has_room) {
		vec_push(&a->waiting, j);
		pthread_cond_signal(&a->change);
	}
	pthread_mutex_unlock(&a->lock);
	if (!has_room) {
		job_destroy(j);
	}
	return has_room;
}

struct job *agent_take(struct agent *a)
{
	struct job *j = NULL;
	uint64_t count;

	if (read(a->fd, &count, sizeof count) < 0) {
		count = 0;
	}
	pthread_mutex_lock(&a->lock);
	if (a->finished.len) {
		j = a->finished.items[0];
		vec_remove(&a->finished, 0);
	}
	pthread_mutex_unlock(&a->lock);
	return j;
}

int agent_fd(const struct agent *a)
{
	return a->fd;
}
