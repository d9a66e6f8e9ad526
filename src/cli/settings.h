/*
 * Changes single values in other programs' settings files and leaves every
 * other byte alone: JSON, and the line-based formats as far as `connect`
 * needs them. Texts in, texts out; no files.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum settings_format {
	SETTINGS_JSON,          /* path: members with dots between them */
	SETTINGS_TOML,          /* path: [table.] key, or a key before the first table */
	SETTINGS_DOTENV,        /* path: variable */
	SETTINGS_YAML,          /* path: a key of the top level */
};

/* Appends `text` to `out` with the value at `path` set to `raw`: a value as
 * the format writes it. ERR_INVALID when the text is not of the format (JSON
 * with comments is not). `out` is not `text`. */
bool settings_set(enum settings_format format, struct slice text, const char *path,
		  struct slice raw, struct buf *out, struct err *err);

/* The same without what is at `path`, and without tables and objects that are
 * empty then. Nothing there is fine. */
bool settings_remove(enum settings_format format, struct slice text, const char *path,
		     struct buf *out, struct err *err);

/* Appends the raw value at `path`; false when there is none. */
bool settings_get(enum settings_format format, struct slice text, const char *path,
		  struct buf *raw);

/* Appends a plain text as a raw value of the format. */
void settings_quote(enum settings_format format, const char *text, struct buf *raw);

/* The two families behind these functions. */
bool json_settings_set(struct slice text, const char *path, struct slice raw, struct buf *out,
		       struct err *err);
bool json_settings_remove(struct slice text, const char *path, struct buf *out,
			  struct err *err);
bool json_settings_get(struct slice text, const char *path, struct buf *raw);

bool line_settings_set(enum settings_format format, struct slice text, const char *path,
		       struct slice raw, struct buf *out);
bool line_settings_remove(enum settings_format format, struct slice text, const char *path,
			  struct buf *out);
bool line_settings_get(enum settings_format format, struct slice text, const char *path,
		       struct buf *raw);

#endif
