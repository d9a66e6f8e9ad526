#include "config/check.h"

#include <arpa/inet.h>

#include "base/map.h"
#include "config/refuse.h"
#include "config/scalar.h"

#define DERIVED_ID_DIGITS 12

/* Where a message about the file as a whole points. */
static const struct node top = { .line = 1, .column = 1 };

static const struct node *place(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return n ? n : map ? map : &top;
}

static const struct node *item_place(const struct node *list, size_t index)
{
	return list && index < list->count ? list->items[index] : &top;
}

/* ---- names and ids ---- */

/* An object without an id keeps the same one as long as its name stays. */
static const char *derived_id(struct arena *arena, const char *prefix, const char *name)
{
	char hex[SHA256_HEX_BYTES];

	crypto_sha256_hex(slice_of(name), hex);
	hex[DERIVED_ID_DIGITS] = '\0';
	return arena_printf(arena, "%s%s", prefix, hex);
}

/* `object` answers to `label` from now on; nobody else may. An empty label is
 * a variable that was left aside. */
static bool claim(struct load *l, struct map *taken, const char *label, const void *object,
		  const struct node *at)
{
	const void *other;

	if (!*label && l->ignores_environment) {
		return true;
	}
	other = map_put(taken, slice_of(label), (void *)object);
	if (other && other != object) {
		return load_refuse(l, at, "\"%.100s\" is there twice; expected names and ids "
				   "that nothing else has", label);
	}
	return true;
}

static bool check_gateway_keys(struct load *l, const struct node *list)
{
	struct config *c = l->config;
	struct map taken = { .len = 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < c->key_count; i++) {
		struct gateway_key *key = &c->keys[i];
		const struct node *at = item_place(list, i);

		if (str_empty(key->id) && !str_empty(key->name)) {
			key->id = derived_id(&c->arena, "gw_", key->name);
		}
		ok = claim(l, &taken, key->name, key, place(at, "name")) &&
		     claim(l, &taken, key->id, key, place(at, "id"));
	}
	map_release(&taken);
	return ok;
}

/* ---- accounts ---- */

static bool check_account_type(struct load *l, const struct upstream_account *a,
			       const struct node *at)
{
	if (a->type == ACCOUNT_OAUTH && a->provider != PROVIDER_ANTHROPIC) {
		return load_refuse(l, place(at, "type"), "type oauth with provider %s; expected "
				   "provider anthropic, or type api-key",
				   provider_name(a->provider));
	}
	if (a->provider == PROVIDER_LLM_GATEWAY && a->type != ACCOUNT_API_KEY) {
		return load_refuse(l, place(at, "type"), "type %s with provider llm-gateway; "
				   "expected api-key: what the other gateway's "
				   "`apikey add --sealed` shows", account_type_name(a->type));
	}
	if ((a->provider == PROVIDER_AZURE || a->provider == PROVIDER_COMPATIBLE ||
	     a->provider == PROVIDER_LLM_GATEWAY) &&
	    str_empty(a->base_url) && !(l->ignores_environment && node_get(at, "base_url"))) {
		return load_refuse(l, place(at, "provider"), "provider %s without base_url; "
				   "expected the URL of the server", provider_name(a->provider));
	}
	return true;
}

static bool check_account_key(struct load *l, const struct upstream_account *a,
			      const struct node *at)
{
	const struct node *n = node_get(at, "api_key");

	if (!n || node_is_null(n)) {
		return true;
	}
	if (!str_empty(a->key_env)) {
		return load_refuse(l, n, "api_key beside key_env; expected one of them");
	}
	if (*n->text && !strstr(n->text, "${")) {
		load_warn(l, n, "api_key of upstream %s stands here as plain text; "
			  "`llm-gateway doctor --fix` moves it into the credential store", a->name);
	}
	return true;
}

static bool check_account(struct load *l, struct upstream_account *a, const struct node *at)
{
	const struct node *type = node_get(at, "type");

	if (str_empty(a->id) && !str_empty(a->name)) {
		a->id = derived_id(&l->config->arena, "upstream_", a->name);
	}
	if (a->provider == PROVIDER_DEMO && (!type || node_is_null(type))) {
		a->type = ACCOUNT_NONE;
	}
	return check_account_type(l, a, at) && check_account_key(l, a, at);
}

/* Fills `accounts` with name and id of each. */
static bool check_accounts(struct load *l, const struct node *list, struct map *accounts)
{
	struct config *c = l->config;

	for (size_t i = 0; i < c->account_count; i++) {
		struct upstream_account *a = &c->accounts[i];
		const struct node *at = item_place(list, i);

		a->index = i;
		if (!check_account(l, a, at) ||
		    !claim(l, accounts, a->name, a, place(at, "name")) ||
		    !claim(l, accounts, a->id, a, place(at, "id"))) {
			return false;
		}
	}
	return true;
}

/* ---- aliases ---- */

static bool refuse_dangling(struct load *l, const struct node *at, const char *what,
			    const char *name, const struct vec *names)
{
	const char *nearest = str_nearest(name, (const char *const *)names->items, names->len);

	return load_refuse(l, at, "no %s is called \"%.100s\"; expected the name of one%s%s%s",
			   what, name, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			   nearest ? "\"?" : "");
}

static bool refuse_account(struct load *l, const struct node *at, const char *name)
{
	struct vec names = { .len = 0 };

	for (size_t i = 0; i < l->config->account_count; i++) {
		vec_push(&names, (void *)l->config->accounts[i].name);
	}
	refuse_dangling(l, at, "upstream account", name, &names);
	vec_release(&names);
	return false;
}

static bool check_alias_name(struct load *l, const struct map *aliases, const char *name,
			     const struct node *at)
{
	struct vec names = { .len = 0 };

	if (map_get(aliases, slice_of(name))) {
		return true;
	}
	for (size_t i = 0; i < l->config->alias_count; i++) {
		vec_push(&names, (void *)l->config->aliases[i].name);
	}
	refuse_dangling(l, at, "model alias", name, &names);
	vec_release(&names);
	return false;
}

static bool check_routes(struct load *l, struct model_alias *alias, const struct node *list,
			 const struct map *accounts)
{
	for (size_t i = 0; i < alias->route_count; i++) {
		struct route *route = &alias->routes[i];

		route->account = map_get(accounts, slice_of(route->upstream));
		if (!route->account && !(l->ignores_environment && !*route->upstream)) {
			return refuse_account(l, place(item_place(list, i), "upstream"),
					      route->upstream);
		}
	}
	return true;
}

static bool check_alias(struct load *l, struct model_alias *alias, const struct node *at,
			const struct map *accounts, const struct map *aliases)
{
	const struct node *fallback = node_get(at, "fallback");
	const struct node *rules = node_get(at, "rules");

	if (!check_routes(l, alias, node_get(at, "routes"), accounts)) {
		return false;
	}
	for (size_t i = 0; i < alias->fallback.count; i++) {
		bool listed = fallback && fallback->kind == NODE_LIST;

		if (!check_alias_name(l, aliases, alias->fallback.items[i],
				      listed ? item_place(fallback, i) : place(at, "fallback"))) {
			return false;
		}
	}
	for (size_t i = 0; i < alias->rule_count; i++) {
		if (!check_alias_name(l, aliases, alias->rules[i].use,
				      place(item_place(rules, i), "use"))) {
			return false;
		}
	}
	return true;
}

static bool check_alias_fallback(struct load *l, const struct node *section,
				 const struct map *aliases)
{
	const struct pair_list *list = &l->config->fallback.alias_fallback;
	const struct node *map = place(section, "alias_fallback");

	for (size_t i = 0; i < list->count; i++) {
		const struct node *at = place(map, list->items[i].name);
		struct string_list to = scalar_split(&l->config->arena, list->items[i].value);

		if (!check_alias_name(l, aliases, list->items[i].name, at)) {
			return false;
		}
		for (size_t k = 0; k < to.count; k++) {
			if (!check_alias_name(l, aliases, to.items[k], at)) {
				return false;
			}
		}
	}
	return true;
}

static bool check_aliases(struct load *l, const struct node *root, const struct map *accounts)
{
	struct config *c = l->config;
	const struct node *models = node_get(root, "models");
	struct map aliases = { .len = 0 };
	bool ok = true;

	for (size_t i = 0; i < c->alias_count; i++) {
		map_put(&aliases, slice_of(c->aliases[i].name), &c->aliases[i]);
	}
	for (size_t i = 0; ok && i < c->alias_count; i++) {
		ok = check_alias(l, &c->aliases[i], item_place(models, i), accounts, &aliases);
	}
	ok = ok && check_alias_fallback(l, node_get(root, "fallback"), &aliases);
	map_release(&aliases);
	return ok;
}

/* ---- server ---- */

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	return str_ieq(host, "localhost") || str_eq(host, "::1") || str_eq(host, "[::1]") ||
	       (str_starts(host, "127.") && inet_pton(AF_INET, host, &v4) == 1);
}

static bool has_active_key(const struct config *c)
{
	for (size_t i = 0; i < c->key_count; i++) {
		if (c->keys[i].is_active) {
			return true;
		}
	}
	return false;
}

static bool check_open_host(struct load *l, const struct node *server)
{
	const struct server_config *s = &l->config->server;
	const struct node *at = place(server, "host");

	if (!s->auth_required) {
		return load_refuse(l, place(server, "auth"), "server.auth optional with host %s; "
				   "expected required, or a loopback host", s->host);
	}
	if (!l->is_keyless && !has_active_key(l->config)) {
		return load_refuse(l, at, "server.host %s without an active gateway key; expected "
				   "one (`llm-gateway apikey add --name=NAME`), or a loopback host",
				   s->host);
	}
	load_warn(l, at, "server.host %s is no loopback address: other machines can reach "
		  "the gateway", s->host);
	return true;
}

static bool check_server(struct load *l, const struct node *server)
{
	const struct server_config *s = &l->config->server;

	if (str_empty(s->tls_cert) != str_empty(s->tls_key)) {
		return load_refuse(l, place(server, "tls"), "server.tls has one of cert and key; "
				   "expected both or none");
	}
	if (s->memory_budget_bytes < s->max_body_bytes) {
		return load_refuse(l, place(server, "memory_budget"), "server.memory_budget is "
				   "below server.max_body; expected at least as much");
	}
	return is_loopback(s->host) || check_open_host(l, server);
}

bool check_config(struct load *l, const struct node *root)
{
	struct map accounts = { .len = 0 };
	bool ok = check_gateway_keys(l, node_get(root, "gateway_keys")) &&
		  check_accounts(l, node_get(root, "upstream_accounts"), &accounts) &&
		  check_aliases(l, root, &accounts) &&
		  check_server(l, node_get(root, "server"));

	map_release(&accounts);
	return ok;
}
