#include "config/load.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "config/check.h"
#include "config/decode.h"
#include "config/load_options.h"
#include "config/scalar.h"

#define ARENA_BLOCK_BYTES (16 * KIB)

/* ---- environment ---- */

static void add_variable_part(struct buf *variable, const char *name)
{
	buf_addc(variable, '_');
	for (; *name; name++) {
		buf_addc(variable, (char)toupper((unsigned char)*name));
	}
}

static bool override_table(struct load *l, const struct schema_table *table, struct buf *variable,
			   void *base);

/* `variable` is the name so far, and is left as it was. */
static bool override_key(struct load *l, const struct schema_key *key, struct buf *variable,
			 void *base)
{
	size_t len = variable->len;
	bool ok = true;
	const char *text;

	add_variable_part(variable, key->name);
	text = getenv(buf_text(variable));
	if (key->kind == KEY_TABLE) {
		ok = override_table(l, key->table, variable, (char *)base + key->offset);
	} else if (text && scalar_kind(key->kind) && (*text || key->kind == KEY_TEXT)) {
		ok = decode_override(l, key, buf_text(variable), text, base);
	}
	variable->len = len;
	variable->ptr[len] = '\0';
	return ok;
}

static bool override_table(struct load *l, const struct schema_table *table, struct buf *variable,
			   void *base)
{
	bool ok = true;

	for (size_t i = 0; ok && i < table->count; i++) {
		ok = override_key(l, &table->keys[i], variable, base);
	}
	return ok;
}

static bool apply_environment(struct load *l)
{
	struct buf variable = BUF_INIT(KIB);
	bool ok;

	if (l->ignores_environment) {
		return true;
	}
	buf_adds(&variable, "LLM_GATEWAY");
	ok = override_table(l, schema_root(), &variable, l->config);
	buf_release(&variable);
	return ok;
}

/* ---- loading ---- */

static struct config *config_new(const char *path)
{
	struct config *c = xcalloc(1, sizeof *c);

	arena_init(&c->arena, ARENA_BLOCK_BYTES);
	atomic_init(&c->refs, 1);
	c->path = arena_strdup(&c->arena, path);
	decode_defaults(&c->arena, schema_root(), c);
	return c;
}

static void keep_warnings(struct load *l)
{
	struct string_list *list = &l->config->warnings;

	list->items = arena_alloc(&l->config->arena, (l->warnings.len + 1) * sizeof *list->items);
	for (size_t i = 0; i < l->warnings.len; i++) {
		list->items[list->count++] = l->warnings.items[i];
	}
}

static bool fill(struct load *l, struct slice text, struct arena *nodes)
{
	const struct node *root;

	if (!node_parse(l->config->path, text, nodes, &root, l->err)) {
		return false;
	}
	if (root && !decode_table(l, schema_root(), root, "", l->config)) {
		return false;
	}
	if (!apply_environment(l) || !check_config(l, root)) {
		return false;
	}
	keep_warnings(l);
	return true;
}

static struct config *read_text(struct load *l, const char *path, struct slice text)
{
	struct arena nodes;
	bool ok;

	l->config = config_new(path);
	l->name = path;
	arena_init(&nodes, ARENA_BLOCK_BYTES);
	l->scratch = &nodes;
	ok = fill(l, text, &nodes);
	arena_wipe(&nodes);
	vec_release(&l->warnings);
	if (!ok) {
		config_unref(l->config);
		return NULL;
	}
	return l->config;
}

struct config *config_parse_with(const char *path, struct slice text, bool ignores_environment,
				 struct err *err)
{
	struct load l = { .ignores_environment = ignores_environment, .err = err };

	return read_text(&l, path, text);
}

struct config *config_parse(const char *path, struct slice text, struct err *err)
{
	return config_parse_with(path, text, false, err);
}

static struct config *read_file(struct load *l, const char *path)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct err problem = ERR_INIT;
	struct config *c = NULL;

	if (file_read(path, &text, &problem) || problem.kind == ERR_NOT_FOUND) {
		c = read_text(l, path, buf_slice(&text));
	} else if (l->err) {
		*l->err = problem;
	}
	buf_wipe(&text);
	return c;
}

struct config *config_load(const char *path, struct err *err)
{
	return read_file(&(struct load){ .err = err }, path);
}

struct config *config_load_keyless(const char *path, struct err *err)
{
	return read_file(&(struct load){ .is_keyless = true, .err = err }, path);
}
