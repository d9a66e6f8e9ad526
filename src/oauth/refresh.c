/*
 * Renewal of tokens (product: §9). A refresh token is good for one use, so
 * everything here is about asking once and never losing the answer:
 *
 *   - in a process one thread asks and the others take its answer (flight);
 *   - between processes, and against sign-in and sign-out, a lock file;
 *   - under the lock the store is read anew: another process may have been
 *     quicker, or a person may have signed in again;
 *   - the answer is stored before anything uses it; if the store will not
 *     take it, it is kept here and stored at the next occasion;
 *   - a refused token is marked, not removed, and only if it is still the
 *     stored one.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "oauth/state.h"
#include "oauth/token_endpoint.h"

#define MARGIN_MS (5LL * 60 * 1000)
#define JITTER_MS (60 * 1000LL)

/* The vendor refuses a token it has just given: another one would not do. */
#define FRESH_MS (60 * 1000LL)

#ifndef OAUTH_FIRST_WAIT_MS
#define OAUTH_FIRST_WAIT_MS 15000
#endif
#define LONGEST_WAIT_MS (5LL * 60 * 1000)
#define LONGEST_ASKED_WAIT_MS (60LL * 60 * 1000)

struct refresh {
	struct oauth *oauth;
	struct oauth_account *account;
	const struct oauth_settings *settings;
	const struct oauth_need *need;
	bool was_asked;                 /* the vendor */
	bool has_changed;               /* the stored tokens, or what is known of them */
	int64_t retry_after_ms;
	int64_t due_at_ms;
};

/* Tokens of a few minutes are renewed at half their life. */
static int64_t margin_of(const struct token_set *t, int64_t wanted_ms)
{
	int64_t half_ms = (t->expires_at_ms - t->obtained_at_ms) / 2;

	return half_ms < wanted_ms ? half_ms : wanted_ms;
}

int64_t oauth_due_at(const struct token_set *t)
{
	uint32_t dice;

	if (!t->expires_at_ms) {
		return INT64_MAX;
	}
	crypto_random(&dice, sizeof dice);
	return t->expires_at_ms - margin_of(t, MARGIN_MS + dice % JITTER_MS);
}

static bool same_secret(const struct secret *a, struct slice b)
{
	return a->len == b.len && crypto_equal(secret_peek(a).ptr, b.ptr, b.len);
}

/* Does what is stored need renewing, now that it has been read? */
static bool is_wanted(const struct token_set *t, const struct oauth_need *need)
{
	int64_t now_ms = clock_wall_ms();

	switch (need->reason) {
	case OAUTH_DUE:
		return t->expires_at_ms &&
		       now_ms >= t->expires_at_ms - margin_of(t, MARGIN_MS + JITTER_MS);
	case OAUTH_REFUSED:
		return same_secret(&t->access, need->used_token);
	case OAUTH_ASKED:
		break;
	}
	return true;
}

static bool not_signed_in(const struct refresh *r, const char *what, struct err *err)
{
	err_setf(err, ERR_SIGN_IN, "%s %s", r->settings->account_name, what);
	return err_hintf(err, "sign in with: llm-gateway oauth start %s",
			 r->settings->account_name);
}

/* ---- what the store would not take ---- */

static void stash(struct refresh *r, const struct token_set *old, struct token_set *fresh)
{
	secret_set(&r->account->replaced, secret_peek(&old->refresh));
	token_set_release(&r->account->unsaved);
	r->account->unsaved = *fresh;
	*fresh = (struct token_set)TOKEN_SET_INIT;
}

/* Replaces the tokens whose refresh token was used, and only those: compare
 * and set, against writers that know no lock. */
static bool replace(struct refresh *r, const struct secret *used,
		    const struct token_set *fresh, struct err *err)
{
	struct token_set now = TOKEN_SET_INIT;
	struct err why = ERR_INIT;
	const char *id = r->account->id;
	bool ok = token_set_load(r->oauth->store, id, &now, &why);

	/* ERR_SIGN_IN: what is there now cannot be read, and nobody misses it. */
	if (ok ? same_secret(&now.refresh, secret_peek(used)) : why.kind == ERR_SIGN_IN) {
		ok = token_set_save(r->oauth->store, id, fresh, &why);
		if (ok) {
			log_info("oauth", "%s: the access token was renewed", id);
		}
	} else if (ok || why.kind == ERR_NOT_FOUND) {
		ok = true;
		log_warn("oauth", "%s: its tokens were replaced or removed by somebody else "
			 "meanwhile; that stays", id);
	}
	if (!ok && err) {
		*err = why;
	}
	token_set_release(&now);
	r->has_changed = r->has_changed || ok;
	return ok;
}

/* False: the store still refuses. */
static bool save_stashed(struct refresh *r, struct err *err)
{
	struct oauth_account *acc = r->account;

	if (secret_is_empty(&acc->unsaved.access)) {
		return true;
	}
	if (!replace(r, &acc->replaced, &acc->unsaved, err)) {
		return false;
	}
	token_set_release(&acc->unsaved);
	secret_release(&acc->replaced);
	return true;
}

void oauth_save_unsaved(struct oauth *o, struct oauth_account *acc)
{
	struct refresh r = { .oauth = o, .account = acc };
	struct err why = ERR_INIT;

	if (oauth_lock_account(o, acc, &why)) {
		save_stashed(&r, &why);
		oauth_unlock_account(acc);
	}
	if (why.kind != ERR_NONE) {
		log_error("oauth", "%s: its newest tokens are lost: %s", acc->id, why.msg);
	}
}

/* ---- the vendor's answers ---- */

static bool keep(struct refresh *r, const struct token_set *old, struct token_set *fresh,
		 struct err *err)
{
	r->due_at_ms = oauth_due_at(fresh);
	r->account->seen_ms = fresh->obtained_at_ms;
	if (replace(r, &old->refresh, fresh, err)) {
		return true;
	}
	stash(r, old, fresh);
	err_wrapf(err, "the new tokens of %s could not be stored", r->settings->account_name);
	if (err) {
		err->kind = ERR_STORE;
	}
	return false;
}

/* invalid_grant. Nothing is thrown away: the access token may still work, and
 * who knows what a vendor takes back. */
static bool mark_lost(struct refresh *r, const struct token_set *sent, struct err *err)
{
	struct token_set now = TOKEN_SET_INIT;
	bool ok = token_set_load(r->oauth->store, r->account->id, &now, err);

	if (ok && same_secret(&now.refresh, secret_peek(&sent->refresh))) {
		now.needs_sign_in = true;
		token_set_save(r->oauth->store, r->account->id, &now, NULL);
		ok = not_signed_in(r, "needs a new sign-in: the vendor refuses its refresh token",
				   err);
	}
	r->has_changed = true;
	token_set_release(&now);
	return ok;
}

static bool ask_vendor(struct refresh *r, const struct token_set *old, struct err *err)
{
	struct token_set fresh = TOKEN_SET_INIT;
	struct token_failure why;
	bool ok;

	r->was_asked = true;
	switch (token_renew(r->settings, old, &fresh, &why)) {
	case TOKEN_GIVEN:
		ok = keep(r, old, &fresh, err);
		break;
	case TOKEN_BAD_GRANT:
		ok = mark_lost(r, old, err);
		break;
	default:
		r->retry_after_ms = why.retry_after_ms;
		ok = false;
		if (err) {
			*err = why.err;
		}
		break;
	}
	token_set_release(&fresh);
	return ok;
}

/* ---- under the lock ---- */

static bool renew(struct refresh *r, const struct token_set *t, struct err *err)
{
	bool is_asked = r->need->reason == OAUTH_ASKED;
	int64_t age_ms = clock_wall_ms() - t->obtained_at_ms;

	if (t->needs_sign_in && !is_asked) {
		return not_signed_in(r, "needs a new sign-in", err);
	}
	if (secret_is_empty(&t->refresh)) {
		return not_signed_in(r, "has no refresh token", err);
	}
	if (r->need->reason == OAUTH_REFUSED && age_ms >= 0 && age_ms < FRESH_MS) {
		return err_setf(err, ERR_FAILED, "the upstream refuses a token of %s that was "
				"given only now", r->settings->account_name);
	}
	return ask_vendor(r, t, err);
}

/* Nothing to do. When somebody else was quicker, what this process uses is
 * old. */
static void notice_others(struct refresh *r, const struct token_set *t)
{
	r->due_at_ms = oauth_due_at(t);
	r->has_changed = r->has_changed || r->need->reason == OAUTH_REFUSED ||
			 (r->account->seen_ms && r->account->seen_ms != t->obtained_at_ms);
	r->account->seen_ms = t->obtained_at_ms;
}

static bool refresh_locked(struct refresh *r, struct err *err)
{
	struct token_set t = TOKEN_SET_INIT;
	struct err why = ERR_INIT;
	bool ok = save_stashed(r, &why) &&
		  token_set_load(r->oauth->store, r->account->id, &t, &why);

	if (!ok && why.kind == ERR_NOT_FOUND) {
		not_signed_in(r, "is not signed in", &why);
	} else if (ok && is_wanted(&t, r->need)) {
		ok = renew(r, &t, &why);
	} else if (ok) {
		notice_others(r, &t);
	}
	if (!ok && err) {
		*err = why;
	}
	token_set_release(&t);
	return ok;
}

/* ---- flight ---- */

/* Waits for the refresh that is under way, if any. True: it asked the vendor,
 * and *why is how that ended. False: this thread is the one to do it now. */
static bool join_flight(struct oauth *o, struct oauth_account *acc, struct err *why)
{
	bool joined = false;

	pthread_mutex_lock(&o->lock);
	while (acc->is_refreshing && !joined) {
		unsigned flight = acc->flight;

		while (acc->is_refreshing && acc->flight == flight) {
			pthread_cond_wait(&o->landed, &o->lock);
		}
		joined = acc->flight != flight && acc->was_asked;
	}
	*why = acc->why;
	acc->is_refreshing = acc->is_refreshing || !joined;
	pthread_mutex_unlock(&o->lock);
	return joined;
}

static int64_t next_wait_ms(const struct oauth_account *acc, int64_t retry_after_ms)
{
	int64_t wait_ms = OAUTH_FIRST_WAIT_MS;

	for (unsigned i = 1; i < acc->failures && wait_ms < LONGEST_WAIT_MS; i++) {
		wait_ms *= 2;
	}
	wait_ms = wait_ms < LONGEST_WAIT_MS ? wait_ms : LONGEST_WAIT_MS;
	if (retry_after_ms > wait_ms) {
		wait_ms = retry_after_ms < LONGEST_ASKED_WAIT_MS ? retry_after_ms :
			  LONGEST_ASKED_WAIT_MS;
	}
	return wait_ms;
}

static void land(const struct refresh *r, const struct err *why)
{
	struct oauth_account *acc = r->account;

	if (r->has_changed) {
		oauth_tell_changed(r->oauth, acc->id);
	}
	if (why->kind != ERR_NONE) {
		log_warn("oauth", "%s: %s", r->settings->account_name, why->msg);
	}
	oauth_set_outcome(r->oauth, acc, why);
	pthread_mutex_lock(&r->oauth->lock);
	if (why->kind != ERR_NONE) {
		acc->failures++;
		acc->retry_at_mono_ms = clock_mono_ms() +
			(uint64_t)next_wait_ms(acc, r->retry_after_ms);
	} else {
		acc->due_at_ms = r->due_at_ms;
	}
	acc->was_asked = r->was_asked;
	acc->is_refreshing = false;
	acc->flight++;
	pthread_cond_broadcast(&r->oauth->landed);
	pthread_mutex_unlock(&r->oauth->lock);
}

/* Not again so soon: the last failure is the answer. */
static bool is_too_soon(struct refresh *r, struct err *why)
{
	bool yes;

	pthread_mutex_lock(&r->oauth->lock);
	yes = r->need->reason != OAUTH_ASKED && r->account->why.kind != ERR_NONE &&
	      clock_mono_ms() < r->account->retry_at_mono_ms;
	*why = r->account->why;
	pthread_mutex_unlock(&r->oauth->lock);
	return yes;
}

static void fly(struct refresh *r, struct err *why)
{
	if (oauth_lock_account(r->oauth, r->account, why)) {
		refresh_locked(r, why);
		oauth_unlock_account(r->account);
	}
}

static bool result_of(const struct err *why, struct err *err)
{
	if (why->kind != ERR_NONE && err) {
		*err = *why;
	}
	return why->kind == ERR_NONE;
}

bool oauth_refresh(struct oauth *o, const struct config *c, const struct upstream_account *a,
		   const struct oauth_need *need, struct err *err)
{
	struct oauth_account *acc = oauth_account_of(o, a->id);
	struct oauth_settings s;
	struct refresh r = { .oauth = o, .account = acc, .settings = &s, .need = need };
	struct err why = ERR_INIT;

	if (!oauth_settings_init(&s, c, a, err)) {
		oauth_settings_release(&s);
		return false;
	}
	if (!is_too_soon(&r, &why) && !join_flight(o, acc, &why)) {
		why = (struct err)ERR_INIT;
		fly(&r, &why);
		land(&r, &why);
	}
	oauth_settings_release(&s);
	return result_of(&why, err);
}
