/*
 * New YAML text for the editor. Belongs to the room; yaml_quote, which others
 * use too, is declared in config/edit.h.
 */
#ifndef CONFIG_RENDER_H
#define CONFIG_RENDER_H

#include "base/buf.h"
#include "config/node.h"

#define INDENT_STEP 2

/* A node on one line, as it may stand inside { } and [ ]. */
void render_flow(const struct node *n, struct buf *out);

/* Only the inside of a flow map or list: no brackets. */
void render_flow_inside(const struct node *n, struct buf *out);

/* `lines` with `eol` between them, all but the first behind `indent` blanks;
 * empty lines stay empty. */
void render_indented(struct slice lines, size_t indent, const char *eol, struct buf *out);

/* The text of a node without the indentation it has in `text`. */
void render_node_text(struct slice text, const struct node *n, struct buf *out);

#endif
