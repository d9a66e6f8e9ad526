/*
 * Does what the person asked for: calls of the control API, one after another
 * on a thread of its own, so that no key waits for the gateway. Results come
 * back in order.
 */
#ifndef TUI_AGENT_H
#define TUI_AGENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* One call, and afterwards its result. Its texts are owned; `body` and
 * `answer` are wiped, they may hold a secret. */
struct job {
	int kind; /* the asker's business: app.h */
	char *method;
	char *path;
	struct buf body;
	char *object; /* what it is about: "openai-main" */
	char *twin;   /* the command that does the same */
	bool is_done;
	bool ok;
	struct buf answer;
	struct err err;
};

struct job *job_create(int kind, const char *method, const char *path);
void job_destroy(struct job *j); /* NULL is fine */

struct agent;

/* `run` runs a line of the command `llm-gateway`, on the agent's thread, and
 * takes what it prints: for jobs whose method is "RUN", their path is the
 * line. NULL: never. */
struct agent *agent_create(const char *home, const char *config_path,
			   bool (*run)(void *ctx, const char *line, struct buf *out,
				       struct err *err),
			   void *ctx);

/* What waits is dropped, what runs is left to end by itself. NULL is fine. */
void agent_destroy(struct agent *a);

/* Takes the job; false (and the job is destroyed) when too many wait. */
bool agent_submit(struct agent *a, struct job *j);

/* A finished job, for the caller to destroy; NULL: none. */
struct job *agent_take(struct agent *a);

int agent_fd(const struct agent *a); /* readable when a job has finished */

#endif
