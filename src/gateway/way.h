/*
 * The way to an account's upstream: proxy, trusted roots, patience; and what a
 * broken way means to routing.
 */
#ifndef GATEWAY_WAY_H
#define GATEWAY_WAY_H

#include "config/config.h"
#include "routing/classify.h"
#include "transfer/transfer.h"

/* Fills in what the configuration says; the spec has its URL. Everything is
 * borrowed from the configuration. */
void way_set(struct transfer_spec *spec, const struct config *c,
	     const struct upstream_account *account);

/* `has_head`: the answer had begun. */
enum transport_failure way_failure(enum transfer_end end, bool has_head);

#endif
