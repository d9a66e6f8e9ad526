/*
 * What an OAuth account keeps in the store, under "<id>/oauth": its tokens
 * and what is known about them, as one JSON text. Kept here, below both the
 * key ring (which wants the access token) and oauth/ (which renews it).
 */
#ifndef CREDENTIALS_TOKEN_SET_H
#define CREDENTIALS_TOKEN_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "credentials/store.h"

struct token_set {
	struct secret access;
	struct secret refresh;         /* empty: cannot be renewed */
	int64_t expires_at_ms;         /* wall clock; 0: unknown */
	int64_t obtained_at_ms;
	char *scope;                   /* as granted, space-separated; the strings */
	char *email;                   /* below may be NULL too */
	char *account_uuid;
	char *organization;
	char *plan;                    /* the organization's type, "claude_max" */
	char *tier;                    /* its rate limit tier */
	bool needs_sign_in;            /* the vendor refuses the refresh token */
};

#define TOKEN_SET_INIT { .access = SECRET_INIT }

void token_set_release(struct token_set *t);

/* As text for the store, and back. False when it would be larger than the
 * store takes, or is no token set. */
bool token_set_write(const struct token_set *t, struct secret *out);
bool token_set_read(struct slice text, struct token_set *out);

/* ERR_NOT_FOUND when the account was never signed in, ERR_SIGN_IN when what
 * is stored cannot be read, ERR_STORE as in store.h; load fills an empty
 * set. */
bool token_set_load(struct credential_store *s, const char *account_id,
		    struct token_set *out, struct err *err);
bool token_set_save(struct credential_store *s, const char *account_id,
		    const struct token_set *t, struct err *err);
bool token_set_delete(struct credential_store *s, const char *account_id,
		      struct err *err);

#endif
