/*
 * A YAML document as a tree that remembers where each part stands in the
 * text: the loader reads values and places from it, the editor only places.
 * node.c is the only file with libyaml.
 *
 * Everything a stranger could make large is bounded: depth, number of nodes
 * (aliases count with all they stand for). Tags, several documents, merge
 * keys, keys that are not plain names and repeated keys are refused with
 * their place. Belongs to the room.
 */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

enum node_style {
	STYLE_PLAIN,
	STYLE_QUOTED,
	STYLE_LITERAL,          /* block scalar, | or > */
	STYLE_BLOCK,            /* block collection */
	STYLE_FLOW,
};

/* Children of a map: keys[i] belongs to items[i]. An alias is a copy of what
 * it stands for, with its own place and `is_alias`. */
struct node {
	enum node_kind kind;
	enum node_style style;
	bool is_alias;
	size_t start;           /* bytes from the start of the text */
	size_t end;             /* of a block collection: where its last child ends */
	int line;               /* from 1 */
	int column;             /* from 1, in characters */
	size_t size;            /* nodes in this subtree */
	const char *text;       /* of a scalar, without NUL inside */
	size_t count;
	const struct node **keys;
	const struct node **items;
};

/* Parses `text` into nodes of `arena`. *root is NULL for an empty document.
 * False with ERR_INVALID and "name:line:column: ...". */
bool node_parse(const char *name, struct slice text, struct arena *arena,
		const struct node **root, struct err *err);

/* Value of a key of a map; NULL when `map` is NULL, no map or lacks it. */
const struct node *node_get(const struct node *map, const char *key);

/* An empty plain scalar, ~ or null: the same as leaving the key out. */
bool node_is_null(const struct node *n);

/* Same structure and same scalars, however written. */
bool node_equal(const struct node *a, const struct node *b);

#endif
