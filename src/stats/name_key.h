/*
 * Several names as one key of a map, on the stack.
 */
#ifndef STATS_NAME_KEY_H
#define STATS_NAME_KEY_H

#include <string.h>

#include "base/str.h"

/* Longer names count as their beginning. */
#define NAME_KEY_PART 128
#define NAME_KEY_PARTS 3

struct name_key {
	size_t len;
	char text[NAME_KEY_PARTS * (NAME_KEY_PART + 1) + sizeof(int64_t)];
};

static inline void name_key_init(struct name_key *k)
{
	k->len = 0;
}

/* NULL is "". */
static inline void name_key_add(struct name_key *k, const char *name)
{
	size_t len = name ? strnlen(name, NAME_KEY_PART) : 0;

	memcpy(k->text + k->len, name ? name : "", len);
	k->text[k->len + len] = '\0';
	k->len += len + 1;
}

static inline void name_key_number(struct name_key *k, int64_t number)
{
	memcpy(k->text + k->len, &number, sizeof number);
	k->len += sizeof number;
}

static inline struct slice name_key_slice(const struct name_key *k)
{
	return (struct slice){ k->text, k->len };
}

#endif
