#include "control/views.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mask.h"
#include "base/secret.h"
#include "control/call.h"
#include "credentials/key_ring.h"
#include "routing/router.h"
#include "stats/stats.h"

void view_list(struct json_writer *w, const char *name, const struct string_list *list)
{
	json_key(w, name);
	json_array(w);
	for (size_t i = 0; i < list->count; i++) {
		json_str(w, list->items[i]);
	}
	json_end(w);
}

void view_limits(struct json_writer *w, const struct limits *limits)
{
	json_key(w, "limits");
	json_object(w);
	json_kint(w, "rpm", limits->rpm);
	json_kint(w, "tpm", limits->tpm);
	json_kint(w, "rpd", limits->rpd);
	json_kint(w, "tpr", limits->tpr);
	json_kint(w, "concurrency", limits->concurrency);
	json_end(w);
}

/* "scheme://user:password@host" without the password. */
static void add_without_password(struct buf *out, const char *url)
{
	const char *user = strstr(url, "://");
	const char *at;
	const char *colon;

	user = user ? user + 3 : url;
	at = strpbrk(user, "@/?");
	colon = at && *at == '@' ? memchr(user, ':', (size_t)(at - user)) : NULL;
	if (!colon) {
		buf_adds(out, url);
		return;
	}
	buf_add(out, url, (size_t)(colon - url));
	buf_adds(out, ":***");
	buf_adds(out, at);
}

void view_masked(struct json_writer *w, const char *name, const char *text)
{
	struct buf open = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf masked = BUF_INIT(MAX_CONFIG_BYTES);

	add_without_password(&open, text);
	mask_text(buf_slice(&open), &masked);
	json_kstr(w, name, buf_text(&masked));
	buf_release(&open);
	buf_release(&masked);
}

static void view_pairs(struct json_writer *w, const char *name, const struct pair_list *pairs)
{
	json_key(w, name);
	json_object(w);
	for (size_t i = 0; i < pairs->count; i++) {
		view_masked(w, pairs->items[i].name, pairs->items[i].value);
	}
	json_end(w);
}

/* A header may be a credential under any name: only its mask is shown. */
static void view_headers(struct json_writer *w, const struct pair_list *headers)
{
	char mask[SECRET_MASK_BYTES];

	json_key(w, "headers");
	json_object(w);
	for (size_t i = 0; i < headers->count; i++) {
		secret_mask(slice_of(headers->items[i].value), mask);
		json_kstr(w, headers->items[i].name, mask);
	}
	json_end(w);
}

static bool has_secret(const struct control_runtime *runtime, const struct upstream_account *a,
		       struct buf *problem)
{
	struct key_ring *keys = runtime->keys(runtime->ctx);
	const char *why = NULL;
	bool has = key_ring_get(keys, a->id, &why);

	if (!has) {
		buf_adds(problem, why ? why : "no key");
	}
	key_ring_unref(keys);
	return has;
}

const char *upstream_state(const struct control_runtime *runtime,
			   const struct upstream_account *a, struct buf *problem)
{
	if (!a->is_active) {
		return condition_name(UPSTREAM_DISABLED);
	}
	if (!runtime) {
		return "unknown";
	}
	if (!has_secret(runtime, a, problem)) {
		return condition_name(UPSTREAM_NEEDS_ATTENTION);
	}
	return condition_name(router_condition(runtime->router, a->id, clock_moment()));
}

static void view_state(struct call *call, const struct upstream_account *a,
		       struct json_writer *w)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct buf problem = BUF_INIT(MAX_ERR_MSG);

	json_kstr(w, "state", upstream_state(runtime, a, &problem));
	json_kstr(w, "problem", problem.len ? buf_text(&problem) : NULL);
	if (runtime) {
		router_write_upstream(runtime->router, a, w, clock_moment());
		stats_write_upstream(call_report(call), a->name, w);
	}
	buf_release(&problem);
}

void view_upstream(struct call *call, const struct upstream_account *a,
		   struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "id", a->id);
	json_kstr(w, "name", a->name);
	json_kstr(w, "type", account_type_name(a->type));
	json_kstr(w, "provider", provider_name(a->provider));
	json_kstr(w, "format", a->format == FORMAT_NONE ? "" : format_name(a->format));
	view_masked(w, "base_url", a->base_url);
	json_kstr(w, "status", a->is_active ? "active" : "disabled");
	view_state(call, a, w);
	json_kint(w, "priority", a->priority);
	json_kint(w, "weight", a->weight);
	view_list(w, "models", &a->models);
	view_limits(w, &a->limits);
	view_headers(w, &a->headers);
	view_masked(w, "proxy", a->proxy);
	json_kstr(w, "key_env", a->key_env);
	json_key(w, "azure");
	json_object(w);
	json_kstr(w, "api_version", a->azure_api_version);
	view_pairs(w, "deployments", &a->azure_deployments);
	json_end(w);
	view_pairs(w, "options", &a->options);
	view_pairs(w, "oauth", &a->oauth);
	json_end(w);
}

void view_upstreams(struct call *call, struct json_writer *w)
{
	json_array(w);
	for (size_t i = 0; i < call->config->account_count; i++) {
		view_upstream(call, &call->config->accounts[i], w);
	}
	json_end(w);
}

static const char *key_state(const struct gateway_key *k)
{
	if (!k->is_active) {
		return "disabled";
	}
	return k->expires_at_ms && k->expires_at_ms <= clock_wall_ms() ? "expired" : "active";
}

static void view_permissions(struct json_writer *w, unsigned permissions)
{
	json_key(w, "permissions");
	json_array(w);
	if (permissions & PERMISSION_READ) {
		json_str(w, "read");
	}
	if (permissions & PERMISSION_WRITE) {
		json_str(w, "write");
	}
	if (permissions & PERMISSION_ADMIN) {
		json_str(w, "admin");
	}
	json_end(w);
}

void view_key(struct call *call, const struct gateway_key *k, struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "id", k->id);
	json_kstr(w, "name", k->name);
	view_permissions(w, k->permissions);
	json_kstr(w, "status", k->is_active ? "active" : "disabled");
	json_kstr(w, "state", key_state(k));
	json_kbool(w, "sealed", k->is_sealed);
	view_list(w, "models", &k->models);
	view_limits(w, &k->limits);
	json_key(w, "budget");
	json_object(w);
	json_kdouble(w, "usd_per_day", k->budget_usd_per_day);
	json_end(w);
	json_ktime(w, "expires_at", k->expires_at_ms);
	if (call_is_running(call)) {
		router_write_key(call->control->runtime->router, k, w, clock_moment());
		stats_write_key(call_report(call), k->name, w);
	}
}

void view_keys(struct call *call, struct json_writer *w)
{
	json_array(w);
	for (size_t i = 0; i < call->config->key_count; i++) {
		view_key(call, &call->config->keys[i], w);
		json_end(w);
	}
	json_end(w);
}

static void view_routes(const struct model_alias *a, struct json_writer *w)
{
	json_key(w, "routes");
	json_array(w);
	for (size_t i = 0; i < a->route_count; i++) {
		const struct route *r = &a->routes[i];

		json_object(w);
		json_kstr(w, "upstream", r->account->name);
		json_kstr(w, "model", r->model);
		json_kint(w, "priority", r->priority);
		json_kint(w, "weight", r->weight);
		json_kbool(w, "enabled", r->is_enabled);
		json_end(w);
	}
	json_end(w);
}

static void view_condition(struct json_writer *w, const char *name, int value)
{
	if (value >= 0) {
		json_kbool(w, name, value);
	}
}

static void view_rules(const struct model_alias *a, struct json_writer *w)
{
	json_key(w, "rules");
	json_array(w);
	for (size_t i = 0; i < a->rule_count; i++) {
		const struct alias_rule *r = &a->rules[i];

		json_object(w);
		json_key(w, "when");
		json_object(w);
		if (r->tokens_over) {
			json_kint(w, "tokens_over", r->tokens_over);
		}
		view_condition(w, "thinking", r->thinking);
		view_condition(w, "tools", r->tools);
		view_condition(w, "images", r->images);
		view_condition(w, "web_search", r->web_search);
		view_condition(w, "background", r->background);
		if (r->headers.count) {
			view_pairs(w, "header", &r->headers);
		}
		json_end(w);
		json_kstr(w, "use", r->use);
		json_end(w);
	}
	json_end(w);
}

void view_model(const struct model_alias *a, struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "name", a->name);
	json_kbool(w, "enabled", a->is_enabled);
	view_routes(a, w);
	view_list(w, "fallback", &a->fallback);
	json_kstr(w, "system_prompt", a->system_prompt);
	view_rules(a, w);
}

void view_models(struct call *call, struct json_writer *w)
{
	json_array(w);
	for (size_t i = 0; i < call->config->alias_count; i++) {
		view_model(&call->config->aliases[i], w);
		json_end(w);
	}
	json_end(w);
}
