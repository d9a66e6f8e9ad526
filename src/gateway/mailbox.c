#include "gateway/mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

/* Outlives its worker as long as a letter is on its way. */
struct mailbox {
	pthread_mutex_t lock;
	unsigned refs;
	int wake_fd;                    /* -1: closed */
	struct letter *first;
};

struct mailbox *mailbox_create(int wake_fd)
{
	struct mailbox *m = xcalloc(1, sizeof *m);

	pthread_mutex_init(&m->lock, NULL);
	m->refs = 1;
	m->wake_fd = wake_fd;
	return m;
}

/* Called with the lock, which it gives back. */
static void unlock_and_unref(struct mailbox *m)
{
	bool is_last = --m->refs == 0;

	pthread_mutex_unlock(&m->lock);
	if (is_last) {
		pthread_mutex_destroy(&m->lock);
		free(m);
	}
}

struct letter *letter_create(struct mailbox *m, uint64_t number)
{
	struct letter *l = xcalloc(1, sizeof *l);

	l->mailbox = m;
	l->number = number;
	pthread_mutex_lock(&m->lock);
	m->refs++;
	pthread_mutex_unlock(&m->lock);
	return l;
}

static void wake(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof one) < 0) {
		return;         /* the counter is full: it wakes anyway */
	}
}

void letter_send(struct letter *l, int answer)
{
	struct mailbox *m = l->mailbox;

	l->mailbox = NULL;
	l->answer = answer;
	pthread_mutex_lock(&m->lock);
	if (m->wake_fd >= 0) {
		l->next = m->first;
		m->first = l;
		wake(m->wake_fd);
	} else {
		free(l);
	}
	unlock_and_unref(m);
}

struct letter *mailbox_take(struct mailbox *m)
{
	struct letter *all;

	pthread_mutex_lock(&m->lock);
	all = m->first;
	m->first = NULL;
	pthread_mutex_unlock(&m->lock);
	return all;
}

void mailbox_close(struct mailbox *m)
{
	struct letter *l;

	if (!m) {
		return;
	}
	pthread_mutex_lock(&m->lock);
	m->wake_fd = -1;                /* none is put in from here on */
	l = m->first;
	m->first = NULL;
	unlock_and_unref(m);
	while (l) {
		struct letter *next = l->next;

		free(l);
		l = next;
	}
}
