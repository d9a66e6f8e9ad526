/*
 * Signing in to an account and keeping it signed in (product: §9;
 * claude-code.md §7): authorization code with PKCE, tokens in the credential
 * store, renewal before they end.
 *
 * One struct oauth a process and home. Its functions may be called from any
 * thread but a worker and from several at once; they block on the store (a
 * keyring: up to 15 s) and on the vendor (30 s a call). No message, log line
 * or JSON that comes from here holds a token, code or verifier.
 */
#ifndef OAUTH_OAUTH_H
#define OAUTH_OAUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json_write.h"
#include "config/config.h"
#include "credentials/store.h"

/* How long a sign-in may take from its start to its code. */
#define OAUTH_SIGN_IN_MS (30LL * 60 * 1000)

struct oauth;

/* Called when an account's stored tokens are other ones than before: the key
 * ring wants to be built anew. On whichever thread changed them; must not call
 * functions of this header. */
typedef void (*oauth_changed)(void *ctx, const char *account_id);

/* Borrows the store; copies `home`. `changed` may be NULL. Never fails. */
struct oauth *oauth_create(const char *home, struct credential_store *store,
			   oauth_changed changed, void *ctx);

/* Before the store is closed and behind the last other call (and
 * oauth_renewer_stop). Ends sign-ins that are under way (their codes can still be given to a later
 * process) and waits for calls to the vendor to come back. NULL is fine. */
void oauth_destroy(struct oauth *o);

/* What a person reads before adding such an account: one plain paragraph
 * about the vendor's terms. */
const char *oauth_notice(void);

/* Begins a sign-in and writes the members of an object for the person:
 *
 *	url         to open in a browser on this machine
 *	paste_url   to open anywhere: that page shows a code to paste
 *	listening   whether the browser's way back is awaited, here and now
 *	expires_at  when the sign-in has to be finished
 *
 * With `listen` a thread takes the browser's answer on a loopback port and
 * finishes the sign-in; oauth_write_status tells how that went. Without it,
 * and without that thread, the person's code finishes it, in this process or
 * a later one: what is needed for that is in the store. A sign-in that was
 * begun before is void. ERR_CONFLICT: the configured redirect_port is taken. */
bool oauth_start(struct oauth *o, const struct config *c, const struct upstream_account *a,
		 bool listen, struct json_writer *w, struct err *err);

/* Finishes a sign-in with what the person pasted: CODE#STATE, or the whole
 * address of the page that the browser could not open. ERR_NOT_FOUND when no
 * sign-in is under way, ERR_INVALID when the text is no code or belongs to
 * another sign-in, ERR_SIGN_IN when the vendor refuses the code. */
bool oauth_finish(struct oauth *o, const struct config *c, const struct upstream_account *a,
		  const char *pasted, struct err *err);

/* Forgets a sign-in that is under way; tokens stay. Fine when there is none. */
bool oauth_cancel(struct oauth *o, const struct upstream_account *a, struct err *err);

enum oauth_reason {
	OAUTH_DUE,          /* only when less than some five minutes are left */
	OAUTH_REFUSED,      /* the vendor answered 401 to `used_token` */
	OAUTH_ASKED,        /* a person wants it, now */
};

struct oauth_need {
	enum oauth_reason reason;
	struct slice used_token;      /* of OAUTH_REFUSED */
};

/* Sees to it that the stored access token is a good one. However many ask at
 * once, in this and other processes, the vendor is asked once and all get the
 * same answer. After a failure nobody but a person asks again for a while.
 *
 * ERR_SIGN_IN: never signed in, or the vendor refuses the refresh token (the
 * stored tokens stay, marked). ERR_STORE: the new tokens could not be stored;
 * they are kept in memory and the next call stores them first. ERR_FAILED:
 * anything that may pass. */
bool oauth_refresh(struct oauth *o, const struct config *c, const struct upstream_account *a,
		   const struct oauth_need *need, struct err *err);

/* Revokes the tokens at the vendor and removes them here, also when the
 * vendor cannot be reached; *revoked (may be NULL) tells. A sign-in under way
 * is forgotten too. ERR_NOT_FOUND when there was nothing. */
bool oauth_logout(struct oauth *o, const struct config *c, const struct upstream_account *a,
		  bool *revoked, struct err *err);

/* Writes the members of an object: upstream, state (signed_out, pending,
 * signed_in, expired, needs_sign_in), account (the person's address),
 * organization, plan, tier, scopes[], expires_at, expires_in_seconds,
 * refreshed_at, can_refresh, problem; and of a sign-in under way, which is
 * "pending" even when tokens are there, sign_in{expires_at, listening}. */
bool oauth_write_status(struct oauth *o, const struct upstream_account *a,
			struct json_writer *w, struct err *err);

#endif
