#include "base/clock.h"
#include "oauth/loopback.h"
#include "oauth/state.h"

static const char *state_name(bool has_tokens, const struct token_set *t, bool is_pending,
			      int64_t now_ms)
{
	if (is_pending) {
		return "pending";
	}
	if (!has_tokens) {
		return "signed_out";
	}
	if (t->needs_sign_in) {
		return "needs_sign_in";
	}
	return t->expires_at_ms && t->expires_at_ms <= now_ms ? "expired" : "signed_in";
}

static void write_scopes(const char *scopes, struct json_writer *w)
{
	struct slice rest = slice_of(scopes);
	struct slice scope;

	json_key(w, "scopes");
	json_array(w);
	while (slice_next(&rest, ' ', &scope)) {
		if (scope.len) {
			json_strn(w, scope);
		}
	}
	json_end(w);
}

static void write_tokens(const struct token_set *t, int64_t now_ms, struct json_writer *w)
{
	int64_t left_ms = t->expires_at_ms - now_ms;

	json_kstr(w, "account", t->email);
	json_kstr(w, "organization", t->organization);
	json_kstr(w, "plan", t->plan);
	json_kstr(w, "tier", t->tier);
	write_scopes(t->scope, w);
	json_ktime(w, "expires_at", t->expires_at_ms);
	if (t->expires_at_ms) {
		json_kint(w, "expires_in_seconds", left_ms > 0 ? left_ms / 1000 : 0);
	}
	json_ktime(w, "refreshed_at", t->obtained_at_ms);
	json_kbool(w, "can_refresh", !secret_is_empty(&t->refresh) && !t->needs_sign_in);
}

/* Loads what there is; false only when the store does not answer. */
static bool load(struct oauth *o, const char *id, struct token_set *t, bool *has_tokens,
		 struct err *err)
{
	struct err why = ERR_INIT;

	*has_tokens = token_set_load(o->store, id, t, &why);
	if (*has_tokens || why.kind == ERR_NOT_FOUND || why.kind == ERR_SIGN_IN) {
		return true;
	}
	if (err) {
		*err = why;
	}
	return false;
}

/* When the sign-in under way has to be finished; 0: there is none. */
static int64_t sign_in_end_ms(struct oauth *o, const char *id)
{
	struct pending p = PENDING_INIT;
	bool yes = pending_load(o, id, &p, NULL);
	int64_t end_ms = yes ? p.started_at_ms + OAUTH_SIGN_IN_MS : 0;

	pending_release(&p);
	return end_ms;
}

static void write_sign_in(int64_t end_ms, bool is_listening, struct json_writer *w)
{
	json_key(w, "sign_in");
	json_object(w);
	json_ktime(w, "expires_at", end_ms);
	json_kbool(w, "listening", is_listening);
	json_end(w);
}

bool oauth_write_status(struct oauth *o, const struct upstream_account *a,
			struct json_writer *w, struct err *err)
{
	struct oauth_account *acc = oauth_account_of(o, a->id);
	struct token_set t = TOKEN_SET_INIT;
	int64_t now_ms = clock_wall_ms();
	int64_t end_ms;
	bool has_tokens;
	bool is_listening;
	struct err why;

	if (!load(o, a->id, &t, &has_tokens, err)) {
		return false;
	}
	end_ms = sign_in_end_ms(o, a->id);
	pthread_mutex_lock(&o->lock);
	why = acc->why;
	is_listening = loopback_is_awaiting(acc->loopback);
	pthread_mutex_unlock(&o->lock);
	json_kstr(w, "upstream", a->name);
	json_kstr(w, "state", state_name(has_tokens, &t, end_ms != 0, now_ms));
	if (end_ms) {
		write_sign_in(end_ms, is_listening, w);
	}
	if (has_tokens) {
		write_tokens(&t, now_ms, w);
	}
	if (why.kind != ERR_NONE) {
		json_kstr(w, "problem", why.msg);
	} else if (t.needs_sign_in) {
		json_kstr(w, "problem", "the vendor refuses the refresh token: sign in again");
	}
	token_set_release(&t);
	return true;
}
