#include "config/import_work.h"

#include <ctype.h>
#include <stdarg.h>

#include "base/limits.h"
#include "config/keys.h"
#include "config/load.h"

/* ---- report and edits ---- */

void import_say(struct import_work *w, const char *fmt, ...)
{
	struct buf line = BUF_INIT(4 * KIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&line, fmt, ap);
	va_end(ap);
	vec_push(&w->out->imported, arena_strdup(w->arena, buf_text(&line)));
	buf_release(&line);
}

const char *import_yaml(struct import_work *w, const char *text)
{
	struct buf out = BUF_INIT(MAX_CONFIG_BYTES);
	const char *yaml;

	yaml_quote(&out, text);
	yaml = arena_strdup(w->arena, buf_text(&out));
	buf_release(&out);
	return yaml;
}

struct edit *import_edit(struct import_work *w, enum edit_kind kind, const char *path,
			     const char *yaml)
{
	struct edit *e = arena_zalloc(w->arena, sizeof *e);

	e->kind = kind;
	e->path = arena_strdup(w->arena, path);
	e->value = arena_strdup(w->arena, yaml);
	return e;
}

/* Without the place in a text that nobody has seen. */
static const char *reason_of(struct import_work *w, const struct err *err)
{
	const char *what = strstr(err->msg, ": ");

	return arena_strdup(w->arena, what ? what + 2 : err->msg);
}

bool import_check(struct import_work *w, const struct edit *e, const struct node *from)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct err err = ERR_INIT;
	struct config *parsed = NULL;

	if (config_edit_text(slice_of(""), e, 1, &text, &err)) {
		parsed = config_parse("import", buf_slice(&text), &err);
	}
	if (!parsed) {
		import_leave(w, from, reason_of(w, &err));
	}
	config_unref(parsed);
	buf_release(&text);
	return parsed;
}

/* ---- settings ---- */

void import_set(struct import_work *w, const struct node *from, const char *path,
		const char *text)
{
	struct buf yaml = BUF_INIT(MAX_CONFIG_BYTES);
	struct err err = ERR_INIT;
	struct edit *e;

	if (!config_format_value(path, text, &yaml, &err)) {
		import_leave(w, from, reason_of(w, &err));
	} else {
		e = import_edit(w, EDIT_SET, path, buf_text(&yaml));
		if (import_check(w, e, from)) {
			vec_push(&w->out->edits, e);
			import_say(w, "%s: %s", path, text);
		}
	}
	buf_release(&yaml);
}

static void add_list_text(struct import_work *w, const struct node *list, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++) {
		import_skip(w, list->items[i]);
		if (list->items[i]->kind == NODE_SCALAR) {
			buf_addf(out, "%s%s", out->len ? "," : "", list->items[i]->text);
		}
	}
}

void import_copy(struct import_work *w, const struct node *map, const char *key,
		 const char *path)
{
	const struct node *n = import_get(w, map, key);
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	if (n && n->kind == NODE_SCALAR) {
		import_set(w, n, path, n->text);
	} else if (n && n->kind == NODE_LIST && n->count) {
		add_list_text(w, n, &text);
		import_set(w, n, path, buf_text(&text));
	}
	buf_release(&text);
}

static bool has_active_key(const struct import_work *w)
{
	for (size_t i = 0; i < w->current->key_count; i++) {
		if (w->current->keys[i].is_active) {
			return true;
		}
	}
	return w->has_key;
}

/* A host that anybody reaches is only carried over with a key. */
static void set_host(struct import_work *w, const struct node *from, const char *host)
{
	bool is_open = !str_eq(host, "127.0.0.1") && !str_eq(host, "localhost") &&
		       !str_eq(host, "::1");

	if (!is_open) {
		import_set(w, from, "server.host", host);
	} else if (!has_active_key(w)) {
		import_leave(w, from, "listens on 127.0.0.1 until there is a gateway key: "
			     "llm-gateway apikey add, then config set server.host");
	} else {
		vec_push(&w->out->edits, import_edit(w, EDIT_SET, "server.host",
						  import_yaml(w, host)));
		import_say(w, "server.host: %s", host);
	}
}

void import_listen(struct import_work *w, const struct node *host, const struct node *port)
{
	const char *colon = host && !port ? strrchr(host->text, ':') : NULL;

	if (port && port->kind == NODE_SCALAR) {
		import_set(w, port, "server.port", port->text);
	}
	if (!host || host->kind != NODE_SCALAR) {
		return;
	}
	if (!colon) {
		set_host(w, host, host->text);
		return;
	}
	import_set(w, host, "server.port", colon + 1);
	set_host(w, host, colon == host->text ? "0.0.0.0" :
		 arena_strndup(w->arena, host->text, (size_t)(colon - host->text)));
}

void import_level(struct import_work *w, const struct node *map, const char *key,
		  const char *path)
{
	static const char *const other[][2] = {
		{ "warning", "warn" }, { "trace", "debug" }, { "verbose", "debug" },
		{ "fatal", "error" }, { "critical", "error" },
	};
	const struct node *n = import_get(w, map, key);
	const char *text = n && n->kind == NODE_SCALAR ? n->text : NULL;

	for (size_t i = 0; text && i < ARRAY_LEN(other); i++) {
		if (str_ieq(text, other[i][0])) {
			text = other[i][1];
		}
	}
	if (text) {
		struct buf lower = BUF_INIT(KIB);

		for (; *text; text++) {
			buf_addc(&lower, (char)tolower((unsigned char)*text));
		}
		import_set(w, n, path, buf_text(&lower));
		buf_release(&lower);
	}
}

void import_set_strategy(struct import_work *w, const struct node *strategy,
			 const struct import_strategy *names, size_t count)
{
	for (size_t i = 0; strategy && i < count; i++) {
		if (str_eq(strategy->text, names[i].theirs)) {
			import_set(w, strategy, "routing.strategy", names[i].ours);
			return;
		}
	}
	import_leave(w, strategy, "there is no such strategy");
}
