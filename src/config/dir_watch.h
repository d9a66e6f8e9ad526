/*
 * Watches the directory of the system prompts with inotify, also before it
 * exists; the keeper's loop polls the descriptor.
 */
#ifndef CONFIG_DIR_WATCH_H
#define CONFIG_DIR_WATCH_H

#include <stdbool.h>

#include "base/err.h"

struct dir_watch;

/* Watches nothing yet. NULL when the system has no more watches. */
struct dir_watch *dir_watch_create(struct err *err);
void dir_watch_destroy(struct dir_watch *w);         /* NULL is fine */
int dir_watch_fd(const struct dir_watch *w);

/* From now on this directory; "" is none. True when it is another one. */
bool dir_watch_point(struct dir_watch *w, const char *path);

/* Reads what is pending; true when its files may have changed. */
bool dir_watch_drain(struct dir_watch *w);

#endif
