/*
 * Who may ask for what: gateway keys, Host and Origin (product: §4 server,
 * §5). Pure reads of the request and the snapshot; worker thread.
 */
#ifndef GATEWAY_AUTHORISE_H
#define GATEWAY_AUTHORISE_H

#include "base/err.h"
#include "config/config.h"
#include "gateway/client.h"

/* Finds the key that the request shows and checks it for `need`. On true *key
 * is the key, or NULL when server.auth is optional and none was shown. On
 * false *status is 401 or 403 and `err` has the message. Expiry is checked
 * against `now_ms` (wall clock). */
bool authorise_request(const struct config *c, const struct client *client,
		       enum permission need, int64_t now_ms,
		       const struct gateway_key **key, int *status, struct err *err);

/* Against DNS rebinding and foreign web pages: a Host that is neither
 * loopback nor configured, an Origin that is neither the gateway itself nor in
 * cors_origins (also "null"), are refused with 403. */
bool authorise_origin(const struct config *c, const struct client *client, struct err *err);

/* Whether the key may use a model. NULL key: yes. */
bool authorise_model(const struct gateway_key *key, const char *model);

/* The query without a gateway key in it, for the upstream; `out` is big
 * enough when it holds the query's length + 1. */
void authorise_strip_query(const char *query, char *out);

/* A header that may carry a gateway key, which never reaches an upstream. */
bool authorise_is_key_header(const char *name);

#endif
