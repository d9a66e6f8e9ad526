/*
 * A transfer whose body travels sealed, over any other transfer: what the
 * upstream, another gateway, answers is opened and reported as if it had come
 * plain. An answer that says 2xx and does not open in full is none.
 *
 * Errors that come unsealed are passed on: they are from before the other
 * gateway knew who asks, or from something on the way.
 *
 *	t = sealed_transfer_create(...);
 *	inner = start(sealed_transfer_spec(t), sealed_transfer_events(), t);
 *	transfer = sealed_transfer_run(t, inner);
 */
#ifndef GATEWAY_SEALED_TRANSFER_H
#define GATEWAY_SEALED_TRANSFER_H

#include "base/secret.h"
#include "transfer/transfer.h"

struct sealed_transfer;

/* Seals the body of `spec`, which is copied. NULL + ERR_INVALID when there is
 * no JSON body; ERR_SIGN_IN when `key` is not the text of a sealed key. */
struct sealed_transfer *sealed_transfer_create(struct loop *loop,
					       const struct transfer_spec *spec,
					       const struct secret *key,
					       const struct transfer_events *events, void *ctx,
					       struct err *err);

/* What the inner transfer is started with: these, and the sealed transfer
 * itself as their ctx. */
const struct transfer_spec *sealed_transfer_spec(const struct sealed_transfer *t);
const struct transfer_events *sealed_transfer_events(void);

/* With the inner transfer that was started; NULL (it could not be) destroys
 * the sealed one and gives NULL. */
struct transfer *sealed_transfer_run(struct sealed_transfer *t, struct transfer *inner);

#endif
