/*
 * The vendor's endpoints, message by message (claude-code.md §7; RFC 6749,
 * RFC 7009): JSON out, JSON in, no state. Blocking.
 */
#ifndef OAUTH_TOKEN_ENDPOINT_H
#define OAUTH_TOKEN_ENDPOINT_H

#include "credentials/token_set.h"
#include "oauth/settings.h"

enum token_result {
	TOKEN_GIVEN,
	TOKEN_BAD_GRANT,        /* the code or refresh token is not (any longer) good */
	TOKEN_FAILED,           /* anything else: it may work another time */
};

/* A failure's message holds the status and, where it is a plain word, the
 * error code; never the vendor's free text, which may repeat what was sent.
 * *retry_after_ms (may be NULL) is what the vendor asked for, or 0. */
struct token_failure {
	struct err err;
	int64_t retry_after_ms;
};

struct token_code {
	struct slice code;
	struct slice state;
	const struct secret *verifier;
	const char *redirect_url;       /* the one of the authorisation */
};

/* Code for tokens. `out` is filled when TOKEN_GIVEN. */
enum token_result token_exchange(const struct oauth_settings *s, const struct token_code *code,
				 struct token_set *out, struct token_failure *why);

/* New tokens for the refresh token of `old`. When its scopes are refused,
 * once more without naming any. What the answer does not say (refresh token,
 * scope, whose account) is as in `old`. */
enum token_result token_renew(const struct oauth_settings *s, const struct token_set *old,
			      struct token_set *out, struct token_failure *why);

/* True also when the vendor has no such endpoint. */
bool token_revoke(const struct oauth_settings *s, const struct token_set *t, struct err *err);

/* Fills in whose account it is; leaves alone what the answer does not say. */
bool token_profile(const struct oauth_settings *s, struct token_set *t, struct err *err);

#endif
