/*
 * The browser's way back from a sign-in: a listener on a port of 127.0.0.1,
 * on a thread of its own, for as long as the sign-in may take.
 */
#ifndef OAUTH_LOOPBACK_H
#define OAUTH_LOOPBACK_H

#include "oauth/state.h"

/* Binds the port (0: any free one); nothing is answered before
 * loopback_serve. ERR_CONFLICT when it is taken. */
struct loopback *loopback_open(int port, struct err *err);

/* What the vendor is told to send the browser to. Borrowed. */
const char *loopback_url(const struct loopback *l);

/* Starts the thread. Takes over `s`. Answers go to authorise_complete(); the
 * first that succeeds ends it, as does the time limit. */
void loopback_serve(struct loopback *l, struct oauth *o, struct oauth_settings *s);

/* Is the browser still awaited? */
bool loopback_is_awaiting(const struct loopback *l);

/* Stops and frees; waits while a code is being exchanged. NULL is fine. */
void loopback_close(struct loopback *l);

#endif
