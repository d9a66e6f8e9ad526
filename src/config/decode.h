/*
 * From nodes to the snapshot's structs, by the tables of schema.h. Belongs to
 * the room.
 */
#ifndef CONFIG_DECODE_H
#define CONFIG_DECODE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "config/config.h"
#include "config/node.h"
#include "config/schema.h"

/* One reading of one file. */
struct load {
	struct config *config;
	const char *name;       /* the file's, for messages */
	struct arena *scratch;  /* gone with the nodes */
	/* The environment neither overrides nor has to fill in: for edits, whose
	 * result must hold wherever it is read. */
	bool ignores_environment;
	bool is_keyless;        /* no key is no reason to refuse an open host */
	size_t expanded_bytes;  /* of all values so far */
	struct vec warnings;    /* char *, in the snapshot's arena */
	struct err *err;
};

/* Fills a struct with the defaults of its table. */
void decode_defaults(struct arena *arena, const struct schema_table *table, void *base);

/* Takes what `map` gives. `path` names the table in messages. */
bool decode_table(struct load *l, const struct schema_table *table, const struct node *map,
		  const char *path, void *base);

/* Takes one value from the environment. */
bool decode_override(struct load *l, const struct schema_key *key, const char *variable,
		     const char *text, void *base);

#endif
