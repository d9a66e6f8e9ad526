/*
 * Gateway keys. A key's text exists in two places: the answer that shows it
 * once, and its owner's hands; the file has its hash.
 */
#include "control/handlers.h"

#include "base/crypto.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "control/call.h"
#include "control/fields.h"
#include "control/views.h"

static const char *const fields[] = {
	"name", "permissions", "status", "models", "limits", "budget", "expires_at", NULL,
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
static void make_key(char secret[ID_GATEWAY_KEY_BYTES], struct buf *hash)
{
	char hex[SHA256_HEX_BYTES];

	id_gateway_key(secret);
	crypto_sha256_hex(slice_of(secret), hex);
	buf_addf(hash, "\"sha256:%s\"", hex);
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

static bool add_key(struct call *call, const char *id, const struct buf *hash,
		    struct err *err)
{
	struct buf entry = BUF_INIT(MAX_CONFIG_BYTES);
	struct edits edits;
	bool ok;

	edits_init(&edits, SLICE_NULL);
	key_entry(id, hash, call->body, &entry);
	ok = edits_mapping(call->body, fields, &entry, err);
	if (ok) {
		edits_add(&edits, EDIT_APPEND, "gateway_keys", buf_slice(&entry));
		ok = call_apply(call, &edits, err);
	}
	edits_release(&edits);
	buf_release(&entry);
	return ok;
}

bool handle_keys_add(struct call *call, struct json_writer *w, struct err *err)
{
	struct buf name = BUF_INIT(KIB);
	struct buf hash = BUF_INIT(KIB);
	char secret[ID_GATEWAY_KEY_BYTES];
	char id[ID_OBJECT_BYTES];
	bool ok = fields_only(call->body, "a gateway key", fields, err) &&
		  field_need(call->body, "name", &name, err);

	if (ok && config_key(call->config, buf_text(&name))) {
		ok = err_setf(err, ERR_INVALID, "a gateway key \"%s\" exists already",
			      buf_text(&name));
	}
	id_object("gw_", id);
	make_key(secret, &hash);
	ok = ok && add_key(call, id, &hash, err) && show(call, id, secret, w, err);
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
	char secret[ID_GATEWAY_KEY_BYTES];
	bool ok;

	if (!k) {
		return false;
	}
	make_key(secret, &hash);
	ok = set_member(call, k, ".key_hash", buf_text(&hash), err) &&
	     show(call, k->id, secret, w, err);
	mem_wipe(secret, sizeof secret);
	buf_release(&hash);
	return ok;
}
