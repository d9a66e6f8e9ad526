#include "config/redact.h"

#include "base/limits.h"
#include "base/mask.h"
#include "config/edit.h"
#include "config/load.h"
#include "config/node.h"
#include "config/schema.h"

void redact_url(const char *url, struct buf *out)
{
	const char *host = strstr(url, "://");
	size_t authority;
	const char *at;

	host = host ? host + 3 : url;
	authority = strcspn(host, "/?#");
	at = host + authority;
	while (at > host && *at != '@') {
		at--;
	}
	buf_add(out, url, (size_t)(host - url));
	if (*at == '@') {
		buf_adds(out, REDACTED);
		host = at;
	}
	mask_text(slice_of(host), out);
}

/* Copies `text` up to each secret and goes on behind it. Nodes come in the
 * order of the text, except what an alias repeats, which is passed over. */
struct redaction {
	struct slice text;
	size_t at;
	struct buf *out;
};

static void copy_to(struct redaction *r, size_t end)
{
	mask_text((struct slice){ r->text.ptr + r->at, end - r->at }, r->out);
	r->at = end;
}

static void redact_scalar(struct redaction *r, const struct schema_key *key, const struct node *n)
{
	struct buf shown = BUF_INIT(MAX_CONFIG_BYTES);

	if (key->flags & KEY_URL_SECRET) {
		redact_url(n->text, &shown);
	} else {
		buf_adds(&shown, REDACTED);
	}
	if (!node_is_null(n) && !strstr(n->text, "${") && !str_eq(buf_text(&shown), n->text)) {
		copy_to(r, n->start);
		yaml_quote(r->out, buf_text(&shown));
		r->at = n->end;
	}
	buf_release(&shown);
}

static void redact_value(struct redaction *r, const struct schema_key *key, const struct node *n);

static void redact_table(struct redaction *r, const struct schema_table *table,
			 const struct node *map)
{
	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
		const struct schema_key *key = schema_key(table, map->keys[i]->text);

		if (key) {
			redact_value(r, key, map->items[i]);
		}
	}
}

static void redact_children(struct redaction *r, const struct schema_key *key,
			    const struct node *n)
{
	for (size_t i = 0; i < n->count; i++) {
		if (key->table) {
			redact_table(r, key->table, n->items[i]);
		} else {
			redact_value(r, key, n->items[i]);
		}
	}
}

static void redact_value(struct redaction *r, const struct schema_key *key, const struct node *n)
{
	if (n->start < r->at) {
		return;
	}
	if (key->kind == KEY_TABLE) {
		redact_table(r, key->table, n);
	} else if (n->kind != NODE_SCALAR) {
		redact_children(r, key, n);
	} else if (key->flags & (KEY_SECRET | KEY_URL_SECRET)) {
		redact_scalar(r, key, n);
	}
}

bool config_redact_text(struct slice text, struct buf *out, struct err *err)
{
	struct redaction r = { .text = text, .out = out };
	const struct node *root;
	struct arena arena;
	bool ok;

	arena_init(&arena, 16 * KIB);
	ok = node_parse("config", text, &arena, &root, err);
	if (ok && root) {
		redact_table(&r, schema_root(), root);
	}
	if (ok) {
		copy_to(&r, text.len);
	}
	arena_wipe(&arena);
	return ok;
}
