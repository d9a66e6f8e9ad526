/*
 * Who may ask for what: gateway keys, Host and Origin (product: §4 server,
 * §5). Pure reads of the request and the snapshot; worker thread.
 */
#ifndef GATEWAY_AUTHORISE_H
#define GATEWAY_AUTHORISE_H

#include "base/err.h"
#include "base/secret.h"
#include "config/config.h"
#include "gateway/client.h"

/* The credential that was good last, so that a client which shows it again is
 * known without hashing. A worker's own; emptied with each new snapshot. */
struct key_memo {
	struct secret text;
	const struct gateway_key *key;
};

void key_memo_clear(struct key_memo *memo);

/* Finds the key that the request shows and checks it for `need`. On true *key
 * is the key, or NULL when server.auth is optional and none was shown. On
 * false *status is 401 or 403 and `err` has the message. Expiry is checked
 * against `now_ms` (wall clock). */
bool authorise_request(const struct config *c, struct key_memo *memo,
		       const struct client *client, enum permission need, int64_t now_ms,
		       const struct gateway_key **key, int *status, struct err *err);

/* Is this key one that may do it now? `status` as above when not. */
bool authorise_key(const struct gateway_key *key, enum permission need, int64_t now_ms,
		   int *status, struct err *err);

/* Against DNS rebinding and foreign web pages: a Host that is neither
 * loopback nor configured, an Origin that is neither the gateway itself nor in
 * cors_origins (also "null"), are refused with 403. */
bool authorise_origin(const struct config *c, const struct client *client, struct err *err);

/* Whether the key may use a model. NULL key: yes. */
bool authorise_model(const struct gateway_key *key, const char *model);

/* Does this header hold a gateway key? Such a one never reaches an upstream. */
bool authorise_is_gateway_key(const struct config *c, const char *name, const char *value);

/* Has the client brought a credential beside the gateway key, for a
 * passthrough account? */
bool authorise_has_own_credential(const struct config *c, const struct client *client);

#endif
