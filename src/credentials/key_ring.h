/*
 * The secrets of all accounts, and of the gateway keys that seal, as an
 * immutable, ref-counted snapshot: built by the keeper (stores block), read by
 * workers without a lock. Wiped with its last reference.
 */
#ifndef CREDENTIALS_KEY_RING_H
#define CREDENTIALS_KEY_RING_H

#include "base/secret.h"
#include "config/config.h"
#include "credentials/store.h"

struct key_ring;

/* Does any account or sealed key of this configuration need the store? Without
 * one a missing keyring is no matter. Reads the environment. */
bool key_ring_needs_store(const struct config *c);

/* For each account, in this order: key_env's variable, the file's api_key,
 * the store (OAuth accounts: the access token of the stored set). `store` may
 * be NULL with `store_problem` saying why; accounts that need it then carry
 * that problem. Never fails as a whole. An OAuth account whose refresh token
 * is refused still has its access token until that expires. Keeper thread. */
struct key_ring *key_ring_build(const struct config *c, struct credential_store *store,
				const char *store_problem);

/* The same after a reload or a change: an account whose secret the store
 * cannot give right now (locked, gone, slow) keeps the one of `previous` (may
 * be NULL; not consumed), so that a dying keyring stops no traffic. */
struct key_ring *key_ring_rebuild(const struct key_ring *previous, const struct config *c,
				  struct credential_store *store, const char *store_problem);

struct key_ring *key_ring_ref(struct key_ring *r);
void key_ring_unref(struct key_ring *r);            /* NULL is fine */

/* Under which name the text of a sealed gateway key is kept, in a store and in
 * a ring. */
#define KEY_RING_NAME_BYTES 128
void key_ring_sealed_name(const char *key_id, char out[KEY_RING_NAME_BYTES]);

/* Borrowed from the ring; `account_id` may be such a name. NULL when the
 * account has no secret; *problem (may
 * be NULL) then says why in words for the user ("no key in the credential
 * store; add one with …"). ACCOUNT_NONE and ACCOUNT_PASSTHROUGH: an empty
 * secret, no problem. */
const struct secret *key_ring_get(const struct key_ring *r, const char *account_id,
				  const char **problem);

#endif
