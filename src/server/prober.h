/*
 * The thread that asks upstreams which are kept from requests whether they are
 * back: free requests only (product: §4, health_check). The next real request
 * decides.
 */
#ifndef SERVER_PROBER_H
#define SERVER_PROBER_H

#include "base/err.h"

struct live;
struct prober;
struct router;

/* Borrows both. NULL + err when there is no thread to be had. */
struct prober *prober_start(struct live *live, struct router *router, struct err *err);

/* Gives up what is under way. NULL is fine. */
void prober_stop(struct prober *p);

#endif
