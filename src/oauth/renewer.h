/*
 * The thread that keeps accounts signed in while a gateway runs: renews
 * tokens before they end, and when the data path meets a 401. Everything that
 * blocks in this room then blocks here.
 */
#ifndef OAUTH_RENEWER_H
#define OAUTH_RENEWER_H

#include "oauth/oauth.h"

struct oauth_renewer;

/* Borrows `o`, which has at most one; takes a reference of the configuration.
 * The first oauth_changed may come before this returns. NULL when there is no
 * thread to be had. */
struct oauth_renewer *oauth_renewer_start(struct oauth *o, struct config *c, struct err *err);

/* Other accounts from now on. Any thread. */
void oauth_renewer_set_config(struct oauth_renewer *r, struct config *c);

/* How a 401's renewal ended, on the renewer's thread, behind oauth_changed.
 * `err` is NULL when the stored token is another one than the refused. */
typedef void (*oauth_renewed)(void *ctx, const char *account_id, const struct err *err);

/* An upstream answered 401 to this account's token. Any thread, workers too:
 * it only puts the question in a queue. `done` (may be NULL) is called exactly
 * once, also when the renewer ends first. */
void oauth_renewer_refused(struct oauth_renewer *r, const char *account_id,
			   struct slice used_token, oauth_renewed done, void *ctx);

/* Waits for a call to the vendor to come back (30 s at most), because its
 * answer may be the only good refresh token. NULL is fine. */
void oauth_renewer_stop(struct oauth_renewer *r);

#endif
