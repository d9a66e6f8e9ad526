/*
 * Small string helpers, and `struct slice`: borrowed bytes with a length.
 * A slice is valid as long as what it was cut from.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/banned.h"

struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE_NULL ((struct slice){ NULL, 0 })
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The comparisons are inline: most are with a literal, whose length the
 * compiler then knows, and most fail at once. */

/* NULL gives SLICE_NULL. */
static inline struct slice slice_of(const char *text)
{
	return text ? (struct slice){ text, strlen(text) } : SLICE_NULL;
}

struct slice slice_trim(struct slice s);      /* blanks and tabs at both ends */
static inline bool slice_eq(struct slice s, const char *text)
{
	size_t len = strlen(text);

	return s.len == len && s.ptr && memcmp(s.ptr, text, len) == 0;
}

bool slice_ieq(struct slice s, const char *text);
bool slice_starts(struct slice s, const char *prefix);
bool slice_ends(struct slice s, const char *suffix);

/* Cuts the part before `sep` off `rest`; false when nothing is left. */
bool slice_next(struct slice *rest, char sep, struct slice *part);

/* NULL equals only NULL. */
static inline bool str_eq(const char *a, const char *b)
{
	if (!a || !b) {
		return a == b;
	}
	return *a == *b && strcmp(a, b) == 0;
}

bool str_ieq(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
bool str_empty(const char *text);             /* NULL or "" */

/* Copies with a terminator always; false when it had to cut. */
bool str_copy(char *dst, size_t size, const char *src);

/* Case-insensitive search of `needle` in bytes; NULL when it is not there. */
const char *str_ifind(const char *hay, size_t hay_len, const char *needle);

/* Whole-text decimal numbers; false leaves *out alone. */
bool str_to_i64(const char *text, int64_t *out);
bool str_to_u64(struct slice text, uint64_t *out);
bool str_to_double(const char *text, double *out);

/* Shell-style pattern with * and ?, case-sensitive; bounded work. */
bool str_glob(const char *pattern, const char *text);

/* Edit distance, capped at 64 characters a side: for "did you mean". */
unsigned str_distance(const char *a, const char *b);

/* The entry of `names` nearest to `text`, or NULL when none is near. */
const char *str_nearest(const char *text, const char *const *names, size_t count);

#endif
