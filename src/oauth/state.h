/*
 * What a process remembers about the accounts it signs in, inside this room.
 * The truth is in the store; this is single flight, back-off, tokens that the
 * store would not take, and sign-ins that are awaited.
 */
#ifndef OAUTH_STATE_H
#define OAUTH_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/vec.h"
#include "credentials/token_set.h"
#include "oauth/oauth.h"
#include "oauth/renewer.h"
#include "oauth/settings.h"

struct loopback;

/* One account. Guarded by oauth.lock, but for what stands behind `turn`. */
struct oauth_account {
	char *id;                       /* never changes */
	bool is_refreshing;
	unsigned flight;                /* number of the refresh that ended last */
	bool was_asked;                 /* did that one reach the vendor? */
	struct err why;                 /* how it ended; kind ERR_NONE: well */
	unsigned failures;              /* in a row */
	uint64_t retry_at_mono_ms;      /* nobody but a person asks before */
	int64_t due_at_ms;              /* wall clock: when the next one is wanted */
	struct loopback *loopback;      /* NULL: no browser is awaited */

	pthread_mutex_t turn;           /* oauth_lock_account() */
	int lock_fd;
	struct token_set unsaved;       /* newer than what the store has */
	struct secret replaced;         /* the refresh token that `unsaved` replaces */
	int64_t seen_ms;                /* obtained_at_ms of the stored tokens, last time */
};

struct oauth {
	char *home;
	struct credential_store *store; /* borrowed */
	oauth_changed changed;
	void *changed_ctx;
	pthread_mutex_t lock;
	pthread_cond_t landed;          /* a refresh has ended */
	struct oauth_renewer *renewer;  /* borrowed; NULL: none runs */
	struct vec accounts;
};

/* The account's entry, made when missing; stays as long as `o`. Takes the
 * lock. */
struct oauth_account *oauth_account_of(struct oauth *o, const char *id);

/* Serialises everything that reads and then changes the account's tokens,
 * over threads and processes. ERR_STORE when the lock file cannot be had. */
bool oauth_lock_account(struct oauth *o, struct oauth_account *acc, struct err *err);
void oauth_unlock_account(struct oauth_account *acc);

/* Remembers the outcome of a sign-in or refresh for the status; `why` NULL or
 * of kind ERR_NONE: it went well. Takes the lock. */
void oauth_set_outcome(struct oauth *o, struct oauth_account *acc, const struct err *why);

/* Puts another one (or none) in place; the caller closes the old one, not from
 * its own thread. Takes the lock. */
struct loopback *oauth_swap_loopback(struct oauth *o, struct oauth_account *acc,
				     struct loopback *fresh);

/* Tells the owner and the renewer. */
void oauth_tell_changed(struct oauth *o, const char *id);

/* The account's tokens end at another time than was known. */
void oauth_renewer_look_again(struct oauth_renewer *r, const char *account_id);

/* The last occasion to store what the store would not take; takes the
 * account's lock. */
void oauth_save_unsaved(struct oauth *o, struct oauth_account *acc);

/* A thread that no signal is delivered to: those are for the threads that
 * wait for them. */
bool oauth_start_thread(pthread_t *thread, void *(*run)(void *), void *arg);

/* When tokens want to be renewed: five minutes and up to one more before they
 * end, at half their life when that is short. INT64_MAX: end unknown. */
int64_t oauth_due_at(const struct token_set *t);

/* ---- sign-ins under way ---- */

struct pending {
	struct secret state;
	struct secret verifier;
	char *loopback_url;             /* the redirect that a browser here was given, or NULL */
	int64_t started_at_ms;
};

#define PENDING_INIT { .state = SECRET_INIT }

void pending_release(struct pending *p);
bool pending_save(struct oauth *o, const char *id, const struct pending *p, struct err *err);

/* ERR_NOT_FOUND when there is none, or it is too old. */
bool pending_load(struct oauth *o, const char *id, struct pending *p, struct err *err);
bool pending_delete(struct oauth *o, const char *id, struct err *err);

/* The address that asks the person. */
void authorise_url(const struct oauth_settings *s, const struct pending *p,
		   const char *redirect_url, struct buf *out);

struct sign_in_answer {
	struct slice code;
	struct slice state;
	struct slice redirect_url;      /* where it came back to; SLICE_NULL: a code was shown */
};

/* Checks the state, exchanges the code, stores the tokens, asks who it is. */
bool authorise_complete(struct oauth *o, const struct oauth_settings *s,
			const struct sign_in_answer *answer, struct err *err);

#endif
