/*
 * The models list as each family writes it (C116, C118). Pure functions, any
 * thread.
 */
#ifndef FORMATS_MODELS_LIST_H
#define FORMATS_MODELS_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/config.h"

/* Strings are borrowed. */
struct model_entry {
	const char *id;
	const char *owner;              /* "openai"; "" = the gateway */
	const char *display_name;       /* "" = the id */
	int64_t created_s;              /* 0 = not known */
};

/* The part that a client asked for. Without words of its own it gets all:
 * fewer would only hide models from clients that do not page. */
struct models_page {
	size_t limit;                   /* 0 = all */
	const char *after;              /* id that comes just before it, "" = begin */
	const char *before;             /* id that comes just behind it */
};

/* Reads limit, after_id, before_id (Anthropic) or pageSize, pageToken (Gemini)
 * out of a query; OpenAI's list has no pages. */
struct models_page models_list_page(enum format_id family, const char *query,
				    struct arena *a);

/* Appends the JSON of that part. `page` may be NULL. */
void models_list_write(enum format_id family, const struct model_entry *entries,
		       size_t count, const struct models_page *page, struct buf *out);

/* Appends one model's object. */
void models_list_write_one(enum format_id family, const struct model_entry *entry,
			   struct buf *out);

#endif
