/* What survives a restart, as plain structs: writing them is not this room's
 * business. */
#include "routing/router_core.h"

static size_t count_entries(const struct router *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->upstreams.count; i++) {
		count += r->upstreams.items[i]->ledger.count;
	}
	return count;
}

static void export_cooldowns(struct router *r, struct arena *a, struct moment now,
			     struct routing_state *out)
{
	for (size_t i = 0; i < r->upstreams.count; i++) {
		ledger_tidy(&r->upstreams.items[i]->ledger, now);
	}
	out->cooldowns = arena_alloc(a, count_entries(r) * sizeof *out->cooldowns);
	for (size_t i = 0; i < r->upstreams.count; i++) {
		const struct upstream_state *s = r->upstreams.items[i];

		for (size_t j = 0; j < s->ledger.count; j++) {
			out->cooldowns[out->cooldown_count++] = (struct saved_cooldown){
				s->id, s->ledger.entries[j] };
		}
	}
}

static void export_windows(struct router *r, struct arena *a, struct moment now,
			   struct routing_state *out)
{
	out->windows = arena_alloc(a, r->upstreams.count * QUOTA_WINDOWS * sizeof *out->windows);
	for (size_t i = 0; i < r->upstreams.count; i++) {
		const struct upstream_state *s = r->upstreams.items[i];

		for (size_t j = 0; j < s->quota.count; j++) {
			const struct quota_window *window = &s->quota.windows[j];

			if (window->reset.wall_ms && !moment_reached(now, window->reset)) {
				out->windows[out->window_count++] = (struct saved_window){
					s->id, *window };
			}
		}
	}
}

struct day_export {
	struct routing_state *out;
	struct moment now;
};

static void export_day(struct day_export *e, const char *id, bool is_key,
		       const struct counters *c)
{
	if (c->day_ends_wall_ms > e->now.wall_ms && (c->day_requests || c->day_usd > 0)) {
		e->out->days[e->out->day_count++] = (struct saved_day){
			id, is_key, c->day_requests, c->day_usd,
			c->day_ends_wall_ms };
	}
}

static void export_key_day(void *ctx, struct slice id, void *value)
{
	const struct key_state *key = value;

	(void)id;
	export_day(ctx, key->id, true, &key->counters);
}

static void export_days(struct router *r, struct arena *a, struct moment now,
			struct routing_state *out)
{
	struct day_export e = { out, now };

	out->days = arena_alloc(a, (r->upstreams.count + r->keys.len) * sizeof *out->days);
	for (size_t i = 0; i < r->upstreams.count; i++) {
		const struct upstream_state *s = r->upstreams.items[i];

		export_day(&e, s->id, false, &s->counters);
	}
	map_each(&r->keys, export_key_day, &e);
}

static void export_bindings(const struct router *r, const struct affinity *from, bool is_pin,
			    struct moment now, struct routing_state *out)
{
	for (size_t i = 0; i < from->lru.count; i++) {
		const struct binding *b = &from->bindings[i];

		if (from->lru.places[i].key &&
		    !moment_reached(now, moment_after(b->used, from->ttl_ms))) {
			out->bindings[out->binding_count++] = (struct saved_binding){
				from->lru.places[i].key,
				r->upstreams.items[b->owner]->id, is_pin,
				b->used.wall_ms };
		}
	}
}

void router_export(struct router *r, struct arena *a, struct moment now,
		   struct routing_state *out)
{
	*out = (struct routing_state){ .cooldown_count = 0 };
	pthread_mutex_lock(&r->lock);
	export_cooldowns(r, a, now, out);
	export_windows(r, a, now, out);
	export_days(r, a, now, out);
	out->bindings = arena_alloc(a, (r->sessions.lru.count + r->pins.lru.count) *
				    sizeof *out->bindings);
	export_bindings(r, &r->sessions, false, now, out);
	export_bindings(r, &r->pins, true, now, out);
	pthread_mutex_unlock(&r->lock);
}

static void import_window(struct router *r, const struct saved_window *saved, struct moment now)
{
	struct quota *q = &roster_get(&r->upstreams, saved->account_id)->quota;
	struct quota_window window = saved->window;

	window.reset = moment_at_wall(now, window.reset.wall_ms);
	if (q->count < QUOTA_WINDOWS && window.reset.wall_ms > now.wall_ms) {
		q->windows[q->count++] = window;
		q->any_spent = q->any_spent || window.is_spent;
	}
}

static void import_day(struct router *r, const struct saved_day *saved, struct moment now)
{
	struct counters *c = saved->is_key
		? &router_key(r, saved->id)->counters
		: &roster_get(&r->upstreams, saved->id)->counters;

	if (saved->ends_wall_ms > now.wall_ms) {
		c->day_requests = saved->requests;
		c->day_usd = saved->usd;
		c->day_ends_wall_ms = saved->ends_wall_ms;
	}
}

static void import_binding(struct router *r, const struct saved_binding *saved,
			   struct moment now)
{
	struct moment used = moment_at_wall(now, saved->used_wall_ms);

	if (saved->is_pin) {
		router_put_pin(r, saved->key, saved->account_id, used);
	} else {
		affinity_put(&r->sessions, saved->key,
			     roster_get(&r->upstreams, saved->account_id)->number, used);
	}
}

void router_import(struct router *r, const struct routing_state *state, struct moment now)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < state->cooldown_count; i++) {
		const struct saved_cooldown *saved = &state->cooldowns[i];

		ledger_restore(&roster_get(&r->upstreams, saved->account_id)->ledger,
			       &saved->cooldown, now);
	}
	for (size_t i = 0; i < state->window_count; i++) {
		import_window(r, &state->windows[i], now);
	}
	for (size_t i = 0; i < state->day_count; i++) {
		import_day(r, &state->days[i], now);
	}
	for (size_t i = 0; i < state->binding_count; i++) {
		import_binding(r, &state->bindings[i], now);
	}
	pthread_mutex_unlock(&r->lock);
}
