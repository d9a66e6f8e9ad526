#include "routing/ledger.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"

/* A half-open entry that nobody tried for so long says nothing any more. */
#define FORGOTTEN_MS (10LL * 60 * 1000)

void ledger_release(struct ledger *l)
{
	free(l->entries);
	*l = (struct ledger){ .entries = NULL };
}

/* Guesses end in a probe, except of overload, which passes by itself. */
static bool ends_in_probe(const struct cooldown *c)
{
	return !c->is_measured && c->class != FAILURE_OVERLOADED;
}

static bool is_active(const struct cooldown *c, struct moment now)
{
	return c->is_open_ended || !moment_reached(now, c->until);
}

static bool is_over(const struct cooldown *c, struct moment now)
{
	if (is_active(c, now)) {
		return false;
	}
	return !ends_in_probe(c) || moment_reached(now, moment_after(c->until, FORGOTTEN_MS));
}

static bool concerns(const struct cooldown *c, const char *model)
{
	if (!c->model[0]) {
		return true;
	}
	return c->is_pattern ? str_glob(c->model, model) : strcmp(c->model, model) == 0;
}

static bool is_leased(const struct cooldown *c, struct moment now)
{
	return c->leased_until_mono_ms > now.mono_ms;
}

/* Of two that block, the one that does so longer. */
static bool blocks_longer(const struct cooldown *a, const struct cooldown *b)
{
	if (a->is_open_ended != b->is_open_ended) {
		return a->is_open_ended;
	}
	return a->until.wall_ms > b->until.wall_ms;
}

enum ledger_state ledger_look(const struct ledger *l, const char *model, struct moment now,
			      const struct cooldown **why)
{
	enum ledger_state state = LEDGER_FREE;

	*why = NULL;
	for (size_t i = 0; i < l->count; i++) {
		const struct cooldown *c = &l->entries[i];
		bool active = is_active(c, now);
		enum ledger_state here = active || is_leased(c, now) ? LEDGER_BLOCKED
								     : LEDGER_PROBE;

		if (!concerns(c, model) || is_over(c, now) || here < state) {
			continue;
		}
		if (here > state || !*why || blocks_longer(c, *why)) {
			*why = c;
		}
		state = here;
	}
	return state;
}

int64_t ledger_lease(struct ledger *l, const char *model, struct moment now)
{
	int64_t token = now.mono_ms + PROBE_LEASE_MS;

	for (size_t i = 0; i < l->count; i++) {
		if (concerns(&l->entries[i], model) && is_leased(&l->entries[i], now)) {
			return 0;
		}
	}
	for (size_t i = 0; i < l->count; i++) {
		if (concerns(&l->entries[i], model)) {
			l->entries[i].leased_until_mono_ms = token;
		}
	}
	return token;
}

void ledger_unlease(struct ledger *l, int64_t token)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->entries[i].leased_until_mono_ms == token) {
			l->entries[i].leased_until_mono_ms = 0;
		}
	}
}

static struct cooldown *find(struct ledger *l, const char *model)
{
	for (size_t i = 0; i < l->count; i++) {
		if (str_eq(l->entries[i].model, model)) {
			return &l->entries[i];
		}
	}
	return NULL;
}

static void remove_at(struct ledger *l, size_t at)
{
	l->entries[at] = l->entries[--l->count];
}

void ledger_tidy(struct ledger *l, struct moment now)
{
	for (size_t i = l->count; i--;) {
		if (is_over(&l->entries[i], now)) {
			remove_at(l, i);
		}
	}
}

/* Which of two is missed less: a name that nobody knows, of which clients can
 * invent any number, then what ends first. */
static bool gives_way(const struct cooldown *a, const struct cooldown *b)
{
	bool is_model = a->class == FAILURE_MODEL;

	if (is_model != (b->class == FAILURE_MODEL)) {
		return is_model;
	}
	return blocks_longer(b, a);
}

/* Where a new entry goes; when all places are taken, in another's stead. */
static struct cooldown *place(struct ledger *l)
{
	size_t least = 0;

	if (l->count < l->capacity) {
		return &l->entries[l->count++];
	}
	if (l->capacity < MAX_COOLDOWNS_PER_UPSTREAM) {
		l->capacity = l->capacity ? l->capacity * 2 : 2;
		l->entries = xrealloc(l->entries, l->capacity * sizeof *l->entries);
		return &l->entries[l->count++];
	}
	assert(l->entries);
	for (size_t i = 1; i < l->count; i++) {
		if (gives_way(&l->entries[i], &l->entries[least])) {
			least = i;
		}
	}
	return &l->entries[least];
}

/* Short, stable over restarts, different for each entry. */
static void make_id(const struct ledger *l, struct cooldown *c)
{
	uint64_t hash = l->seed ^ (uint64_t)c->since.wall_ms * 0x9e3779b97f4a7c15u;

	for (const char *at = c->model; *at; at++) {
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	}
	hash ^= hash >> 29;
	snprintf(c->id, sizeof c->id, "cd_%08x", (unsigned)(hash & 0xffffffffu));
}

/* An entry that takes another's place keeps its id. */
static void put(struct ledger *l, struct cooldown *where, const struct cooldown *what)
{
	struct cooldown entry = *what;

	if (where) {
		str_copy(entry.id, sizeof entry.id, where->id);
	} else {
		make_id(l, &entry);
		where = place(l);
	}
	*where = entry;
}

static int64_t guessed_ms(const struct ledger_failure *f, unsigned streak)
{
	const struct failure_rule *rule = failure_rule(f->verdict->class);
	int64_t ms = rule->guess_ms;

	if (f->fixed_ms) {
		return f->fixed_ms;
	}
	for (unsigned i = 0; i < streak && ms < rule->guess_max_ms; i++) {
		ms *= 2;
	}
	return ms < rule->guess_max_ms ? ms : rule->guess_max_ms;
}

static const char *scope_model(const struct ledger_failure *f)
{
	if (f->verdict->scope == SCOPE_UPSTREAM) {
		return "";
	}
	return f->verdict->family[0] ? f->verdict->family : f->model;
}

static struct cooldown entry_for(const struct ledger_failure *f, unsigned streak,
				 struct moment now)
{
	const struct verdict *v = f->verdict;
	bool is_measured = v->reset_ms > 0;
	int64_t ms = is_measured ? v->reset_ms : guessed_ms(f, streak);
	struct cooldown c = {
		.class = v->class, .status = v->status, .is_measured = is_measured,
		.since = now, .until = moment_after(now, ms),
		.next_probe = moment_after(now, ms), .streak = is_measured ? 0 : streak,
		.asked_wall_ms = now.wall_ms,
	};

	c.is_open_ended = !is_measured &&
			  failure_rule(v->class)->cooldown == COOLDOWN_OPEN_ENDED;
	c.is_pattern = v->scope == SCOPE_MODEL && v->family[0];
	str_copy(c.model, sizeof c.model, scope_model(f));
	str_copy(c.header, sizeof c.header, v->header);
	str_copy(c.body, sizeof c.body, v->excerpt);
	return c;
}

/* Does a new measured end take the place of one that still runs? The later
 * word counts, but a passing overload does not cut a quota short, and what a
 * person set is only ever prolonged. */
static bool measure_replaces(const struct cooldown *old, const struct cooldown *new)
{
	bool is_firm = new->class == FAILURE_RATE || new->class == FAILURE_QUOTA;

	return (is_firm && old->class != FAILURE_SET) || blocks_longer(new, old);
}

static bool guess_replaces(const struct cooldown *old, const struct cooldown *new)
{
	return !old->is_measured && !old->is_open_ended && old->class != new->class &&
	       blocks_longer(new, old);
}

/* Whoever begins while a probe is out, is the probe. */
static bool is_probe(const struct cooldown *c, const struct ledger_failure *f)
{
	return c->leased_until_mono_ms &&
	       f->began_mono_ms >= c->leased_until_mono_ms - PROBE_LEASE_MS;
}

/* A failure of the window that is open: it adds nothing, except that a probe
 * sent out early came back without luck. */
static void note_probe(struct cooldown *c, const struct ledger_failure *f)
{
	if (is_probe(c, f)) {
		c->leased_until_mono_ms = 0;
		c->failed_probe_mono_ms = f->began_mono_ms;
	}
}

static bool fail_while_active(struct ledger *l, struct cooldown *old,
			      const struct ledger_failure *f, struct moment now)
{
	struct cooldown entry = entry_for(f, 0, now);
	bool replaces = entry.is_measured
		? !old->is_measured || measure_replaces(old, &entry)
		: guess_replaces(old, &entry);

	note_probe(old, f);
	if (replaces) {
		entry.failed_probe_mono_ms = old->failed_probe_mono_ms;
		put(l, old, &entry);
	}
	return replaces;
}

/* The window has ended. A request that began in it is a straggler of it; one
 * that began after it is a failed probe. */
static bool fail_half_open(struct ledger *l, struct cooldown *old,
			   const struct ledger_failure *f, struct moment now)
{
	bool is_measured = f->verdict->reset_ms > 0;
	struct cooldown entry;

	if (!is_measured && f->began_mono_ms < old->until.mono_ms && !is_probe(old, f)) {
		return false;
	}
	entry = entry_for(f, old->streak + 1, now);
	entry.failed_probe_mono_ms = f->began_mono_ms;
	put(l, old, &entry);
	return true;
}

static bool fail_first(struct ledger *l, const struct ledger_failure *f, struct moment now)
{
	const struct failure_rule *rule = failure_rule(f->verdict->class);
	bool is_measured = f->verdict->reset_ms > 0;
	struct cooldown entry;

	if (!is_measured && f->began_mono_ms < l->cleared_mono_ms) {
		return false;
	}
	if (!is_measured && rule->cooldown == COOLDOWN_BREAKER && !f->is_tripped) {
		return false;
	}
	entry = entry_for(f, 0, now);
	put(l, NULL, &entry);
	return true;
}

/* An answer, even a bad one, disproves that nobody is there. */
static void note_answer(struct ledger *l, const struct ledger_failure *f)
{
	for (size_t i = l->count; i--;) {
		const struct cooldown *c = &l->entries[i];

		if (c->class == FAILURE_NETWORK && f->began_mono_ms >= c->since.mono_ms) {
			remove_at(l, i);
		}
	}
}

bool ledger_fail(struct ledger *l, const struct ledger_failure *f, struct moment now)
{
	struct cooldown *old;

	if (f->verdict->status) {
		note_answer(l, f);
	}
	if (f->verdict->scope == SCOPE_NONE ||
	    failure_rule(f->verdict->class)->cooldown == COOLDOWN_NONE) {
		return false;
	}
	ledger_tidy(l, now);
	old = find(l, scope_model(f));
	if (!old) {
		return fail_first(l, f, now);
	}
	return is_active(old, now) ? fail_while_active(l, old, f, now)
				   : fail_half_open(l, old, f, now);
}

/* What a success on `model` disproves: guesses about the upstream or the
 * model, and a measured end of exactly this model; never a measured one that
 * other models may still be under. */
static bool disproves(const struct cooldown *c, const char *model, int64_t began_mono_ms)
{
	if (began_mono_ms < c->since.mono_ms || c->class == FAILURE_SET) {
		return false;
	}
	return c->is_measured ? str_eq(c->model, model) : concerns(c, model);
}

bool ledger_succeed(struct ledger *l, const char *model, int64_t began_mono_ms,
		    struct moment now)
{
	bool closed = false;

	if (!l->count) {
		return false;
	}
	for (size_t i = l->count; i--;) {
		if (disproves(&l->entries[i], model, began_mono_ms)) {
			remove_at(l, i);
			l->cleared_mono_ms = now.mono_ms;
			closed = true;
		}
	}
	ledger_tidy(l, now);
	return closed;
}

void ledger_probed(struct ledger *l, struct moment now)
{
	for (size_t i = 0; i < l->count; i++) {
		struct cooldown *c = &l->entries[i];

		if (!c->is_measured && failure_rule(c->class)->is_probed_free &&
		    is_active(c, now)) {
			c->is_open_ended = false;
			c->until = now;
			c->next_probe = now;
		}
	}
}

void ledger_renewed(struct ledger *l, struct moment now)
{
	for (size_t i = l->count; i--;) {
		enum failure_class class = l->entries[i].class;

		if (class == FAILURE_AUTH || class == FAILURE_RENEWAL ||
		    class == FAILURE_PERMISSION || class == FAILURE_CREDIT) {
			remove_at(l, i);
		}
	}
	l->cleared_mono_ms = now.mono_ms;
}

const struct cooldown *ledger_set(struct ledger *l, const char *model, int64_t for_ms,
				  struct moment now)
{
	struct cooldown c = {
		.class = FAILURE_SET, .is_measured = true, .is_pattern = true, .since = now,
		.until = moment_after(now, for_ms), .next_probe = moment_after(now, for_ms),
	};

	str_copy(c.model, sizeof c.model, model);
	put(l, find(l, c.model), &c);
	return find(l, c.model);
}

size_t ledger_clear(struct ledger *l, const char *model, struct moment now)
{
	size_t cleared = 0;

	for (size_t i = l->count; i--;) {
		if (!model || str_eq(l->entries[i].model, model)) {
			remove_at(l, i);
			cleared++;
		}
	}
	l->cleared_mono_ms = now.mono_ms;
	return cleared;
}

bool ledger_clear_id(struct ledger *l, const char *id, struct moment now)
{
	for (size_t i = 0; i < l->count; i++) {
		if (str_eq(l->entries[i].id, id)) {
			remove_at(l, i);
			l->cleared_mono_ms = now.mono_ms;
			return true;
		}
	}
	return false;
}

void ledger_restore(struct ledger *l, const struct cooldown *saved, struct moment now)
{
	struct cooldown c = *saved;

	c.since = moment_at_wall(now, c.since.wall_ms);
	c.until = moment_at_wall(now, c.until.wall_ms);
	c.next_probe = moment_at_wall(now, c.next_probe.wall_ms);
	c.leased_until_mono_ms = 0;
	c.failed_probe_mono_ms = 0;
	if (!is_over(&c, now)) {
		struct cooldown *old = find(l, c.model);

		*(old ? old : place(l)) = c;
	}
}
