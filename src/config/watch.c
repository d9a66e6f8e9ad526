/*
 * Editors write in place, or rename a new file over the old one; a linked
 * configuration changes where the link leads, or by a new link. So the
 * file itself, its directory and the directory that it really lives in are
 * watched, and after each event the watches are made again: the kernel gives
 * the same one for what has not moved.
 */
#include "config/watch.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define FILE_EVENTS (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define DIR_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

/* What is different after any change that matters. */
struct look {
	bool exists;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct config_watch {
	int fd;
	char *path;
	int file;               /* watch descriptors, -1: none */
	int dir;
	int real_dir;
	struct look look;
};

static struct look look_at(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		return (struct look){ .exists = false };
	}
	return (struct look){ true, st.st_dev, st.st_ino, st.st_size, st.st_ctim };
}

static bool look_equal(const struct look *a, const struct look *b)
{
	return a->exists == b->exists && a->dev == b->dev && a->ino == b->ino &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static int watch_dir_of(int fd, const char *path)
{
	char *copy = xstrdup(path);
	int wd = inotify_add_watch(fd, dirname(copy), DIR_EVENTS | IN_ONLYDIR);

	free(copy);
	return wd;
}

static void move_watch(struct config_watch *w, int *slot, int wd)
{
	int old = *slot;

	*slot = wd;
	if (old >= 0 && old != w->file && old != w->dir && old != w->real_dir) {
		inotify_rm_watch(w->fd, old);
	}
}

static void watch_again(struct config_watch *w)
{
	char *real = realpath(w->path, NULL);

	move_watch(w, &w->dir, watch_dir_of(w->fd, w->path));
	move_watch(w, &w->real_dir, real ? watch_dir_of(w->fd, real) : -1);
	move_watch(w, &w->file, inotify_add_watch(w->fd, w->path, FILE_EVENTS));
	free(real);
}

struct config_watch *config_watch_create(const char *path, struct err *err)
{
	struct config_watch *w = xcalloc(1, sizeof *w);

	w->path = xstrdup(path);
	w->file = -1;
	w->dir = -1;
	w->real_dir = -1;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd >= 0) {
		watch_again(w);
	}
	if (w->fd < 0 || w->dir < 0) {
		err_errno(err, "cannot watch the directory of %s", path);
		config_watch_destroy(w);
		return NULL;
	}
	w->look = look_at(path);
	return w;
}

void config_watch_destroy(struct config_watch *w)
{
	if (!w) {
		return;
	}
	if (w->fd >= 0) {
		close(w->fd);
	}
	free(w->path);
	free(w);
}

int config_watch_fd(const struct config_watch *w)
{
	return w->fd;
}

/* Two writes within one tick of the file system's clock look the same, so an
 * event of the file itself counts whatever the look says. */
static bool read_events(struct config_watch *w)
{
	_Alignas(struct inotify_event) char events[4096];
	bool written = false;
	ssize_t got;

	while ((got = read(w->fd, events, sizeof events)) > 0 || (got < 0 && errno == EINTR)) {
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *e = (const void *)(events + at);

			written = written || (e->mask & IN_Q_OVERFLOW) ||
				  (e->wd == w->file && (e->mask & (IN_CLOSE_WRITE | IN_MODIFY)));
			at += (ssize_t)(sizeof *e + e->len);
		}
	}
	return written;
}

bool config_watch_drain(struct config_watch *w)
{
	bool written = read_events(w);
	struct look now;
	bool changed;

	watch_again(w);
	now = look_at(w->path);
	changed = written || !look_equal(&now, &w->look);
	w->look = now;
	return changed;
}
