/*
 * YAML text to snapshot: parse, expand ${VAR}, apply defaults and
 * LLM_GATEWAY_<SECTION>_<KEY>, validate. libyaml stays inside this room.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "base/err.h"
#include "config/config.h"

/* Reads `path`. A missing file gives the defaults. NULL and ERR_INVALID with
 * "file:line:column: what; expected …; did you mean …" when refused. The
 * caller owns one reference. Any thread; reads the environment. */
struct config *config_load(const char *path, struct err *err);

/* The same for whoever makes the first gateway key: a host that others reach
 * may still lack it. */
struct config *config_load_keyless(const char *path, struct err *err);

/* From text; `path` is only named in messages. */
struct config *config_parse(const char *path, struct slice text, struct err *err);

/* The file that a first use creates: every key, commented. */
const char *config_template(void);

/* The effective configuration as YAML or JSON with every default filled in.
 * Keys and hashes are left out, values of headers and passwords in URLs are
 * "***". Without those the YAML loads to the same configuration. */
void config_dump_yaml(const struct config *c, struct buf *out);
void config_dump_json(const struct config *c, struct buf *out);

/* The effective value at a path (config/edit.h), from that YAML: the text of
 * a scalar, or the lines below a key. ERR_NOT_FOUND, ERR_USAGE. */
bool config_get(const struct config *c, const char *path, struct buf *out, struct err *err);

/* The file's own text with everything secret as "***"; references like
 * ${VAR} stay. ERR_INVALID when it is no YAML. */
bool config_redact_text(struct slice text, struct buf *out, struct err *err);

#endif
