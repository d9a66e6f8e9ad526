/*
 * What runs now. Nobody keeps a list for it: whoever wants to know asks, and
 * each worker answers from its own exchanges when its loop comes round, so a
 * request that nobody looks at pays nothing.
 */
#ifndef GATEWAY_RUNNING_H
#define GATEWAY_RUNNING_H

#include <pthread.h>
#include <stdbool.h>

#include "base/vec.h"
#include "gateway/gateway.h"
#include "stats/record.h"

/* More than a screen shows; of a larger crowd the newest. */
#define MAX_RUNNING_ROWS 500

struct running_row {
	char id[32];                    /* "req_…", as the client gets it in request-id */
	/* "reading", "queued", "connecting", "waiting" or "streaming" */
	const char *phase;
	struct packed_record *record;   /* owned; status 0, total_ms is its age */
};

struct running_list {
	struct vec rows;                /* owned struct running_row, newest first */
};

/* Any thread but a worker's; waits a quarter of a second at most, a worker
 * that is busier than that is left out. */
void gateway_running(struct gateway *g, struct running_list *out);
void running_list_release(struct running_list *list);

/* Ends the request of this id (or trace id) for good: the client gets an
 * error, the upstream is let go without blame. False: it does not run. Any
 * thread but a worker's. */
bool gateway_cancel(struct gateway *g, const char *id);

/* --- for workers --- */

/* Where a worker finds what it is asked. */
struct running_desk {
	pthread_mutex_t lock;
	struct running_note *first;     /* owned */
	bool is_closed;
};

struct worker;

void running_desk_init(struct running_desk *d);
/* Answers everything that has been asked. */
void running_answer(struct worker *w);
/* The worker has ended: what is asked now is answered with nothing. */
void running_desk_close(struct running_desk *d);

#endif
