/*
 * What is known about one thing, as "name   value" lines. A value that is
 * empty leaves no line.
 */
#ifndef CLI_FACTS_H
#define CLI_FACTS_H

#include "base/limits.h"
#include "cli/answer.h"
#include "cli/table.h"

struct facts {
	const struct screen *screen;
	struct buf text;
};

#define FACTS_INIT(s) { .screen = (s), .text = BUF_INIT(16 * MIB) }

void facts_add(struct facts *f, const char *name, enum tint tint, const char *value);
void facts_addf(struct facts *f, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The text at `path` of an answer. */
void facts_from(struct facts *f, const char *name, const struct answer *a, const char *path);

/* The items of an array, with commas between them. */
void facts_list(struct facts *f, const char *name, const struct answer *a, const char *path);

/* The members of an object, each as name, `glue`, value. */
void facts_members(struct facts *f, const char *name, const struct answer *a, const char *path,
		  const char *glue);

/* "limits": those that are not 0. */
void facts_limits(struct facts *f, const struct answer *a);

/* Prints them on stdout and releases. */
void facts_print(struct facts *f);

#endif
