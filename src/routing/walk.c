#include "routing/walk.h"

#include <assert.h>

#include "base/log.h"
#include "routing/attempt_policy.h"
#include "routing/router_core.h"
#include "routing/select.h"

#define NOBODY NO_CANDIDATE

/* Clients repeat what failed, too: behind this long nobody is asked twice, and
 * what is further away than this is not worth their repeats. */
#define PATIENCE_MS 60000

void walk_begin(struct walk *w, struct router *r, const struct walk_options *o)
{
	assert(o->plan->status == PLAN_OK && o->plan->count);
	*w = (struct walk){ .router = r, .o = *o, .current = NOBODY, .again = NOBODY };
}

static const struct candidate *candidate_of(const struct walk *w, size_t i)
{
	return &w->o.plan->candidates[i];
}

/* --- choosing --- */

static struct attempt *add_attempt(struct walk *w)
{
	if (w->attempt_count == w->attempt_capacity) {
		size_t capacity = w->attempt_capacity ? w->attempt_capacity * 4 : 1;
		struct attempt *more = arena_alloc(w->o.arena, capacity * sizeof *more);

		if (w->attempt_count) {
			memcpy(more, w->attempts, w->attempt_count * sizeof *more);
		}
		w->attempts = more;
		w->attempt_capacity = capacity;
	}
	return &w->attempts[w->attempt_count++];
}

static bool was_tried(const struct walk *w, size_t candidate)
{
	if (walk_requests(w, candidate)) {
		return true;
	}
	for (size_t i = 0; i < w->attempt_count; i++) {
		if (w->attempts[i].candidate == candidate_of(w, candidate)) {
			return true;
		}
	}
	return false;
}

/* Arrivals from elsewhere: a session whose home is not free, or a request
 * that failed on another account. */
static bool is_arrival(const struct walk *w, const struct upstream_state *s, struct moment now)
{
	uint32_t owner;

	if (w->attempt_count) {
		return w->attempts[0].candidate->account != candidate_of(w, w->current)->account;
	}
	return w->o.session && w->o.config->routing.session_affinity &&
	       affinity_get(&w->router->sessions, w->o.session, now, &owner) &&
	       owner != s->number;
}

static struct step start(struct walk *w, size_t i, bool is_probe, struct moment now)
{
	const struct candidate *c = candidate_of(w, i);
	struct upstream_state *s = router_state(w->router, w->o.config, c->account);
	struct step step = { .kind = STEP_TRY, .candidate = c,
			     .needs_fresh_connection = w->was_stale };

	w->was_stale = false;
	w->current = i;
	w->state = s;
	w->is_answered = false;
	w->attempt_began = now;
	w->lease = is_probe ? ledger_lease(&s->ledger, c->model, now) : 0;
	w->reservation = limits_take(&s->counters, w->o.tokens, now);
	w->is_moved = is_arrival(w, s, now);
	if (w->is_moved) {
		ramp_begin(&s->ramp, now.mono_ms);
	}
	if (!was_tried(w, i)) {
		w->routes_tried[c->level - 1]++;
	}
	*add_attempt(w) = (struct attempt){ .candidate = c, .began = now };
	return step;
}

static struct step wait_for(int64_t ms)
{
	return (struct step){ .kind = STEP_WAIT, .wait_ms = ms > 0 ? ms : 1 };
}

/* The repeat that was put off. False: its time has come and gone, because
 * the way was closed meanwhile. */
static bool next_again(struct walk *w, struct moment now, struct step *out)
{
	size_t i = w->again;
	struct gate gate;

	if (!moment_reached(now, w->again_at)) {
		*out = wait_for(moment_left(now, w->again_at));
		return true;
	}
	w->again = NOBODY;
	gate = walk_gate(w, i, false, now);
	if (gate.kind != GATE_OPEN && gate.kind != GATE_PROBE) {
		return false;
	}
	*out = start(w, i, gate.kind == GATE_PROBE, now);
	return true;
}

static struct step give_up(struct walk *w, struct moment now);

static struct step choose(struct walk *w, struct moment now)
{
	struct selection selection;
	struct step step;

	if (w->attempt_count >= WALK_MAX_ATTEMPTS) {
		return give_up(w, now);
	}
	if (w->again != NOBODY && next_again(w, now, &step)) {
		return step;
	}
	selection = select_candidate(w, now);
	if (selection.candidate != NO_CANDIDATE) {
		return start(w, selection.candidate, selection.is_probe, now);
	}
	return selection.wait_ms >= 0 ? wait_for(selection.wait_ms) : give_up(w, now);
}

struct step walk_next(struct walk *w, struct moment now)
{
	struct step step;

	assert(w->current == NOBODY);
	if (w->needs_refresh) {
		return (struct step){ .kind = STEP_REFRESH,
				      .candidate = candidate_of(w, w->again) };
	}
	pthread_mutex_lock(&w->router->lock);
	step = w->is_stopped ? give_up(w, now) : choose(w, now);
	pthread_mutex_unlock(&w->router->lock);
	return step;
}

/* --- giving up --- */

static const struct attempt *most_useful(const struct walk *w)
{
	const struct attempt *best = NULL;

	for (size_t i = 0; i < w->attempt_count; i++) {
		const struct attempt *a = &w->attempts[i];

		if (a->verdict && policy_prefers(best ? best->verdict : NULL, a->verdict)) {
			best = a;
		}
	}
	return best;
}

/* The most useful of what keeps candidates away that were not even asked, and
 * when the first of all opens. */
static enum failure_class closed_class(struct walk *w, struct moment now, int64_t *soonest_ms)
{
	enum failure_class best = FAILURE_NONE;

	*soonest_ms = -1;
	for (size_t i = 0; i < w->o.plan->count; i++) {
		struct gate gate = walk_gate(w, i, false, now);
		enum failure_class class = gate_class(&gate);

		if (gate.kind == GATE_OPEN || gate.kind == GATE_PROBE) {
			continue;
		}
		if (gate.wait_ms >= 0 && (*soonest_ms < 0 || gate.wait_ms < *soonest_ms)) {
			*soonest_ms = gate.wait_ms;
		}
		if (!was_tried(w, i) &&
		    failure_rule(class)->usefulness > failure_rule(best)->usefulness) {
			best = class;
		}
	}
	return best;
}

static int status_of(const struct verdict *v)
{
	bool is_told = v->status >= 400 && v->class != FAILURE_RENEWAL;

	return is_told ? v->status : policy_status(v->class);
}

static struct step give_up(struct walk *w, struct moment now)
{
	const struct attempt *shown = most_useful(w);
	struct step step = { .kind = STEP_FAIL, .attempt = shown };
	enum failure_class closed;

	if (w->is_stopped) {
		step.class = shown->verdict->class;
		step.status = status_of(shown->verdict);
		step.retry_after_ms = -1;
		return step;
	}
	closed = closed_class(w, now, &step.retry_after_ms);
	step.class = shown ? shown->verdict->class : FAILURE_GATEWAY;
	step.status = shown ? status_of(shown->verdict) : 503;
	if (closed != FAILURE_NONE &&
	    (!shown || failure_rule(closed)->usefulness > failure_rule(step.class)->usefulness)) {
		step.attempt = NULL;
		step.class = closed;
		step.status = policy_status(closed);
	}
	if (step.retry_after_ms < 0 && shown) {
		step.retry_after_ms = shown->verdict->retry_after_ms;
	}
	step.is_spent = step.retry_after_ms > PATIENCE_MS;
	return step;
}

/* --- the end of an attempt --- */

/* Gives back what the attempt holds. `sent`: the upstream got to see it. */
static void end_attempt(struct walk *w, int64_t tokens, bool was_sent, struct moment now)
{
	struct upstream_state *s = w->state;

	if (w->lease) {
		ledger_unlease(&s->ledger, w->lease);
		w->lease = 0;
	}
	if (w->is_moved) {
		ramp_end(&s->ramp);
	}
	if (was_sent) {
		limits_settle(&s->counters, &w->reservation,
			      tokens < 0 ? w->reservation.tokens : tokens, now);
	} else {
		limits_refund(&s->counters, &w->reservation, now);
	}
	w->current = NOBODY;
}

static bool was_sent(const struct verdict *v)
{
	return v->class != FAILURE_NETWORK && v->class != FAILURE_STALE;
}

static void update_quota(struct walk *w, const struct quota_readings *readings,
			 struct moment now)
{
	bool is_own = candidate_of(w, w->current)->account->type != ACCOUNT_PASSTHROUGH;

	if (readings->count && is_own) {
		quota_update(&w->state->quota, readings, candidate_of(w, w->current)->model, now);
	}
}

static void read_quota(const struct pair_list *headers, struct moment now,
		       struct quota_readings *out)
{
	static const struct pair_list none;

	quota_read(headers ? headers : &none, now.wall_ms, out);
}

/* With the client's own credential, what concerns the credential concerns the
 * client alone: another one's may be good. */
static bool is_clients_matter(const struct candidate *c, const struct verdict *v)
{
	if (c->account->type != ACCOUNT_PASSTHROUGH) {
		return false;
	}
	switch (v->class) {
	case FAILURE_AUTH:
	case FAILURE_PERMISSION:
	case FAILURE_CREDIT:
	case FAILURE_RATE:
	case FAILURE_QUOTA:
	case FAILURE_RATE_BLIND:
		return true;
	default:
		return false;
	}
}

static void blame(struct walk *w, const struct verdict *v, struct moment now)
{
	const struct candidate *c = candidate_of(w, w->current);
	struct ledger_failure f = {
		.verdict = v, .model = c->model, .began_mono_ms = w->attempt_began.mono_ms,
		.fixed_ms = w->o.config->fallback.cooldown_ms,
	};

	if (!w->o.is_background && !is_clients_matter(c, v)) {
		w->ledger_changed = upstream_failed(w->state, &f, now) || w->ledger_changed;
	}
}

/* One line for each change of a ledger, once the lock is free. */
static void log_change(struct walk *w, const struct verdict *v, const char *what)
{
	const struct candidate *c = w->attempts[w->attempt_count - 1].candidate;
	const struct log_field fields[] = {
		LOG_STR("upstream", c->account->name), LOG_STR("model", c->model),
		LOG_STR("reason", v ? failure_name(v->class) : NULL),
		LOG_INT("status", v ? v->status : 200),
		LOG_STR("header", v && v->header[0] ? v->header : NULL),
	};

	if (w->ledger_changed) {
		w->ledger_changed = false;
		log_event(v ? LOG_WARN : LOG_INFO, "routing", what, fields, ARRAY_LEN(fields));
	}
}

/* Carries out what the policy says. */
static void decide(struct walk *w, const struct verdict *v, struct moment now)
{
	const struct candidate *c = candidate_of(w, w->current);
	struct candidate_note *note = walk_note(w, w->current);
	struct policy_facts facts = {
		.verdict = v, .is_oauth = c->account->type == ACCOUNT_OAUTH,
		.is_refreshed = note->is_refreshed, .lot = router_lot(w->router),
	};
	const struct cooldown *why;
	int64_t pause_ms = 0;
	enum policy policy;

	facts.requests = ++note->requests;
	policy = policy_after(&facts, &pause_ms);
	/* Others found out already, or this was the probe that should tell. */
	if (policy == POLICY_REPEAT && v->class != FAILURE_STALE &&
	    (now.mono_ms - w->o.now.mono_ms > PATIENCE_MS ||
	     ledger_look(&w->state->ledger, c->model, now, &why) == LEDGER_BLOCKED)) {
		policy = POLICY_NEXT;
	}
	if (policy_blames(&facts, policy)) {
		blame(w, v, now);
	}
	note->is_spent = policy == POLICY_NEXT || policy == POLICY_STOP;
	w->is_stopped = policy == POLICY_STOP;
	w->needs_refresh = policy == POLICY_REFRESH;
	if (policy == POLICY_REPEAT || policy == POLICY_REFRESH) {
		w->again = w->current;
		w->again_at = moment_after(now, pause_ms);
	}
	if (v->class == FAILURE_OVERLOADED && policy == POLICY_NEXT) {
		w->avoid = c;
	}
}

bool walk_failed(struct walk *w, const struct verdict *v, const struct pair_list *headers,
		 struct moment now)
{
	struct attempt *attempt = &w->attempts[w->attempt_count - 1];
	struct verdict *kept = arena_alloc(w->o.arena, sizeof *kept);
	struct quota_readings readings;

	assert(w->current != NOBODY);
	*kept = *v;
	attempt->verdict = kept;
	attempt->ms = now.mono_ms - w->attempt_began.mono_ms;
	read_quota(headers, now, &readings);
	pthread_mutex_lock(&w->router->lock);
	update_quota(w, &readings, now);
	decide(w, kept, now);
	end_attempt(w, 0, was_sent(kept), now);
	pthread_mutex_unlock(&w->router->lock);
	log_change(w, kept, "upstream cools down");
	if (kept->class == FAILURE_STALE && w->again != NOBODY) {
		w->was_stale = true;            /* as if it had not been */
		w->attempt_count--;
		return false;
	}
	return most_useful(w) == attempt;
}

/* Where the session lives now. Not where it was only a guest: at a fallback
 * alias, or while its own upstream takes a short break. */
static void bind_session(struct walk *w, struct moment now)
{
	const struct candidate *c = candidate_of(w, w->current);
	uint32_t owner;
	bool is_home;

	if (!w->o.session || c->level != 1 || w->o.is_background ||
	    !w->o.config->routing.session_affinity) {
		return;
	}
	is_home = affinity_get(&w->router->sessions, w->o.session, now, &owner) &&
		  owner == w->state->number;
	if (is_home || !w->keeps_binding) {
		affinity_put(&w->router->sessions, w->o.session, w->state->number, now);
	}
}

void walk_answered(struct walk *w, const struct pair_list *headers, struct moment now)
{
	struct attempt *attempt = &w->attempts[w->attempt_count - 1];
	struct quota_readings readings;

	assert(w->current != NOBODY && !w->is_answered);
	w->is_answered = true;
	attempt->ms = now.mono_ms - w->attempt_began.mono_ms;
	read_quota(headers, now, &readings);
	pthread_mutex_lock(&w->router->lock);
	update_quota(w, &readings, now);
	if (!w->o.is_background) {
		w->ledger_changed = upstream_answered(w->state, attempt->candidate->model,
						      w->attempt_began.mono_ms, attempt->ms,
						      now);
	}
	if (w->is_moved) {
		ramp_succeeded(&w->state->ramp);
	}
	if (w->lease) {
		ledger_unlease(&w->state->ledger, w->lease);
		w->lease = 0;
	}
	bind_session(w, now);
	pthread_mutex_unlock(&w->router->lock);
	log_change(w, NULL, "upstream is back");
}

void walk_broke(struct walk *w, const struct verdict *v, struct moment now)
{
	struct verdict *kept = arena_alloc(w->o.arena, sizeof *kept);

	assert(w->current != NOBODY && w->is_answered);
	*kept = *v;
	w->attempts[w->attempt_count - 1].verdict = kept;
	pthread_mutex_lock(&w->router->lock);
	blame(w, kept, now);
	pthread_mutex_unlock(&w->router->lock);
	log_change(w, kept, "upstream cools down");
}

void walk_finish(struct walk *w, int64_t tokens, struct moment now)
{
	if (w->current == NOBODY) {
		return;
	}
	pthread_mutex_lock(&w->router->lock);
	end_attempt(w, tokens, true, now);
	pthread_mutex_unlock(&w->router->lock);
}

void walk_abandon(struct walk *w, struct moment now)
{
	walk_finish(w, -1, now);
	w->again = NOBODY;
	w->needs_refresh = false;
}

void walk_refreshed(struct walk *w, enum renewal how, struct moment now)
{
	struct verdict *verdict = w->attempts[w->attempt_count - 1].verdict;
	size_t i = w->again;
	struct candidate_note *note;

	assert(w->needs_refresh && i != NOBODY);
	w->needs_refresh = false;
	note = walk_note(w, i);
	note->is_refreshed = true;
	if (how == RENEWAL_DONE) {
		w->again_at = now;
		return;
	}
	if (how == RENEWAL_PUT_OFF) {
		verdict->class = FAILURE_RENEWAL;
	}
	w->again = NOBODY;
	note->is_spent = true;
	pthread_mutex_lock(&w->router->lock);
	w->current = i;
	blame(w, verdict, now);
	w->current = NOBODY;
	pthread_mutex_unlock(&w->router->lock);
	log_change(w, verdict, "upstream cools down");
}
