/*
 * A sign-in from its address to its tokens. What the second half needs is in
 * the store under "<id>/oauth-pending", so that a later command, or a process
 * after a restart, can finish it.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json_scan.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/percent.h"
#include "oauth/loopback.h"
#include "oauth/pkce.h"
#include "oauth/state.h"
#include "oauth/token_endpoint.h"

/* ---- what is kept of a sign-in ---- */

void pending_release(struct pending *p)
{
	secret_release(&p->state);
	secret_release(&p->verifier);
	free(p->loopback_url);
	*p = (struct pending)PENDING_INIT;
}

static char *pending_name(const char *id)
{
	return xasprintf("%s/oauth-pending", id);
}

bool pending_save(struct oauth *o, const char *id, const struct pending *p, struct err *err)
{
	struct buf text = BUF_INIT(4 * KIB);
	struct secret value = SECRET_INIT;
	char *name = pending_name(id);
	struct json_writer w;
	bool ok;

	buf_reserve(&text, 4 * KIB);
	json_open(&w, &text);
	json_object(&w);
	json_kstr(&w, "state", p->state.ptr);
	json_kstr(&w, "verifier", p->verifier.ptr);
	json_kstr(&w, "loopback_url", p->loopback_url);
	json_kint(&w, "started_at_ms", p->started_at_ms);
	json_end(&w);
	secret_set(&value, buf_slice(&text));
	ok = store_put(o->store, name, &value, err);
	secret_release(&value);
	buf_wipe(&text);
	free(name);
	return ok;
}

static bool take_text(struct slice json, const char *name, struct buf *out)
{
	struct json_member m;

	buf_reserve(out, 4 * KIB);
	buf_clear(out);
	return json_find(json, name, &m) && m.kind == JSON_STRING && json_unquote(m.value, out);
}

static bool read_pending(struct slice json, struct pending *p)
{
	struct buf text = BUF_INIT(4 * KIB);
	struct json_member m;
	uint64_t started_at_ms = 0;
	bool ok = json_find(json, "started_at_ms", &m) &&
		  json_to_u64(m.value, &started_at_ms) && take_text(json, "state", &text);

	if (ok) {
		secret_set(&p->state, buf_slice(&text));
		ok = take_text(json, "verifier", &text);
	}
	if (ok) {
		secret_set(&p->verifier, buf_slice(&text));
		p->started_at_ms = (int64_t)started_at_ms;
		p->loopback_url = take_text(json, "loopback_url", &text) ?
				  xstrdup(buf_text(&text)) : NULL;
	}
	buf_wipe(&text);
	return ok;
}

static bool is_current(const struct pending *p)
{
	int64_t age_ms = clock_wall_ms() - p->started_at_ms;

	return age_ms < OAUTH_SIGN_IN_MS;
}

bool pending_load(struct oauth *o, const char *id, struct pending *p, struct err *err)
{
	struct secret text = SECRET_INIT;
	struct err why = ERR_INIT;
	char *name = pending_name(id);
	bool ok = store_get(o->store, name, &text, &why);

	if (!ok && why.kind != ERR_NOT_FOUND) {
		if (err) {
			*err = why;
		}
	} else if (!ok || !read_pending(secret_peek(&text), p) || !is_current(p)) {
		pending_release(p);
		ok = err_setf(err, ERR_NOT_FOUND, "no sign-in is under way");
	}
	secret_release(&text);
	free(name);
	return ok;
}

bool pending_delete(struct oauth *o, const char *id, struct err *err)
{
	char *name = pending_name(id);
	bool ok = store_delete(o->store, name, err);

	free(name);
	return ok;
}

/* ---- the question ---- */

static void add_parameter(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "&%s=", name);
	percent_add(out, slice_of(value));
}

void authorise_url(const struct oauth_settings *s, const struct pending *p,
		   const char *redirect_url, struct buf *out)
{
	char challenge[PKCE_TEXT_BYTES];

	pkce_challenge(&p->verifier, challenge);
	buf_addf(out, "%s%ccode=true", s->authorize_url,
		 strchr(s->authorize_url, '?') ? '&' : '?');
	add_parameter(out, "client_id", s->client_id);
	add_parameter(out, "response_type", "code");
	add_parameter(out, "redirect_uri", redirect_url);
	add_parameter(out, "scope", s->scopes);
	add_parameter(out, "code_challenge", challenge);
	add_parameter(out, "code_challenge_method", "S256");
	add_parameter(out, "state", p->state.ptr);
}

/* ---- the answer ---- */

/* Whose account it is: worth showing, not worth failing for. */
static void add_profile(struct oauth *o, const struct oauth_settings *s, struct token_set *t)
{
	struct err why = ERR_INIT;

	if (!token_profile(s, t, &why) ||
	    !token_set_save(o->store, s->account_id, t, &why)) {
		log_warn("oauth", "%s: signed in, but its profile is not known: %s",
			 s->account_name, why.msg);
	}
}

static bool exchange(struct oauth *o, const struct oauth_settings *s,
		     const struct token_code *code, struct err *err)
{
	struct token_set t = TOKEN_SET_INIT;
	struct token_failure why;
	enum token_result result = token_exchange(s, code, &t, &why);
	bool ok;

	if (result != TOKEN_GIVEN) {
		if (err) {
			*err = why.err;
			err->kind = ERR_SIGN_IN;
		}
		return err_hintf(err, "a code works once and for a few minutes: sign in again "
				 "with: llm-gateway oauth start %s", s->account_name);
	}
	ok = token_set_save(o->store, s->account_id, &t, err);
	if (ok) {
		pending_delete(o, s->account_id, NULL);
		add_profile(o, s, &t);
	}
	token_set_release(&t);
	return ok;
}

static bool same(struct slice a, const struct secret *b)
{
	return a.len == b->len && crypto_equal(a.ptr, b->ptr, a.len);
}

/* The redirect that this answer belongs to, or NULL: none of ours. */
static const char *redirect_of(const struct oauth_settings *s, const struct pending *p,
			       struct slice came_to)
{
	if (p->loopback_url && slice_eq(came_to, p->loopback_url)) {
		return p->loopback_url;
	}
	return !came_to.len || slice_eq(came_to, s->redirect_url) ? s->redirect_url : NULL;
}

static bool complete_locked(struct oauth *o, const struct oauth_settings *s,
			    const struct sign_in_answer *answer, struct err *err)
{
	struct pending p = PENDING_INIT;
	struct token_code code = { .code = answer->code, .state = answer->state };
	bool ok = pending_load(o, s->account_id, &p, err);

	code.verifier = &p.verifier;
	code.redirect_url = ok ? redirect_of(s, &p, answer->redirect_url) : NULL;
	if (!ok) {
		err_hintf(err, "begin with: llm-gateway oauth start %s", s->account_name);
	} else if (!code.redirect_url || !same(answer->state, &p.state)) {
		ok = err_setf(err, ERR_INVALID, "the code belongs to another sign-in");
		err_hintf(err, "use the page that was opened last, or begin again with: "
			  "llm-gateway oauth start %s", s->account_name);
	} else {
		ok = exchange(o, s, &code, err);
	}
	pending_release(&p);
	return ok;
}

/* A stranger's answer says nothing about the account. */
static bool is_about_account(const struct err *why)
{
	return why->kind != ERR_INVALID && why->kind != ERR_NOT_FOUND;
}

bool authorise_complete(struct oauth *o, const struct oauth_settings *s,
			const struct sign_in_answer *answer, struct err *err)
{
	struct oauth_account *acc = oauth_account_of(o, s->account_id);
	struct err why = ERR_INIT;
	bool ok = oauth_lock_account(o, acc, &why);

	if (ok) {
		ok = complete_locked(o, s, answer, &why);
		if (ok) {
			token_set_release(&acc->unsaved);
		}
		oauth_unlock_account(acc);
	}
	if (is_about_account(&why)) {
		oauth_set_outcome(o, acc, &why);
	}
	if (ok) {
		log_info("oauth", "%s is signed in", s->account_name);
		oauth_tell_changed(o, s->account_id);
	} else if (err) {
		*err = why;
	}
	return ok;
}

/* ---- what a person pastes ---- */

struct pasted {
	struct buf code;
	struct buf state;
	struct slice redirect_url;      /* a part of the pasted text */
};

static bool not_a_code(struct err *err)
{
	err_setf(err, ERR_INVALID, "that is not the whole code");
	return err_hintf(err, "paste all of what the page shows: CODE#STATE, or the address of "
			 "the page that did not open");
}

/* http://localhost:1234/callback?code=…&state=…, from the address bar. */
static bool read_address(struct slice text, struct pasted *out, struct err *err)
{
	struct slice query = text;

	if (!slice_next(&query, '?', &out->redirect_url) ||
	    !percent_query_get(query, "code", &out->code) ||
	    !percent_query_get(query, "state", &out->state) || !out->code.len) {
		return not_a_code(err);
	}
	return true;
}

static bool read_pasted(const char *pasted, struct pasted *out, struct err *err)
{
	struct slice text = slice_trim(slice_of(pasted));
	struct slice code;

	while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
		text.len--;
	}
	if (text.len > MAX_OAUTH_CALLBACK_BYTES) {
		return not_a_code(err);
	}
	if (str_starts(text.ptr ? text.ptr : "", "http")) {
		return read_address(text, out, err);
	}
	if (!slice_next(&text, '#', &code) || !code.len || !text.len) {
		return not_a_code(err);
	}
	buf_add(&out->code, code.ptr, code.len);
	buf_add(&out->state, text.ptr, text.len);
	return true;
}

bool oauth_finish(struct oauth *o, const struct config *c, const struct upstream_account *a,
		  const char *pasted, struct err *err)
{
	struct pasted text = {
		.code = BUF_INIT(MAX_OAUTH_CALLBACK_BYTES),
		.state = BUF_INIT(MAX_OAUTH_CALLBACK_BYTES),
	};
	struct oauth_settings s;
	struct sign_in_answer answer;
	bool ok = oauth_settings_init(&s, c, a, err) && read_pasted(pasted, &text, err);

	if (ok) {
		answer = (struct sign_in_answer){
			.code = buf_slice(&text.code),
			.state = buf_slice(&text.state),
			.redirect_url = text.redirect_url,
		};
		ok = authorise_complete(o, &s, &answer, err);
	}
	if (ok) {
		loopback_close(oauth_swap_loopback(o, oauth_account_of(o, a->id), NULL));
	}
	buf_wipe(&text.code);
	buf_wipe(&text.state);
	oauth_settings_release(&s);
	return ok;
}
