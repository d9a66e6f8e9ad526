/*
 * Answers of the gateway itself: between local.c and its parts. Worker thread.
 */
#ifndef GATEWAY_LOCAL_H
#define GATEWAY_LOCAL_H

#include "gateway/exchange.h"

/* A whole answer; a HEAD request gets its head alone. */
void local_respond(struct exchange *x, int status, const char *type, struct slice body);

void local_models(struct exchange *x);
void local_metrics(struct exchange *x);

/* count_tokens where no upstream can count: what the gateway has learnt of
 * bytes per token (C115). */
void local_count(struct exchange *x);

#endif
