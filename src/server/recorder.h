/*
 * The recorder: a thread that moves what the workers have counted into the
 * history and to the disk, so that neither a request nor the keeper waits for
 * it, and what routing remembers beside it. A killed process loses less than a second.
 */
#ifndef SERVER_RECORDER_H
#define SERVER_RECORDER_H

#include "base/err.h"

struct history;
struct live;
struct router;
struct recorder;

/* All are borrowed; `router` is saved with the rest. NULL + err. */
struct recorder *recorder_start(struct history *history, struct live *live,
				struct router *router, struct err *err);

/* Ends the thread; what it had to do is done. NULL is fine. */
void recorder_stop(struct recorder *r);

#endif
