/*
 * Texts of the user's own for the system text of requests (product: §8): files
 * of proxy.system_prompts and the system_prompt of aliases. They are read with
 * the configuration and live in its snapshot, so that a request never waits
 * for a file.
 *
 *	NAME.txt        a text for requests that ask for the model NAME
 *	ANYTHING.md     a text with a head that says where and for whom:
 *
 *		---
 *		position: after
 *		models: [claude-*]
 *		---
 *		Today is ${_DATE}.
 */
#ifndef CONFIG_PROMPTS_H
#define CONFIG_PROMPTS_H

#include "config/config.h"

/* Directory that proxy.system_prompts names, in `out`. */
void prompts_directory(const struct config *c, const char *home, struct buf *out);

/* Fills c->prompts; before `c` is shared. What cannot be used is left out and
 * named in c->warnings. Names are never joined to paths: only what the
 * directory itself lists is opened, and only regular files, no links. */
void prompts_load(struct config *c, const char *home);

/* Do both have the same texts, and the same to complain about? */
bool prompts_same(const struct config *a, const struct config *b);

/* What goes around a request's own system text. A gap stands between a text
 * and what it is joined to; absent texts are empty. */
struct prompt_texts {
	struct slice before;
	struct slice before_gap;
	struct slice after_gap;
	struct slice after;
};

/* The texts for a request for `model`; NULL when there are none. Times are
 * those of `wall_ms`, in local time. Any thread. */
const struct prompt_texts *prompts_for(const struct config *c, const char *model,
				       int64_t wall_ms, struct arena *a);

#endif
