/*
 * Client side of the control API (product: §11): what the CLI and the
 * dashboard use. The same call works with and without a running gateway: over
 * the Unix socket when one holds the home, otherwise through the same router
 * in this process, on the files, under their lock. Blocking; one thread.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct control_client;

/* `home` and `config_path` as resolved by the command line. Never fails:
 * whether a gateway runs shows at the first call. */
struct control_client *control_client_create(const char *home, const char *config_path);
void control_client_destroy(struct control_client *c);

/* Is a gateway running for this home (its socket answers)? */
bool control_client_is_running(struct control_client *c);

/* One call. `body` is JSON or NULL. A 2xx answer's JSON is appended to
 * `answer`. Anything else is an error whose kind, message and hint come from
 * {"error":{code,message,hint}}. Paths that need a running gateway fail with
 * ERR_NOT_RUNNING when there is none. */
bool control_call(struct control_client *c, const char *method, const char *path,
		  struct slice body, struct buf *answer, struct err *err);

/* Follows an SSE path ("/v1/events", "/v1/logs?follow=1"); calls `on_event`
 * for each event's data until it returns false or the gateway goes. */
bool control_stream(struct control_client *c, const char *path,
		    bool (*on_event)(void *ctx, const char *event, struct slice data),
		    void *ctx, struct err *err);

#endif
