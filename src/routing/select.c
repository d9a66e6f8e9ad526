#include "routing/select.h"

/* A session does not leave its upstream for a pause shorter than this; it
 * goes elsewhere meanwhile and comes back. */
#define HOME_MS 60000

/* The ramp holds nobody longer. */
#define RAMP_PATIENCE_MS 3000

/* Somebody may open a way at any time: a probe, a person, a finished request.
 * So waits are looked at again after these. */
#define LOOK_AGAIN_MS 500
#define LOOK_AGAIN_BUSY_MS 50

struct candidate_note *walk_note(struct walk *w, size_t candidate)
{
	if (!w->notes) {
		w->notes = arena_zalloc(w->o.arena, w->o.plan->count * sizeof *w->notes);
	}
	return &w->notes[candidate];
}

unsigned walk_requests(const struct walk *w, size_t candidate)
{
	return w->notes ? w->notes[candidate].requests : 0;
}

static bool is_spent(const struct walk *w, size_t candidate)
{
	return w->notes && w->notes[candidate].is_spent;
}

static struct upstream_state *state_of(const struct walk *w, size_t candidate)
{
	return router_state(w->router, w->o.config, w->o.plan->candidates[candidate].account);
}

static unsigned most_routes(const struct walk *w)
{
	int most = w->o.config->fallback.max_retries > 0 ? w->o.config->fallback.max_retries
							  : w->o.config->routing.max_attempts;

	return most > 0 ? (unsigned)most : 1;
}

static struct gate gate_of(const struct walk *w, size_t candidate, struct upstream_state *s,
			   bool is_moved, struct moment now)
{
	const struct candidate *c = &w->o.plan->candidates[candidate];
	struct gate_request g = {
		.model = c->model, .tokens = w->o.tokens, .is_background = w->o.is_background,
		.is_moved = is_moved && now.mono_ms - w->o.now.mono_ms < RAMP_PATIENCE_MS,
	};

	if (!walk_requests(w, candidate) && w->routes_tried[c->level - 1] >= most_routes(w)) {
		return (struct gate){ .kind = GATE_ATTEMPTS, .wait_ms = -1 };
	}
	return gate_check(s, &g, now);
}

struct gate walk_gate(struct walk *w, size_t candidate, bool is_moved, struct moment now)
{
	return gate_of(w, candidate, state_of(w, candidate), is_moved, now);
}

static bool is_open(const struct gate *g)
{
	return g->kind == GATE_OPEN || g->kind == GATE_PROBE;
}

static int64_t wait_left(const struct walk *w, struct moment now)
{
	int64_t left = w->o.config->routing.max_wait_ms - (now.mono_ms - w->o.now.mono_ms);

	return left > 0 ? left : 0;
}

static int64_t look_again(int64_t wait_ms)
{
	return wait_ms < LOOK_AGAIN_MS ? wait_ms + 1 : LOOK_AGAIN_MS;
}

static void pass_over(struct walk *w, size_t candidate, const struct gate *gate)
{
	struct candidate_note *note = walk_note(w, candidate);

	note->is_passed = true;
	note->gate = *gate;
}

/* --- the session's own upstream --- */

struct home {
	uint32_t owner;
	bool is_elsewhere;      /* it has one, but it is not free */
};

static bool has_home(const struct walk *w, struct moment now, uint32_t *owner)
{
	return w->o.session && w->o.config->routing.session_affinity &&
	       affinity_get(&w->router->sessions, w->o.session, now, owner);
}

/* Worth waiting for: its prompt cache is there, and the end is known. */
static bool is_worth_waiting(const struct walk *w, const struct gate *g, struct moment now)
{
	return gate_is_timed(g) && g->wait_ms <= wait_left(w, now);
}

/* True when it decides, one way or the other. */
static bool select_home(struct walk *w, struct moment now, struct home *home,
			struct selection *out)
{
	const struct plan *plan = w->o.plan;

	if (!has_home(w, now, &home->owner)) {
		return false;
	}
	for (size_t i = 0; i < plan->count && plan->candidates[i].level == 1; i++) {
		struct gate gate;

		if (is_spent(w, i) || state_of(w, i)->number != home->owner) {
			continue;
		}
		gate = walk_gate(w, i, false, now);
		if (is_open(&gate)) {
			*out = (struct selection){ i, gate.kind == GATE_PROBE, -1 };
			return true;
		}
		pass_over(w, i, &gate);
		w->keeps_binding = gate.kind == GATE_LIMIT ||
				   (gate.wait_ms >= 0 && gate.wait_ms <= HOME_MS);
		if (is_worth_waiting(w, &gate, now)) {
			*out = (struct selection){ NO_CANDIDATE, false, look_again(gate.wait_ms) };
			return true;
		}
		home->is_elsewhere = true;
	}
	return false;
}

/* --- everybody else --- */

struct rank {
	const struct candidate *c;
	bool is_avoided;
	bool is_nearly_spent;
	double score;
};

static bool is_same_vendor(const struct candidate *a, const struct candidate *b)
{
	return a->account->provider == b->account->provider &&
	       str_eq(a->account->base_url, b->account->base_url);
}

/* Below zero: `a` first. Without scores. */
static int compare_classes(const struct rank *a, const struct rank *b)
{
	if (a->c->level != b->c->level) {
		return a->c->level < b->c->level ? -1 : 1;
	}
	if (a->is_avoided != b->is_avoided) {
		return a->is_avoided ? 1 : -1;
	}
	if (a->c->group != b->c->group) {
		return a->c->group < b->c->group ? -1 : 1;
	}
	if (a->c->priority != b->c->priority) {
		return a->c->priority < b->c->priority ? -1 : 1;
	}
	return (int)a->is_nearly_spent - (int)b->is_nearly_spent;
}

static struct rank rank_of(const struct walk *w, const struct candidate *c,
			   const struct upstream_state *s, struct moment now)
{
	return (struct rank){
		.c = c,
		.is_avoided = w->avoid && is_same_vendor(w->avoid, c),
		.is_nearly_spent = s->quota.count &&
				   quota_is_nearly_spent(&s->quota, c->model, now),
	};
}

/* A probe that is due goes first among equals: that is how a way opens again. */
static double score_of(struct walk *w, const struct candidate *c,
		       const struct upstream_state *s, const struct gate *gate,
		       struct moment now)
{
	static const struct health unknown;
	enum strategy strategy = w->o.config->routing.strategy;
	const struct model_state *m;
	struct contender contender;

	if (gate->kind == GATE_PROBE) {
		return -1;
	}
	m = strategy_needs_health(strategy) ? upstream_peek_model(s, c->model) : NULL;
	contender = (struct contender){
		.health = m ? &m->health : &unknown, .in_flight = s->counters.in_flight,
		.weight = c->weight, .now_mono_ms = now.mono_ms,
		.week_left = s->quota.count ? quota_week_left(&s->quota, now) : 1,
		.lot = strategy_needs_lot(strategy) ? router_lot(w->router) : 1,
	};
	return strategy_score(strategy, &contender);
}

/* What stands in the way of those that are not free. */
struct obstacles {
	size_t early;           /* transient guess that ends soonest */
	int64_t early_ms;
	size_t last_resort;     /* any other guess that ends soonest */
	int64_t last_resort_ms;
	int64_t timed_ms;       /* soonest known end; INT64_MAX: none */
	bool is_busy;           /* a request that ends would make room */
	size_t probed;          /* somebody may be about to open this way */
};

/* Did a probe fail that was sent since this walk began? Then another would
 * tell no more. */
static bool is_probe_news(const struct walk *w, const struct upstream_state *s)
{
	for (size_t i = 0; i < s->ledger.count; i++) {
		if (s->ledger.entries[i].failed_probe_mono_ms >= w->o.now.mono_ms) {
			return true;
		}
	}
	return false;
}

static void keep_soonest(size_t *best, int64_t *best_ms, size_t candidate, int64_t wait_ms)
{
	if (*best == NO_CANDIDATE || wait_ms < *best_ms) {
		*best = candidate;
		*best_ms = wait_ms;
	}
}

static void note_obstacle(struct walk *w, size_t candidate, const struct gate *g,
			  struct obstacles *o)
{
	if (gate_is_timed(g)) {
		o->timed_ms = g->wait_ms < o->timed_ms ? g->wait_ms : o->timed_ms;
	} else if (g->kind == GATE_LIMIT && g->limit == LIMIT_CONCURRENCY) {
		o->is_busy = true;
	} else if (g->kind == GATE_COOLING && !g->is_open_ended &&
		   !is_probe_news(w, state_of(w, candidate))) {
		if (g->is_leased) {
			o->probed = candidate;
		} else if (failure_rule(g->class)->is_transient) {
			keep_soonest(&o->early, &o->early_ms, candidate, g->wait_ms);
		} else {
			keep_soonest(&o->last_resort, &o->last_resort_ms, candidate, g->wait_ms);
		}
	}
}

/* Nobody is free. In this order: try early what is only guessed to be down;
 * wait for a known end, a finished request or a probe; try what probably is
 * of no use; stop waiting for a probe that takes too long; give up.
 * Background requests do not probe. */
static struct selection select_stuck(struct walk *w, const struct obstacles *o,
				     struct moment now)
{
	int64_t left = wait_left(w, now);
	bool may_probe = !w->o.is_background;

	if (may_probe && o->early != NO_CANDIDATE) {
		return (struct selection){ o->early, true, -1 };
	}
	if ((o->is_busy || o->probed != NO_CANDIDATE) && left > 0) {
		return (struct selection){ NO_CANDIDATE, false, LOOK_AGAIN_BUSY_MS };
	}
	if (o->timed_ms <= left) {
		return (struct selection){ NO_CANDIDATE, false, look_again(o->timed_ms) };
	}
	if (may_probe && o->last_resort != NO_CANDIDATE) {
		return (struct selection){ o->last_resort, true, -1 };
	}
	if (may_probe && o->probed != NO_CANDIDATE) {
		return (struct selection){ o->probed, false, -1 };
	}
	return (struct selection){ NO_CANDIDATE, false, -1 };
}

/* The search so far. */
struct search {
	struct rank best;
	struct selection found;
	struct rank held;               /* best of those that the ramp holds back */
	int64_t held_ms;
	struct obstacles obstacles;
};

static void consider(struct walk *w, size_t i, bool is_moved, struct moment now,
		     struct search *s)
{
	const struct candidate *c = &w->o.plan->candidates[i];
	struct upstream_state *state = state_of(w, i);
	struct gate gate = gate_of(w, i, state, is_moved, now);
	struct rank rank = rank_of(w, c, state, now);
	int order;

	if (!is_open(&gate)) {
		pass_over(w, i, &gate);
		note_obstacle(w, i, &gate, &s->obstacles);
		if (gate.kind == GATE_RAMP &&
		    (!s->held.c || compare_classes(&rank, &s->held) < 0)) {
			s->held = rank;
			s->held_ms = gate.wait_ms;
		}
		return;
	}
	order = s->best.c ? compare_classes(&rank, &s->best) : -1;
	if (order > 0) {
		return;
	}
	rank.score = score_of(w, c, state, &gate, now);
	if (order < 0 || rank.score < s->best.score) {
		s->best = rank;
		s->found = (struct selection){ i, gate.kind == GATE_PROBE, -1 };
	}
}

/* Candidates come in order, so once one is found nobody of a later class can
 * be better, unless a vendor is to be avoided. */
static bool is_settled(const struct walk *w, const struct search *s, size_t i)
{
	const struct candidate *c = &w->o.plan->candidates[i];
	const struct candidate *best = s->best.c;

	return best && !w->avoid && (c->level != best->level || c->group != best->group ||
				     c->priority != best->priority);
}

struct selection select_candidate(struct walk *w, struct moment now)
{
	struct search s = {
		.found = { NO_CANDIDATE, false, -1 },
		.obstacles = { .early = NO_CANDIDATE, .last_resort = NO_CANDIDATE,
			       .probed = NO_CANDIDATE, .timed_ms = INT64_MAX },
	};
	struct home home = { .is_elsewhere = false };
	bool is_moved;

	if (select_home(w, now, &home, &s.found)) {
		return s.found;
	}
	is_moved = home.is_elsewhere || w->attempt_count > 0;
	for (size_t i = 0; i < w->o.plan->count && !is_settled(w, &s, i); i++) {
		if (!is_spent(w, i)) {
			consider(w, i, is_moved, now, &s);
		}
	}
	if (s.held.c && (!s.best.c || compare_classes(&s.held, &s.best) < 0)) {
		return (struct selection){ NO_CANDIDATE, false, s.held_ms };
	}
	return s.best.c ? s.found : select_stuck(w, &s.obstacles, now);
}
