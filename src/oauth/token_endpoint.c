#include "oauth/token_endpoint.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#define TOKEN_TIMEOUT_MS 30000L
#define PROFILE_TIMEOUT_MS 10000L
#define REVOKE_TIMEOUT_MS 10000L

/* A vendor that says more has made a mistake. */
#define MAX_LIFETIME_S (10LL * 366 * 24 * 3600)
#define MAX_CODE_TEXT 40

/* Names, addresses, scopes; and a token of which two, escaped, still fit in
 * the store. Longer ones are taken for nothing. */
#define MAX_ANSWER_TEXT (2 * KIB)
#define MAX_TOKEN_BYTES (MAX_SECRET_BYTES / 8)

/* ---- questions ---- */

static void begin(struct json_writer *w, struct buf *body)
{
	buf_init(body, 2 * MAX_SECRET_BYTES);
	/* Reserved whole: growing would leave copies behind in freed memory. */
	buf_reserve(body, 2 * MAX_SECRET_BYTES);
	json_open(w, body);
	json_object(w);
}

static void add_text(struct json_writer *w, const char *name, struct slice text)
{
	json_key(w, name);
	json_strn(w, text);
}

static bool post(const struct oauth_settings *s, const char *url, long timeout_ms,
		 struct buf *body, struct web_answer *answer, struct err *err)
{
	struct web_request req = {
		.url = url,
		.json = buf_slice(body),
		.timeout_ms = timeout_ms,
		.route = &s->route,
	};
	bool ok = web_call(&req, answer, err);

	buf_wipe(body);
	return ok;
}

/* ---- answers ---- */

static bool find_text(struct slice json, const char *name, struct json_member *m)
{
	return json_find(json, name, m) && m->kind == JSON_STRING;
}

/* Replaces *out when the object has this text. */
static void take_text(struct slice json, const char *name, char **out)
{
	struct json_member m;
	struct buf text = BUF_INIT(MAX_ANSWER_TEXT);

	if (find_text(json, name, &m) && json_unquote(m.value, &text)) {
		free(*out);
		*out = buf_detach(&text);
	}
	buf_release(&text);
}

/* Tokens become header values: printable, without blanks (RFC 6750). */
static bool is_token(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
			return false;
		}
	}
	return text.len > 0 && text.len <= MAX_TOKEN_BYTES;
}

static bool take_token(struct slice json, const char *name, struct secret *out)
{
	struct json_member m;
	struct buf text = BUF_INIT(MAX_OAUTH_ANSWER_BYTES);
	bool ok = false;

	if (find_text(json, name, &m)) {
		buf_reserve(&text, m.value.len);
		ok = json_unquote(m.value, &text) && is_token(buf_slice(&text));
	}
	if (ok) {
		secret_set(out, buf_slice(&text));
	}
	buf_wipe(&text);
	return ok;
}

/* What the answers of exchange, renewal and profile say about the person. */
static void take_person(struct slice json, struct token_set *t)
{
	struct json_member m;

	if (json_find(json, "account", &m) && m.kind == JSON_OBJECT) {
		take_text(m.value, "uuid", &t->account_uuid);
		take_text(m.value, "email", &t->email);
		take_text(m.value, "email_address", &t->email);
	}
	if (json_find(json, "organization", &m) && m.kind == JSON_OBJECT) {
		take_text(m.value, "name", &t->organization);
		take_text(m.value, "organization_type", &t->plan);
		take_text(m.value, "rate_limit_tier", &t->tier);
	}
}

static void take_lifetime(struct slice json, int64_t asked_at_ms, struct token_set *t)
{
	struct json_member m;
	uint64_t seconds;

	t->obtained_at_ms = asked_at_ms;
	t->expires_at_ms = 0;
	if (json_find(json, "expires_in", &m) && json_to_u64(m.value, &seconds) &&
	    seconds <= MAX_LIFETIME_S) {
		t->expires_at_ms = asked_at_ms + (int64_t)seconds * 1000;
	}
}

static bool is_bearer(struct slice json)
{
	char *type = NULL;
	bool ok;

	take_text(json, "token_type", &type);
	ok = !type || str_ieq(type, "bearer");
	free(type);
	return ok;
}

static bool read_tokens(struct slice json, int64_t asked_at_ms, struct token_set *t)
{
	if (!is_bearer(json) || !take_token(json, "access_token", &t->access)) {
		return false;
	}
	take_token(json, "refresh_token", &t->refresh);
	take_lifetime(json, asked_at_ms, t);
	take_text(json, "scope", &t->scope);
	take_person(json, t);
	return true;
}

/* ---- failures ---- */

/* The error code when it is nothing but a word; "" otherwise. RFC 6749 has it
 * in "error"; Anthropic's API errors have an object there with a "type". */
static void error_code(struct slice json, char out[MAX_CODE_TEXT])
{
	struct json_member m;
	char *text = NULL;

	out[0] = '\0';
	if (json_find(json, "error", &m) && m.kind == JSON_OBJECT) {
		take_text(m.value, "type", &text);
	} else {
		take_text(json, "error", &text);
	}
	if (text && *text && strlen(text) < MAX_CODE_TEXT &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz_") == strlen(text)) {
		str_copy(out, MAX_CODE_TEXT, text);
	}
	free(text);
}

static enum token_result refused(const char *url, const struct web_answer *answer,
				 char code[MAX_CODE_TEXT], struct token_failure *why)
{
	error_code(buf_slice(&answer->body), code);
	why->retry_after_ms = answer->retry_after_ms;
	err_setf(&why->err, ERR_FAILED, "%s answered %ld%s%s", url, answer->status,
		 *code ? " " : "", code);
	return str_eq(code, "invalid_grant") ? TOKEN_BAD_GRANT : TOKEN_FAILED;
}

/* One question to the token endpoint; `body` is wiped. `out` holds what is
 * known already and is left alone on failure. */
static enum token_result ask(const struct oauth_settings *s, struct buf *body,
			     struct token_set *out, char code[MAX_CODE_TEXT],
			     struct token_failure *why)
{
	int64_t asked_at_ms = clock_wall_ms();
	struct web_answer answer;
	enum token_result result;

	*code = '\0';
	*why = (struct token_failure){ .retry_after_ms = 0 };
	if (!post(s, s->token_url, TOKEN_TIMEOUT_MS, body, &answer, &why->err)) {
		result = TOKEN_FAILED;
	} else if (answer.status != 200) {
		result = refused(s->token_url, &answer, code, why);
	} else if (!read_tokens(buf_slice(&answer.body), asked_at_ms, out)) {
		err_setf(&why->err, ERR_FAILED, "%s answered 200 without a usable token",
			 s->token_url);
		result = TOKEN_FAILED;
	} else {
		result = TOKEN_GIVEN;
	}
	web_answer_release(&answer);
	return result;
}

/* ---- messages ---- */

enum token_result token_exchange(const struct oauth_settings *s, const struct token_code *code,
				 struct token_set *out, struct token_failure *why)
{
	struct token_set t = TOKEN_SET_INIT;
	char error[MAX_CODE_TEXT];
	enum token_result result;
	struct json_writer w;
	struct buf body;

	begin(&w, &body);
	json_kstr(&w, "grant_type", "authorization_code");
	add_text(&w, "code", code->code);
	json_kstr(&w, "redirect_uri", code->redirect_url);
	json_kstr(&w, "client_id", s->client_id);
	add_text(&w, "code_verifier", secret_peek(code->verifier));
	add_text(&w, "state", code->state);
	json_end(&w);
	result = ask(s, &body, &t, error, why);
	if (result == TOKEN_GIVEN) {
		t.scope = t.scope ? t.scope : xstrdup(s->scopes);
		*out = t;
	} else {
		token_set_release(&t);
	}
	return result;
}

static void copy_person(const struct token_set *old, struct token_set *t)
{
	t->email = xstrdup(old->email);
	t->account_uuid = xstrdup(old->account_uuid);
	t->organization = xstrdup(old->organization);
	t->plan = xstrdup(old->plan);
	t->tier = xstrdup(old->tier);
	t->scope = xstrdup(old->scope);
}

static enum token_result renew_once(const struct oauth_settings *s,
				    const struct token_set *old, const char *scope,
				    struct token_set *out, char error[MAX_CODE_TEXT],
				    struct token_failure *why)
{
	struct json_writer w;
	struct buf body;

	begin(&w, &body);
	json_kstr(&w, "grant_type", "refresh_token");
	add_text(&w, "refresh_token", secret_peek(&old->refresh));
	json_kstr(&w, "client_id", s->client_id);
	if (!str_empty(scope)) {
		json_kstr(&w, "scope", scope);
	}
	json_end(&w);
	return ask(s, &body, out, error, why);
}

enum token_result token_renew(const struct oauth_settings *s, const struct token_set *old,
			      struct token_set *out, struct token_failure *why)
{
	struct token_set t = TOKEN_SET_INIT;
	char error[MAX_CODE_TEXT];
	enum token_result result;

	secret_set(&t.refresh, secret_peek(&old->refresh));
	copy_person(old, &t);
	result = renew_once(s, old, old->scope, &t, error, why);
	if (result == TOKEN_FAILED && str_eq(error, "invalid_scope")) {
		result = renew_once(s, old, NULL, &t, error, why);
	}
	if (result == TOKEN_GIVEN) {
		*out = t;
	} else {
		token_set_release(&t);
	}
	return result;
}

bool token_revoke(const struct oauth_settings *s, const struct token_set *t, struct err *err)
{
	bool has_refresh = !secret_is_empty(&t->refresh);
	struct web_answer answer;
	struct json_writer w;
	struct buf body;
	bool ok;

	if (str_empty(s->revoke_url)) {
		return true;
	}
	begin(&w, &body);
	add_text(&w, "token", secret_peek(has_refresh ? &t->refresh : &t->access));
	json_kstr(&w, "token_type_hint", has_refresh ? "refresh_token" : "access_token");
	json_kstr(&w, "client_id", s->client_id);
	json_end(&w);
	ok = post(s, s->revoke_url, REVOKE_TIMEOUT_MS, &body, &answer, err);
	if (ok && answer.status != 200) {
		ok = err_setf(err, ERR_FAILED, "%s answered %ld", s->revoke_url, answer.status);
	}
	web_answer_release(&answer);
	return ok;
}

bool token_profile(const struct oauth_settings *s, struct token_set *t, struct err *err)
{
	struct web_request req = {
		.url = s->profile_url,
		.bearer = &t->access,
		.timeout_ms = PROFILE_TIMEOUT_MS,
		.route = &s->route,
	};
	struct web_answer answer;
	bool ok;

	if (str_empty(s->profile_url)) {
		return true;
	}
	ok = web_call(&req, &answer, err);
	if (ok && answer.status != 200) {
		ok = err_setf(err, ERR_FAILED, "%s answered %ld", s->profile_url, answer.status);
	}
	if (ok) {
		take_person(buf_slice(&answer.body), t);
	}
	web_answer_release(&answer);
	return ok;
}
