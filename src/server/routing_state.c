#include "server/routing_state.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "base/map.h"
#include "routing/router.h"
#include "stats/history.h"

#define ARENA_BYTES (16 * KIB)

/* Some ten thousand sessions of a hundred bytes. */
#define MAX_DOCUMENT_BYTES (8 * MIB)

#define BINDINGS_MS 5000

/* ---- writing ---- */

static void write_cooldowns(const struct routing_state *s, struct json_writer *w)
{
	json_key(w, "cooldowns");
	json_array(w);
	for (size_t i = 0; i < s->cooldown_count; i++) {
		const struct cooldown *c = &s->cooldowns[i].cooldown;

		json_object(w);
		json_kstr(w, "account", s->cooldowns[i].account_id);
		json_kstr(w, "id", c->id);
		json_kstr(w, "model", c->model);
		json_kbool(w, "is_pattern", c->is_pattern);
		json_kstr(w, "class", failure_name(c->class));
		json_kint(w, "status", c->status);
		json_kstr(w, "header", c->header);
		json_kstr(w, "body", c->body);
		json_kbool(w, "is_measured", c->is_measured);
		json_kbool(w, "is_open_ended", c->is_open_ended);
		json_kint(w, "since_ms", c->since.wall_ms);
		json_kint(w, "until_ms", c->until.wall_ms);
		json_kint(w, "next_probe_ms", c->next_probe.wall_ms);
		json_kint(w, "streak", c->streak);
		json_end(w);
	}
	json_end(w);
}

static void write_windows(const struct routing_state *s, struct json_writer *w)
{
	json_key(w, "windows");
	json_array(w);
	for (size_t i = 0; i < s->window_count; i++) {
		const struct quota_window *q = &s->windows[i].window;

		json_object(w);
		json_kstr(w, "account", s->windows[i].account_id);
		json_kstr(w, "name", q->name);
		json_kstr(w, "models", q->models);
		json_kbool(w, "is_pattern", q->is_pattern);
		json_kint(w, "length_ms", q->length_ms);
		json_kdouble(w, "used", q->used);
		json_kint(w, "limit", q->limit);
		json_kint(w, "remaining", q->remaining);
		json_kint(w, "reset_ms", q->reset.wall_ms);
		json_kbool(w, "is_spent", q->is_spent);
		json_kint(w, "seen_ms", q->seen_wall_ms);
		json_end(w);
	}
	json_end(w);
}

static void write_days(const struct routing_state *s, struct json_writer *w)
{
	json_key(w, "days");
	json_array(w);
	for (size_t i = 0; i < s->day_count; i++) {
		json_object(w);
		json_kstr(w, "id", s->days[i].id);
		json_kbool(w, "is_key", s->days[i].is_key);
		json_kint(w, "requests", s->days[i].requests);
		json_kdouble(w, "usd", s->days[i].usd);
		json_kint(w, "ends_ms", s->days[i].ends_wall_ms);
		json_end(w);
	}
	json_end(w);
}

static void write_bindings(const struct routing_state *s, struct json_writer *w)
{
	char key[24];

	json_key(w, "bindings");
	json_array(w);
	for (size_t i = 0; i < s->binding_count; i++) {
		snprintf(key, sizeof key, "%" PRIu64, s->bindings[i].key);
		json_object(w);
		json_kstr(w, "key", key);
		json_kstr(w, "account", s->bindings[i].account_id);
		json_kbool(w, "is_pin", s->bindings[i].is_pin);
		json_kint(w, "used_ms", s->bindings[i].used_wall_ms);
		json_end(w);
	}
	json_end(w);
}

static void save(struct history *history, const char *name, const struct buf *text,
		 uint64_t *saved)
{
	uint64_t sum = map_hash(buf_slice(text));

	if (!text->failed && sum != *saved && history_put(history, name, buf_slice(text))) {
		*saved = sum;
	}
}

void routing_state_save(struct history *history, struct router *router,
			struct routing_saved *saved, bool at_end)
{
	struct buf text = BUF_INIT(MAX_DOCUMENT_BYTES);
	struct routing_state state;
	struct json_writer w;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	router_export(router, &arena, clock_moment(), &state);
	json_open(&w, &text);
	json_object(&w);
	write_cooldowns(&state, &w);
	write_windows(&state, &w);
	write_days(&state, &w);
	json_end(&w);
	save(history, "routing", &text, &saved->routing);
	if (at_end || clock_mono_ms() >= saved->bindings_at_ms) {
		saved->bindings_at_ms = clock_mono_ms() + BINDINGS_MS;
		buf_clear(&text);
		json_open(&w, &text);
		json_object(&w);
		write_bindings(&state, &w);
		json_end(&w);
		save(history, "bindings", &text, &saved->bindings);
	}
	buf_release(&text);
	arena_release(&arena);
}

/* ---- reading ---- */

static double number(struct slice object, const char *name)
{
	struct json_member m;
	char text[40];
	double value = 0;

	if (json_find(object, name, &m) && m.kind == JSON_NUMBER && m.value.len < sizeof text) {
		memcpy(text, m.value.ptr, m.value.len);
		text[m.value.len] = '\0';
		str_to_double(text, &value);
	}
	return value;
}

static int64_t integer(struct slice object, const char *name)
{
	double value = number(object, name);

	return value > -9e15 && value < 9e15 ? (int64_t)value : 0;
}

static bool flag(struct slice object, const char *name)
{
	struct json_member m;

	return json_find(object, name, &m) && m.kind == JSON_TRUE;
}

static void copy(struct slice object, const char *name, struct arena *a, char *out, size_t size)
{
	str_copy(out, size, json_find_text(object, name, a));
}

static void read_cooldown(struct slice json, struct arena *a, struct routing_state *s)
{
	struct saved_cooldown *saved = &s->cooldowns[s->cooldown_count++];
	struct cooldown *c = &saved->cooldown;

	saved->account_id = json_find_text(json, "account", a);
	copy(json, "id", a, c->id, sizeof c->id);
	copy(json, "model", a, c->model, sizeof c->model);
	copy(json, "header", a, c->header, sizeof c->header);
	copy(json, "body", a, c->body, sizeof c->body);
	c->class = failure_by_name(json_find_text(json, "class", a));
	c->is_pattern = flag(json, "is_pattern");
	c->status = (int)integer(json, "status");
	c->is_measured = flag(json, "is_measured");
	c->is_open_ended = flag(json, "is_open_ended");
	c->since.wall_ms = integer(json, "since_ms");
	c->until.wall_ms = integer(json, "until_ms");
	c->next_probe.wall_ms = integer(json, "next_probe_ms");
	c->streak = (unsigned)integer(json, "streak");
}

static void read_window(struct slice json, struct arena *a, struct routing_state *s)
{
	struct saved_window *saved = &s->windows[s->window_count++];
	struct quota_window *q = &saved->window;

	saved->account_id = json_find_text(json, "account", a);
	copy(json, "name", a, q->name, sizeof q->name);
	copy(json, "models", a, q->models, sizeof q->models);
	q->is_pattern = flag(json, "is_pattern");
	q->length_ms = integer(json, "length_ms");
	q->used = number(json, "used");
	q->limit = integer(json, "limit");
	q->remaining = integer(json, "remaining");
	q->reset.wall_ms = integer(json, "reset_ms");
	q->is_spent = flag(json, "is_spent");
	q->seen_wall_ms = integer(json, "seen_ms");
}

static void read_day(struct slice json, struct arena *a, struct routing_state *s)
{
	s->days[s->day_count++] = (struct saved_day){
		.id = json_find_text(json, "id", a),
		.is_key = flag(json, "is_key"),
		.requests = integer(json, "requests"),
		.usd = number(json, "usd"),
		.ends_wall_ms = integer(json, "ends_ms"),
	};
}

static void read_binding(struct slice json, struct arena *a, struct routing_state *s)
{
	struct saved_binding *b = &s->bindings[s->binding_count++];

	str_to_u64(slice_of(json_find_text(json, "key", a)), &b->key);
	b->account_id = json_find_text(json, "account", a);
	b->is_pin = flag(json, "is_pin");
	b->used_wall_ms = integer(json, "used_ms");
}

/* Room for all elements of a member. */
static void *list_room(struct slice document, const char *name, size_t size, struct arena *a)
{
	struct json_member list;
	struct json_member m;
	struct json_scan scan;
	size_t count = 1;

	if (json_find_kind(document, name, JSON_ARRAY, &list)) {
		json_scan_init(&scan, list.value);
		while (json_scan_next(&scan, &m)) {
			count++;
		}
	}
	return arena_zalloc(a, count * size);
}

static void read_list(struct slice document, const char *name, struct arena *a,
		      void (*read)(struct slice json, struct arena *a, struct routing_state *s),
		      struct routing_state *s)
{
	struct json_member list;
	struct json_member m;
	struct json_scan scan;

	if (json_find_kind(document, name, JSON_ARRAY, &list)) {
		json_scan_init(&scan, list.value);
		while (json_scan_next(&scan, &m)) {
			read(m.value, a, s);
		}
	}
}

static void read_routing(struct slice text, struct arena *a, struct routing_state *s)
{
	s->cooldowns = list_room(text, "cooldowns", sizeof *s->cooldowns, a);
	s->windows = list_room(text, "windows", sizeof *s->windows, a);
	s->days = list_room(text, "days", sizeof *s->days, a);
	read_list(text, "cooldowns", a, read_cooldown, s);
	read_list(text, "windows", a, read_window, s);
	read_list(text, "days", a, read_day, s);
}

void routing_state_load(struct history *history, struct router *router)
{
	struct buf text = BUF_INIT(MAX_DOCUMENT_BYTES);
	struct routing_state state = { .cooldown_count = 0 };
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	if (history_get(history, "routing", &text)) {
		read_routing(buf_slice(&text), &arena, &state);
	}
	buf_clear(&text);
	if (history_get(history, "bindings", &text)) {
		state.bindings = list_room(buf_slice(&text), "bindings",
					   sizeof *state.bindings, &arena);
		read_list(buf_slice(&text), "bindings", &arena, read_binding, &state);
	}
	router_import(router, &state, clock_moment());
	buf_release(&text);
	arena_release(&arena);
}
