#include "routing/roster.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "routing/lru.h"

static void upstream_destroy(struct upstream_state *s)
{
	free(s->id);
	free(s->models);
	counters_release(&s->counters);
	ledger_release(&s->ledger);
	free(s);
}

void roster_release(struct roster *r)
{
	for (size_t i = 0; i < r->count; i++) {
		upstream_destroy(r->items[i]);
	}
	free(r->items);
	map_release(&r->by_id);
	*r = (struct roster){ .items = NULL };
}

struct upstream_state *roster_get(struct roster *r, const char *id)
{
	struct upstream_state *s = map_get(&r->by_id, slice_of(id));

	if (s) {
		return s;
	}
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? r->capacity * 2 : 8;
		r->items = xrealloc(r->items, r->capacity * sizeof *r->items);
	}
	s = xcalloc(1, sizeof *s);
	s->id = xstrdup(id);
	s->number = (uint32_t)r->count;
	s->ledger.seed = lru_hash(0, slice_of(id));
	r->items[r->count++] = s;
	map_put(&r->by_id, slice_of(id), s);
	return s;
}

const struct model_state *upstream_peek_model(const struct upstream_state *s,
					      const char *model)
{
	for (size_t i = 0; i < s->model_count; i++) {
		if (strncmp(s->models[i].name, model, COOLDOWN_MODEL_BYTES - 1) == 0) {
			return &s->models[i];
		}
	}
	return NULL;
}

static struct model_state *place_for_model(struct upstream_state *s)
{
	struct model_state *oldest = s->models;

	if (s->model_count < MAX_MODELS_PER_UPSTREAM) {
		s->models = xrealloc(s->models, (s->model_count + 1) * sizeof *s->models);
		return &s->models[s->model_count++];
	}
	for (size_t i = 1; i < s->model_count; i++) {
		if (s->models[i].used_mono_ms < oldest->used_mono_ms) {
			oldest = &s->models[i];
		}
	}
	return oldest;
}

struct model_state *upstream_model(struct upstream_state *s, const char *model,
				   int64_t now_mono_ms)
{
	const struct model_state *known = upstream_peek_model(s, model);
	struct model_state *m = known ? &s->models[known - s->models] : place_for_model(s);

	if (!known) {
		*m = (struct model_state){ .used_mono_ms = now_mono_ms };
		str_copy(m->name, sizeof m->name, model);
	}
	m->used_mono_ms = now_mono_ms;
	return m;
}

/* Only what speaks of the upstream's ability to answer counts for health: a
 * spent quota or a refused key does not make it slow. */
static bool tells_health(const struct verdict *v)
{
	const struct failure_rule *rule = failure_rule(v->class);

	return v->scope != SCOPE_NONE &&
	       (rule->cooldown == COOLDOWN_BREAKER || v->class == FAILURE_OVERLOADED);
}

bool upstream_failed(struct upstream_state *s, const struct ledger_failure *f,
		     struct moment now)
{
	const struct verdict *v = f->verdict;
	struct ledger_failure event = *f;

	if (tells_health(v)) {
		struct model_state *m = upstream_model(s, f->model, now.mono_ms);
		bool is_breaker = failure_rule(v->class)->cooldown == COOLDOWN_BREAKER;

		health_failed(&m->health, now.mono_ms);
		event.is_tripped = is_breaker && breaker_bad(v->scope == SCOPE_UPSTREAM
							     ? &s->breaker : &m->breaker,
							     now.mono_ms);
	}
	return ledger_fail(&s->ledger, &event, now);
}

bool upstream_answered(struct upstream_state *s, const char *model, int64_t began_mono_ms,
		       int64_t ttft_ms, struct moment now)
{
	struct model_state *m = upstream_model(s, model, now.mono_ms);

	health_answered(&m->health, ttft_ms, now.mono_ms);
	breaker_good(&m->breaker, now.mono_ms);
	breaker_good(&s->breaker, now.mono_ms);
	return ledger_succeed(&s->ledger, model, began_mono_ms, now);
}

void upstream_spent_entry(const struct upstream_state *s, const struct quota_window *w,
			  struct cooldown *out)
{
	uint64_t hash = lru_hash(lru_hash(s->ledger.seed, slice_of(w->name)),
				 slice_of(w->models));

	*out = (struct cooldown){
		.class = FAILURE_QUOTA, .is_measured = true, .is_pattern = w->is_pattern,
		.since = { .wall_ms = w->seen_wall_ms }, .until = w->reset,
		.next_probe = w->reset,
	};
	snprintf(out->id, sizeof out->id, "cd_%08x", (unsigned)(hash & 0xffffffffu));
	snprintf(out->header, sizeof out->header, "window %s", w->name);
	str_copy(out->model, sizeof out->model, w->models);
}
