/*
 * Upstream accounts: list, show, add, edit, remove, switch on and off. A key
 * goes to the credential store before the configuration names the account, so
 * that nobody ever sees an account whose key is still missing.
 */
#include "control/handlers.h"

#include "base/id.h"
#include "base/limits.h"
#include "control/call.h"
#include "control/fields.h"
#include "control/views.h"
#include "oauth/oauth.h"

/* What a body may have: the secret, which never reaches the file, and what
 * does, in the order in which an added account is written. */
static const char *const body_fields[] = {
	"api_key",
	"name", "type", "provider", "base_url", "format", "status", "priority", "weight",
	"models", "limits", "headers", "proxy", "azure", "options", "oauth", "key_env", NULL,
};
static const char *const *const fields = body_fields + 1;

static void account_path(const struct upstream_account *a, struct buf *out)
{
	edits_item(out, "upstream_accounts", a->name);
}

bool handle_upstreams_list(struct call *call, struct json_writer *w, struct err *err)
{
	(void)err;
	view_upstreams(call, w);
	return true;
}

bool handle_upstream_show(struct call *call, struct json_writer *w, struct err *err)
{
	const struct upstream_account *a = call_upstream(call, call->param, err);

	if (a) {
		view_upstream(call, a, w);
	}
	return a;
}

/* Shows what `who` is after a change. */
static bool show(struct call *call, const char *who, struct json_writer *w, struct err *err)
{
	const struct upstream_account *a = config_account(call->config, who);

	if (!a) {
		return err_setf(err, ERR_CONFLICT, "\"%s\" was removed meanwhile", who);
	}
	view_upstream(call, a, w);
	return true;
}

/* Applies the edits with a new secret, if there is one: kept first, and
 * forgotten again when the file could not be written. */
static bool apply_with_secret(struct call *call, const struct edits *edits, const char *id,
			      const struct secret *secret, struct err *err)
{
	bool has_secret = !secret_is_empty(secret);

	if (!call_check(call, edits, err) ||
	    (has_secret && !call_put_secret(call, id, secret, err))) {
		return false;
	}
	if (call_apply(call, edits, err)) {
		return true;
	}
	if (has_secret) {
		call_put_secret(call, id, NULL, NULL);
	}
	return false;
}

static bool add_account(struct call *call, const char *id, const struct secret *key,
			struct err *err)
{
	struct buf entry = BUF_INIT(MAX_CONFIG_BYTES);
	struct edits edits;
	bool ok;

	edits_init(&edits, SLICE_NULL);
	buf_addf(&entry, "id: %s\n", id);
	ok = edits_mapping(call->body, fields, &entry, err);
	if (ok) {
		edits_add(&edits, EDIT_APPEND, "upstream_accounts", buf_slice(&entry));
		ok = apply_with_secret(call, &edits, id, key, err);
	}
	edits_release(&edits);
	buf_release(&entry);
	return ok;
}

bool handle_upstreams_add(struct call *call, struct json_writer *w, struct err *err)
{
	struct buf name = BUF_INIT(KIB);
	struct secret key = SECRET_INIT;
	char id[ID_OBJECT_BYTES];
	bool has_key;
	bool ok = fields_only(call->body, "an upstream", body_fields, err) &&
		  field_need(call->body, "name", &name, err) &&
		  field_secret(call->body, "api_key", &key, &has_key, err);

	if (ok && config_account(call->config, buf_text(&name))) {
		ok = err_setf(err, ERR_INVALID, "an upstream \"%s\" exists already",
			      buf_text(&name));
	}
	id_object("upstream_", id);
	ok = ok && add_account(call, id, &key, err) && show(call, id, w, err);
	secret_release(&key);
	buf_release(&name);
	return ok;
}

/* A new secret is kept before the rest is in force, or forgotten when it is
 * null; but not for an edit that will be refused. */
static bool apply_edit(struct call *call, const struct upstream_account *a,
		       const struct edits *edits, struct err *err)
{
	struct secret key = SECRET_INIT;
	bool has_key;
	bool ok = field_secret(call->body, "api_key", &key, &has_key, err) &&
		  call_check(call, edits, err);

	if (ok && has_key) {
		ok = call_put_secret(call, a->id, secret_is_empty(&key) ? NULL : &key, err);
	}
	ok = ok && call_apply(call, edits, err);
	secret_release(&key);
	return ok;
}

static bool edit_account(struct call *call, const struct upstream_account *a, struct err *err)
{
	struct buf current = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf path = BUF_INIT(KIB);
	struct edits edits;
	bool ok = call_read_file(call, &current, err);

	edits_init(&edits, buf_slice(&current));
	account_path(a, &path);
	ok = ok && edits_merge(&edits, buf_text(&path), call->body, fields, err) &&
	     apply_edit(call, a, &edits, err);
	edits_release(&edits);
	buf_release(&path);
	buf_wipe(&current);
	return ok;
}

bool handle_upstream_edit(struct call *call, struct json_writer *w, struct err *err)
{
	const struct upstream_account *a = call_upstream(call, call->param, err);

	return a && fields_only(call->body, "an upstream", body_fields, err) &&
	       edit_account(call, a, err) && show(call, a->id, w, err);
}

static bool set_status(struct call *call, const char *status, struct json_writer *w,
		       struct err *err)
{
	const struct upstream_account *a = call_upstream(call, call->param, err);
	struct buf path = BUF_INIT(KIB);
	bool ok;

	if (!a) {
		return false;
	}
	account_path(a, &path);
	buf_adds(&path, ".status");
	ok = call_set(call, buf_text(&path), status, err) && show(call, a->id, w, err);
	buf_release(&path);
	return ok;
}

bool handle_upstream_enable(struct call *call, struct json_writer *w, struct err *err)
{
	return set_status(call, "active", w, err);
}

bool handle_upstream_disable(struct call *call, struct json_writer *w, struct err *err)
{
	return set_status(call, "disabled", w, err);
}

static bool keeps_key(const struct upstream_account *a)
{
	return a->type == ACCOUNT_API_KEY && !*a->key_env && !*a->api_key;
}

/* Revokes the tokens too, and forgets a sign-in that is under way. */
static bool sign_out(struct call *call, const struct upstream_account *a, struct err *err)
{
	struct oauth *oauth = call_oauth(call, err);

	return oauth && oauth_logout(oauth, call->config, a, NULL, err);
}

/* A store that is locked does not keep an account alive: what stays behind is
 * named. */
static void forget_secrets(struct call *call, const struct upstream_account *a,
			   struct json_writer *w)
{
	struct err err = ERR_INIT;
	bool ok = true;

	if (a->type == ACCOUNT_OAUTH) {
		ok = sign_out(call, a, &err);
	} else if (keeps_key(a)) {
		ok = call_put_secret(call, a->id, NULL, &err);
	}
	json_key(w, "warnings");
	json_array(w);
	if (!ok && err.kind != ERR_NOT_FOUND) {
		json_str(w, err.msg);
	}
	json_end(w);
}

bool handle_upstream_remove(struct call *call, struct json_writer *w, struct err *err)
{
	const struct upstream_account *a = call_upstream(call, call->param, err);
	struct buf path = BUF_INIT(KIB);
	bool ok;

	if (!a) {
		return false;
	}
	account_path(a, &path);
	ok = call_remove(call, buf_text(&path), err);
	buf_release(&path);
	if (!ok) {
		return false;
	}
	json_object(w);
	json_kstr(w, "id", a->id);
	json_kstr(w, "name", a->name);
	json_kbool(w, "removed", true);
	forget_secrets(call, a, w);
	json_end(w);
	return true;
}
