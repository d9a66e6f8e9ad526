/* Where clients of this gateway send their requests, and with which key. */
#ifndef CLI_ENDPOINT_H
#define CLI_ENDPOINT_H

#include "base/secret.h"
#include "cli/parse.h"

/* Appends "http://127.0.0.1:3847", without a path: of the running gateway,
 * else what the configuration says. */
bool endpoint_url(const struct invocation *inv, struct buf *out, struct err *err);

/* The gateway key for a client: --key (asked for with "-"), else
 * $LLM_GATEWAY_KEY. ERR_USAGE that says how to make one otherwise. */
bool endpoint_key(const struct invocation *inv, struct secret *out, struct err *err);

#endif
