#include "oauth/oauth.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "oauth/loopback.h"
#include "oauth/pkce.h"
#include "oauth/state.h"
#include "oauth/token_endpoint.h"

struct oauth *oauth_create(const char *home, struct credential_store *store,
			   oauth_changed changed, void *ctx)
{
	struct oauth *o = xcalloc(1, sizeof *o);

	o->home = xstrdup(home);
	o->store = store;
	o->changed = changed;
	o->changed_ctx = ctx;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->landed, NULL);
	return o;
}

static void destroy_account(struct oauth_account *acc)
{
	secret_release(&acc->replaced);
	token_set_release(&acc->unsaved);
	pthread_mutex_destroy(&acc->turn);
	free(acc->id);
	free(acc);
}

void oauth_destroy(struct oauth *o)
{
	if (!o) {
		return;
	}
	for (size_t i = 0; i < o->accounts.len; i++) {
		struct oauth_account *acc = o->accounts.items[i];

		loopback_close(acc->loopback);
		if (!secret_is_empty(&acc->unsaved.access)) {
			oauth_save_unsaved(o, acc);
		}
		destroy_account(acc);
	}
	vec_release(&o->accounts);
	pthread_cond_destroy(&o->landed);
	pthread_mutex_destroy(&o->lock);
	free(o->home);
	free(o);
}

const char *oauth_notice(void)
{
	return "Please note: Anthropic's terms say that signing in with a Claude account is meant "
	       "for Claude Code and Anthropic's own apps only; other programs are asked to use "
	       "API keys. Unless the account's oauth map names another client_id, this sign-in "
	       "uses the public one of Claude Code. Requests are then sent as what they are, so "
	       "the vendor may refuse those of other clients, and may act on such use. Sign in "
	       "only with an account of your own, for yourself. The documented way is Claude "
	       "Code with its own login, through an upstream of type passthrough.";
}

struct oauth_account *oauth_account_of(struct oauth *o, const char *id)
{
	struct oauth_account *acc = NULL;

	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < o->accounts.len && !acc; i++) {
		struct oauth_account *each = o->accounts.items[i];

		acc = str_eq(each->id, id) ? each : NULL;
	}
	if (!acc) {
		acc = xcalloc(1, sizeof *acc);
		acc->id = xstrdup(id);
		pthread_mutex_init(&acc->turn, NULL);
		vec_push(&o->accounts, acc);
	}
	pthread_mutex_unlock(&o->lock);
	return acc;
}

/* Ids come from a hand-written file: the name is a hash. */
bool oauth_lock_account(struct oauth *o, struct oauth_account *acc, struct err *err)
{
	char hash[SHA256_HEX_BYTES];
	char *path;

	pthread_mutex_lock(&acc->turn);
	crypto_sha256_hex(slice_of(acc->id), hash);
	path = xasprintf("%s/oauth-%.16s.lock", o->home, hash);
	acc->lock_fd = file_lock(path, true, err);
	free(path);
	if (acc->lock_fd < 0) {
		pthread_mutex_unlock(&acc->turn);
		if (err) {
			err->kind = ERR_STORE;
		}
		return false;
	}
	return true;
}

void oauth_unlock_account(struct oauth_account *acc)
{
	close(acc->lock_fd);
	pthread_mutex_unlock(&acc->turn);
}

void oauth_set_outcome(struct oauth *o, struct oauth_account *acc, const struct err *why)
{
	pthread_mutex_lock(&o->lock);
	if (why && why->kind != ERR_NONE) {
		acc->why = *why;
	} else {
		acc->why = (struct err)ERR_INIT;
		acc->failures = 0;
		acc->retry_at_mono_ms = 0;
	}
	pthread_mutex_unlock(&o->lock);
}

void oauth_tell_changed(struct oauth *o, const char *id)
{
	if (o->changed) {
		o->changed(o->changed_ctx, id);
	}
	pthread_mutex_lock(&o->lock);
	if (o->renewer) {
		oauth_renewer_look_again(o->renewer, id);
	}
	pthread_mutex_unlock(&o->lock);
}

bool oauth_start_thread(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all;
	sigset_t before;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(thread, NULL, run, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

/* ---- sign-in ---- */

struct loopback *oauth_swap_loopback(struct oauth *o, struct oauth_account *acc,
				     struct loopback *fresh)
{
	struct loopback *old;

	pthread_mutex_lock(&o->lock);
	old = acc->loopback;
	acc->loopback = fresh;
	pthread_mutex_unlock(&o->lock);
	return old;
}

static void write_start(const struct oauth_settings *s, const struct pending *p,
			struct json_writer *w)
{
	struct buf paste = BUF_INIT(8 * KIB);
	struct buf local = BUF_INIT(8 * KIB);

	authorise_url(s, p, s->redirect_url, &paste);
	authorise_url(s, p, p->loopback_url ? p->loopback_url : s->redirect_url, &local);
	json_kstr(w, "upstream", s->account_name);
	json_kstr(w, "url", buf_text(&local));
	json_kstr(w, "paste_url", buf_text(&paste));
	json_kbool(w, "listening", p->loopback_url != NULL);
	json_ktime(w, "expires_at", p->started_at_ms + OAUTH_SIGN_IN_MS);
	buf_release(&paste);
	buf_release(&local);
}

/* The answer is written before the thread starts, which takes the settings. */
static bool begin(struct oauth *o, struct oauth_settings *s, struct loopback *l,
		  struct json_writer *w, struct err *err)
{
	struct pending p = PENDING_INIT;
	bool ok;

	pkce_random(&p.state);
	pkce_random(&p.verifier);
	p.loopback_url = l ? xstrdup(loopback_url(l)) : NULL;
	p.started_at_ms = clock_wall_ms();
	ok = pending_save(o, s->account_id, &p, err);
	if (ok) {
		write_start(s, &p, w);
	}
	pending_release(&p);
	return ok;
}

bool oauth_start(struct oauth *o, const struct config *c, const struct upstream_account *a,
		 bool listen, struct json_writer *w, struct err *err)
{
	struct oauth_account *acc = oauth_account_of(o, a->id);
	struct oauth_settings s;
	struct loopback *l = NULL;
	bool ok = oauth_settings_init(&s, c, a, err);

	loopback_close(oauth_swap_loopback(o, acc, NULL));
	if (ok && listen) {
		l = loopback_open(s.redirect_port, err);
		ok = l != NULL;
	}
	ok = ok && begin(o, &s, l, w, err);
	if (!ok) {
		loopback_close(l);
		oauth_settings_release(&s);
		return false;
	}
	oauth_set_outcome(o, acc, NULL);
	if (l) {
		loopback_serve(l, o, &s);
		loopback_close(oauth_swap_loopback(o, acc, l));
	} else {
		oauth_settings_release(&s);
	}
	return true;
}

bool oauth_cancel(struct oauth *o, const struct upstream_account *a, struct err *err)
{
	struct err why = ERR_INIT;

	loopback_close(oauth_swap_loopback(o, oauth_account_of(o, a->id), NULL));
	if (pending_delete(o, a->id, &why) || why.kind == ERR_NOT_FOUND) {
		return true;
	}
	if (err) {
		*err = why;
	}
	return false;
}

/* ---- sign-out ---- */

static bool remove_tokens(struct oauth *o, const struct oauth_settings *s, bool *revoked,
			  struct err *err)
{
	struct token_set t = TOKEN_SET_INIT;
	struct err why = ERR_INIT;
	bool found = token_set_load(o->store, s->account_id, &t, &why);

	/* What cannot be read can still be thrown away. */
	if (!found && why.kind != ERR_SIGN_IN) {
		if (err) {
			*err = why;
		}
		return false;
	}
	*revoked = found && token_revoke(s, &t, &why);
	if (found && !*revoked) {
		log_warn("oauth", "%s: the tokens are removed here but not revoked: %s",
			 s->account_name, why.msg);
	}
	token_set_release(&t);
	return token_set_delete(o->store, s->account_id, err);
}

bool oauth_logout(struct oauth *o, const struct config *c, const struct upstream_account *a,
		  bool *revoked, struct err *err)
{
	struct oauth_account *acc = oauth_account_of(o, a->id);
	struct oauth_settings s;
	bool was_revoked = false;
	bool ok = oauth_settings_init(&s, c, a, err) && oauth_cancel(o, a, err) &&
		  oauth_lock_account(o, acc, err);

	if (ok) {
		ok = remove_tokens(o, &s, &was_revoked, err);
		token_set_release(&acc->unsaved);
		oauth_unlock_account(acc);
	}
	if (revoked) {
		*revoked = was_revoked;
	}
	if (ok) {
		oauth_set_outcome(o, acc, NULL);
		oauth_tell_changed(o, a->id);
	}
	oauth_settings_release(&s);
	return ok;
}
