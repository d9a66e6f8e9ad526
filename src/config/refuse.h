/*
 * What reading a file says: "file:line:column: what; expected ...; did you
 * mean ...?", never a secret. All refusals return false. Belongs to the room.
 */
#ifndef CONFIG_REFUSE_H
#define CONFIG_REFUSE_H

#include "config/decode.h"

/* ERR_INVALID with the node's place before the message; returns false. */
bool load_refuse(struct load *l, const struct node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void load_warn(struct load *l, const struct node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A key that the table does not have; `path` names the table. */
bool refuse_unknown(struct load *l, const struct schema_table *table,
		    const struct node *key, const char *path);

/* A scalar that the key does not take. `value` is its text with variables
 * filled in; only what the file itself says is repeated. */
bool refuse_value(struct load *l, const struct schema_key *key, const struct node *n,
		  const char *path, const char *value);

/* A map where a scalar is wanted, and the like. */
bool refuse_kind(struct load *l, const struct schema_key *key, const struct node *n,
		 const char *path);

#endif
