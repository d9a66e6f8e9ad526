/*
 * The sealed side of an exchange: a request that comes sealed is opened when
 * its body is there, and from then on whatever goes back is sealed. Parts of
 * the exchange: they answer and refuse by themselves.
 */
#ifndef GATEWAY_SEALED_EXCHANGE_H
#define GATEWAY_SEALED_EXCHANGE_H

#include "gateway/exchange.h"

/* Says its content type that its body is sealed? */
bool sealed_is(const struct client *client);

/* Lets its body come, without a key so far. False: refused, for there is no key
 * that could open it. */
bool sealed_admit(struct exchange *x);

/* Opens the body, which is whole, in place; sets the key. False: refused. */
bool sealed_open(struct exchange *x);


#endif
