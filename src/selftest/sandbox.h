/*
 * A gateway of one's own for a while: in this process, on a temporary home and
 * a free loopback port, with a configuration that is given. The user's home,
 * keyring, port, environment and running gateway stay out of it.
 */
#ifndef SELFTEST_SANDBOX_H
#define SELFTEST_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct sandbox;

/* `config` is YAML: accounts and models; credentials and the gateway key are
 * added. Main thread, before any other exists: takes the LLM_GATEWAY_ and
 * proxy variables out of the environment, and blocks SIGINT, SIGTERM and
 * SIGHUP. NULL + err. */
struct sandbox *sandbox_start(struct slice config, struct err *err);

/* Ends the gateway, removes its home, lets signals through again. NULL is
 * fine. */
void sandbox_stop(struct sandbox *s);

/* Where it listens on 127.0.0.1, and the key it takes. Borrowed. */
int sandbox_port(const struct sandbox *s);
const char *sandbox_key(const struct sandbox *s);

/* Calls task(ctx, 0 … count-1), each on a thread of its own, and returns when
 * all have. False + err after a signal, or when a thread could not start: the
 * tasks were told to end (sandbox_is_ending). */
bool sandbox_run(struct sandbox *s, size_t count, void (*task)(void *ctx, size_t index),
		 void *ctx, struct err *err);

/* Has somebody asked for the end? Any thread. */
bool sandbox_is_ending(const struct sandbox *s);

#endif
