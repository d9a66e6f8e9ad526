/*
 * Where secrets are kept: one interface, two stores (product: §9). `account`
 * is an upstream's id, with a suffix for parts ("upstream_ab12/oauth",
 * and "gw_ab12/sealed" of a gateway key).
 *
 * Every call may block (D-Bus, disk, scrypt): never on a worker. A store may
 * be shared by threads; its calls take turns.
 */
#ifndef CREDENTIALS_STORE_H
#define CREDENTIALS_STORE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

struct credential_store;

/* Asks a person for a passphrase; credentials/prompt.h has one for terminals. */
typedef bool (*passphrase_ask)(void *ctx, const char *question, struct secret *out,
			       struct err *err);

/* kind: "auto", "keyring" or "file" (config: credentials.store). Failing is
 * ERR_STORE with a hint that names the ways out; there is no fallback to
 * plain text, ever. `home` is the gateway's home directory. The file store
 * finds its passphrase as credentials/passphrase.h says, and checks it. */
struct credential_store *store_open(const char *kind, const char *home, struct err *err);

/* The same for a command in a terminal: `ask` (may be NULL) is the file
 * store's last source of a passphrase. */
struct credential_store *store_open_asking(const char *kind, const char *home,
					   passphrase_ask ask, void *ctx,
					   struct err *err);

void store_close(struct credential_store *s);                 /* NULL is fine */
const char *store_kind(const struct credential_store *s);     /* "keyring" | "file" */

/* get and delete: ERR_NOT_FOUND when there is none. ERR_STORE when the store
 * is locked, gone or too slow; ERR_TOO_LARGE beyond MAX_SECRET_BYTES. When
 * put fails, the old value is still there. */
bool store_get(struct credential_store *s, const char *account, struct secret *out,
	       struct err *err);
bool store_put(struct credential_store *s, const char *account, const struct secret *value,
	       struct err *err);
bool store_delete(struct credential_store *s, const char *account, struct err *err);

typedef void (*store_visit)(void *ctx, const char *account);

/* Calls `visit` with each account name of this home, in no order. `visit`
 * must not call the store. */
bool store_list(struct credential_store *s, store_visit visit, void *ctx, struct err *err);

/* Moves everything of this home from one store to the other: copied and read
 * back first, removed from `from` only when all of it has arrived. Stopped in
 * the middle, nothing is lost and it can be repeated. *moved (may be NULL)
 * counts the secrets. */
bool store_migrate(struct credential_store *from, struct credential_store *to,
		   size_t *moved, struct err *err);

#endif
