/*
 * An answer that one call cannot give: several prompts, or several answers of
 * an upstream that gives one. The same candidate is asked again and again, in
 * order; to the client it is one answer. Before anything has been sent a
 * failure begins anew with the next candidate, after that it breaks the answer.
 */
#include "gateway/exchange.h"

bool rounds_left(const struct exchange *x)
{
	return x->call.is_converted && x->call.round + 1 < x->call.converted.rounds;
}

static void begin(struct deferred *d)
{
	struct exchange *x = (struct exchange *)((char *)d - offsetof(struct exchange, again));
	struct call *c = &x->call;

	if (x->state == EXCHANGE_OVER || !c->is_between) {
		return;
	}
	if (c->transfer) {
		transfer_abort(c->transfer);
		c->transfer = NULL;
	}
	converted_release(&c->converted);
	c->is_between = false;
	c->has_head = false;
	c->round++;
	attempt_again(x);
}

/* Not at once: the call that is over may still be inside its transfer. */
void rounds_next(struct exchange *x)
{
	x->call.is_between = true;
	x->again.run = begin;
	loop_defer(x->worker->loop, &x->again);
}
