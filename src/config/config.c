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

/* What answers to `who` by its name or id, or alone by the beginning of its
 * id. */
struct search {
	const char *who;
	const void *exact;
	const void *prefix;
	size_t prefixes;
};

static void consider(struct search *s, const char *id, const char *name, const void *object)
{
	if (str_empty(s->who)) {
		return;
	}
	if (!s->exact && (str_eq(id, s->who) || str_eq(name, s->who))) {
		s->exact = object;
	}
	if (str_starts(id, s->who)) {
		s->prefix = object;
		s->prefixes++;
	}
}

static const void *found(const struct search *s)
{
	if (s->exact) {
		return s->exact;
	}
	return s->prefixes == 1 ? s->prefix : NULL;
}

const struct upstream_account *config_account(const struct config *c, const char *who)
{
	struct search s = { .who = who };

	for (size_t i = 0; i < c->account_count; i++) {
		consider(&s, c->accounts[i].id, c->accounts[i].name, &c->accounts[i]);
	}
	return found(&s);
}

const struct gateway_key *config_key(const struct config *c, const char *who)
{
	struct search s = { .who = who };

	for (size_t i = 0; i < c->key_count; i++) {
		consider(&s, c->keys[i].id, c->keys[i].name, &c->keys[i]);
	}
	return found(&s);
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
