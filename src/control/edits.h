/*
 * Collects edits of the configuration's text (config/edit.h) from JSON:
 * values become YAML, members become paths. Inside control/ only.
 */
#ifndef CONTROL_EDITS_H
#define CONTROL_EDITS_H

#include "base/arena.h"
#include "base/err.h"
#include "config/edit.h"

/* Far beyond any form, enough for the import of a large file; what needs more
 * is refused. */
#define MAX_EDITS 512

struct edits {
	struct slice current;           /* the file's text; borrowed */
	struct arena arena;             /* owns paths and values */
	struct edit items[MAX_EDITS];
	size_t count;
	bool is_full;                   /* one more was asked for */
};

void edits_init(struct edits *e, struct slice current);
void edits_release(struct edits *e);

/* Copies both; `value` is YAML text, SLICE_NULL for EDIT_REMOVE. */
void edits_add(struct edits *e, enum edit_kind kind, const char *path, struct slice value);

/* Appends list[name="…"], the item of a list of the file. */
void edits_item(struct buf *path, const char *list, const char *name);

/* The members of a JSON object as a merge patch of the mapping at `path`: null
 * removes what the file has there. `names` (NULL-terminated) limits it to
 * these members of the top level; NULL: all. */
bool edits_merge(struct edits *e, const char *path, struct slice object,
		 const char *const *names, struct err *err);

/* A JSON value as a YAML scalar or flow value on one line. Null members of
 * objects are left out. */
bool edits_yaml(struct slice json, struct buf *out, struct err *err);

/* The members of a JSON object that `names` (NULL-terminated) has, in its
 * order, as "name: value" lines. Null members are left out. */
bool edits_mapping(struct slice object, const char *const *names, struct buf *out,
		   struct err *err);

#endif
