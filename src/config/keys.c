#include "config/keys.h"

#include <assert.h>
#include <ctype.h>

#include "base/limits.h"
#include "base/mem.h"
#include "config/edit.h"
#include "config/path.h"
#include "config/scalar.h"
#include "config/schema.h"

/* ---- the list of keys ---- */

struct walk {
	void (*visit)(void *ctx, const struct config_key_info *info);
	void *ctx;
	struct buf path;
	int lists;              /* above this key: no variable reaches into them */
};

static const char *type_name(const struct schema_key *key)
{
	static const char *const names[] = {
		[KEY_BOOL] = "bool", [KEY_SWITCH] = "word", [KEY_CHOICE] = "word",
		[KEY_WORD] = "word", [KEY_TRISTATE] = "bool", [KEY_INT] = "integer",
		[KEY_COUNT] = "integer", [KEY_NUMBER] = "number", [KEY_DURATION] = "duration",
		[KEY_SIZE] = "size", [KEY_TIME] = "time", [KEY_TEXT] = "text",
		[KEY_PROMPT] = "text", [KEY_HASH] = "hash", [KEY_PERMISSIONS] = "list",
		[KEY_LIST] = "list", [KEY_PAIRS] = "map", [KEY_OPTIONS] = "section",
		[KEY_TABLE] = "section", [KEY_ITEMS] = "list of sections",
		[KEY_NAMED] = "map of sections",
	};

	return names[key->kind];
}

/* server.tls.cert: LLM_GATEWAY_SERVER_TLS_CERT */
static void add_variable(const char *path, struct buf *out)
{
	buf_adds(out, "LLM_GATEWAY_");
	for (; *path; path++) {
		buf_addc(out, *path == '.' ? '_' : (char)toupper((unsigned char)*path));
	}
}

static void visit_key(struct walk *w, const struct schema_key *key)
{
	struct buf variable = BUF_INIT(KIB);
	struct config_key_info info = {
		.path = buf_text(&w->path), .type = type_name(key), .words = key->words,
		.fallback = key->fallback ? key->fallback : "",
	};

	if (scalar_kind(key->kind) && w->lists == 0) {
		add_variable(info.path, &variable);
		info.variable = buf_text(&variable);
	}
	w->visit(w->ctx, &info);
	buf_release(&variable);
}

static void walk_table(struct walk *w, const struct schema_table *table);

static void walk_key(struct walk *w, const struct schema_key *key)
{
	size_t len = w->path.len;
	int lists = w->lists;

	buf_addf(&w->path, "%s%s", len ? "." : "", key->name);
	visit_key(w, key);
	if (key->kind == KEY_ITEMS || key->kind == KEY_NAMED || key->kind == KEY_OPTIONS) {
		buf_adds(&w->path, key->kind == KEY_ITEMS ? "[]" :
				   key->kind == KEY_NAMED ? ".*" : "");
		w->lists++;
	}
	if (key->table) {
		walk_table(w, key->table);
	}
	w->lists = lists;
	w->path.len = len;
	w->path.ptr[len] = '\0';
}

static void walk_table(struct walk *w, const struct schema_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		walk_key(w, &table->keys[i]);
	}
}

void config_keys_each(void (*visit)(void *ctx, const struct config_key_info *info), void *ctx)
{
	struct walk w = { .visit = visit, .ctx = ctx, .path = BUF_INIT(KIB) };

	walk_table(&w, schema_root());
	buf_release(&w.path);
}

/* ---- values for a path ---- */

/* The key that a path leads to, or what lies one step inside of it: an item,
 * a named section, a pair. */
struct target {
	const struct schema_key *key;   /* NULL at the root */
	bool is_inside;
};

static bool refuse_step(const struct target *t, const struct schema_table *table,
			const struct step *step, struct err *err)
{
	bool is_key = step->kind == STEP_KEY;
	const char *nearest = is_key && table ? schema_nearest(table, step->text) : NULL;

	return err_setf(err, ERR_INVALID, "%s%.100s is no key%s%s; expected %s%s",
			is_key ? "" : "an item in [ ]", is_key ? step->text : "",
			t->key ? " in " : "", t->key ? t->key->name : "",
			nearest ? nearest : "one that the manual names", nearest ? "?" : "");
}

static bool steps_inside(const struct target *t, const struct step *step)
{
	if (!t->key || t->is_inside) {
		return false;
	}
	switch (t->key->kind) {
	case KEY_ITEMS:
		return step->kind != STEP_KEY;
	case KEY_NAMED:
	case KEY_PAIRS:
		return step->kind == STEP_KEY;
	case KEY_LIST:
	case KEY_PERMISSIONS:
		return step->kind == STEP_INDEX;
	default:
		return false;
	}
}

/* The table whose keys may come next. */
static const struct schema_table *next_table(const struct target *t)
{
	bool picks_item = t->key && (t->key->kind == KEY_ITEMS || t->key->kind == KEY_NAMED);

	if (!t->key) {
		return schema_root();
	}
	return picks_item && !t->is_inside ? NULL : t->key->table;
}

static bool enter(struct target *t, const struct step *step, struct err *err)
{
	const struct schema_table *table = next_table(t);
	const struct schema_key *key = NULL;

	if (steps_inside(t, step)) {
		t->is_inside = true;
		return true;
	}
	if (table && step->kind == STEP_KEY) {
		key = schema_key(table, step->text);
	}
	if (!key) {
		return refuse_step(t, table, step, err);
	}
	*t = (struct target){ .key = key };
	return true;
}

static bool find_target(const char *text, struct target *t, struct err *err)
{
	struct arena arena;
	struct path path;
	bool ok;

	*t = (struct target){ .key = NULL };
	arena_init(&arena, KIB);
	ok = path_parse(text, &arena, &path, err);
	for (size_t i = 0; ok && i < path.count; i++) {
		ok = enter(t, &path.steps[i], err);
	}
	arena_release(&arena);
	return ok;
}

static bool is_one_word(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789+-._")];
}

static void add_list(const char *text, struct buf *out)
{
	struct slice rest = slice_of(text);
	const char *separator = "";
	struct slice part;

	if (*text == '[') {
		buf_adds(out, text);
		return;
	}
	buf_addc(out, '[');
	while (slice_next(&rest, ',', &part)) {
		char *item = xstrndup(slice_trim(part).ptr, slice_trim(part).len);

		if (*item) {
			buf_adds(out, separator);
			yaml_quote(out, item);
			separator = ", ";
		}
		free(item);
	}
	buf_addc(out, ']');
}

bool config_format_value(const char *path, const char *text, struct buf *out, struct err *err)
{
	struct target t;
	bool is_leaf;

	if (!find_target(path, &t, err)) {
		return false;
	}
	assert(t.key);          /* a path has one step at least */
	is_leaf = scalar_kind(t.key->kind) || (t.key->kind == KEY_PAIRS && t.is_inside);
	if ((t.key->kind == KEY_LIST || t.key->kind == KEY_PERMISSIONS) && !t.is_inside) {
		add_list(text, out);
	} else if (is_leaf && !(t.key->kind <= KEY_TIME && is_one_word(text)) &&
		   !((t.key->flags & KEY_NUMBERS) && is_one_word(text))) {
		yaml_quote(out, text);
	} else {
		buf_adds(out, text);
	}
	return true;
}
