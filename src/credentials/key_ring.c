#include "credentials/key_ring.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "credentials/token_set.h"

/* How long a failing store is asked for one account after the other: each
 * question to a keyring that hangs takes its whole time limit. */
#define PATIENCE_MS 5000

struct ring_entry {
	struct secret secret;
	char *problem;          /* NULL: none */
};

struct key_ring {
	atomic_uint refs;
	struct map by_id;       /* account id -> entry */
	struct ring_entry *entries;
	size_t count;
};

/* Where secrets come from while a ring is built. */
struct source {
	struct credential_store *store;     /* NULL once it has been given up */
	const struct key_ring *previous;    /* may be NULL */
	struct err why;
	uint64_t give_up_at_mono_ms;
};

static const char *variable_of(const struct upstream_account *a)
{
	const char *value = str_empty(a->key_env) ? NULL : getenv(a->key_env);

	return str_empty(value) ? NULL : value;
}

static bool account_needs_store(const struct upstream_account *a)
{
	return a->type == ACCOUNT_OAUTH ||
	       (a->type == ACCOUNT_API_KEY && !variable_of(a) && str_empty(a->api_key));
}

bool key_ring_needs_store(const struct config *c)
{
	for (size_t i = 0; i < c->account_count; i++) {
		if (account_needs_store(&c->accounts[i])) {
			return true;
		}
	}
	for (size_t i = 0; i < c->key_count; i++) {
		if (c->keys[i].is_sealed) {
			return true;
		}
	}
	return false;
}

/* The store has failed, or fails now with `why`: what the ring before this
 * one had, or the reason in words. */
static void take_previous(const char *id, struct source *from, const struct err *why,
			  struct ring_entry *e)
{
	const struct secret *old = from->previous ?
		key_ring_get(from->previous, id, NULL) : NULL;

	if (from->store && clock_mono_ms() >= from->give_up_at_mono_ms) {
		from->store = NULL;
		from->why = *why;
	}
	if (old) {
		secret_set(&e->secret, secret_peek(old));
	} else {
		e->problem = str_empty(why->hint) ? xstrdup(why->msg) :
			     xasprintf("%s; %s", why->msg, why->hint);
	}
}

static char *no_key_text(const struct upstream_account *a)
{
	if (!str_empty(a->key_env)) {
		return xasprintf("the variable %s is not set, and the credential store has no "
				 "key; set it, or add one with: llm-gateway upstream edit %s "
				 "--key=-", a->key_env, a->name);
	}
	return xasprintf("no key in the credential store; add one with: llm-gateway upstream "
			 "edit %s --key=-", a->name);
}

static void take_stored_key(const struct upstream_account *a, struct source *from,
			    struct ring_entry *e)
{
	struct err why = from->why;

	if (from->store && store_get(from->store, a->id, &e->secret, &why)) {
		return;
	}
	if (why.kind == ERR_NOT_FOUND) {
		e->problem = no_key_text(a);
	} else {
		take_previous(a->id, from, &why, e);
	}
}

static void take_token(const struct upstream_account *a, const struct token_set *t,
		       struct ring_entry *e)
{
	if (t->needs_sign_in && t->expires_at_ms <= clock_wall_ms()) {
		e->problem = xasprintf("the sign-in has ended; sign in again with: llm-gateway "
				       "oauth start %s", a->name);
		return;
	}
	secret_set(&e->secret, secret_peek(&t->access));
}

static void take_stored_token(const struct upstream_account *a, struct source *from,
			      struct ring_entry *e)
{
	struct token_set t = TOKEN_SET_INIT;
	struct err why = from->why;

	if (from->store && token_set_load(from->store, a->id, &t, &why)) {
		take_token(a, &t, e);
	} else if (why.kind == ERR_NOT_FOUND) {
		e->problem = xasprintf("not signed in; sign in with: llm-gateway oauth start %s",
				       a->name);
	} else {
		take_previous(a->id, from, &why, e);
	}
	token_set_release(&t);
}

/* A line break in a key would be a header of its own to the upstream. */
static void check_text(struct ring_entry *e)
{
	struct slice text = secret_peek(&e->secret);

	for (size_t i = 0; i < text.len && !e->problem; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < 0x20 || c == 0x7f) {
			e->problem = xstrdup("the key has a control character in it");
		}
	}
}

static void fill_entry(const struct upstream_account *a, struct source *from,
		       struct ring_entry *e)
{
	if (a->type == ACCOUNT_OAUTH) {
		take_stored_token(a, from, e);
	} else if (account_needs_store(a)) {
		take_stored_key(a, from, e);
	} else if (a->type == ACCOUNT_API_KEY) {
		const char *value = variable_of(a);

		secret_set(&e->secret, slice_of(value ? value : a->api_key));
	}
	check_text(e);
}

void key_ring_sealed_name(const char *key_id, char out[KEY_RING_NAME_BYTES])
{
	snprintf(out, KEY_RING_NAME_BYTES, "%s/sealed", key_id);
}

static void take_sealed_key(const struct gateway_key *k, struct source *from,
			    struct ring_entry *e)
{
	struct err why = from->why;
	char name[KEY_RING_NAME_BYTES];

	key_ring_sealed_name(k->id, name);
	if (from->store && store_get(from->store, name, &e->secret, &why)) {
		return;
	}
	if (why.kind == ERR_NOT_FOUND) {
		e->problem = xasprintf("it is not in the credential store; renew it with: "
				       "llm-gateway apikey rotate %s", k->name);
	} else {
		take_previous(name, from, &why, e);
	}
}

static void fill_sealed_keys(struct key_ring *r, const struct config *c, struct source *from)
{
	char name[KEY_RING_NAME_BYTES];

	for (size_t i = 0; i < c->key_count; i++) {
		struct ring_entry *e = &r->entries[c->account_count + i];

		if (c->keys[i].is_sealed) {
			take_sealed_key(&c->keys[i], from, e);
			key_ring_sealed_name(c->keys[i].id, name);
			map_put(&r->by_id, slice_of(name), e);
		}
	}
}

struct key_ring *key_ring_build(const struct config *c, struct credential_store *store,
				const char *store_problem)
{
	return key_ring_rebuild(NULL, c, store, store_problem);
}

struct key_ring *key_ring_rebuild(const struct key_ring *previous, const struct config *c,
				  struct credential_store *store, const char *store_problem)
{
	struct key_ring *r = xcalloc(1, sizeof *r);
	struct source from = {
		.store = store,
		.previous = previous,
		.give_up_at_mono_ms = clock_mono_ms() + PATIENCE_MS,
	};

	err_setf(&from.why, ERR_STORE, "%s", store_problem ? store_problem :
		 "the credential store is not open");
	atomic_init(&r->refs, 1);
	r->count = c->account_count + c->key_count;
	r->entries = xcalloc(r->count, sizeof *r->entries);
	for (size_t i = 0; i < c->account_count; i++) {
		fill_entry(&c->accounts[i], &from, &r->entries[i]);
		map_put(&r->by_id, slice_of(c->accounts[i].id), &r->entries[i]);
	}
	fill_sealed_keys(r, c, &from);
	return r;
}

struct key_ring *key_ring_ref(struct key_ring *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void key_ring_unref(struct key_ring *r)
{
	if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1) {
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		secret_release(&r->entries[i].secret);
		free(r->entries[i].problem);
	}
	free(r->entries);
	map_release(&r->by_id);
	free(r);
}

const struct secret *key_ring_get(const struct key_ring *r, const char *account_id,
				  const char **problem)
{
	const struct ring_entry *e = map_get(&r->by_id, slice_of(account_id));
	const char *why = e ? e->problem : "the account is newer than the loaded secrets";

	if (problem) {
		*problem = why;
	}
	return why ? NULL : &e->secret;
}
