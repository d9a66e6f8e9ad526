/* What LiteLLM's file says beside the model list. */
#include "config/import_work.h"

#include "base/limits.h"

static const struct import_strategy strategies[] = {
	{ "simple-shuffle", "weighted" }, { "least-busy", "least-connections" },
	{ "latency-based-routing", "least-latency" },
	{ "usage-based-routing", "health-first" }, { "usage-based-routing-v2", "health-first" },
};

static void add_fallbacks(struct import_work *w, const struct node *map)
{
	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
		struct import_alias *alias = import_alias_find(w, map->keys[i]->text);
		const struct node *to = map->items[i];

		import_skip(w, to);
		if (!alias) {
			import_leave(w, to, "there is no such model in model_list");
			continue;
		}
		for (size_t j = 0; j < to->count; j++) {
			if (to->items[j]->kind == NODE_SCALAR) {
				vec_push(&alias->fallback, (void *)to->items[j]->text);
			}
		}
	}
}

/* [{a: [b, c]}, …] */
static void take_fallbacks(struct import_work *w, const struct node *section)
{
	const struct node *list = import_get(w, section, "fallbacks");

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
		add_fallbacks(w, list->items[i]);
	}
}

/* Another name for a group: the same routes. */
static void take_group_names(struct import_work *w, const struct node *router)
{
	const struct node *map = import_get(w, router, "model_group_alias");

	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
		const char *target = import_text(w, map, map->keys[i]->text);
		struct import_alias *from = import_alias_find(w, target);
		struct import_alias *to;

		if (!from) {
			import_leave(w, map->items[i], "there is no such model in model_list");
			continue;
		}
		to = import_alias_of(w, map->keys[i]->text);
		for (size_t j = 0; to != from && j < from->routes.len; j++) {
			vec_push(&to->routes, from->routes.items[j]);
		}
	}
}

/* The first attempt counts here. */
static void take_retries(struct import_work *w, const struct node *section)
{
	const struct node *n = import_get(w, section, "num_retries");

	if (n) {
		import_set(w, n, "routing.max_attempts", arena_printf(w->arena, "%lld",
			   (long long)import_number(w, section, "num_retries", 0) + 1));
	}
}

void import_litellm_settings(struct import_work *w)
{
	static const char database[] = "everything is kept in the gateway's home";
	static const struct import_reason general_left[] = {
		{ "database_url", database }, { "store_model_in_db", database },
		{ "database_connection_pool_limit", database }, { NULL, NULL },
	};
	static const struct import_reason settings_left[] = {
		{ "drop_params", "what the other format lacks is named in "
		  "x-llm-gateway-warnings" },
		{ "telemetry", "there is none" },
		{ "cache", "answers are not cached" },
		{ "context_window_fallbacks", "an alias' rules with tokens_over" },
		{ NULL, NULL },
	};
	static const struct import_reason router_left[] = {
		{ "redis_host", database }, { "redis_port", database },
		{ "redis_password", database }, { "redis_url", database },
		{ "allowed_fails", "how many failures close a route goes by their class" },
		{ "enable_pre_call_checks", "limits are always looked at first" },
		{ NULL, NULL },
	};
	const struct node *general = import_get(w, w->root, "general_settings");
	const struct node *settings = import_get(w, w->root, "litellm_settings");
	const struct node *router = import_get(w, w->root, "router_settings");

	import_shared_key(w, import_get(w, general, "master_key"), "master_key",
			  "[read, write, admin]");
	take_fallbacks(w, settings);
	take_fallbacks(w, router);
	take_group_names(w, router);
	import_set_strategy(w, import_get(w, router, "routing_strategy"), strategies,
			    ARRAY_LEN(strategies));
	take_retries(w, settings);
	take_retries(w, router);
	import_copy(w, settings, "request_timeout", "proxy.response_timeout");
	import_copy(w, router, "timeout", "proxy.response_timeout");
	import_copy(w, router, "cooldown_time", "fallback.cooldown_seconds");
	import_leave_members(w, general, general_left);
	import_leave_members(w, settings, settings_left);
	import_leave_members(w, router, router_left);
	import_leave_members(w, w->root, (const struct import_reason[]){
		{ "environment_variables", "belong into the gateway's own environment" },
		{ NULL, NULL },
	});
}
