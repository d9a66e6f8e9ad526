/*
 * The credential store of a running gateway and what hangs on it: sign-ins and
 * their renewal. Opened when the first account needs it, then kept; the caller
 * (live.c) lets one changer in at a time.
 */
#ifndef SERVER_VAULT_H
#define SERVER_VAULT_H

#include <stdbool.h>

#include "base/err.h"
#include "config/config.h"
#include "credentials/store.h"
#include "oauth/oauth.h"

struct vault;
struct oauth_renewer;

/* With `may_ask` a person at the terminal may be asked for the passphrase.
 * `changed` is called when an account has other tokens than before, from the
 * thread that got them. */
struct vault *vault_create(const char *home, bool may_ask, oauth_changed changed, void *ctx);

/* Ends sign-ins and renewals. NULL is fine. */
void vault_destroy(struct vault *v);

/* Opens the store that the configuration names; one that failed is tried
 * again. A store that is open stays, also when the configuration names another
 * one: *needs_restart tells then. ERR_STORE. */
bool vault_open(struct vault *v, const struct config *c, bool *needs_restart,
		struct err *err);

/* The open store, or NULL: then the other says why, "" before the first try. */
struct credential_store *vault_store(const struct vault *v);
const char *vault_problem(const struct vault *v);

/* Sign-ins of the open store, or NULL. Any thread, as long as the vault. */
struct oauth *vault_oauth(const struct vault *v);

/* Who renews them, or NULL. Once there, it stays as long as the vault. */
struct oauth_renewer *vault_renewer(const struct vault *v);

/* Keeps the accounts of this configuration signed in. */
void vault_follow(struct vault *v, struct config *c);

#endif
