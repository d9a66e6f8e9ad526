/*
 * Where secrets are kept: one interface, two stores (product: §9). `account`
 * is an upstream's id, with a suffix for parts ("upstream_ab12/oauth").
 * Every call may block (D-Bus, disk, scrypt): never on a worker.
 */
#ifndef CREDENTIALS_STORE_H
#define CREDENTIALS_STORE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

struct credential_store;

/* kind: "auto", "keyring" or "file" (config: credentials.store). Failing is
 * ERR_STORE with a hint that names the ways out; there is no fallback to
 * plain text, ever. `home` is the gateway's home directory. */
struct credential_store *store_open(const char *kind, const char *home, struct err *err);
void store_close(struct credential_store *s);                 /* NULL is fine */
const char *store_kind(const struct credential_store *s);     /* "keyring" | "file" */

/* ERR_NOT_FOUND when there is none; ERR_STORE when locked or gone. */
bool store_get(struct credential_store *s, const char *account, struct secret *out,
	       struct err *err);
bool store_put(struct credential_store *s, const char *account, const struct secret *value,
	       struct err *err);
bool store_delete(struct credential_store *s, const char *account, struct err *err);

/* Calls `visit` with each account name of this home. */
bool store_list(struct credential_store *s,
		void (*visit)(void *ctx, const char *account), void *ctx, struct err *err);

#endif
