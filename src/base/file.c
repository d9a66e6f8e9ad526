#define _GNU_SOURCE   /* O_CLOEXEC with mkostemp */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool too_large(const char *path, const struct buf *out, struct err *err)
{
	return err_setf(err, ERR_TOO_LARGE, "%s: larger than %zu bytes", path, out->max);
}

/* A file that fills the buffer to its maximum still fits: the byte behind it
 * is looked for aside. */
static bool read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		size_t room = out->max - out->len;
		char beyond;
		ssize_t got;

		if (!buf_reserve(out, room ? 1 : 0)) {
			return too_large(path, out, err);
		}
		if (room > out->capacity - out->len - 1) {
			room = out->capacity - out->len - 1;
		}
		got = room ? read(fd, out->ptr + out->len, room) : read(fd, &beyond, 1);
		if (got == 0) {
			out->ptr[out->len] = '\0';
			return true;
		}
		if (got > 0 && !room) {
			return too_large(path, out, err);
		}
		if (got > 0) {
			out->len += (size_t)got;
		} else if (errno != EINTR) {
			return err_errno(err, "%s", path);
		}
	}
}

bool file_read(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0) {
		if (errno == ENOENT) {
			return err_setf(err, ERR_NOT_FOUND, "%s: no such file", path);
		}
		return err_errno(err, "%s", path);
	}
	ok = read_all(fd, path, out, err);
	close(fd);
	return ok;
}

static bool write_all(int fd, struct slice content)
{
	while (content.len) {
		ssize_t put = write(fd, content.ptr, content.len);

		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put <= 0) {
			return false;
		}
		content.ptr += put;
		content.len -= (size_t)put;
	}
	return true;
}

static void sync_dir_of(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

static bool replace_with(const char *target, struct slice content, mode_t mode,
			 struct err *err)
{
	char *temp = xasprintf("%s.XXXXXX", target);
	int fd = mkostemp(temp, O_CLOEXEC);
	bool ok = fd >= 0;

	if (!ok) {
		err_errno(err, "%s", temp);
		goto out;
	}
	ok = fchmod(fd, mode) == 0 && write_all(fd, content) && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && rename(temp, target) == 0;
	if (!ok) {
		err_errno(err, "%s", target);
		unlink(temp);
		goto out;
	}
	sync_dir_of(target);
out:
	free(temp);
	return ok;
}

bool file_write(const char *path, struct slice content, mode_t mode, struct err *err)
{
	char *real = realpath(path, NULL);
	bool ok = replace_with(real ? real : path, content, mode, err);

	free(real);
	return ok;
}

bool file_make_dir(const char *path, mode_t mode, struct err *err)
{
	char *copy = xstrdup(path);
	bool ok = true;

	for (char *p = copy + 1; ok && *p; p++) {
		if (*p == '/') {
			*p = '\0';
			ok = mkdir(copy, mode) == 0 || errno == EEXIST;
			*p = '/';
		}
	}
	ok = ok && (mkdir(copy, mode) == 0 || errno == EEXIST);
	free(copy);
	return ok || err_errno(err, "%s", path);
}

int file_lock(const char *path, bool wait, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		err_errno(err, "%s", path);
		return -1;
	}
	while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
		if (errno == EINTR) {
			continue;
		}
		if (errno == EWOULDBLOCK) {
			err_setf(err, ERR_CONFLICT, "%s is locked by another process", path);
		} else {
			err_errno(err, "%s", path);
		}
		close(fd);
		return -1;
	}
	return fd;
}
