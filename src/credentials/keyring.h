/*
 * The desktop's keyring (libsecret: GNOME Keyring, KWallet, KeePassXC), item
 * by item: schema org.llm_gateway.Credential, attributes `home` and `account`.
 *
 * Each call uses a connection of its own, so that a restarted service or bus
 * is no matter, and ends within a bound, however slow the other side is. No
 * state between calls; any thread that may block.
 *
 * A locked keyring is unlocked by the desktop's own question when there is a
 * screen; without one it is ERR_STORE.
 */
#ifndef CREDENTIALS_KEYRING_H
#define CREDENTIALS_KEYRING_H

#include "credentials/store.h"

/* Does a keyring service answer? */
bool keyring_probe(struct err *err);

bool keyring_get(const char *home, const char *account, struct secret *out,
		 struct err *err);
bool keyring_put(const char *home, const char *account, struct slice value,
		 struct err *err);
bool keyring_remove(const char *home, const char *account, struct err *err);
bool keyring_list(const char *home, store_visit visit, void *ctx, struct err *err);

#endif
