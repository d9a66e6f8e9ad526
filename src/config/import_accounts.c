/*
 * The file with gateway_keys and upstream_accounts: its keys are nearly ours,
 * some under names that end in _seconds.
 */
#include "config/import_work.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"

static void copy_either(struct import_work *w, const struct node *map, const char *key,
			const char *path)
{
	const char *seconds = arena_printf(w->arena, "%s_seconds", key);

	import_copy(w, map, node_get(map, key) ? key : seconds, path);
}

static void take_server(struct import_work *w)
{
	const struct node *server = import_get(w, w->root, "server");
	static const struct import_reason left[] = {
		{ "web", "the web page's own password; the gateway keys with admin open it" },
		{ NULL, NULL },
	};

	if (!server || server->kind != NODE_MAP) {
		return;
	}
	import_listen(w, import_get(w, server, "host"), import_get(w, server, "port"));
	copy_either(w, server, "timeout", "server.timeout");
	import_leave_members(w, server, left);
}

static void take_timeouts(struct import_work *w)
{
	static const char *const same[] = {
		"stream_timeout", "connect_timeout", "tls_timeout", "idle_conn_timeout",
		"response_timeout",
	};
	static const char why[] = "never had an effect there; here it would cut long answers "
				  "(proxy.request_timeout)";
	static const struct import_reason left[] = {
		{ "request_timeout", why }, { "request_timeout_seconds", why }, { NULL, NULL },
	};
	const struct node *proxy = import_get(w, w->root, "proxy");

	if (!proxy || proxy->kind != NODE_MAP) {
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		copy_either(w, proxy, same[i],
			    arena_printf(w->arena, "proxy.%s", same[i]));
	}
	import_leave_members(w, proxy, left);
}

/* [read, write], or "read,write". */
static const char *permissions_of(struct import_work *w, const struct node *key)
{
	const struct node *list = import_get(w, key, "permissions");
	struct buf out = BUF_INIT(KIB);
	const char *text;

	if (!list) {
		return "[read, write]";
	}
	import_skip(w, list);
	buf_addc(&out, '[');
	for (size_t i = 0; i < list->count; i++) {
		buf_addf(&out, "%s%s", i ? ", " : "", list->items[i]->kind == NODE_SCALAR ?
			 import_yaml(w, list->items[i]->text) : "");
	}
	buf_adds(&out, list->kind == NODE_SCALAR ? list->text : "");
	buf_addc(&out, ']');
	text = arena_strdup(w->arena, buf_text(&out));
	buf_release(&out);
	return text;
}

/* Its limits count per minute, hour and day. */
static void add_key_limits(struct import_work *w, const struct node *key, struct buf *out)
{
	static const struct import_reason left[] = {
		{ "requests_per_hour", "there are limits per minute and per day" },
		{ NULL, NULL },
	};
	const struct node *limits = import_get(w, key, "rate_limit");
	int64_t rpm = import_number(w, limits, "requests_per_minute", 0);
	int64_t rpd = import_number(w, limits, "requests_per_day", 0);

	import_leave_members(w, limits, left);
	if (rpm || rpd) {
		buf_addf(out, "limits: {rpm: %lld, rpd: %lld}\n", (long long)rpm,
			 (long long)rpd);
	}
}

static void add_expiry(struct import_work *w, const struct node *key, struct buf *out)
{
	const struct node *n = import_get(w, key, "expires_at");
	int64_t ms;

	if (!n || n->kind != NODE_SCALAR || !*n->text || str_starts(n->text, "0001-")) {
		return;
	}
	if (clock_parse(n->text, &ms)) {
		buf_addf(out, "expires_at: %s\n", n->text);
	} else {
		import_leave(w, n, "no time such as 2027-01-01T00:00:00Z");
	}
}

static const struct import_reason bookkeeping[] = {
	{ "id", "the new one gets an id of its own" },
	{ "usage", "counted anew" },
	{ "created_at", "counted anew" },
	{ "updated_at", "counted anew" },
	{ "last_health_check", "measured anew" },
	{ "health_status", "measured anew" },
	{ "client_id", "sign in anew: llm-gateway oauth start NAME" },
	{ "client_secret", "sign in anew: llm-gateway oauth start NAME" },
	{ "access_token", "sign in anew: llm-gateway oauth start NAME" },
	{ "refresh_token", "sign in anew: llm-gateway oauth start NAME" },
	{ NULL, NULL },
};

static void take_key(struct import_work *w, const struct node *n)
{
	struct import_key key = { .name = import_text(w, n, "name") };
	const char *hash = import_text(w, n, "key_hash");
	const char *status = import_text(w, n, "status");
	struct buf more = BUF_INIT(KIB);

	if (!key.name || !hash) {
		import_leave(w, n, "a key without name or key_hash");
		return;
	}
	key.hash = str_starts(hash, "sha256:") ? hash + 7 : hash;
	key.is_disabled = status && !str_eq(status, "active");
	key.permissions = permissions_of(w, n);
	add_key_limits(w, n, &more);
	add_expiry(w, n, &more);
	key.more = arena_strdup(w->arena, buf_text(&more));
	buf_release(&more);
	import_leave_members(w, n, bookkeeping);
	import_leave_members(w, n, (const struct import_reason[]){
		{ "model_routes", "rules of one key: give the key its models, and make aliases" },
		{ NULL, NULL },
	});
	import_key_add(w, &key, n);
}

static void take_account(struct import_work *w, const struct node *n)
{
	struct import_account *a = import_account_new(w, import_text(w, n, "name"));
	const char *status = import_text(w, n, "status");
	const char *type = import_text(w, n, "type");
	const char *provider = import_text(w, n, "provider");
	const char *url = import_text(w, n, "base_url");
	enum provider_id id;

	a->provider = provider && provider_by_name(provider, &id) ? provider
								  : "openai-compatible";
	if (!str_empty(url)) {
		import_endpoint(w, a, url, true);
	} else if (str_ieq(provider, "qwen")) {
		a->base_url = "https://dashscope.aliyuncs.com/compatible-mode/v1";
	}
	import_credential(w, a, import_get(w, n, "api_key"));
	a->type = str_eq(type, "oauth") ? "oauth" : str_eq(type, "api-key") ? "api-key" : NULL;
	a->is_disabled = status && !str_eq(status, "active");
	import_leave_members(w, n, bookkeeping);
	import_leave_members(w, n, (const struct import_reason[]){
		{ "expires_at", "of the old sign-in" },
		{ "resource_url", "of the old sign-in" }, { NULL, NULL },
	});
	import_account_add(w, a, n);
}

static void take_list(struct import_work *w, const char *key,
		      void (*take)(struct import_work *w, const struct node *n))
{
	const struct node *list = import_get(w, w->root, key);

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
		take(w, list->items[i]);
	}
}

void import_accounts_file(struct import_work *w)
{
	static const struct import_reason left[] = {
		{ "model_routes", "rules with patterns: make an alias for each name "
		  "(llm-gateway model add)" },
		{ NULL, NULL },
	};
	const struct node *logging = import_get(w, w->root, "logging");
	const struct node *environment = import_get(w, w->root, "environment");

	take_list(w, "gateway_keys", take_key);
	take_list(w, "upstream_accounts", take_account);
	take_server(w);
	take_timeouts(w);
	import_level(w, logging, "level", "logging.level");
	import_copy(w, logging, "format", "logging.format");
	import_leave_members(w, logging, (const struct import_reason[]){
		{ "file", "logs go below logging.base_dir" }, { NULL, NULL },
	});
	import_copy(w, environment, "http_proxy", "environment.http_proxy");
	import_copy(w, environment, "https_proxy", "environment.https_proxy");
	import_copy(w, environment, "no_proxy", "environment.no_proxy");
	import_leave_members(w, w->root, left);
}
