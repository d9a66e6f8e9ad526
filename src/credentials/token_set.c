#include "credentials/token_set.h"

#include <stdlib.h>

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

void token_set_release(struct token_set *t)
{
	secret_release(&t->access);
	secret_release(&t->refresh);
	free(t->scope);
	free(t->email);
	free(t->account_uuid);
	free(t->organization);
	free(t->plan);
	free(t->tier);
	*t = (struct token_set)TOKEN_SET_INIT;
}

static void write_secret(struct json_writer *w, const char *name, const struct secret *s)
{
	json_key(w, name);
	json_strn(w, secret_peek(s));
}

bool token_set_write(const struct token_set *t, struct secret *out)
{
	struct buf text = BUF_INIT(MAX_SECRET_BYTES);
	struct json_writer w;
	bool ok;

	/* Reserved whole: growing would leave copies behind in freed memory. */
	buf_reserve(&text, MAX_SECRET_BYTES);
	json_open(&w, &text);
	json_object(&w);
	write_secret(&w, "access_token", &t->access);
	write_secret(&w, "refresh_token", &t->refresh);
	json_kint(&w, "expires_at_ms", t->expires_at_ms);
	json_kint(&w, "obtained_at_ms", t->obtained_at_ms);
	json_kstr(&w, "scope", t->scope);
	json_kstr(&w, "email", t->email);
	json_kstr(&w, "account_uuid", t->account_uuid);
	json_kstr(&w, "organization", t->organization);
	json_kstr(&w, "plan", t->plan);
	json_kstr(&w, "tier", t->tier);
	json_kbool(&w, "needs_sign_in", t->needs_sign_in);
	json_end(&w);
	ok = !text.failed;
	if (ok) {
		secret_set(out, buf_slice(&text));
	}
	buf_wipe(&text);
	return ok;
}

static bool read_secret(const struct json_member *m, struct secret *out)
{
	struct buf plain = BUF_INIT(MAX_SECRET_BYTES);
	bool ok;

	buf_reserve(&plain, m->value.len);
	ok = m->kind == JSON_STRING && json_unquote(m->value, &plain);
	if (ok) {
		secret_set(out, buf_slice(&plain));
	}
	buf_wipe(&plain);
	return ok;
}

static void read_text(const struct json_member *m, char **out)
{
	struct buf plain = BUF_INIT(MAX_SECRET_BYTES);

	if (m->kind == JSON_STRING && json_unquote(m->value, &plain)) {
		free(*out);
		*out = buf_detach(&plain);
	}
	buf_release(&plain);
}

static void read_time(const struct json_member *m, int64_t *out)
{
	uint64_t value;

	if (json_to_u64(m->value, &value) && value <= INT64_MAX) {
		*out = (int64_t)value;
	}
}

static bool read_member(const struct json_member *m, struct token_set *t)
{
	if (json_key_is(m, "access_token")) {
		return read_secret(m, &t->access);
	}
	if (json_key_is(m, "refresh_token")) {
		return read_secret(m, &t->refresh);
	}
	if (json_key_is(m, "expires_at_ms")) {
		read_time(m, &t->expires_at_ms);
	} else if (json_key_is(m, "obtained_at_ms")) {
		read_time(m, &t->obtained_at_ms);
	} else if (json_key_is(m, "scope")) {
		read_text(m, &t->scope);
	} else if (json_key_is(m, "email")) {
		read_text(m, &t->email);
	} else if (json_key_is(m, "account_uuid")) {
		read_text(m, &t->account_uuid);
	} else if (json_key_is(m, "organization")) {
		read_text(m, &t->organization);
	} else if (json_key_is(m, "plan")) {
		read_text(m, &t->plan);
	} else if (json_key_is(m, "tier")) {
		read_text(m, &t->tier);
	} else if (json_key_is(m, "needs_sign_in")) {
		t->needs_sign_in = m->kind == JSON_TRUE;
	}
	return true;
}

bool token_set_read(struct slice text, struct token_set *out)
{
	struct token_set t = TOKEN_SET_INIT;
	struct json_scan scan;
	struct json_member m;
	bool ok = true;

	json_scan_init(&scan, text);
	while (ok && json_scan_next(&scan, &m)) {
		ok = read_member(&m, &t);
	}
	if (!ok || scan.failed || secret_is_empty(&t.access)) {
		token_set_release(&t);
		return false;
	}
	*out = t;
	return true;
}

static char *store_name(const char *account_id)
{
	return xasprintf("%s/oauth", account_id);
}

bool token_set_load(struct credential_store *s, const char *account_id,
		    struct token_set *out, struct err *err)
{
	char *name = store_name(account_id);
	struct secret text = SECRET_INIT;
	bool ok = store_get(s, name, &text, err);

	if (ok && !token_set_read(secret_peek(&text), out)) {
		ok = err_setf(err, ERR_SIGN_IN, "what is stored under %s is no token set", name);
		err_hintf(err, "sign in again: llm-gateway oauth start %s", account_id);
	}
	secret_release(&text);
	free(name);
	return ok;
}

bool token_set_save(struct credential_store *s, const char *account_id,
		    const struct token_set *t, struct err *err)
{
	char *name = store_name(account_id);
	struct secret text = SECRET_INIT;
	bool ok;

	if (token_set_write(t, &text)) {
		ok = store_put(s, name, &text, err);
	} else {
		ok = err_setf(err, ERR_TOO_LARGE, "the tokens of %s are too large", account_id);
	}
	secret_release(&text);
	free(name);
	return ok;
}

bool token_set_delete(struct credential_store *s, const char *account_id,
		      struct err *err)
{
	char *name = store_name(account_id);
	bool ok = store_delete(s, name, err);

	free(name);
	return ok;
}
