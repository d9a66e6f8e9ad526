#include "config/config.h"

#include <stdlib.h>

struct config *config_ref(struct config *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void config_unref(struct config *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1) {
		return;
	}
	arena_wipe(&c->arena);
	free(c);
}

/* How an object answers to `who`: its name or id, or the beginning of its id. */
enum fit { FIT_NONE, FIT_PREFIX, FIT_EXACT };

static enum fit fit_of(const char *id, const char *name, const char *who)
{
	if (str_eq(id, who) || str_eq(name, who)) {
		return FIT_EXACT;
	}
	return str_starts(id, who) ? FIT_PREFIX : FIT_NONE;
}

const struct upstream_account *config_account(const struct config *c, const char *who)
{
	const struct upstream_account *found = NULL;
	size_t prefixes = 0;

	for (size_t i = 0; !str_empty(who) && i < c->account_count; i++) {
		const struct upstream_account *account = &c->accounts[i];
		enum fit fit = fit_of(account->id, account->name, who);

		if (fit == FIT_EXACT) {
			return account;
		}
		if (fit == FIT_PREFIX) {
			found = account;
			prefixes++;
		}
	}
	return prefixes == 1 ? found : NULL;
}

const struct gateway_key *config_key(const struct config *c, const char *who)
{
	const struct gateway_key *found = NULL;
	size_t prefixes = 0;

	for (size_t i = 0; !str_empty(who) && i < c->key_count; i++) {
		const struct gateway_key *key = &c->keys[i];
		enum fit fit = fit_of(key->id, key->name, who);

		if (fit == FIT_EXACT) {
			return key;
		}
		if (fit == FIT_PREFIX) {
			found = key;
			prefixes++;
		}
	}
	return prefixes == 1 ? found : NULL;
}

const struct model_alias *config_alias(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->alias_count; i++) {
		if (str_eq(c->aliases[i].name, name)) {
			return &c->aliases[i];
		}
	}
	return NULL;
}

const char *pair_get(const struct pair_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (str_ieq(list->items[i].name, name)) {
			return list->items[i].value;
		}
	}
	return NULL;
}

bool list_matches(const struct string_list *globs, const char *text)
{
	for (size_t i = 0; i < globs->count; i++) {
		if (str_glob(globs->items[i], text)) {
			return true;
		}
	}
	return false;
}
