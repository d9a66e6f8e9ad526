/*
 * The matrix: four clients' formats by four upstreams', every case of it.
 */
#ifndef SELFTEST_MATRIX_H
#define SELFTEST_MATRIX_H

#include "base/buf.h"
#include "selftest/client.h"
#include "selftest/selftest.h"

/* Appends the accounts, and the models, that it needs of the configuration:
 * items of `upstream_accounts` and of `models`. */
void matrix_accounts(struct buf *out);
void matrix_models(struct buf *out);

/* Names the formats of pair `index` (below SELFTEST_PAIRS). */
void matrix_name(struct selftest_pair *pair, size_t index);

/* Runs its cases one after the other. Any thread. */
void matrix_run(struct selftest_pair *pair, const struct target *t);

#endif
