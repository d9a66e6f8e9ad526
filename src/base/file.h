/*
 * Files of the home: read whole, replaced whole. Nobody ever sees half a file.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the file to `out`; fails beyond out->max. A missing file is
 * ERR_NOT_FOUND. */
bool file_read(const char *path, struct buf *out, struct err *err);

/* Temp file beside it, fsync, rename, fsync of the directory: after a crash
 * at any moment the old or the new content is there. A symbolic link is
 * followed, so that a linked configuration stays a link. */
bool file_write(const char *path, struct slice content, mode_t mode, struct err *err);

/* Makes the directory and its parents; an existing one is fine. */
bool file_make_dir(const char *path, mode_t mode, struct err *err);

bool file_exists(const char *path);

/* Exclusive advisory lock on `path` (made when missing). Returns the
 * descriptor that holds it, or -1; `wait` false fails at once with
 * ERR_CONFLICT. Close the descriptor to unlock. */
int file_lock(const char *path, bool wait, struct err *err);

#endif
