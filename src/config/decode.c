#include "config/decode.h"

#include <assert.h>

#include "base/limits.h"
#include "config/expand.h"
#include "config/refuse.h"
#include "config/scalar.h"
#include "config/value.h"

/* ---- values ---- */

/* The text of a scalar with its variables replaced, in the snapshot's arena.
 * *value is NULL when the environment is left aside and would have been
 * needed. */
static bool expand(struct load *l, const struct schema_key *key, const struct node *n,
		   const char *path, const char **value)
{
	struct buf out = BUF_INIT(MAX_CONFIG_BYTES - l->expanded_bytes);
	struct err err = ERR_INIT;
	enum expand_result result;

	*value = NULL;
	if (!strchr(n->text, '$')) {
		*value = arena_strdup(&l->config->arena, n->text);
		return true;
	}
	result = expand_text(n->text, key->kind == KEY_PROMPT, &out, &err);
	if (result == EXPAND_OK) {
		*value = arena_strdup(&l->config->arena, buf_text(&out));
		l->expanded_bytes += out.len;
	}
	buf_wipe(&out);
	if (result == EXPAND_OK || (result == EXPAND_MISSING && l->ignores_environment)) {
		return true;
	}
	return load_refuse(l, n, "%s: %s", path, err.msg);
}

static bool decode_scalar(struct load *l, const struct schema_key *key, const struct node *n,
			  const char *path, void *base)
{
	const char *value;

	if (n->kind != NODE_SCALAR) {
		return refuse_kind(l, key, n, path);
	}
	if (!expand(l, key, n, path, &value)) {
		return false;
	}
	if (value && !scalar_set(&l->config->arena, key, value, base)) {
		return refuse_value(l, key, n, path, value);
	}
	return true;
}

/* The expanded items of a list, each checked by the key. */
static bool decode_items_text(struct load *l, const struct schema_key *key,
			      const struct node *n, const char *path, struct string_list *out)
{
	struct string_list list = { .count = 0 };

	list.items = arena_alloc(&l->config->arena, (n->count + 1) * sizeof *list.items);
	for (size_t i = 0; i < n->count; i++) {
		const struct node *item = n->items[i];
		const char *value;

		if (item->kind != NODE_SCALAR || node_is_null(item)) {
			return load_refuse(l, item, "an item of %s is no single value; "
					   "expected text", path);
		}
		if (!expand(l, key, item, path, &value)) {
			return false;
		}
		if (value && key->check && key->check(value)) {
			return load_refuse(l, item, "an item of %s does not fit; expected %s",
					   path, key->check(value));
		}
		if (value) {
			list.items[list.count++] = value;
		}
	}
	*out = list;
	return true;
}

static const char *join(struct arena *arena, const struct string_list *list,
			const char *separator)
{
	struct buf out = BUF_INIT(MAX_CONFIG_BYTES);
	const char *text;

	for (size_t i = 0; i < list->count; i++) {
		buf_addf(&out, "%s%s", i ? separator : "", list->items[i]);
	}
	text = arena_strdup(arena, buf_text(&out));
	buf_release(&out);
	return text;
}

/* A list that stands for one text. */
static bool decode_joined(struct load *l, const struct schema_key *key, const struct node *n,
			  const char *path, const char *separator, const char **out)
{
	struct string_list list;

	if (!decode_items_text(l, key, n, path, &list)) {
		return false;
	}
	*out = join(&l->config->arena, &list, separator);
	return true;
}

static bool decode_list(struct load *l, const struct schema_key *key, const struct node *n,
			const char *path, void *base)
{
	const bool given = true;
	const char *joined;

	if (key->count_offset) {
		memcpy((char *)base + key->count_offset, &given, sizeof given);
	}
	if (n->kind != NODE_LIST) {
		return decode_scalar(l, key, n, path, base);
	}
	if (key->kind == KEY_LIST) {
		return decode_items_text(l, key, n, path,
					 (void *)((char *)base + key->offset));
	}
	if (!decode_joined(l, key, n, path, ",", &joined)) {
		return false;
	}
	return scalar_set(&l->config->arena, key, joined, base) ||
	       refuse_kind(l, key, n, path);
}

/* "path.name", for messages. */
static const char *join_path(struct load *l, const char *path, const char *name)
{
	return *path ? arena_printf(l->scratch, "%s.%s", path, name) : name;
}

/* ---- pairs ---- */

static bool is_one_line(const char *text)
{
	return !text[strcspn(text, "\r\n")];
}

static bool decode_pair(struct load *l, const struct schema_key *key, const struct node *n,
			const char *path, const char **value)
{
	double number;

	if (n->kind == NODE_LIST && (key->flags & KEY_JOINED)) {
		return decode_joined(l, key, n, path, ",", value);
	}
	if (n->kind != NODE_SCALAR) {
		return load_refuse(l, n, "%s is no single value; expected text", path);
	}
	if (!expand(l, key, n, path, value)) {
		return false;
	}
	if (*value && (key->flags & KEY_NUMBERS) && !value_number(*value, &number)) {
		return load_refuse(l, n, "%s does not fit; expected a number", path);
	}
	if (*value && !is_one_line(*value)) {
		return load_refuse(l, n, "%s has a line break; expected one line", path);
	}
	return true;
}

/* Truth values are kept in one spelling, so that readers compare once. */
static bool decode_option(struct load *l, const struct schema_key *option, const struct node *n,
			  const char *path, const char **value)
{
	union {
		bool flag;
		int number;
		double real;
		const char *text;
	} scratch;
	struct schema_key key = *option;

	key.offset = 0;
	if (n->kind == NODE_LIST && option->kind == KEY_TEXT) {
		return decode_joined(l, option, n, path, " ", value);
	}
	if (n->kind != NODE_SCALAR) {
		return refuse_kind(l, option, n, path);
	}
	if (!expand(l, option, n, path, value)) {
		return false;
	}
	if (*value && !scalar_set(&l->config->arena, &key, *value, &scratch)) {
		return refuse_value(l, option, n, path, *value);
	}
	if (*value && option->kind == KEY_BOOL) {
		*value = scratch.flag ? "true" : "false";
	}
	return true;
}

/* One entry of a map that is kept as pairs. *value stays NULL when there is
 * nothing to keep. */
static bool decode_entry(struct load *l, const struct schema_key *key, const struct node *name,
			 const struct node *n, const char *path, const char **value)
{
	const char *inner = join_path(l, path, name->text);
	const char *expected = key->check ? key->check(name->text) : NULL;
	const struct schema_key *option;

	*value = NULL;
	if (expected) {
		return load_refuse(l, name, "a name in %s does not fit; expected %s",
				   path, expected);
	}
	if (key->kind == KEY_PAIRS) {
		return decode_pair(l, key, n, inner, value);
	}
	option = schema_key(key->table, name->text);
	if (!option) {
		return refuse_unknown(l, key->table, name, path);
	}
	return node_is_null(n) || decode_option(l, option, n, inner, value);
}

static bool decode_pairs(struct load *l, const struct schema_key *key, const struct node *map,
			 const char *path, void *base)
{
	struct pair_list *list = (void *)((char *)base + key->offset);

	if (map->kind != NODE_MAP) {
		return refuse_kind(l, key, map, path);
	}
	list->items = arena_alloc(&l->config->arena, (map->count + 1) * sizeof *list->items);
	for (size_t i = 0; i < map->count; i++) {
		const char *name = arena_strdup(&l->config->arena, map->keys[i]->text);
		const char *value;

		if (!decode_entry(l, key, map->keys[i], map->items[i], path, &value)) {
			return false;
		}
		if (value) {
			list->items[list->count++] = (struct string_pair){ name, value };
		}
	}
	return true;
}

/* ---- arrays ---- */

static char *new_array(struct load *l, const struct schema_key *key, size_t count, void *base)
{
	char *array = arena_zalloc(&l->config->arena, count * key->table->bytes + 1);

	memcpy((char *)base + key->offset, &array, sizeof array);
	memcpy((char *)base + key->count_offset, &count, sizeof count);
	return array;
}

static bool decode_items(struct load *l, const struct schema_key *key, const struct node *list,
			 const char *path, void *base)
{
	char *array;

	if (list->kind != NODE_LIST) {
		return refuse_kind(l, key, list, path);
	}
	array = new_array(l, key, list->count, base);
	for (size_t i = 0; i < list->count; i++) {
		void *item = array + i * key->table->bytes;

		decode_defaults(&l->config->arena, key->table, item);
		if (!decode_table(l, key->table, list->items[i], path, item)) {
			return false;
		}
	}
	return true;
}

static bool decode_named(struct load *l, const struct schema_key *key, const struct node *map,
			 const char *path, void *base)
{
	char *array;

	if (map->kind != NODE_MAP) {
		return refuse_kind(l, key, map, path);
	}
	array = new_array(l, key, map->count, base);
	for (size_t i = 0; i < map->count; i++) {
		char *item = array + i * key->table->bytes;
		const char *name = arena_strdup(&l->config->arena, map->keys[i]->text);
		const char *expected = key->check(name);

		if (expected) {
			return load_refuse(l, map->keys[i], "a name in %s does not fit; "
					   "expected %s", path, expected);
		}
		decode_defaults(&l->config->arena, key->table, item);
		memcpy(item + key->table->name_offset, &name, sizeof name);
		if (!decode_table(l, key->table, map->items[i], join_path(l, path, name), item)) {
			return false;
		}
	}
	return true;
}

/* ---- tables ---- */

static void default_value(struct arena *arena, const struct schema_key *key, void *base)
{
	const int unset = -1;
	const double unset_number = -1;
	char *field = (char *)base + key->offset;

	if (key->fallback) {
		bool ok = scalar_set(arena, key, key->fallback, base);

		assert(ok);
		(void)ok;
	} else if (key->kind == KEY_TABLE) {
		decode_defaults(arena, key->table, field);
	} else if (key->kind == KEY_TEXT || key->kind == KEY_PROMPT) {
		const char *empty = "";

		memcpy(field, &empty, sizeof empty);
	} else if (key->kind == KEY_TRISTATE) {
		memcpy(field, &unset, sizeof unset);
	} else if (key->flags & KEY_UNSET) {
		memcpy(field, &unset_number, sizeof unset_number);
	}
}

void decode_defaults(struct arena *arena, const struct schema_table *table, void *base)
{
	for (size_t i = 0; i < table->count; i++) {
		default_value(arena, &table->keys[i], base);
	}
}

static bool decode_value(struct load *l, const struct schema_key *key, const struct node *n,
			 const char *path, void *base)
{
	switch (key->kind) {
	case KEY_LIST:
	case KEY_PERMISSIONS:
		return decode_list(l, key, n, path, base);
	case KEY_PAIRS:
	case KEY_OPTIONS:
		return decode_pairs(l, key, n, path, base);
	case KEY_TABLE:
		return decode_table(l, key->table, n, path, (char *)base + key->offset);
	case KEY_ITEMS:
		return decode_items(l, key, n, path, base);
	case KEY_NAMED:
		return decode_named(l, key, n, path, base);
	default:
		return decode_scalar(l, key, n, path, base);
	}
}

static bool check_required(struct load *l, const struct schema_table *table,
			   const struct node *map, const char *path)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct schema_key *key = &table->keys[i];
		const struct node *n = node_get(map, key->name);
		struct buf expected = BUF_INIT(MAX_ERR_MSG);

		if (!(key->flags & KEY_REQUIRED) || (n && !node_is_null(n))) {
			continue;
		}
		scalar_expected(key, "", &expected);
		load_refuse(l, map, "%s lacks \"%s\"; expected %s", path, key->name,
			    buf_text(&expected));
		buf_release(&expected);
		return false;
	}
	return true;
}

bool decode_table(struct load *l, const struct schema_table *table, const struct node *map,
		  const char *path, void *base)
{
	const struct schema_key any = { .kind = KEY_TABLE };

	if (map->kind != NODE_MAP && !node_is_null(map)) {
		return refuse_kind(l, &any, map, *path ? path : "the file");
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct schema_key *key = schema_key(table, map->keys[i]->text);

		if (!key) {
			return refuse_unknown(l, table, map->keys[i], path);
		}
		if (!node_is_null(map->items[i]) &&
		    !decode_value(l, key, map->items[i], join_path(l, path, key->name), base)) {
			return false;
		}
	}
	return check_required(l, table, map, path);
}

bool decode_override(struct load *l, const struct schema_key *key, const char *variable,
		     const char *text, void *base)
{
	struct buf what = BUF_INIT(MAX_ERR_MSG);

	if (scalar_set(&l->config->arena, key, arena_strdup(&l->config->arena, text), base)) {
		return true;
	}
	buf_adds(&what, "; expected ");
	scalar_expected(key, text, &what);
	err_setf(l->err, ERR_INVALID, "environment variable %s does not fit%s", variable,
		 buf_text(&what));
	buf_release(&what);
	return false;
}
