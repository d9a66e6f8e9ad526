/* Aliases, gathered while a file is read and written at the end. */
#include "config/import_work.h"

#include "base/limits.h"

struct import_alias *import_alias_find(const struct import_work *w, const char *name)
{
	for (size_t i = 0; name && i < w->aliases.len; i++) {
		struct import_alias *a = w->aliases.items[i];

		if (str_eq(a->name, name)) {
			return a;
		}
	}
	return NULL;
}

struct import_alias *import_alias_of(struct import_work *w, const char *name)
{
	struct import_alias *a = import_alias_find(w, name);

	if (!a) {
		a = arena_zalloc(w->arena, sizeof *a);
		a->name = name;
		vec_push(&w->aliases, a);
	}
	return a;
}

void import_route(struct import_work *w, struct import_alias *alias,
		  const struct import_account *account, const char *model,
		  int64_t priority, int64_t weight, bool is_enabled)
{
	struct buf route = BUF_INIT(8 * KIB);

	buf_addf(&route, "{upstream: %s, model: %s", import_yaml(w, account->name),
		 import_yaml(w, model));
	if (priority > 1) {
		buf_addf(&route, ", priority: %lld", (long long)priority);
	}
	if (weight > 1) {
		buf_addf(&route, ", weight: %lld", (long long)weight);
	}
	if (!is_enabled) {
		buf_adds(&route, ", enabled: false");
	}
	buf_addc(&route, '}');
	vec_push(&alias->routes, arena_strdup(w->arena, buf_text(&route)));
	buf_release(&route);
}

static void add_items(struct buf *out, const char *name, const struct vec *items)
{
	if (!items->len) {
		return;
	}
	buf_addf(out, "%s:\n", name);
	for (size_t i = 0; i < items->len; i++) {
		buf_addf(out, "  - %s\n", (const char *)items->items[i]);
	}
}

/* Only what came over as well, and each once. */
static void add_fallback(struct import_work *w, const struct import_alias *a, struct buf *out)
{
	const char *before = "fallback: [";

	for (size_t i = 0; i < a->fallback.len; i++) {
		const char *name = a->fallback.items[i];

		if (import_alias_find(w, name) || config_alias(w->current, name)) {
			buf_addf(out, "%s%s", before, import_yaml(w, name));
			before = ", ";
		}
	}
	if (*before == ',') {
		buf_adds(out, "]\n");
	}
}

static void write_alias(struct import_work *w, const struct import_alias *a)
{
	struct buf yaml = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf path = BUF_INIT(4 * KIB);
	struct edit *e = arena_zalloc(w->arena, sizeof *e);

	if (a->is_disabled) {
		buf_adds(&yaml, "enabled: false\n");
	}
	add_items(&yaml, "routes", &a->routes);
	add_fallback(w, a, &yaml);
	add_items(&yaml, "rules", &a->rules);
	buf_adds(&path, "models");
	config_path_add(&path, slice_of(a->name));
	e->kind = EDIT_SET;
	e->path = arena_strdup(w->arena, buf_text(&path));
	e->value = arena_strdup(w->arena, buf_text(&yaml));
	vec_push(&w->out->edits, e);
	import_say(w, "alias %s: %zu route%s%s", a->name, a->routes.len,
		   a->routes.len == 1 ? "" : "s", a->is_disabled ? ", switched off" : "");
	buf_release(&path);
	buf_release(&yaml);
}

void import_aliases_write(struct import_work *w)
{
	for (size_t i = 0; i < w->aliases.len; i++) {
		const struct import_alias *a = w->aliases.items[i];

		if (config_alias(w->current, a->name)) {
			import_regret(w, "alias %s: one of this name exists already", a->name);
		} else if (a->routes.len || a->fallback.len || a->rules.len) {
			write_alias(w, a);
		} else {
			import_regret(w, "alias %s: none of its routes could be carried over",
				      a->name);
		}
	}
}

static void release_alias(struct import_alias *a)
{
	vec_release(&a->routes);
	vec_release(&a->fallback);
	vec_release(&a->rules);
}

void import_aliases_release(struct import_work *w)
{
	for (size_t i = 0; i < w->aliases.len; i++) {
		release_alias(w->aliases.items[i]);
	}
	vec_release(&w->aliases);
}
