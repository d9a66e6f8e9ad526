/*
 * The recorder: a thread that moves what the workers have counted into the
 * history and to the disk, so that neither a request nor the keeper waits for
 * it. A killed process loses less than a second.
 */
#ifndef SERVER_RECORDER_H
#define SERVER_RECORDER_H

#include "base/err.h"

struct history;
struct live;
struct recorder;

/* Both are borrowed. NULL + err. */
struct recorder *recorder_start(struct history *history, struct live *live, struct err *err);

/* Ends the thread; what it had to do is done. NULL is fine. */
void recorder_stop(struct recorder *r);

#endif
