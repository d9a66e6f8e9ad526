/*
 * Where a request comes from: the peer of its connection, or what proxies that
 * server.trusted_proxies names say about it in X-Forwarded-For. Worker thread.
 */
#ifndef GATEWAY_ORIGIN_H
#define GATEWAY_ORIGIN_H

#include "gateway/exchange.h"

/* The address as text, never NULL; lives as long as the exchange. */
const char *origin_address(struct exchange *x);

#endif
