/*
 * Small requests to accounts outside the data path: is the upstream there,
 * does it take the credential, does it serve a model. For health probes
 * (keeper) and `upstream test`. Blocking; never on a worker.
 */
#ifndef GATEWAY_PROBE_H
#define GATEWAY_PROBE_H

#include <stdatomic.h>

#include "base/secret.h"
#include "config/config.h"
#include "routing/classify.h"

struct probe {
	const struct upstream_account *account;
	const struct secret *key;       /* NULL: the account has none */
	const char *model;              /* asked for a word, which costs; NULL: the
	                                 * models list, which is free */

	/* What came of it. */
	bool is_ok;
	int status;                     /* 0: no answer */
	int64_t ms;
	int64_t began_mono_ms;
	struct verdict verdict;         /* when it is not ok */
	char message[256];              /* for the user, either way */
};

/* All at once, each with `timeout_ms` for the whole of it. *stop (may be NULL)
 * becoming true ends those that are under way, as failed. */
void probe_run(struct probe *probes, size_t count, const struct config *config,
	       int64_t timeout_ms, const atomic_bool *stop);

#endif
