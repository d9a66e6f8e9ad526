/*
 * Programs that the variables of `run` do not reach: each with what it wants
 * instead. A new one is an entry of the table in run_client.c.
 */
#ifndef CLI_RUN_CLIENT_H
#define CLI_RUN_CLIENT_H

#include "base/arena.h"

/* The arguments to run `command` with: the user's own, behind those that make
 * the program use the gateway at `url`, which reads its key where `run` puts
 * it. Changes the environment too, and warns where neither is enough. The
 * result is in the arena or `command` itself. */
char **run_client_prepare(char **command, const char *url, struct arena *a);

#endif
