/*
 * The effective configuration as YAML or JSON, from the same tables that read
 * it. One walk, two ways to write.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "config/config.h"
#include "config/load.h"
#include "config/node.h"
#include "config/path.h"
#include "config/redact.h"
#include "config/render.h"
#include "config/scalar.h"
#include "config/schema.h"
#include "config/tree_write.h"
#include "config/value.h"

/* Whole seconds stay the plain number that the file has. */
static void dump_duration(struct tree_writer *w, const char *name, int64_t ms)
{
	struct buf text = BUF_INIT(KIB);

	if (ms % 1000 == 0) {
		buf_addf(&text, "%lld", (long long)(ms / 1000));
		tree_raw(w, name, buf_text(&text));
	} else {
		value_add_duration(&text, ms);
		tree_text(w, name, buf_text(&text));
	}
	buf_release(&text);
}

static void dump_size(struct tree_writer *w, const char *name, int64_t bytes)
{
	struct buf text = BUF_INIT(KIB);

	value_add_size(&text, bytes);
	tree_text(w, name, buf_text(&text));
	buf_release(&text);
}

static void dump_whole(struct tree_writer *w, const char *name, int64_t value)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long)value);
	tree_raw(w, name, text);
}

static void dump_number(struct tree_writer *w, const char *name, double value)
{
	struct buf text = BUF_INIT(KIB);
	struct json_writer number;

	json_open(&number, &text);
	json_double(&number, value);
	tree_raw(w, name, buf_text(&text));
	buf_release(&text);
}

static void dump_optional(struct tree_writer *w, const struct schema_key *key, double value)
{
	if (!(key->flags & KEY_UNSET) || value >= 0) {
		dump_number(w, key->name, value);
	}
}

static void dump_time(struct tree_writer *w, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];

	if (wall_ms) {
		clock_format(wall_ms, text);
		tree_text(w, name, text);
	}
}

static void dump_text(struct tree_writer *w, const struct schema_key *key, const char *text)
{
	struct buf shown = BUF_INIT(MAX_CONFIG_BYTES);

	if (key->flags & KEY_URL_SECRET) {
		redact_url(text, &shown);
		tree_text(w, key->name, buf_text(&shown));
	} else {
		tree_text(w, key->name, text);
	}
	buf_release(&shown);
}

static void dump_permissions(struct tree_writer *w, const char *name, unsigned permissions)
{
	struct buf text = BUF_INIT(KIB);
	struct arena arena;
	struct string_list list;

	arena_init(&arena, KIB);
	permissions_text(permissions, &text);
	list = scalar_split(&arena, buf_text(&text));
	tree_list(w, name, &list);
	arena_release(&arena);
	buf_release(&text);
}

static void dump_choice(struct tree_writer *w, const struct schema_key *key, const void *field)
{
	int index;

	memcpy(&index, field, sizeof index);
	tree_text(w, key->name, key->words[index]);
}

static void dump_list(struct tree_writer *w, const struct schema_key *key, const void *base)
{
	const bool *given = (const void *)((const char *)base + key->count_offset);

	if (!key->count_offset || *given) {
		tree_list(w, key->name, (const void *)((const char *)base + key->offset));
	}
}

/* ---- pairs ---- */

/* What an option is, or what the values of a map all are. */
static enum key_kind pair_kind(const struct schema_key *key, const char *name)
{
	const struct schema_key *option = key->table ? schema_key(key->table, name) : NULL;

	if (option) {
		return option->kind;
	}
	return key->flags & KEY_NUMBERS ? KEY_NUMBER : KEY_TEXT;
}

static void dump_joined(struct tree_writer *w, const struct string_pair *pair)
{
	struct arena arena;
	struct string_list list;

	arena_init(&arena, KIB);
	list = scalar_split(&arena, pair->value);
	tree_list(w, pair->name, &list);
	arena_release(&arena);
}

/* Kept as the file wrote it, say +1.50 or 007, which JSON does not have. */
static void dump_pair(struct tree_writer *w, enum key_kind kind, const struct string_pair *pair)
{
	double number;

	if (kind == KEY_BOOL) {
		tree_raw(w, pair->name, pair->value);
	} else if ((kind == KEY_INT || kind == KEY_NUMBER) && value_number(pair->value, &number)) {
		dump_number(w, pair->name, number);
	} else {
		tree_text(w, pair->name, pair->value);
	}
}

static void dump_pairs(struct tree_writer *w, const struct schema_key *key,
		       const struct pair_list *list)
{
	tree_begin(w, key->name, list->count, false);
	for (size_t i = 0; i < list->count; i++) {
		const struct string_pair *pair = &list->items[i];

		if (key->flags & KEY_SECRET) {
			tree_text(w, pair->name, REDACTED);
		} else if (key->flags & KEY_JOINED) {
			dump_joined(w, pair);
		} else {
			dump_pair(w, pair_kind(key, pair->name), pair);
		}
	}
	tree_end(w);
}

/* ---- tables ---- */

static void dump_table(struct tree_writer *w, const struct schema_table *table, const void *base);

static size_t array_of(const struct schema_key *key, const void *base, const char **array)
{
	size_t count;

	memcpy(array, (const char *)base + key->offset, sizeof *array);
	memcpy(&count, (const char *)base + key->count_offset, sizeof count);
	return count;
}

static void dump_items(struct tree_writer *w, const struct schema_key *key, const void *base)
{
	const char *array;
	size_t count = array_of(key, base, &array);

	tree_begin(w, key->name, count, true);
	for (size_t i = 0; i < count; i++) {
		tree_item(w);
		dump_table(w, key->table, array + i * key->table->bytes);
		tree_end(w);
	}
	tree_end(w);
}

static void dump_named(struct tree_writer *w, const struct schema_key *key, const void *base)
{
	const char *array;
	size_t count = array_of(key, base, &array);

	tree_begin(w, key->name, count, false);
	for (size_t i = 0; i < count; i++) {
		const char *item = array + i * key->table->bytes;
		const char *name;

		memcpy(&name, item + key->table->name_offset, sizeof name);
		tree_begin(w, name, key->table->count, false);
		dump_table(w, key->table, item);
		tree_end(w);
	}
	tree_end(w);
}

static void dump_word(struct tree_writer *w, const struct schema_key *key, bool value)
{
	if (key->kind == KEY_SWITCH) {
		tree_text(w, key->name, key->words[value]);
	} else {
		tree_raw(w, key->name, value ? "true" : "false");
	}
}

static void dump_tristate(struct tree_writer *w, const char *name, int value)
{
	if (value >= 0) {
		tree_raw(w, name, value ? "true" : "false");
	}
}

static void dump_section(struct tree_writer *w, const struct schema_key *key, const void *field)
{
	tree_begin(w, key->name, key->table->count, false);
	dump_table(w, key->table, field);
	tree_end(w);
}

static void dump_key(struct tree_writer *w, const struct schema_key *key, const void *base)
{
	const void *field = (const char *)base + key->offset;
	int64_t unit = key->unit ? key->unit : 1;

	switch (key->kind) {
	case KEY_BOOL:
	case KEY_SWITCH:      dump_word(w, key, *(const bool *)field); break;
	case KEY_TRISTATE:    dump_tristate(w, key->name, *(const int *)field); break;
	case KEY_CHOICE:      dump_choice(w, key, field); break;
	case KEY_INT:         dump_whole(w, key->name, *(const int *)field); break;
	case KEY_COUNT:       dump_whole(w, key->name, *(const int64_t *)field / unit); break;
	case KEY_NUMBER:      dump_optional(w, key, *(const double *)field); break;
	case KEY_DURATION:    dump_duration(w, key->name, *(const int64_t *)field); break;
	case KEY_SIZE:        dump_size(w, key->name, *(const int64_t *)field); break;
	case KEY_TIME:        dump_time(w, key->name, *(const int64_t *)field); break;
	case KEY_WORD:
	case KEY_TEXT:
	case KEY_PROMPT:      dump_text(w, key, *(const char *const *)field); break;
	case KEY_HASH:        break;
	case KEY_PERMISSIONS: dump_permissions(w, key->name, *(const unsigned *)field); break;
	case KEY_LIST:        dump_list(w, key, base); break;
	case KEY_PAIRS:
	case KEY_OPTIONS:     dump_pairs(w, key, field); break;
	case KEY_TABLE:       dump_section(w, key, field); break;
	case KEY_ITEMS:       dump_items(w, key, base); break;
	case KEY_NAMED:       dump_named(w, key, base); break;
	}
}

static void dump_table(struct tree_writer *w, const struct schema_table *table, const void *base)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct schema_key *key = &table->keys[i];

		if (!(key->flags & KEY_SECRET) || key->kind == KEY_PAIRS) {
			dump_key(w, key, base);
		}
	}
}

static void dump_config(const struct config *c, struct buf *out, bool is_json)
{
	struct tree_writer w;

	tree_open(&w, out, is_json);
	dump_table(&w, schema_root(), c);
	tree_close(&w);
}

void config_dump_yaml(const struct config *c, struct buf *out)
{
	dump_config(c, out, false);
}

void config_dump_json(const struct config *c, struct buf *out)
{
	dump_config(c, out, true);
}

bool config_get(const struct config *c, const char *path, struct buf *out, struct err *err)
{
	struct buf dump = BUF_INIT(MAX_CONFIG_BYTES);
	const struct node *n = NULL;
	struct arena arena;
	bool ok;

	arena_init(&arena, 16 * KIB);
	config_dump_yaml(c, &dump);
	ok = dump.failed ? err_setf(err, ERR_TOO_LARGE, "the configuration is too large")
			 : path_find(buf_slice(&dump), path, &arena, &n, err);
	if (ok && n && n->kind == NODE_SCALAR) {
		buf_adds(out, n->text);
	} else if (ok && n) {
		render_node_text(buf_slice(&dump), n, out);
	}
	arena_release(&arena);
	buf_release(&dump);
	return ok;
}
