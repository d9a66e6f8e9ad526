/*
 * Edits of the configuration's text, guided by libyaml's marks: only the
 * lines that must change do, every other byte stays. An edit is refused when
 * the result would not load. Callers hold the file lock (config_edit_file
 * takes it).
 *
 * Paths are dotted: "server.port", "upstream_accounts[name=main].status",
 * "upstream_accounts[id=upstream_ab12].limits.rpm", "models.smart.fallback",
 * "gateway_keys[name=laptop]". A key with dots or brackets is written in
 * double quotes: models."gpt-5.2".routes
 */
#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H

#include "base/buf.h"
#include "base/err.h"

enum edit_kind {
	EDIT_SET,       /* value (YAML text of a scalar or flow value) at path; made when missing */
	EDIT_REMOVE,    /* the key or list item at path */
	EDIT_APPEND,    /* value (a YAML block mapping, unindented lines) to the list at path */
};

struct edit {
	enum edit_kind kind;
	const char *path;
	const char *value;      /* NULL for EDIT_REMOVE */
};

/* Applies all edits to `text`, in order, into `out`. False with ERR_NOT_FOUND
 * (remove or a [name=…] that matches nothing) or ERR_INVALID. */
bool config_edit_text(struct slice text, const struct edit *edits, size_t count,
		      struct buf *out, struct err *err);

/* Reads, edits, validates the result, writes atomically, all under the lock
 * file beside `path` (PATH.lock); the text before stays in PATH.bak. The file
 * is created from the template when missing. What the environment holds
 * neither helps nor hinders: whoever edits need not have the gateway's
 * variables. Any thread but a worker. */
bool config_edit_file(const char *path, const struct edit *edits, size_t count,
		      struct err *err);

/* Whether config_edit_file would take these edits now; writes nothing. */
bool config_edit_check(const char *path, const struct edit *edits, size_t count,
		       struct err *err);

/* Replaces the whole file by a text that somebody wrote from `original`, under
 * the same lock. ERR_INVALID when it would not load, ERR_CONFLICT when the
 * file is not `original` any more ("" when it did not exist). */
bool config_replace_file(const char *path, struct slice original, struct slice text,
			 struct err *err);

/* The file becomes what it was before its last change, PATH.bak, and what it
 * is becomes that: doing it twice changes nothing. ERR_NOT_FOUND: there is
 * none; ERR_INVALID: it would not load. */
bool config_undo_file(const char *path, struct err *err);

/* The raw YAML scalar or subtree at `path`, as the file has it. */
bool config_get_text(struct slice text, const char *path, struct buf *out, struct err *err);

/* Appends ".name" (or "name" at the start) as a segment of a path, quoted
 * where the name has dots or brackets; and only the quoted name. */
void config_path_add(struct buf *path, struct slice name);
void config_path_quote(struct buf *path, struct slice name);

/* Appends `value` as a YAML scalar, quoted only where YAML needs it. */
void yaml_quote(struct buf *out, const char *value);

#endif
