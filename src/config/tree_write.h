/*
 * Writes a tree of named values as YAML in block style or as JSON. Belongs to
 * the room.
 */
#ifndef CONFIG_TREE_WRITE_H
#define CONFIG_TREE_WRITE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json_write.h"
#include "config/config.h"

struct tree_writer {
	struct buf *out;        /* borrowed */
	bool is_json;
	struct json_writer json;
	int depth;              /* YAML: of the lines to come */
	bool after_dash;        /* YAML: the next key goes behind "- " */
};

void tree_open(struct tree_writer *w, struct buf *out, bool is_json);
void tree_close(struct tree_writer *w);

void tree_text(struct tree_writer *w, const char *name, const char *text);
/* A number or truth value, which both languages write alike. */
void tree_raw(struct tree_writer *w, const char *name, const char *text);
void tree_list(struct tree_writer *w, const char *name, const struct string_list *list);

/* A map, or a list of `count` maps; ended by tree_end. Each map of a list
 * begins with tree_item and is ended by tree_end. */
void tree_begin(struct tree_writer *w, const char *name, size_t count, bool is_list);
void tree_item(struct tree_writer *w);
void tree_end(struct tree_writer *w);

#endif
