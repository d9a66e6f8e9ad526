/*
 * Gateway keys. A key's text exists in two places: the answer that shows it
 * once, and its owner's hands; the file has its hash. One that seals requests
 * is in the credential store as well.
 */
#include "control/handlers.h"

#include "base/crypto.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "control/call.h"
#include "control/fields.h"
#include "control/views.h"
#include "credentials/key_ring.h"

static const char *const fields[] = {
	"name", "permissions", "status", "models", "limits", "budget", "expires_at", NULL,
};

/* Whether it seals is decided when it is made. */
static const char *const new_fields[] = {
	"name", "sealed", "permissions", "status", "models", "limits", "budget", "expires_at",
	NULL,
};

static const struct gateway_key *find(const struct call *call, struct err *err)
{
	const struct config *c = call->config;
	const struct gateway_key *k = config_key(c, call->param);
	const char *names[64];
	size_t count = 0;

	if (!k) {
		for (; count < c->key_count && count < ARRAY_LEN(names); count++) {
			names[count] = c->keys[count].name;
		}
		call_not_found("gateway key", call->param, names, count, err);
	}
	return k;
}

static void key_path(const struct gateway_key *k, const char *member, struct buf *out)
{
	edits_item(out, "gateway_keys", k->name);
	buf_adds(out, member);
}

/* `secret` NULL: without the text. */
static bool show(struct call *call, const char *id, const char *secret,
		 struct json_writer *w, struct err *err)
{
	const struct gateway_key *k = config_key(call->config, id);

	if (!k) {
		return err_setf(err, ERR_CONFLICT, "the key was removed meanwhile");
	}
	view_key(call, k, w);
	if (secret) {
		json_kstr(w, "key", secret);
	}
	json_end(w);
	return true;
}

/* A fresh key and the YAML scalar of its hash. */
static void make_key(const char *id, bool is_sealed, char secret[ID_SEALED_KEY_BYTES],
		     struct buf *hash)
{
	char hex[SHA256_HEX_BYTES];

	if (is_sealed) {
		id_sealed_key(id, secret);
	} else {
		id_gateway_key(secret);
	}
	crypto_sha256_hex(slice_of(secret), hex);
	buf_addf(hash, "\"sha256:%s\"", hex);
}

/* Keeps (NULL: forgets) the text of a key that seals. */
static bool keep_text(struct call *call, const char *id, const char *text, struct err *err)
{
	char name[KEY_RING_NAME_BYTES];
	struct secret secret = SECRET_INIT;
	bool ok;

	key_ring_sealed_name(id, name);
	if (text) {
		secret_set(&secret, slice_of(text));
	}
	ok = call_put_secret(call, name, text ? &secret : NULL, err);
	secret_release(&secret);
	return ok;
}

bool handle_keys_list(struct call *call, struct json_writer *w, struct err *err)
{
	(void)err;
	view_keys(call, w);
	return true;
}

bool handle_key_show(struct call *call, struct json_writer *w, struct err *err)
{
	const struct gateway_key *k = find(call, err);

	if (k) {
		view_key(call, k, w);
		json_end(w);
	}
	return k;
}

static void key_entry(const char *id, const struct buf *hash, struct slice body,
		      struct buf *entry)
{
	buf_addf(entry, "id: %s\nkey_hash: %s\n", id, buf_text(hash));
	if (!field_has(body, "permissions")) {
		buf_adds(entry, "permissions: [read, write]\n");
	}
	if (!field_has(body, "status")) {
		buf_adds(entry, "status: active\n");
	}
}

/* `text` NULL: nothing is kept of it. */
static bool apply_with_text(struct call *call, const struct edits *edits, const char *id,
			    const char *text, struct err *err)
{
	if (text && (!call_check(call, edits, err) || !keep_text(call, id, text, err))) {
		return false;
	}
	if (call_apply(call, edits, err)) {
		return true;
	}
	if (text) {
		keep_text(call, id, NULL, NULL);
	}
	return false;
}

static bool add_key(struct call *call, const char *id, const struct buf *hash,
		    const char *text, struct err *err)
{
	struct buf entry = BUF_INIT(MAX_CONFIG_BYTES);
	struct edits edits;
	bool ok;

	edits_init(&edits, SLICE_NULL);
	key_entry(id, hash, call->body, &entry);
	ok = edits_mapping(call->body, new_fields, &entry, err);
	if (ok) {
		edits_add(&edits, EDIT_APPEND, "gateway_keys", buf_slice(&entry));
		ok = apply_with_text(call, &edits, id, text, err);
	}
	edits_release(&edits);
	buf_release(&entry);
	return ok;
}

bool handle_keys_add(struct call *call, struct json_writer *w, struct err *err)
{
	struct buf name = BUF_INIT(KIB);
	struct buf hash = BUF_INIT(KIB);
	char secret[ID_SEALED_KEY_BYTES];
	char id[ID_OBJECT_BYTES];
	bool is_sealed = field_flag(call->body, "sealed", false);
	bool ok = fields_only(call->body, "a gateway key", new_fields, err) &&
		  field_need(call->body, "name", &name, err);

	if (ok && config_key(call->config, buf_text(&name))) {
		ok = err_setf(err, ERR_INVALID, "a gateway key \"%s\" exists already",
			      buf_text(&name));
	}
	id_object("gw_", id);
	make_key(id, is_sealed, secret, &hash);
	ok = ok && add_key(call, id, &hash, is_sealed ? secret : NULL, err) &&
	     show(call, id, secret, w, err);
	mem_wipe(secret, sizeof secret);
	buf_release(&hash);
	buf_release(&name);
	return ok;
}

bool handle_key_edit(struct call *call, struct json_writer *w, struct err *err)
{
	const struct gateway_key *k = find(call, err);
	struct buf path = BUF_INIT(KIB);
	bool ok;

	if (!k || !fields_only(call->body, "a gateway key", fields, err)) {
		return false;
	}
	key_path(k, "", &path);
	ok = call_merge(call, buf_text(&path), NULL, err) && show(call, k->id, NULL, w, err);
	buf_release(&path);
	return ok;
}

/* A store that is locked keeps no key alive: what stays behind is named. */
static void forget_text(struct call *call, const struct gateway_key *k, struct json_writer *w)
{
	struct err err = ERR_INIT;
	bool ok = !k->is_sealed || keep_text(call, k->id, NULL, &err);

	json_key(w, "warnings");
	json_array(w);
	if (!ok && err.kind != ERR_NOT_FOUND) {
		json_str(w, err.msg);
	}
	json_end(w);
}

bool handle_key_remove(struct call *call, struct json_writer *w, struct err *err)
{
	const struct gateway_key *k = find(call, err);
	struct buf path = BUF_INIT(KIB);
	bool ok;

	if (!k) {
		return false;
	}
	key_path(k, "", &path);
	ok = call_remove(call, buf_text(&path), err);
	buf_release(&path);
	if (ok) {
		json_object(w);
		json_kstr(w, "id", k->id);
		json_kstr(w, "name", k->name);
		json_kbool(w, "removed", true);
		forget_text(call, k, w);
		json_end(w);
	}
	return ok;
}

static bool set_member(struct call *call, const struct gateway_key *k, const char *member,
		       const char *yaml, struct err *err)
{
	struct buf path = BUF_INIT(KIB);
	bool ok;

	key_path(k, member, &path);
	ok = call_set(call, buf_text(&path), yaml, err);
	buf_release(&path);
	return ok;
}

bool handle_key_enable(struct call *call, struct json_writer *w, struct err *err)
{
	const struct gateway_key *k = find(call, err);

	return k && set_member(call, k, ".status", "active", err) &&
	       show(call, k->id, NULL, w, err);
}

bool handle_key_disable(struct call *call, struct json_writer *w, struct err *err)
{
	const struct gateway_key *k = find(call, err);

	return k && set_member(call, k, ".status", "disabled", err) &&
	       show(call, k->id, NULL, w, err);
}

bool handle_key_rotate(struct call *call, struct json_writer *w, struct err *err)
{
	const struct gateway_key *k = find(call, err);
	struct buf hash = BUF_INIT(KIB);
	char secret[ID_SEALED_KEY_BYTES];
	bool ok;

	if (!k) {
		return false;
	}
	make_key(k->id, k->is_sealed, secret, &hash);
	ok = (!k->is_sealed || keep_text(call, k->id, secret, err)) &&
	     set_member(call, k, ".key_hash", buf_text(&hash), err) &&
	     show(call, k->id, secret, w, err);
	mem_wipe(secret, sizeof secret);
	buf_release(&hash);
	return ok;
}
