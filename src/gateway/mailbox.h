/*
 * Answers of other threads to a worker: it asks, goes on with other exchanges
 * and finds the answer when its loop is woken. As many letters as questions
 * are out, so it needs no bound of its own.
 */
#ifndef GATEWAY_MAILBOX_H
#define GATEWAY_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

struct mailbox;

struct letter {
	struct letter *next;            /* in the list of mailbox_take() */
	struct mailbox *mailbox;        /* own reference until it is sent */
	uint64_t number;                /* of the question */
	int answer;                     /* as the one who asked reads it */
};

/* `wake_fd` is an eventfd, borrowed until mailbox_close(). */
struct mailbox *mailbox_create(int wake_fd);

/* The worker ends: letters that come later are thrown away. NULL is fine. */
void mailbox_close(struct mailbox *m);

/* An envelope for the answer to one question, to be sent exactly once. */
struct letter *letter_create(struct mailbox *m, uint64_t number);

/* Any thread. Takes the letter over. */
void letter_send(struct letter *l, int answer);

/* All that have come, as a list that the caller frees; NULL: none. */
struct letter *mailbox_take(struct mailbox *m);

#endif
