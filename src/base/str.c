#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
	while (s.len && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_blank(s.ptr[s.len - 1])) {
		s.len--;
	}
	return s;
}

bool slice_ieq(struct slice s, const char *text)
{
	size_t len = strlen(text);

	return s.ptr && s.len == len && strncasecmp(s.ptr, text, len) == 0;
}

bool slice_starts(struct slice s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.ptr && s.len >= len && memcmp(s.ptr, prefix, len) == 0;
}

bool slice_ends(struct slice s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.ptr && s.len >= len && memcmp(s.ptr + s.len - len, suffix, len) == 0;
}

bool slice_next(struct slice *rest, char sep, struct slice *part)
{
	const char *end;

	if (!rest->ptr) {
		return false;
	}
	end = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
	part->ptr = rest->ptr;
	if (!end) {
		part->len = rest->len;
		*rest = SLICE_NULL;
		return true;
	}
	part->len = (size_t)(end - rest->ptr);
	rest->len -= part->len + 1;
	rest->ptr = end + 1;
	return true;
}

bool str_ieq(const char *a, const char *b)
{
	return a == b || (a && b && (*a | 32) == (*b | 32) && strcasecmp(a, b) == 0);
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text);
	size_t tail = strlen(suffix);

	return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

bool str_empty(const char *text)
{
	return !text || !*text;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	size_t fit = len < size ? len : size - 1;

	memcpy(dst, src, fit);
	dst[fit] = '\0';
	return fit == len;
}

const char *str_ifind(const char *hay, size_t hay_len, const char *needle)
{
	size_t len = strlen(needle);

	for (size_t i = 0; i + len <= hay_len; i++) {
		if (strncasecmp(hay + i, needle, len) == 0) {
			return hay + i;
		}
	}
	return NULL;
}

bool str_to_i64(const char *text, int64_t *out)
{
	char *end;
	long long value;

	if (str_empty(text) || isspace((unsigned char)*text)) {
		return false;
	}
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end) {
		return false;
	}
	*out = value;
	return true;
}

bool str_to_u64(struct slice text, uint64_t *out)
{
	uint64_t value = 0;

	if (!text.len) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)(text.ptr[i] - '0');

		if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
			return false;
		}
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

bool str_to_double(const char *text, double *out)
{
	char *end;
	double value;

	if (str_empty(text) || isspace((unsigned char)*text)) {
		return false;
	}
	errno = 0;
	value = strtod(text, &end);
	if (errno || *end) {
		return false;
	}
	*out = value;
	return true;
}

/* Greedy with one remembered star: linear in practice, never exponential. */
bool str_glob(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			if (!pattern[1]) {
				return true;
			}
			star = pattern++;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*') {
		pattern++;
	}
	return !*pattern;
}

#define DISTANCE_MAX 64

unsigned str_distance(const char *a, const char *b)
{
	unsigned row[DISTANCE_MAX + 1];
	size_t la = strnlen(a, DISTANCE_MAX);
	size_t lb = strnlen(b, DISTANCE_MAX);

	for (size_t j = 0; j <= lb; j++) {
		row[j] = (unsigned)j;
	}
	for (size_t i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned above = row[j];
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best) {
				best = above + 1;
			}
			if (row[j - 1] + 1 < best) {
				best = row[j - 1] + 1;
			}
			diagonal = above;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *str_nearest(const char *text, const char *const *names, size_t count)
{
	const char *best = NULL;
	unsigned best_distance = (unsigned)strnlen(text, DISTANCE_MAX) / 2 + 1;

	for (size_t i = 0; i < count; i++) {
		unsigned distance = str_distance(text, names[i]);

		if (distance < best_distance) {
			best_distance = distance;
			best = names[i];
		}
	}
	return best;
}
