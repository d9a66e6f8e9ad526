/*
 * The running proxy: workers that share nothing, behind one handle. The
 * keeper (server/) starts it, gives it new snapshots, asks how it is, stops
 * it.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "base/err.h"
#include "config/config.h"
#include "credentials/key_ring.h"
#include "routing/router.h"
#include "stats/stats.h"

struct gateway;
struct oauth_renewer;

/* Binds the listen sockets and starts the workers. Takes references of both
 * snapshots; `stats` and `router` are borrowed until gateway_stop(). NULL + err
 * (ERR_CONFLICT: the port is taken). */
struct gateway *gateway_start(struct config *config, struct key_ring *keys,
			      struct stats *stats, struct router *router,
			      struct err *err);

/* "127.0.0.1:3847": what it really listens on (port 0 resolved). Borrowed. */
const char *gateway_listen(const struct gateway *g);
unsigned gateway_worker_count(const struct config *config);

/* New snapshots for requests that begin from now on; takes a reference.
 * server.host, port, workers, tls and max_connections need a restart; true
 * when one of them differs. */
bool gateway_set_config(struct gateway *g, struct config *config);
void gateway_set_keys(struct gateway *g, struct key_ring *keys);

/* Who is asked for a new token when an account's is refused; borrowed, until
 * gateway_stop(). NULL: nobody. */
void gateway_set_renewer(struct gateway *g, struct oauth_renewer *renewer);

/* Exchanges in progress, all workers. Any thread. */
unsigned gateway_in_flight(const struct gateway *g);

/* Refuses new connections; what is open goes on. */
void gateway_stop_listening(struct gateway *g);

/* Stops accepting, waits up to `drain_ms` for what is in flight, ends the
 * rest, joins the threads, frees. *stop_now (may be NULL) set by a signal
 * ends the wait. */
void gateway_stop(struct gateway *g, int64_t drain_ms, const volatile bool *stop_now);

#endif
