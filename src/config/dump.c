/*
 * The effective configuration as YAML or JSON, from the same tables that read
 * it. One walk, two ways to write.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mask.h"
#include "config/config.h"
#include "config/edit.h"
#include "config/load.h"
#include "config/node.h"
#include "config/path.h"
#include "config/redact.h"
#include "config/render.h"
#include "config/scalar.h"
#include "config/schema.h"
#include "config/value.h"

struct dump {
	struct buf *out;
	bool is_json;
	struct json_writer json;
	int depth;              /* YAML: of the lines to come */
	bool after_dash;        /* YAML: the next key goes behind "- " */
};

/* ---- writing ---- */

/* `name` NULL: an item of a list. */
static void begin_value(struct dump *d, const char *name)
{
	if (d->is_json) {
		if (name) {
			json_key(&d->json, name);
		}
		return;
	}
	if (d->after_dash) {
		buf_addf(d->out, "%*s- ", (d->depth - 1) * INDENT_STEP, "");
		d->after_dash = false;
	} else {
		buf_addf(d->out, "%*s", d->depth * INDENT_STEP, "");
	}
	yaml_quote(d->out, name);
	buf_addc(d->out, ':');
}

static void write_text(struct dump *d, const char *name, const char *text)
{
	begin_value(d, name);
	if (d->is_json) {
		json_str(&d->json, text);
		return;
	}
	buf_addc(d->out, ' ');
	yaml_quote(d->out, text);
	buf_addc(d->out, '\n');
}

/* A number or truth value, which both languages write alike. */
static void write_raw(struct dump *d, const char *name, const char *text)
{
	begin_value(d, name);
	if (d->is_json) {
		json_raw(&d->json, slice_of(text));
	} else {
		buf_addf(d->out, " %s\n", text);
	}
}

static void write_list(struct dump *d, const char *name, const struct string_list *list)
{
	begin_value(d, name);
	if (d->is_json) {
		json_array(&d->json);
	} else {
		buf_adds(d->out, " [");
	}
	for (size_t i = 0; i < list->count; i++) {
		if (d->is_json) {
			json_str(&d->json, list->items[i]);
		} else {
			buf_adds(d->out, i ? ", " : "");
			yaml_quote(d->out, list->items[i]);
		}
	}
	if (d->is_json) {
		json_end(&d->json);
	} else {
		buf_adds(d->out, "]\n");
	}
}

static void begin_children(struct dump *d, const char *name, size_t count, bool is_list)
{
	begin_value(d, name);
	if (!d->is_json) {
		buf_adds(d->out, count ? "\n" : is_list ? " []\n" : " {}\n");
		d->depth++;
	} else if (is_list) {
		json_array(&d->json);
	} else {
		json_object(&d->json);
	}
}

static void end_children(struct dump *d)
{
	if (d->is_json) {
		json_end(&d->json);
	} else {
		d->depth--;
	}
}

static void begin_item(struct dump *d)
{
	if (d->is_json) {
		json_object(&d->json);
	} else {
		d->depth++;
		d->after_dash = true;
	}
}

/* ---- scalars ---- */

/* Whole seconds stay the plain number that the file has. */
static void dump_duration(struct dump *d, const char *name, int64_t ms)
{
	struct buf text = BUF_INIT(KIB);

	if (ms % 1000 == 0) {
		buf_addf(&text, "%lld", (long long)(ms / 1000));
		write_raw(d, name, buf_text(&text));
	} else {
		value_add_duration(&text, ms);
		write_text(d, name, buf_text(&text));
	}
	buf_release(&text);
}

static void dump_size(struct dump *d, const char *name, int64_t bytes)
{
	struct buf text = BUF_INIT(KIB);

	value_add_size(&text, bytes);
	write_text(d, name, buf_text(&text));
	buf_release(&text);
}

static void dump_whole(struct dump *d, const char *name, int64_t value)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long)value);
	write_raw(d, name, text);
}

static void dump_number(struct dump *d, const struct schema_key *key, double value)
{
	struct buf text = BUF_INIT(KIB);
	struct json_writer w;

	if ((key->flags & KEY_UNSET) && value < 0) {
		return;
	}
	json_open(&w, &text);
	json_double(&w, value);
	write_raw(d, key->name, buf_text(&text));
	buf_release(&text);
}

static void dump_time(struct dump *d, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];

	if (wall_ms) {
		clock_format(wall_ms, text);
		write_text(d, name, text);
	}
}

static void dump_text(struct dump *d, const struct schema_key *key, const char *text)
{
	struct buf shown = BUF_INIT(MAX_CONFIG_BYTES);

	if (key->flags & KEY_URL_SECRET) {
		redact_url(text, &shown);
		write_text(d, key->name, buf_text(&shown));
	} else {
		write_text(d, key->name, text);
	}
	buf_release(&shown);
}

static void dump_permissions(struct dump *d, const char *name, unsigned permissions)
{
	struct buf text = BUF_INIT(KIB);
	struct arena arena;
	struct string_list list;

	arena_init(&arena, KIB);
	permissions_text(permissions, &text);
	list = scalar_split(&arena, buf_text(&text));
	write_list(d, name, &list);
	arena_release(&arena);
	buf_release(&text);
}

static void dump_choice(struct dump *d, const struct schema_key *key, const void *field)
{
	int index;

	memcpy(&index, field, sizeof index);
	write_text(d, key->name, key->words[index]);
}

static void dump_list(struct dump *d, const struct schema_key *key, const void *base)
{
	const bool *given = (const void *)((const char *)base + key->count_offset);

	if (!key->count_offset || *given) {
		write_list(d, key->name, (const void *)((const char *)base + key->offset));
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

static void dump_joined(struct dump *d, const struct string_pair *pair)
{
	struct arena arena;
	struct string_list list;

	arena_init(&arena, KIB);
	list = scalar_split(&arena, pair->value);
	write_list(d, pair->name, &list);
	arena_release(&arena);
}

static void dump_pairs(struct dump *d, const struct schema_key *key, const struct pair_list *list)
{
	begin_children(d, key->name, list->count, false);
	for (size_t i = 0; i < list->count; i++) {
		const struct string_pair *pair = &list->items[i];
		enum key_kind kind = pair_kind(key, pair->name);

		if (key->flags & KEY_SECRET) {
			write_text(d, pair->name, REDACTED);
		} else if (key->flags & KEY_JOINED) {
			dump_joined(d, pair);
		} else if (kind == KEY_BOOL || kind == KEY_INT || kind == KEY_NUMBER) {
			write_raw(d, pair->name, pair->value);
		} else {
			write_text(d, pair->name, pair->value);
		}
	}
	end_children(d);
}

/* ---- tables ---- */

static void dump_table(struct dump *d, const struct schema_table *table, const void *base);

static size_t array_of(const struct schema_key *key, const void *base, const char **array)
{
	size_t count;

	memcpy(array, (const char *)base + key->offset, sizeof *array);
	memcpy(&count, (const char *)base + key->count_offset, sizeof count);
	return count;
}

static void dump_items(struct dump *d, const struct schema_key *key, const void *base)
{
	const char *array;
	size_t count = array_of(key, base, &array);

	begin_children(d, key->name, count, true);
	for (size_t i = 0; i < count; i++) {
		begin_item(d);
		dump_table(d, key->table, array + i * key->table->bytes);
		end_children(d);
	}
	end_children(d);
}

static void dump_named(struct dump *d, const struct schema_key *key, const void *base)
{
	const char *array;
	size_t count = array_of(key, base, &array);

	begin_children(d, key->name, count, false);
	for (size_t i = 0; i < count; i++) {
		const char *item = array + i * key->table->bytes;
		const char *name;

		memcpy(&name, item + key->table->name_offset, sizeof name);
		begin_children(d, name, key->table->count, false);
		dump_table(d, key->table, item);
		end_children(d);
	}
	end_children(d);
}

static void dump_word(struct dump *d, const struct schema_key *key, bool value)
{
	if (key->kind == KEY_SWITCH) {
		write_text(d, key->name, key->words[value]);
	} else {
		write_raw(d, key->name, value ? "true" : "false");
	}
}

static void dump_tristate(struct dump *d, const char *name, int value)
{
	if (value >= 0) {
		write_raw(d, name, value ? "true" : "false");
	}
}

static void dump_section(struct dump *d, const struct schema_key *key, const void *field)
{
	begin_children(d, key->name, key->table->count, false);
	dump_table(d, key->table, field);
	end_children(d);
}

static void dump_key(struct dump *d, const struct schema_key *key, const void *base)
{
	const void *field = (const char *)base + key->offset;
	int64_t unit = key->unit ? key->unit : 1;

	switch (key->kind) {
	case KEY_BOOL:
	case KEY_SWITCH:      dump_word(d, key, *(const bool *)field); break;
	case KEY_TRISTATE:    dump_tristate(d, key->name, *(const int *)field); break;
	case KEY_CHOICE:      dump_choice(d, key, field); break;
	case KEY_INT:         dump_whole(d, key->name, *(const int *)field); break;
	case KEY_COUNT:       dump_whole(d, key->name, *(const int64_t *)field / unit); break;
	case KEY_NUMBER:      dump_number(d, key, *(const double *)field); break;
	case KEY_DURATION:    dump_duration(d, key->name, *(const int64_t *)field); break;
	case KEY_SIZE:        dump_size(d, key->name, *(const int64_t *)field); break;
	case KEY_TIME:        dump_time(d, key->name, *(const int64_t *)field); break;
	case KEY_WORD:
	case KEY_TEXT:
	case KEY_PROMPT:      dump_text(d, key, *(const char *const *)field); break;
	case KEY_HASH:        break;
	case KEY_PERMISSIONS: dump_permissions(d, key->name, *(const unsigned *)field); break;
	case KEY_LIST:        dump_list(d, key, base); break;
	case KEY_PAIRS:
	case KEY_OPTIONS:     dump_pairs(d, key, field); break;
	case KEY_TABLE:       dump_section(d, key, field); break;
	case KEY_ITEMS:       dump_items(d, key, base); break;
	case KEY_NAMED:       dump_named(d, key, base); break;
	}
}

static void dump_table(struct dump *d, const struct schema_table *table, const void *base)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct schema_key *key = &table->keys[i];

		if (!(key->flags & KEY_SECRET) || key->kind == KEY_PAIRS) {
			dump_key(d, key, base);
		}
	}
}

void config_dump_yaml(const struct config *c, struct buf *out)
{
	struct dump d = { .out = out };

	dump_table(&d, schema_root(), c);
}

void config_dump_json(const struct config *c, struct buf *out)
{
	struct dump d = { .out = out, .is_json = true };

	json_open(&d.json, out);
	json_object(&d.json);
	dump_table(&d, schema_root(), c);
	json_end(&d.json);
}

/* ---- one value ---- */

static bool get_from(struct slice dump, const char *where, struct arena *arena, struct buf *out,
		     struct err *err)
{
	const struct node *root;
	const struct node *n;
	struct found found;
	struct path path;

	if (!path_parse(where, arena, &path, err) ||
	    !node_parse("config", dump, arena, &root, err)) {
		return false;
	}
	path_follow(&path, root, &found);
	if (found.depth < path.count) {
		return path_refuse_missing(&path, &found, err);
	}
	n = found.nodes[found.depth];
	if (n->kind == NODE_SCALAR) {
		buf_adds(out, n->text);
	} else {
		render_node_text(dump, n, out);
	}
	return true;
}

bool config_get(const struct config *c, const char *path, struct buf *out, struct err *err)
{
	struct buf dump = BUF_INIT(MAX_CONFIG_BYTES);
	struct arena arena;
	bool ok;

	arena_init(&arena, 16 * KIB);
	config_dump_yaml(c, &dump);
	ok = dump.failed ? err_setf(err, ERR_TOO_LARGE, "the configuration is too large")
			 : get_from(buf_slice(&dump), path, &arena, out, err);
	arena_release(&arena);
	buf_release(&dump);
	return ok;
}
