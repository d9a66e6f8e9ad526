/*
 * One edit of the configuration's text as a few replaced ranges of bytes,
 * found through the places of its nodes. Nothing outside the ranges changes.
 * Belongs to the room.
 */
#ifndef CONFIG_SPLICE_H
#define CONFIG_SPLICE_H

#include "base/buf.h"
#include "config/edit.h"
#include "config/new_value.h"
#include "config/node.h"
#include "config/path.h"

#define MAX_SPLICES 2

struct splice {
	size_t start;
	size_t end;
	struct buf text;
};

struct edit_work {
	struct slice text;
	struct arena *arena;    /* of nodes and paths */
	struct path path;
	struct found found;     /* where the path leads before the edit */
	const char *eol;
	struct splice splices[MAX_SPLICES];     /* ascending, apart */
	size_t splice_count;
	struct err *err;
};

void edit_work_release(struct edit_work *w);

/* Each collects the splices of one edit. False with ERR_NOT_FOUND or
 * ERR_INVALID. */
bool splice_set(struct edit_work *w, const char *value);
bool splice_append(struct edit_work *w, const char *value);
bool splice_remove(struct edit_work *w);

/* A range to be replaced; the caller writes the new text into what it gets. */
struct buf *splice_replace(struct edit_work *w, size_t start, size_t end);

/* Replaces what the first `depth` steps of the path lead to. */
bool splice_replace_value(struct edit_work *w, size_t depth, const struct new_value *v);

/* The text with the splices in. */
void splice_apply(const struct edit_work *w, struct buf *out);

#endif
