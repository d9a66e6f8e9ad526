/*
 * The unified body (product: §5): Chat's own, with `provider`, which names an
 * upstream, `parameters`, an object of what Chat has at its top level, and
 * `metadata` about the caller. It becomes a plain body before anybody looks at
 * it; one without these members is never touched. Worker thread.
 *
 *	{"provider": "azure", "model": "m", "messages": [...],
 *	 "parameters": {"temperature": 0.5, "stream": true}, "metadata": {...}}
 *
 * What stands at the top level wins over `parameters`, and what decides about
 * the request (model, messages, provider, metadata) counts only there.
 * `metadata` is Chat's own again when the request asks to be stored.
 */
#ifndef GATEWAY_UNIFIED_H
#define GATEWAY_UNIFIED_H

#include "gateway/body.h"
#include "gateway/scan.h"

/* Is there something to take out? `is_chat`: the path is Chat's. A `provider`
 * that is an object belongs to the upstream and stays. */
bool unified_is(const struct scan *s, bool is_chat);

/* Rewrites the body that was scanned, and scans it again into `s`, which keeps
 * what was taken out. False: ERR_INVALID, or ERR_FAILED beyond the budget. */
bool unified_flatten(struct body *b, bool is_chat, struct arena *a, struct scan *s,
		     struct err *err);

#endif
