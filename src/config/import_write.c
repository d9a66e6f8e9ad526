#include "config/import_work.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/id.h"
#include "base/limits.h"
#include "config/keys.h"
#include "config/load.h"

#define MAX_ACCOUNT_NAME 64

/* ---- report and edits ---- */

void import_say(struct import_work *w, const char *fmt, ...)
{
	struct buf line = BUF_INIT(4 * KIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&line, fmt, ap);
	va_end(ap);
	vec_push(&w->out->imported, arena_strdup(w->arena, buf_text(&line)));
	buf_release(&line);
}

const char *import_yaml(struct import_work *w, const char *text)
{
	struct buf out = BUF_INIT(MAX_CONFIG_BYTES);
	const char *yaml;

	yaml_quote(&out, text);
	yaml = arena_strdup(w->arena, buf_text(&out));
	buf_release(&out);
	return yaml;
}

static struct edit *edit_new(struct import_work *w, enum edit_kind kind, const char *path,
			     const char *yaml)
{
	struct edit *e = arena_zalloc(w->arena, sizeof *e);

	e->kind = kind;
	e->path = arena_strdup(w->arena, path);
	e->value = arena_strdup(w->arena, yaml);
	return e;
}

/* Without the place in a text that nobody has seen. */
static const char *reason_of(struct import_work *w, const struct err *err)
{
	const char *what = strstr(err->msg, ": ");

	return arena_strdup(w->arena, what ? what + 2 : err->msg);
}

/* Would a file with nothing else load? If not, `from` is noted. */
static bool is_valid(struct import_work *w, const struct edit *e, const struct node *from)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct err err = ERR_INIT;
	struct config *parsed = NULL;

	if (config_edit_text(slice_of(""), e, 1, &text, &err)) {
		parsed = config_parse("import", buf_slice(&text), &err);
	}
	if (!parsed) {
		import_leave(w, from, reason_of(w, &err));
	}
	config_unref(parsed);
	buf_release(&text);
	return parsed;
}

/* ---- settings ---- */

void import_set(struct import_work *w, const struct node *from, const char *path,
		const char *text)
{
	struct buf yaml = BUF_INIT(MAX_CONFIG_BYTES);
	struct err err = ERR_INIT;
	struct edit *e;

	if (!config_format_value(path, text, &yaml, &err)) {
		import_leave(w, from, reason_of(w, &err));
	} else {
		e = edit_new(w, EDIT_SET, path, buf_text(&yaml));
		if (is_valid(w, e, from)) {
			vec_push(&w->out->edits, e);
			import_say(w, "%s: %s", path, text);
		}
	}
	buf_release(&yaml);
}

static void add_list_text(struct import_work *w, const struct node *list, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++) {
		import_skip(w, list->items[i]);
		if (list->items[i]->kind == NODE_SCALAR) {
			buf_addf(out, "%s%s", out->len ? "," : "", list->items[i]->text);
		}
	}
}

void import_copy(struct import_work *w, const struct node *map, const char *key,
		 const char *path)
{
	const struct node *n = import_get(w, map, key);
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	if (n && n->kind == NODE_SCALAR) {
		import_set(w, n, path, n->text);
	} else if (n && n->kind == NODE_LIST && n->count) {
		add_list_text(w, n, &text);
		import_set(w, n, path, buf_text(&text));
	}
	buf_release(&text);
}

static bool has_active_key(const struct import_work *w)
{
	for (size_t i = 0; i < w->current->key_count; i++) {
		if (w->current->keys[i].is_active) {
			return true;
		}
	}
	return w->has_key;
}

/* A host that anybody reaches is only carried over with a key. */
static void set_host(struct import_work *w, const struct node *from, const char *host)
{
	bool is_open = !str_eq(host, "127.0.0.1") && !str_eq(host, "localhost") &&
		       !str_eq(host, "::1");

	if (!is_open) {
		import_set(w, from, "server.host", host);
	} else if (!has_active_key(w)) {
		import_leave(w, from, "listens on 127.0.0.1 until there is a gateway key: "
			     "llm-gateway apikey add, then config set server.host");
	} else {
		vec_push(&w->out->edits, edit_new(w, EDIT_SET, "server.host",
						  import_yaml(w, host)));
		import_say(w, "server.host: %s", host);
	}
}

void import_listen(struct import_work *w, const struct node *host, const struct node *port)
{
	const char *colon = host && !port ? strrchr(host->text, ':') : NULL;

	if (port && port->kind == NODE_SCALAR) {
		import_set(w, port, "server.port", port->text);
	}
	if (!host || host->kind != NODE_SCALAR) {
		return;
	}
	if (!colon) {
		set_host(w, host, host->text);
		return;
	}
	import_set(w, host, "server.port", colon + 1);
	set_host(w, host, colon == host->text ? "0.0.0.0" :
		 arena_strndup(w->arena, host->text, (size_t)(colon - host->text)));
}

void import_level(struct import_work *w, const struct node *map, const char *key,
		  const char *path)
{
	static const char *const other[][2] = {
		{ "warning", "warn" }, { "trace", "debug" }, { "verbose", "debug" },
		{ "fatal", "error" }, { "critical", "error" },
	};
	const struct node *n = import_get(w, map, key);
	const char *text = n && n->kind == NODE_SCALAR ? n->text : NULL;

	for (size_t i = 0; text && i < ARRAY_LEN(other); i++) {
		if (str_ieq(text, other[i][0])) {
			text = other[i][1];
		}
	}
	if (text) {
		struct buf lower = BUF_INIT(KIB);

		for (; *text; text++) {
			buf_addc(&lower, (char)tolower((unsigned char)*text));
		}
		import_set(w, n, path, buf_text(&lower));
		buf_release(&lower);
	}
}

/* ---- accounts ---- */

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
	e = edit_new(w, EDIT_APPEND, "upstream_accounts", buf_text(&entry));
	ok = is_valid(w, e, from);
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
	e = edit_new(w, EDIT_APPEND, "gateway_keys", buf_text(&entry));
	if (is_valid(w, e, from)) {
		vec_push(&w->out->edits, e);
		w->has_key |= !key->is_disabled;
		import_say(w, "gateway key %s: clients go on with the key they have", key->name);
	}
	buf_release(&entry);
}
