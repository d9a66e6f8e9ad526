/*
 * What routing wants to know of a request beside its model: which session it
 * belongs to, what the rules of aliases ask. Read from the places that
 * scan_body() has found; nothing is parsed. Worker thread.
 */
#ifndef GATEWAY_FACTS_H
#define GATEWAY_FACTS_H

#include "gateway/client.h"
#include "gateway/scan.h"
#include "routing/affinity.h"
#include "routing/plan.h"

/* For session affinity; 0: nothing tells sessions apart. */
uint64_t facts_session(const struct scan *s, const struct client *client, const char *model);

/* For the rules of an alias. `client` is kept for its headers. */
struct request_facts facts_request(const struct scan *s, const struct client *client,
				   const char *model, int64_t tokens);

/* A title, a probe, a count: second class to routing. */
bool facts_is_background(const struct scan *s, const struct client *client, const char *model);

#endif
