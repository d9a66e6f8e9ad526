/*
 * The directory may be made, removed or replaced while it is watched: its
 * parent is watched for its name, and after each event the watches are made
 * again; the kernel gives the same one for what has not moved.
 */
#include "config/dir_watch.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define FILE_EVENTS (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
		     IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define PARENT_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

struct dir_watch {
	int fd;
	char *path;             /* "" = none */
	char *name;             /* its last part */
	int dir;                /* watch descriptors, -1: none */
	int parent;
};

struct dir_watch *dir_watch_create(struct err *err)
{
	struct dir_watch *w = xcalloc(1, sizeof *w);

	w->path = xstrdup("");
	w->name = xstrdup("");
	w->dir = -1;
	w->parent = -1;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		err_errno(err, "cannot watch the directory of the system prompts");
		dir_watch_destroy(w);
		return NULL;
	}
	return w;
}

void dir_watch_destroy(struct dir_watch *w)
{
	if (!w) {
		return;
	}
	if (w->fd >= 0) {
		close(w->fd);
	}
	free(w->path);
	free(w->name);
	free(w);
}

int dir_watch_fd(const struct dir_watch *w)
{
	return w->fd;
}

static void move_watch(struct dir_watch *w, int *slot, const char *path, uint32_t events)
{
	int old = *slot;

	*slot = *path ? inotify_add_watch(w->fd, path, events | IN_ONLYDIR) : -1;
	if (old >= 0 && old != w->dir && old != w->parent) {
		inotify_rm_watch(w->fd, old);
	}
}

static void watch_again(struct dir_watch *w)
{
	char *copy = xstrdup(w->path);

	move_watch(w, &w->parent, *w->path ? dirname(copy) : "", PARENT_EVENTS);
	move_watch(w, &w->dir, w->path, FILE_EVENTS);
	free(copy);
}

bool dir_watch_point(struct dir_watch *w, const char *path)
{
	char *copy;

	if (str_eq(path, w->path)) {
		return false;
	}
	free(w->path);
	free(w->name);
	w->path = xstrdup(path);
	copy = xstrdup(path);
	w->name = xstrdup(basename(copy));
	free(copy);
	watch_again(w);
	return true;
}

static bool concerns(const struct dir_watch *w, const struct inotify_event *e)
{
	if (e->mask & IN_Q_OVERFLOW) {
		return true;
	}
	return e->wd == w->dir || (e->wd == w->parent && e->len && str_eq(e->name, w->name));
}

bool dir_watch_drain(struct dir_watch *w)
{
	_Alignas(struct inotify_event) char events[4096];
	bool changed = false;
	ssize_t got;

	while ((got = read(w->fd, events, sizeof events)) > 0 || (got < 0 && errno == EINTR)) {
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *e = (const void *)(events + at);

			changed = changed || concerns(w, e);
			at += (ssize_t)(sizeof *e + e->len);
		}
	}
	watch_again(w);
	return changed;
}
