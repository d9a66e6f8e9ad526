/*
 * The keeper: the thread that looks after a running gateway. It owns the
 * control socket, the watch on the configuration file, the signals, the log
 * files and the way to the end; it never touches a request.
 */
#ifndef SERVER_KEEPER_H
#define SERVER_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct keeper;

struct keeper_setup {
	const char *home;               /* prepared and locked by the caller */
	const char *config_path;
	int signal_fd;                  /* -1: signals are not its business; borrowed */
	bool has_screen;                /* a dashboard has the terminal */
	bool is_demo;
};

/* Loads everything and starts the gateway and the control socket; ready when
 * it returns. NULL + err. */
struct keeper *keeper_create(const struct keeper_setup *setup, struct err *err);

/* What the gateway listens on. Borrowed. */
const char *keeper_listen(const struct keeper *k);

/* Works until the gateway has ended. */
void keeper_run(struct keeper *k);

/* Begins the end: no new connections, what is in flight gets `drain_ms`.
 * A second call can only shorten it. Any thread. */
void keeper_stop(struct keeper *k, int64_t drain_ms);

/* After keeper_run(). False: a call of the control API still runs; nothing is
 * freed, and the process should end without more ado. NULL is fine. */
bool keeper_destroy(struct keeper *k);

#endif
