/*
 * A small configuration built by hand, for tests of the routing room. Strings
 * given are borrowed; routes are written "account:model:priority[:weight] …".
 */
#ifndef TESTS_UNIT_ROUTING_WORLD_H
#define TESTS_UNIT_ROUTING_WORLD_H

#include <stdio.h>

#include "config/config.h"

#define WORLD_MAX 64
#define WORLD_TEXT 8192

struct world {
	struct config config;
	struct upstream_account accounts[WORLD_MAX];
	struct model_alias aliases[8];
	struct route routes[8][WORLD_MAX];
	const char *patterns[WORLD_MAX];
	const char *fallbacks[8];
	char text[WORLD_TEXT];
	size_t text_len;
};

/* Keeps a copy of bytes with a terminator. */
static inline const char *world_keep(struct world *w, struct slice s)
{
	char *copy = w->text + w->text_len;

	assert_true(w->text_len + s.len + 1 <= sizeof w->text);
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	w->text_len += s.len + 1;
	return copy;
}

static inline void world_init(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->config.accounts = w->accounts;
	w->config.aliases = w->aliases;
	w->config.refs = 1;
	w->config.routing = (struct routing_config){
		.strategy = STRATEGY_HEALTH_FIRST, .session_affinity = true,
		.max_attempts = 4, .max_wait_ms = 20000,
	};
}

/* Its id is "id-" and the name. */
static inline struct upstream_account *world_account(struct world *w, const char *name,
						     enum provider_id provider,
						     const char *pattern)
{
	size_t at = w->config.account_count++;
	char id[64];

	snprintf(id, sizeof id, "id-%s", name);
	w->patterns[at] = pattern;
	w->accounts[at] = (struct upstream_account){
		.index = at, .id = world_keep(w, slice_of(id)), .name = name,
		.provider = provider, .base_url = "", .is_active = true, .priority = 1,
		.weight = 1, .has_models = true, .models = { &w->patterns[at], 1 },
	};
	return &w->accounts[at];
}

static inline struct route world_route(struct world *w, struct slice text)
{
	struct route route = { .priority = 1, .weight = 1, .is_enabled = true };
	struct slice part;
	uint64_t number;

	slice_next(&text, ':', &part);
	route.upstream = world_keep(w, part);
	route.account = config_account(&w->config, route.upstream);
	assert_non_null(route.account);
	slice_next(&text, ':', &part);
	route.model = world_keep(w, part);
	if (slice_next(&text, ':', &part) && str_to_u64(part, &number)) {
		route.priority = (int)number;
	}
	if (slice_next(&text, ':', &part) && str_to_u64(part, &number)) {
		route.weight = (int)number;
	}
	return route;
}

static inline struct model_alias *world_alias(struct world *w, const char *name,
					      const char *routes)
{
	size_t at = w->config.alias_count++;
	struct model_alias *alias = &w->aliases[at];
	struct slice rest = slice_of(routes);
	struct slice part;

	*alias = (struct model_alias){ .name = name, .is_enabled = true,
				       .routes = w->routes[at] };
	while (slice_next(&rest, ' ', &part)) {
		alias->routes[alias->route_count++] = world_route(w, part);
	}
	return alias;
}

static inline void world_fallback(struct world *w, const char *alias, const char *other)
{
	size_t at = (size_t)(config_alias(&w->config, alias) - w->aliases);

	w->fallbacks[at] = other;
	w->aliases[at].fallback = (struct string_list){ &w->fallbacks[at], 1 };
}

/* A rule without conditions. */
static inline struct alias_rule world_rule(const char *use)
{
	return (struct alias_rule){ .thinking = -1, .tools = -1, .images = -1,
				    .web_search = -1, .background = -1, .use = use };
}

#endif
