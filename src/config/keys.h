/*
 * Every key of the configuration by its path, for completion, `config set`
 * and the check that the manual names them all.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "base/buf.h"
#include "base/err.h"

struct config_key_info {
	const char *path;       /* server.port, gateway_keys[].limits.rpm, models.*.routes */
	const char *type;       /* bool, integer, number, duration, size, time, text, list, ... */
	const char *fallback;   /* the default as in the file; "" when empty */
	const char *variable;   /* that overrides it; NULL when none does */
	const char *const *words;       /* what it may be, ends with NULL; NULL: anything */
};

/* In the order of the template, a section before its keys; what is passed
 * lives as long as the call. */
void config_keys_each(void (*visit)(void *ctx, const struct config_key_info *info), void *ctx);

/* Appends what a person typed for a key as YAML: quoted where a text needs
 * it, `a,b` as a list. ERR_INVALID with the nearest name for a path that is
 * no key, ERR_USAGE when it is no path. */
bool config_format_value(const char *path, const char *text, struct buf *out, struct err *err);

#endif
