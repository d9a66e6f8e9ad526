/*
 * What a gateway asks of the operating system for its own process.
 */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include <stdbool.h>

/* Raises the limit of open files, keeps memory out of core dumps and other
 * users' debuggers, and tunes malloc for bodies that come and go. Once, before
 * the workers start. */
void process_prepare(void);

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts,
 * ignores SIGPIPE and SIGXFSZ; the descriptor delivers what is blocked. -1: failed. */
int process_signal_fd(void);

/* The next signal that the descriptor holds; 0: none. */
int process_next_signal(int signal_fd);

/* Does anybody read stderr? Not of a gateway in the background. */
bool process_has_console(void);

/* Tells the service manager ("READY=1"), when one listens. */
void process_notify(const char *state);

#endif
