/* Accounts and gateway keys, as entries of their lists. */
#include "config/import_work.h"

#include <ctype.h>

#include "base/crypto.h"
#include "base/id.h"
#include "base/limits.h"

#define MAX_ACCOUNT_NAME 64

struct import_account *import_account_new(struct import_work *w, const char *name)
{
	struct import_account *a = arena_zalloc(w->arena, sizeof *a);

	a->name = a->asked = str_empty(name) ? "upstream" : name;
	a->provider = "openai-compatible";
	return a;
}

static bool name_is_taken(const struct import_work *w, const char *name)
{
	if (config_account(w->current, name)) {
		return true;
	}
	for (size_t i = 0; i < w->accounts.len; i++) {
		const struct import_account *a = w->accounts.items[i];

		if (str_eq(a->name, name)) {
			return true;
		}
	}
	return false;
}

/* Letters that an account's name may not have become "-"; a name that is taken
 * gets a number. */
static const char *fit_name(struct import_work *w, const char *asked)
{
	char *name = arena_strndup(w->arena, asked, strlen(asked) < MAX_ACCOUNT_NAME - 4 ?
				   strlen(asked) : MAX_ACCOUNT_NAME - 4);
	const char *unique = name;

	for (char *c = name; *c; c++) {
		if (!isgraph((unsigned char)*c) || strchr("/:,\"'[]", *c)) {
			*c = '-';
		}
	}
	for (int i = 2; i < 1000 && name_is_taken(w, unique); i++) {
		unique = arena_printf(w->arena, "%s-%d", name, i);
	}
	return unique;
}

static const char *type_of(const struct import_account *a)
{
	if (a->type) {
		return a->type;
	}
	return a->key || a->key_env ? "api-key" : "none";
}

static void add_line(struct import_work *w, struct buf *out, const char *key, const char *text)
{
	if (!str_empty(text)) {
		buf_addf(out, "%s: %s\n", key, import_yaml(w, text));
	}
}

static void add_models(struct import_work *w, const struct import_account *a, struct buf *out)
{
	if (!a->has_models && !a->models.len) {
		return;
	}
	buf_adds(out, "models: [");
	for (size_t i = 0; i < a->models.len; i++) {
		buf_addf(out, "%s%s", i ? ", " : "", import_yaml(w, a->models.items[i]));
	}
	buf_adds(out, "]\n");
}

static void add_limits(struct import_work *w, const struct import_account *a, struct buf *out)
{
	static const char *const names[] = { "rpm", "tpm", "rpd", "tpr", "concurrency" };
	const char *before = "limits: {";

	for (size_t i = 0; a->limits && i < ARRAY_LEN(names); i++) {
		int64_t value = import_number(w, a->limits, names[i], 0);

		if (value > 0) {
			buf_addf(out, "%s%s: %lld", before, names[i], (long long)value);
			before = ", ";
		}
	}
	if (*before == ',') {
		buf_adds(out, "}\n");
	}
}

static void add_azure(struct import_work *w, const struct import_account *a, struct buf *out)
{
	const char *name = a->deployment ? import_yaml(w, a->deployment) : NULL;

	if (!str_eq(a->provider, "azure") || (!name && str_empty(a->api_version))) {
		return;
	}
	buf_adds(out, "azure:\n");
	if (!str_empty(a->api_version)) {
		buf_addf(out, "  api_version: %s\n", import_yaml(w, a->api_version));
	}
	if (name) {
		buf_addf(out, "  deployments: {%s: %s}\n", name, name);
	}
}

static void add_account(struct import_work *w, const struct import_account *a, const char *id,
			struct buf *out)
{
	buf_addf(out, "id: %s\n", id);
	add_line(w, out, "name", a->name);
	add_line(w, out, "type", type_of(a));
	add_line(w, out, "provider", a->provider);
	add_line(w, out, "base_url", a->base_url);
	add_line(w, out, "status", a->is_disabled ? "disabled" : "active");
	if (a->weight > 1) {
		buf_addf(out, "weight: %lld\n", (long long)a->weight);
	}
	add_models(w, a, out);
	add_limits(w, a, out);
	if (a->header_name) {
		buf_addf(out, "headers: {%s: %s}\n", a->header_name,
			 import_yaml(w, a->header_value));
	}
	add_azure(w, a, out);
	add_line(w, out, "key_env", a->key_env);
}

static void keep_secret(struct import_work *w, const char *id, const char *key)
{
	struct import_secret *s = arena_zalloc(w->arena, sizeof *s);

	s->account = arena_strdup(w->arena, id);
	secret_set(&s->value, slice_of(key));
	vec_push(&w->out->secrets, s);
}

static void say_account(struct import_work *w, const struct import_account *a)
{
	if (a->key) {
		import_say(w, "upstream %s (%s), its key into the credential store", a->name,
			   a->provider);
	} else if (a->key_env) {
		import_say(w, "upstream %s (%s), its key from $%s", a->name, a->provider,
			   a->key_env);
	} else {
		import_say(w, "upstream %s (%s, type %s)", a->name, a->provider, type_of(a));
	}
}

bool import_account_add(struct import_work *w, struct import_account *a,
			const struct node *from)
{
	struct buf entry = BUF_INIT(MAX_CONFIG_BYTES);
	char id[ID_OBJECT_BYTES];
	struct edit *e;
	bool ok;

	a->name = fit_name(w, a->name);
	id_object("upstream_", id);
	add_account(w, a, id, &entry);
	e = import_edit(w, EDIT_APPEND, "upstream_accounts", buf_text(&entry));
	ok = import_check(w, e, from);
	if (ok) {
		vec_push(&w->out->edits, e);
		vec_push(&w->accounts, a);
		say_account(w, a);
		if (a->key) {
			keep_secret(w, id, a->key);
		}
	}
	buf_release(&entry);
	return ok;
}

const struct import_account *import_account_find(const struct import_work *w,
						 const char *asked)
{
	for (size_t i = 0; asked && i < w->accounts.len; i++) {
		const struct import_account *a = w->accounts.items[i];

		if (str_eq(a->asked, asked)) {
			return a;
		}
	}
	return NULL;
}

/* ---- gateway keys ---- */

void import_key_add(struct import_work *w, const struct import_key *key,
		    const struct node *from)
{
	struct buf entry = BUF_INIT(16 * KIB);
	char hex[SHA256_HEX_BYTES];
	char id[ID_OBJECT_BYTES];
	struct edit *e;

	if (config_key(w->current, key->name)) {
		import_leave(w, from, "a gateway key of this name exists already");
		return;
	}
	if (key->text) {
		crypto_sha256_hex(slice_of(key->text), hex);
	}
	id_object("gw_", id);
	buf_addf(&entry, "id: %s\nname: %s\nkey_hash: \"sha256:%s\"\npermissions: %s\nstatus: %s\n",
		 id, import_yaml(w, key->name), key->text ? hex : key->hash, key->permissions,
		 key->is_disabled ? "disabled" : "active");
	buf_adds(&entry, key->more ? key->more : "");
	e = import_edit(w, EDIT_APPEND, "gateway_keys", buf_text(&entry));
	if (import_check(w, e, from)) {
		vec_push(&w->out->edits, e);
		w->has_key |= !key->is_disabled;
		import_say(w, "gateway key %s: clients go on with the key they have", key->name);
	}
	buf_release(&entry);
}

void import_shared_key(struct import_work *w, const struct node *key, const char *name,
		       const char *permissions)
{
	if (!key || key->kind != NODE_SCALAR || !*key->text) {
		return;
	}
	if (import_variable(w, key->text)) {
		import_leave(w, key, "its text is in a variable: llm-gateway apikey add makes a "
			     "new key");
		return;
	}
	import_key_add(w, &(struct import_key){
		.name = name, .text = key->text, .permissions = permissions,
	}, key);
}
