/*
 * The home of a gateway: the directory, the lock that makes it the only one,
 * the configuration file of a first use, and the temporary home of a demo.
 */
#ifndef SERVER_HOME_H
#define SERVER_HOME_H

#include "base/buf.h"
#include "base/err.h"

/* Makes the directory (0700) with its parents, and the configuration file
 * (0600, commented) when it is missing. A home of another user is refused. */
bool home_prepare(const char *home, const char *config_path, struct err *err);

/* Takes the home; the descriptor keeps it. -1: ERR_CONFLICT with the holder's
 * process id. */
int home_lock(const char *home, struct err *err);

/* Is a gateway holding it? */
bool home_is_locked(const char *home);

/* A home below $TMPDIR with this configuration; `home` gets its path. */
bool home_create_temporary(struct slice config, struct buf *home, struct err *err);

/* The same with accounts of the demo provider. `key` gets the text of a
 * gateway key that it takes. */
bool home_create_demo(struct buf *home, struct buf *key, struct err *err);

/* Removes a temporary home with everything in it. */
void home_remove_temporary(const char *home);

#endif
