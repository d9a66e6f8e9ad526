/*
 * Proof key for code exchange, S256 (RFC 7636), and the state that ties an
 * answer to its question (claude-code.md §7).
 */
#ifndef OAUTH_PKCE_H
#define OAUTH_PKCE_H

#include "base/secret.h"

#define PKCE_TEXT_BYTES 44      /* 32 bytes in base64url, and a NUL */

/* 32 random bytes in base64url: a verifier, or a state. */
void pkce_random(struct secret *out);

/* The challenge of a verifier. */
void pkce_challenge(const struct secret *verifier, char out[PKCE_TEXT_BYTES]);

#endif
