/*
 * A gateway as a process: home, lock, configuration, workers, control socket,
 * signals, and the end of it all. Headless (server_run), in the background
 * (server_detach) or beside a dashboard in the same process
 * (server_start_embedded).
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct server_options {
	const char *home;
	const char *config_path;
	const char *host;       /* NULL: as configured */
	int port;               /* -1: as configured; 0: any free one */
	int workers;            /* -1: as configured */
	bool is_demo;           /* a temporary home with the demo provider */
};

/* Runs a gateway in the foreground until it is told to end: SIGTERM or SIGINT
 * drain for 30 s, the next one ends at once, SIGHUP reloads. Main thread,
 * before any other exists. False + err when it could not start: ERR_CONFLICT
 * says who holds the home or the port, ERR_INVALID what is wrong with the
 * configuration. */
bool server_run(const struct server_options *options, struct err *err);

/* Starts `server start` as a process of its own, in the background, and
 * returns when it is ready or has failed. `listen` gets its address. */
bool server_detach(const struct server_options *options, char *listen, size_t size,
		   struct err *err);

/* Tells the gateway of this home to end and waits until it has let go of the
 * home. ERR_NOT_RUNNING when there is none; ERR_FAILED when it is not gone
 * after its time to drain. */
bool server_stop(const char *home, const char *config_path, struct err *err);

struct server;

/* The same gateway with its keeper on a thread of its own. The caller has
 * blocked SIGTERM, SIGINT and SIGHUP (its threads inherit that) and handles
 * them itself. Ready when it returns; NULL + err. */
struct server *server_start_embedded(const struct server_options *options, struct err *err);

/* Drains for `drain_ms`, ends what is left, frees. NULL is fine. */
void server_stop_embedded(struct server *s, int64_t drain_ms);

/* Borrowed; what a control client of this gateway needs. They differ from the
 * options in a demo. */
const char *server_home(const struct server *s);
const char *server_config_path(const struct server *s);

/* "host:port" it listens on, and the gateway key of a demo ("" otherwise: no
 * other key is known in full). Borrowed. */
const char *server_listen(const struct server *s);
const char *server_demo_key(const struct server *s);

#endif
