/*
 * The request for one candidate: URL, headers with the credential, body with
 * the model's name for the upstream. Everything in the exchange's arena.
 */
#ifndef GATEWAY_UPSTREAM_REQUEST_H
#define GATEWAY_UPSTREAM_REQUEST_H

#include "gateway/exchange.h"

/* False + err when this candidate cannot be asked: no credential
 * (ERR_SIGN_IN), another format (ERR_INVALID), no such operation. */
bool upstream_request_build(struct exchange *x, const struct candidate *c,
			    struct transfer_spec *spec, struct err *err);

#endif
