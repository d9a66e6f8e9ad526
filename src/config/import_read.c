#include "config/import_work.h"

#include <stdarg.h>

#include "base/limits.h"
#include "base/mask.h"
#include "config/value.h"

struct import_note {
	const struct node *at;
	const char *why;
};

/* ---- taking values ---- */

static void mark(struct import_work *w, const struct node *n)
{
	if (n->kind == NODE_SCALAR) {
		w->is_read[n->start] = 1;
	}
}

const struct node *import_get(struct import_work *w, const struct node *map, const char *key)
{
	const struct node *n = map && map->kind == NODE_MAP ? node_get(map, key) : NULL;

	if (!n || node_is_null(n)) {
		return NULL;
	}
	mark(w, n);
	return n;
}

const struct node *import_get2(struct import_work *w, const struct node *map,
			       const char *key, const char *other)
{
	const struct node *n = import_get(w, map, key);

	return n ? n : import_get(w, map, other);
}

const char *import_text(struct import_work *w, const struct node *map, const char *key)
{
	const struct node *n = import_get(w, map, key);

	return n && n->kind == NODE_SCALAR ? n->text : NULL;
}

bool import_flag(struct import_work *w, const struct node *map, const char *key, bool fallback)
{
	const char *text = import_text(w, map, key);
	bool value;

	return text && value_bool(text, &value) ? value : fallback;
}

int64_t import_number(struct import_work *w, const struct node *map, const char *key,
		      int64_t fallback)
{
	const char *text = import_text(w, map, key);
	double value;

	return text && str_to_double(text, &value) && value >= 0 && value < 1e15 ?
		(int64_t)value : fallback;
}

void import_skip(struct import_work *w, const struct node *n)
{
	if (!n) {
		return;
	}
	mark(w, n);
	for (size_t i = 0; i < n->count; i++) {
		import_skip(w, n->items[i]);
	}
}

static const char *note_of(const struct import_work *w, const struct node *n)
{
	for (size_t i = 0; i < w->notes.len; i++) {
		const struct import_note *note = w->notes.items[i];

		if (note->at == n) {
			return note->why;
		}
	}
	return NULL;
}

void import_leave(struct import_work *w, const struct node *n, const char *why)
{
	struct import_note *note;

	if (!n || node_is_null(n) || note_of(w, n)) {
		return;
	}
	note = arena_zalloc(w->arena, sizeof *note);
	note->at = n;
	note->why = why;
	vec_push(&w->notes, note);
}

void import_leave_members(struct import_work *w, const struct node *map,
			  const struct import_reason *reasons)
{
	for (; reasons->member; reasons++) {
		if (map && map->kind == NODE_MAP) {
			import_leave(w, node_get(map, reasons->member), reasons->why);
		}
	}
}

void import_regret(struct import_work *w, const char *fmt, ...)
{
	struct buf line = BUF_INIT(4 * KIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&line, fmt, ap);
	va_end(ap);
	vec_push(&w->out->left_out, arena_strdup(w->arena, buf_text(&line)));
	buf_release(&line);
}

/* ---- what is left ---- */

/* Nothing of it was read and nothing said about it: one line for all. */
static bool is_untouched(const struct import_work *w, const struct node *n)
{
	if (note_of(w, n)) {
		return false;
	}
	for (size_t i = 0; i < n->count; i++) {
		if (!is_untouched(w, n->items[i])) {
			return false;
		}
	}
	return n->kind != NODE_SCALAR || !w->is_read[n->start] || node_is_null(n);
}

static bool says_nothing(const struct node *n)
{
	return node_is_null(n) || (n->kind == NODE_SCALAR ? !*n->text : !n->count);
}

static void add_line(struct import_work *w, const struct node *n, const struct buf *path,
		     const char *why)
{
	struct buf masked = BUF_INIT(8 * KIB);

	mask_text(buf_slice(path), &masked);
	vec_push(&w->out->left_out,
		 arena_printf(w->arena, "line %d: %s: %s", n->line, buf_text(&masked),
			      why ? why : "has no counterpart here"));
	buf_release(&masked);
}

static void walk(struct import_work *w, const struct node *n, struct buf *path);

static void walk_children(struct import_work *w, const struct node *n, struct buf *path)
{
	size_t len = path->len;

	for (size_t i = 0; i < n->count; i++) {
		if (n->keys) {
			config_path_add(path, slice_of(n->keys[i]->text));
		} else {
			buf_addf(path, "[%zu]", i);
		}
		walk(w, n->items[i], path);
		path->len = len;
		path->ptr[len] = '\0';
	}
}

static void walk(struct import_work *w, const struct node *n, struct buf *path)
{
	const char *why = note_of(w, n);

	if (!why && says_nothing(n)) {
		return;
	}
	if (why || is_untouched(w, n)) {
		add_line(w, n, path, why);
	} else if (n->kind != NODE_SCALAR) {
		walk_children(w, n, path);
	}
}

void import_report(struct import_work *w)
{
	struct buf path = BUF_INIT(4 * KIB);

	buf_reserve(&path, 1);
	walk_children(w, w->root, &path);
	buf_release(&path);
}
