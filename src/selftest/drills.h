/*
 * Drills: upstreams that fail in one way each, with a spare behind them, and
 * what the clients must and must not notice of it.
 */
#ifndef SELFTEST_DRILLS_H
#define SELFTEST_DRILLS_H

#include "base/buf.h"
#include "selftest/client.h"
#include "selftest/selftest.h"

size_t drills_count(void);

/* Appends what they need of the configuration: items of `upstream_accounts`
 * and of `models`. `dead_port` is one on which nobody listens. */
void drills_accounts(int dead_port, struct buf *out);
void drills_models(struct buf *out);

/* Runs drill `index`. Any thread; each has accounts of its own. */
void drills_run(struct selftest_drill *drill, size_t index, const struct target *t);

#endif
