#include "routing/router.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "routing/router_core.h"

#define SESSIONS 4096
#define PINS 4096
#define PIN_MS (30LL * 24 * 3600 * 1000)

struct router *router_create(uint64_t seed)
{
	struct router *r = xcalloc(1, sizeof *r);

	pthread_mutex_init(&r->lock, NULL);
	affinity_init(&r->sessions, SESSIONS, AFFINITY_SESSION_MS);
	affinity_init(&r->pins, PINS, PIN_MS);
	estimates_init(&r->estimates);
	r->random = seed | 1;
	return r;
}

static void free_key(void *ctx, struct slice id, void *value)
{
	struct key_state *key = value;

	(void)ctx;
	(void)id;
	counters_release(&key->counters);
	free(key->id);
	free(key);
}

void router_destroy(struct router *r)
{
	if (!r) {
		return;
	}
	config_unref(r->config);
	free(r->table);
	roster_release(&r->upstreams);
	map_each(&r->keys, free_key, NULL);
	map_release(&r->keys);
	affinity_release(&r->sessions);
	affinity_release(&r->pins);
	estimates_release(&r->estimates);
	throttle_release(&r->throttle);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

struct key_state *router_key(struct router *r, const char *id)
{
	struct key_state *key = map_get(&r->keys, slice_of(id));

	if (!key) {
		key = xcalloc(1, sizeof *key);
		key->id = xstrdup(id);
		map_put(&r->keys, slice_of(id), key);
	}
	return key;
}

struct upstream_state *router_state(struct router *r, const struct config *config,
				    const struct upstream_account *account)
{
	return config == r->config ? r->table[account->index]
				   : roster_get(&r->upstreams, account->id);
}

double router_lot(struct router *r)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return ((double)(r->random >> 11) + 1) / 9007199254740992.0;
}

/* concurrency.per_backend_limit holds for every account; the tighter counts. */
static struct limits limits_of(const struct config *c, const struct upstream_account *account)
{
	struct limits limits = account->limits;
	int64_t all = c->concurrency.enabled ? c->concurrency.per_backend_limit : 0;

	if (all && (!limits.concurrency || all < limits.concurrency)) {
		limits.concurrency = all;
	}
	return limits;
}

void router_configure(struct router *r, struct config *config)
{
	struct upstream_state **table = xcalloc(config->account_count + 1, sizeof(void *));
	struct config *old;

	config_ref(config);
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < config->account_count; i++) {
		const struct upstream_account *account = &config->accounts[i];
		struct upstream_state *s = roster_get(&r->upstreams, account->id);

		s->limits = limits_of(config, account);
		counters_prepare(&s->counters, &s->limits);
		table[account->index] = s;
	}
	for (size_t i = 0; i < config->key_count; i++) {
		counters_prepare(&router_key(r, config->keys[i].id)->counters,
				 &config->keys[i].limits);
	}
	free(r->table);
	r->table = table;
	old = r->config;
	r->config = config;
	pthread_mutex_unlock(&r->lock);
	config_unref(old);
}

/* --- gates --- */

static bool refuse(struct refusal *out, enum refusal_kind kind, int status, int64_t wait_ms)
{
	out->kind = kind;
	out->status = status;
	out->retry_after_ms = wait_ms < 0 ? -1 : wait_ms < 1000 ? 1000 : wait_ms;
	return false;
}

bool router_throttle(struct router *r, const struct config *config, const char *address,
		     const char *model, struct moment now, struct refusal *out)
{
	static const char *const whose[] = { "", "all requests", "this address", "this model" };
	struct throttle_result result;

	*out = (struct refusal){ .kind = REFUSED_NOT };
	if (!config->rate_limit.enabled) {
		return true;
	}
	pthread_mutex_lock(&r->lock);
	result = throttle_take(&r->throttle, &config->rate_limit, address, model, now.mono_ms);
	pthread_mutex_unlock(&r->lock);
	if (result.kind == THROTTLE_NONE) {
		return true;
	}
	snprintf(out->text, sizeof out->text, "the gateway's rate limit for %s is reached",
		 whose[result.kind]);
	return refuse(out, REFUSED_THROTTLE, 429, result.wait_ms);
}

static bool check_key(struct key_state *state, const struct gateway_key *key, int64_t tokens,
		      struct moment now, struct refusal *out)
{
	struct buf text = { .ptr = NULL, .max = sizeof out->text };
	struct limit_check check;

	counters_turn_day(&state->counters, now);
	if (key->budget_usd_per_day > 0 && state->counters.day_usd >= key->budget_usd_per_day) {
		snprintf(out->text, sizeof out->text,
			 "budget_exceeded: this key has spent its %.2f USD of today",
			 key->budget_usd_per_day);
		return refuse(out, REFUSED_BUDGET, 429,
			      state->counters.day_ends_wall_ms - now.wall_ms);
	}
	check = limits_check(&state->counters, &key->limits, tokens, 0, now);
	if (check.kind == LIMIT_NONE) {
		return true;
	}
	limit_explain(check.kind, &key->limits, &text);
	snprintf(out->text, sizeof out->text, "this key's %s is reached", buf_text(&text));
	buf_release(&text);
	return refuse(out, REFUSED_LIMIT, check.kind == LIMIT_TPR ? 400 : 429,
		      check.kind == LIMIT_CONCURRENCY ? 1000 : check.wait_ms);
}

bool router_enter_key(struct router *r, const struct gateway_key *key, const char *model,
		      int64_t tokens, struct moment now, struct key_pass *pass,
		      struct refusal *out)
{
	struct key_state *state;
	bool may;

	*out = (struct refusal){ .kind = REFUSED_NOT };
	*pass = (struct key_pass){ .key = NULL };
	if (key->expires_at_ms && now.wall_ms >= key->expires_at_ms) {
		str_copy(out->text, sizeof out->text, "this key has expired");
		return refuse(out, REFUSED_EXPIRED, 401, -1);
	}
	if (model && key->models.count && !list_matches(&key->models, model)) {
		snprintf(out->text, sizeof out->text, "this key may not use model '%.80s'", model);
		return refuse(out, REFUSED_MODEL, 403, -1);
	}
	pthread_mutex_lock(&r->lock);
	state = router_key(r, key->id);
	may = check_key(state, key, tokens, now, out);
	if (may) {
		pass->key = state;
		pass->reservation = limits_take(&state->counters, tokens, now);
	}
	pthread_mutex_unlock(&r->lock);
	return may;
}

void router_leave_key(struct router *r, struct key_pass *pass, int64_t tokens, double usd,
		      struct moment now)
{
	struct key_state *state = pass->key;

	if (!state) {
		return;
	}
	pthread_mutex_lock(&r->lock);
	limits_settle(&state->counters, &pass->reservation, tokens, now);
	if (usd > 0) {
		limits_spend(&state->counters, usd, now);
	}
	pthread_mutex_unlock(&r->lock);
	pass->key = NULL;
}

/* --- estimates --- */

struct token_estimate router_estimate(struct router *r, const char *model, size_t text_bytes,
				      int64_t max_tokens)
{
	struct token_estimate tokens;

	pthread_mutex_lock(&r->lock);
	tokens.prompt = estimate_prompt(&r->estimates, model, text_bytes);
	tokens.answer = estimate_answer(&r->estimates, model, max_tokens);
	pthread_mutex_unlock(&r->lock);
	return tokens;
}

void router_learn(struct router *r, const char *model, size_t text_bytes,
		  int64_t prompt_tokens, int64_t answer_tokens)
{
	pthread_mutex_lock(&r->lock);
	estimate_learn(&r->estimates, model, text_bytes, prompt_tokens, answer_tokens);
	pthread_mutex_unlock(&r->lock);
}

/* --- pins --- */

void router_put_pin(struct router *r, uint64_t key, const char *account_id, struct moment now)
{
	affinity_put(&r->pins, key, roster_get(&r->upstreams, account_id)->number, now);
	if (affinity_is_file(key)) {
		__atomic_store_n(&r->has_files, true, __ATOMIC_RELAXED);
	}
}

void router_pin(struct router *r, struct slice id, const char *account_id, struct moment now)
{
	pthread_mutex_lock(&r->lock);
	router_put_pin(r, affinity_id(id), account_id, now);
	pthread_mutex_unlock(&r->lock);
}

bool router_has_files(const struct router *r)
{
	return __atomic_load_n(&r->has_files, __ATOMIC_RELAXED);
}

const char *router_pinned(struct router *r, struct slice id, struct moment now)
{
	const char *account_id = NULL;
	uint32_t owner;

	pthread_mutex_lock(&r->lock);
	if (affinity_get(&r->pins, affinity_id(id), now, &owner)) {
		account_id = r->upstreams.items[owner]->id;
	}
	pthread_mutex_unlock(&r->lock);
	return account_id;
}

/* --- cooldowns --- */

/* Breakers and quotas forget as well, or all would be as before. */
static size_t clear_state(struct upstream_state *s, const char *model, struct moment now)
{
	size_t windows = 0;

	for (size_t i = 0; i < s->quota.count; i++) {
		windows += quota_is_news(&s->quota.windows[i], now);
	}
	quota_forgive(&s->quota);
	s->breaker = (struct breaker){ .next = 0 };
	for (size_t i = 0; i < s->model_count; i++) {
		s->models[i].breaker = (struct breaker){ .next = 0 };
	}
	return windows + ledger_clear(&s->ledger, model, now);
}

size_t router_clear(struct router *r, const char *account_id, const char *model,
		    struct moment now)
{
	size_t cleared = 0;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->upstreams.count; i++) {
		struct upstream_state *s = r->upstreams.items[i];

		if (!account_id || str_eq(s->id, account_id)) {
			cleared += clear_state(s, model, now);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return cleared;
}

struct entry_search {
	const char *id;
	struct upstream_state *whose;
	char model[COOLDOWN_MODEL_BYTES];
	size_t hits;
};

static void offer_entry(struct entry_search *search, struct upstream_state *s,
			const struct cooldown *c)
{
	if (str_starts(c->id, search->id)) {
		search->whose = s;
		str_copy(search->model, sizeof search->model, c->model);
		search->hits++;
	}
}

/* The one entry whose id begins so; false when there is none, or several. */
static bool find_entry(struct router *r, struct entry_search *search)
{
	for (size_t i = 0; i < r->upstreams.count; i++) {
		struct upstream_state *s = r->upstreams.items[i];
		struct cooldown window;

		for (size_t j = 0; j < s->ledger.count; j++) {
			offer_entry(search, s, &s->ledger.entries[j]);
		}
		for (size_t j = 0; j < s->quota.count; j++) {
			upstream_spent_entry(s, &s->quota.windows[j], &window);
			if (s->quota.windows[j].is_spent) {
				offer_entry(search, s, &window);
			}
		}
	}
	return search->hits == 1;
}

bool router_clear_id(struct router *r, const char *id, struct moment now)
{
	struct entry_search search = { .id = id };
	bool found;

	if (str_empty(id)) {
		return false;
	}
	pthread_mutex_lock(&r->lock);
	found = find_entry(r, &search);
	if (found) {
		clear_state(search.whose, search.model, now);
	}
	pthread_mutex_unlock(&r->lock);
	return found;
}

static bool is_configured(const struct router *r, const char *account_id)
{
	for (size_t i = 0; r->config && i < r->config->account_count; i++) {
		if (str_eq(r->config->accounts[i].id, account_id)) {
			return true;
		}
	}
	return false;
}

bool router_set(struct router *r, const char *account_id, const char *model, int64_t for_ms,
		struct moment now)
{
	bool found;

	pthread_mutex_lock(&r->lock);
	found = is_configured(r, account_id);
	if (found) {
		ledger_set(&roster_get(&r->upstreams, account_id)->ledger, model, for_ms, now);
	}
	pthread_mutex_unlock(&r->lock);
	return found;
}

void router_renewed(struct router *r, const char *account_id, struct moment now)
{
	pthread_mutex_lock(&r->lock);
	ledger_renewed(&roster_get(&r->upstreams, account_id)->ledger, now);
	pthread_mutex_unlock(&r->lock);
}

void router_tested(struct router *r, const char *account_id, const char *model,
		   const struct verdict *v, int64_t began_mono_ms, struct moment now)
{
	struct upstream_state *s;

	pthread_mutex_lock(&r->lock);
	s = roster_get(&r->upstreams, account_id);
	if (v->class == FAILURE_NONE) {
		upstream_answered(s, model, began_mono_ms, now.mono_ms - began_mono_ms, now);
	} else {
		struct ledger_failure f = { .verdict = v, .model = model,
					    .began_mono_ms = began_mono_ms };

		upstream_failed(s, &f, now);
	}
	pthread_mutex_unlock(&r->lock);
}

/* --- free probes --- */

/* Is any of its cooldowns one that a free request can tell about, and due? */
static bool is_probe_due(struct ledger *l, int64_t interval_ms, struct moment now)
{
	bool due = false;

	for (size_t i = 0; i < l->count; i++) {
		struct cooldown *c = &l->entries[i];
		bool tells = !c->is_measured && failure_rule(c->class)->is_probed_free &&
			     (c->is_open_ended || !moment_reached(now, c->until));

		if (tells && now.wall_ms - c->asked_wall_ms >= interval_ms) {
			c->asked_wall_ms = now.wall_ms;
			due = true;
		}
	}
	return due;
}

size_t router_due_probes(struct router *r, const char *account_ids[PROBE_BATCH],
			 struct moment now)
{
	size_t count = 0;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; r->config && i < r->config->account_count; i++) {
		int64_t interval_ms = r->config->health_check.interval_ms;
		struct upstream_state *s = r->table[i];

		if (interval_ms > 0 && count < PROBE_BATCH && r->config->accounts[i].is_active &&
		    is_probe_due(&s->ledger, interval_ms, now)) {
			account_ids[count++] = s->id;
		}
	}
	pthread_mutex_unlock(&r->lock);
	return count;
}

void router_probed(struct router *r, const char *account_id, struct moment now)
{
	pthread_mutex_lock(&r->lock);
	ledger_probed(&roster_get(&r->upstreams, account_id)->ledger, now);
	pthread_mutex_unlock(&r->lock);
}
