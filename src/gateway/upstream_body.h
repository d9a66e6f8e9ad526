/*
 * The body for one candidate: the client's own bytes around a few edits when
 * both speak the same format, else what the conversion makes of them.
 */
#ifndef GATEWAY_UPSTREAM_BODY_H
#define GATEWAY_UPSTREAM_BODY_H

#include "gateway/exchange.h"
#include "providers/provider.h"

/* Fills the body of `spec`, and in `req` what follows from a conversion. False
 * + ERR_INVALID when this candidate cannot take the request. */
bool upstream_body_build(struct exchange *x, const struct candidate *c,
			 struct provider_request *req, struct transfer_spec *spec,
			 struct err *err);

/* The request in the hub, in x->hub; decoded once. False + ERR_INVALID. */
bool upstream_body_decode(struct exchange *x, struct err *err);

#endif
