/*
 * Dotted paths into the configuration: server.port,
 * upstream_accounts[name=main].limits.rpm, models."gpt-5.2".routes[0].
 * Belongs to the room.
 */
#ifndef CONFIG_PATH_H
#define CONFIG_PATH_H

#include "base/arena.h"
#include "base/err.h"
#include "config/node.h"

#define PATH_MAX_STEPS 16

enum step_kind {
	STEP_KEY,               /* text: a key of a map */
	STEP_MATCH,             /* the item of a list whose key `name` is `text` */
	STEP_INDEX,             /* an item of a list, from 0 */
};

struct step {
	enum step_kind kind;
	const char *name;
	const char *text;
	size_t index;
};

struct path {
	struct step steps[PATH_MAX_STEPS];
	size_t count;
};

/* ERR_USAGE when it is no path. */
bool path_parse(const char *text, struct arena *arena, struct path *path, struct err *err);

/* As far as a path leads into a tree: nodes[0] is the root and nodes[i] what
 * the first i steps name; slots[i] is the place of nodes[i + 1] among the
 * children of nodes[i]. */
struct found {
	size_t depth;
	const struct node *nodes[PATH_MAX_STEPS + 1];
	size_t slots[PATH_MAX_STEPS];
};

/* Follows `path` from `root` (NULL: empty file) until a step has no node. */
void path_follow(const struct path *path, const struct node *root, struct found *found);

/* The same from where `found` ends. */
void path_continue(const struct path *path, struct found *found);

/* ERR_NOT_FOUND with what the first step that leads nowhere asked for. */
bool path_refuse_missing(const struct path *path, const struct found *found, struct err *err);

/* The node at `where` in `text`, in `arena`. ERR_USAGE, ERR_INVALID (no YAML)
 * or ERR_NOT_FOUND. */
bool path_find(struct slice text, const char *where, struct arena *arena,
	       const struct node **n, struct err *err);

#endif
