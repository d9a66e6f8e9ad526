/*
 * Watches the configuration file (and its directory, for renames) with
 * inotify; the keeper's loop polls the descriptor.
 */
#ifndef CONFIG_WATCH_H
#define CONFIG_WATCH_H

#include <stdbool.h>

#include "base/err.h"

struct config_watch;

/* NULL when the directory cannot be watched. */
struct config_watch *config_watch_create(const char *path, struct err *err);
void config_watch_destroy(struct config_watch *w);
int config_watch_fd(const struct config_watch *w);

/* Reads what is pending; true when the file's content may have changed. */
bool config_watch_drain(struct config_watch *w);

#endif
