/* What the router tells screens and the control API. */
#include "routing/gate.h"
#include "routing/router_core.h"
#include "routing/select.h"

/* A refused request enters both the ledger and the quota: told once. */
static bool is_in_ledger(const struct ledger *l, const struct cooldown *spent)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct cooldown *c = &l->entries[i];

		if (c->class == FAILURE_QUOTA && str_eq(c->model, spent->model) &&
		    c->until.wall_ms + 1000 >= spent->until.wall_ms) {
			return true;
		}
	}
	return false;
}

static void write_ledger(struct upstream_state *s, const char *name, struct json_writer *w,
			 struct moment now)
{
	ledger_tidy(&s->ledger, now);
	for (size_t i = 0; i < s->ledger.count; i++) {
		cooldown_write(&s->ledger.entries[i], name, w, now);
	}
	for (size_t i = 0; i < s->quota.count; i++) {
		struct cooldown spent;

		upstream_spent_entry(s, &s->quota.windows[i], &spent);
		if (quota_is_news(&s->quota.windows[i], now) && !is_in_ledger(&s->ledger, &spent)) {
			cooldown_write(&spent, name, w, now);
		}
	}
}

void router_write_cooldowns(struct router *r, const char *account_id, struct json_writer *w,
			    struct moment now)
{
	json_array(w);
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; r->config && i < r->config->account_count; i++) {
		const struct upstream_account *account = &r->config->accounts[i];

		if (!account_id || str_eq(account->id, account_id)) {
			write_ledger(r->table[i], account->name, w, now);
		}
	}
	pthread_mutex_unlock(&r->lock);
	json_end(w);
}

static const struct upstream_account *account_of(const struct router *r, const char *account_id)
{
	for (size_t i = 0; r->config && i < r->config->account_count; i++) {
		if (str_eq(r->config->accounts[i].id, account_id)) {
			return &r->config->accounts[i];
		}
	}
	return NULL;
}

static enum upstream_condition quota_condition(const struct quota *q, struct moment now)
{
	enum upstream_condition condition = UPSTREAM_READY;

	for (size_t i = 0; i < q->count; i++) {
		if (quota_is_news(&q->windows[i], now)) {
			if (!q->windows[i].models[0]) {
				return UPSTREAM_COOLING;
			}
			condition = UPSTREAM_PARTLY;
		}
	}
	return condition;
}

/* What stands against the whole upstream, then against models of it. */
static enum upstream_condition condition_of(const struct upstream_state *s, struct moment now)
{
	enum upstream_condition condition = quota_condition(&s->quota, now);
	const struct cooldown *why;

	/* No model is called "": only entries for the whole upstream concern it. */
	if (ledger_look(&s->ledger, "", now, &why) == LEDGER_BLOCKED) {
		return why->is_open_ended ? UPSTREAM_NEEDS_ATTENTION : UPSTREAM_COOLING;
	}
	if (condition == UPSTREAM_COOLING) {
		return condition;
	}
	for (size_t i = 0; i < s->ledger.count; i++) {
		const char *model = s->ledger.entries[i].model;

		if (model[0] && ledger_look(&s->ledger, model, now, &why) == LEDGER_BLOCKED) {
			condition = UPSTREAM_PARTLY;
		}
	}
	return condition;
}

static int64_t longest(int64_t least, struct moment until, struct moment now)
{
	int64_t left = until.wall_ms - now.wall_ms;

	return left > least ? left : least;
}

int64_t router_cooling_ms(struct router *r, const char *account_id, struct moment now)
{
	const struct upstream_account *account;
	int64_t left = 0;

	pthread_mutex_lock(&r->lock);
	account = account_of(r, account_id);
	if (account) {
		const struct ledger *l = &r->table[account->index]->ledger;
		const struct quota *q = &r->table[account->index]->quota;

		for (size_t i = 0; i < l->count; i++) {
			if (!l->entries[i].model[0] && !l->entries[i].is_open_ended) {
				left = longest(left, l->entries[i].until, now);
			}
		}
		for (size_t i = 0; i < q->count; i++) {
			if (!q->windows[i].models[0] && quota_is_news(&q->windows[i], now)) {
				left = longest(left, q->windows[i].reset, now);
			}
		}
	}
	pthread_mutex_unlock(&r->lock);
	return left;
}

enum upstream_condition router_condition(struct router *r, const char *account_id,
					 struct moment now)
{
	const struct upstream_account *account;
	enum upstream_condition condition = UPSTREAM_DISABLED;

	pthread_mutex_lock(&r->lock);
	account = account_of(r, account_id);
	if (account && account->is_active) {
		condition = condition_of(r->table[account->index], now);
	}
	pthread_mutex_unlock(&r->lock);
	return condition;
}

const char *condition_name(enum upstream_condition c)
{
	static const char *const names[] = {
		[UPSTREAM_READY] = "ready", [UPSTREAM_COOLING] = "cooldown",
		[UPSTREAM_PARTLY] = "partly", [UPSTREAM_NEEDS_ATTENTION] = "attention",
		[UPSTREAM_DISABLED] = "disabled",
	};

	return names[c];
}

void router_write_upstream(struct router *r, const struct upstream_account *account,
			   struct json_writer *w, struct moment now)
{
	struct upstream_state *s;

	pthread_mutex_lock(&r->lock);
	s = roster_get(&r->upstreams, account->id);
	json_kint(w, "in_flight", s->counters.in_flight);
	json_key(w, "cooldowns");
	json_array(w);
	write_ledger(s, account->name, w, now);
	json_end(w);
	json_key(w, "quota");
	quota_write(&s->quota, w, now);
	json_key(w, "limits_used");
	limits_write(&s->counters, &s->limits, w, now);
	pthread_mutex_unlock(&r->lock);
}

void router_write_key(struct router *r, const struct gateway_key *key, struct json_writer *w,
		      struct moment now)
{
	struct key_state *state;

	pthread_mutex_lock(&r->lock);
	state = router_key(r, key->id);
	json_key(w, "limits_used");
	limits_write(&state->counters, &key->limits, w, now);
	json_kint(w, "in_flight", state->counters.in_flight);
	json_kdouble(w, "spent_usd_today", state->counters.day_usd);
	pthread_mutex_unlock(&r->lock);
}

/* --- resolve --- */

static void write_candidate(const struct candidate *c, int position, struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "upstream", c->account->name);
	json_kstr(w, "model", c->model);
	json_kint(w, "position", position);
	json_end(w);
}

/* The order in which a request would try them, each failing in turn. */
static void write_order(struct walk *walk, struct json_writer *w, struct moment now)
{
	int position = 1;

	json_array(w);
	for (;;) {
		struct selection s = select_candidate(walk, now);

		if (s.candidate == NO_CANDIDATE) {
			break;
		}
		walk_note(walk, s.candidate)->is_spent = true;
		if (s.is_probe && walk->notes[s.candidate].is_passed) {
			continue;       /* a last resort, not a candidate */
		}
		write_candidate(&walk->o.plan->candidates[s.candidate], position++, w);
	}
	json_end(w);
}

static void write_passed(const struct walk *walk, struct json_writer *w, struct moment now)
{
	const struct plan *plan = walk->o.plan;
	struct buf reason = BUF_INIT(512);

	for (size_t i = 0; walk->notes && i < plan->count; i++) {
		if (!walk->notes[i].is_passed) {
			continue;
		}
		buf_clear(&reason);
		gate_explain(&walk->notes[i].gate, now, &reason);
		json_object(w);
		json_kstr(w, "upstream", plan->candidates[i].account->name);
		json_kstr(w, "model", plan->candidates[i].model);
		json_kstr(w, "reason", buf_text(&reason));
		json_end(w);
	}
	buf_release(&reason);
}

static void write_left_out(const struct plan *plan, struct json_writer *w)
{
	for (size_t i = 0; i < plan->skipped_count; i++) {
		json_object(w);
		json_kstr(w, "upstream", plan->skipped[i].account->name);
		json_kstr(w, "model", plan->skipped[i].model);
		json_kstr(w, "reason", skip_text(plan->skipped[i].reason));
		json_end(w);
	}
}

void router_write_resolve(struct router *r, const struct config *config,
			  const struct plan *plan, struct json_writer *w, struct moment now)
{
	struct arena arena;
	struct walk walk;

	arena_init(&arena, 4096);
	json_object(w);
	json_kstr(w, "name", plan->name);
	json_key(w, "candidates");
	walk = (struct walk){ .router = r, .o = { .config = config, .plan = plan,
						  .arena = &arena, .now = now } };
	pthread_mutex_lock(&r->lock);
	write_order(&walk, w, now);
	pthread_mutex_unlock(&r->lock);
	json_key(w, "skipped");
	json_array(w);
	write_passed(&walk, w, now);
	write_left_out(plan, w);
	json_end(w);
	json_end(w);
	arena_release(&arena);
}
