/*
 * Where the passphrase of the file store comes from (product: §9), in this
 * order: the file named by LLM_GATEWAY_PASSPHRASE_FILE, systemd's
 * $CREDENTIALS_DIRECTORY/llm-gateway-passphrase, the caller's question.
 */
#ifndef CREDENTIALS_PASSPHRASE_H
#define CREDENTIALS_PASSPHRASE_H

#include "credentials/store.h"

/* ERR_STORE with a hint when there is none, and when a named file cannot be
 * read. `ask` may be NULL. With `is_new` a person is asked twice. *was_asked
 * tells whether a person gave it, who may then mistype it. */
bool passphrase_find(passphrase_ask ask, void *ctx, bool is_new, struct secret *out,
		     bool *was_asked, struct err *err);

#endif
