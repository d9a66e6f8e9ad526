/*
 * Models lists: the aliases, and every name that an account serves by its
 * whole name (a pattern names nothing that could be listed).
 */
#include "gateway/exchange.h"

#include "base/limits.h"
#include "formats/models_list.h"
#include "gateway/authorise.h"
#include "gateway/local.h"

struct model_set {
	struct exchange *x;
	struct model_entry *entries;
	size_t count;
	size_t room;
};

static bool is_listed(const struct model_set *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (str_eq(set->entries[i].id, id)) {
			return true;
		}
	}
	return false;
}

static void add(struct model_set *set, const char *id, const char *owner)
{
	if (set->count == set->room || strpbrk(id, "*?") || is_listed(set, id) ||
	    !authorise_model(set->x->key, id)) {
		return;
	}
	set->entries[set->count++] = (struct model_entry){
		.id = id,
		.owner = owner,
		.display_name = "",
	};
}

/* The i-th name that the account serves, its provider's usual ones when none
 * are configured; NULL behind the last. */
static const char *served_name(const struct upstream_account *a, size_t i)
{
	if (a->has_models) {
		return i < a->models.count ? a->models.items[i] : NULL;
	}
	return provider_find(a->provider)->usual_models[i];
}

static size_t most_models(const struct config *c)
{
	size_t most = c->alias_count + 1;

	for (size_t i = 0; i < c->account_count; i++) {
		for (size_t k = 0; served_name(&c->accounts[i], k); k++) {
			most++;
		}
	}
	return most;
}

static void collect(struct model_set *set)
{
	const struct config *c = set->x->config;

	set->room = most_models(c);
	set->entries = arena_alloc(&set->x->arena, set->room * sizeof *set->entries);
	for (size_t i = 0; i < c->alias_count; i++) {
		if (c->aliases[i].is_enabled) {
			add(set, c->aliases[i].name, "");
		}
	}
	for (size_t i = 0; i < c->account_count; i++) {
		const struct upstream_account *a = &c->accounts[i];
		const char *name;

		for (size_t k = 0; a->is_active && (name = served_name(a, k)); k++) {
			add(set, name, provider_name(a->provider));
		}
	}
}

/* One model: any name that a request could use now. */
static bool is_servable(struct exchange *x, const char *name)
{
	struct plan_input in = {
		.config = x->config,
		.name = name,
		.serves = provider_serves,
	};
	struct plan plan;

	if (!authorise_model(x->key, name)) {
		return false;
	}
	plan_make(&in, &x->arena, &plan);
	return plan.status == PLAN_OK;
}

void local_models(struct exchange *x)
{
	struct buf body = BUF_INIT(MAX_CONTROL_BYTES);
	struct model_set set = { .x = x };

	if (*x->endpoint.model) {
		struct model_entry one = { x->endpoint.model, "", "", 0 };

		if (!is_servable(x, one.id)) {
			refuse(x, 404, "the model %.200s does not exist here", one.id);
			return;
		}
		models_list_write_one(x->endpoint.family, &one, &body);
	} else {
		struct models_page page =
			models_list_page(x->endpoint.family, client_query(x->client), &x->arena);

		collect(&set);
		models_list_write(x->endpoint.family, set.entries, set.count, &page, &body);
	}
	local_respond(x, 200, "application/json", buf_slice(&body));
	buf_release(&body);
}
