/*
 * Finds the members of a JSON object's top level with their byte ranges,
 * without building anything: the pass-through path sends the text as it came,
 * around a few replaced values (architecture, decision 4).
 *
 * What is checked: the structure of the top level, bracket nesting, string
 * boundaries and the maximum depth (MAX_JSON_DEPTH), nothing behind the
 * closing brace but white space. What is not: numbers, escapes and literals
 * inside nested values; the upstream does that.
 *
 * Members are reported in order, duplicates included; of duplicates the last
 * one counts, as in most parsers.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

enum json_kind {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

struct json_member {
	struct slice key;       /* raw text between the quotes */
	bool has_escapes;       /* in the key */
	struct slice value;     /* raw text, a string with its quotes */
	enum json_kind kind;
};

struct json_scan {
	const char *start;
	const char *at;
	const char *end;
	bool begun;
	bool done;
	bool failed;
	char closer;            /* '}' or ']' of what is being walked */
	const char *why;        /* what is wrong, for the error message */
};

/* `text` must stay alive; the object (or array) may have white space around. */
void json_scan_init(struct json_scan *s, struct slice text);

/* The next member; false at the end or on failure (see `failed`, `why`,
 * json_scan_offset). In an array the key is empty. */
bool json_scan_next(struct json_scan *s, struct json_member *member);

/* Byte offset of the place where scanning stands or failed. */
size_t json_scan_offset(const struct json_scan *s);

/* The key as it stands in the text, with its quotes, as json_unquote takes
 * it. Not for elements of arrays, which have none. */
struct slice json_key_text(const struct json_member *member);

/* Key comparison that understands escapes in the key. Inline, because each
 * member is compared with a dozen names, and almost all differ at once. */
bool json_key_decodes_to(const struct json_member *member, const char *name);

static inline bool json_key_is(const struct json_member *member, const char *name)
{
	if (member->has_escapes) {
		return json_key_decodes_to(member, name);
	}
	return member->key.len && member->key.ptr[0] == name[0] && slice_eq(member->key, name);
}

/* The last member called `name` of the object in `text`; false when there is
 * none or the text is no object. Works on nested objects' ranges as well. */
bool json_find(struct slice text, const char *name, struct json_member *member);

/* Appends the decoded text of a raw string with its quotes; false when an
 * escape is malformed. Lone surrogates become U+FFFD (C4). */
bool json_unquote(struct slice raw, struct buf *out);

/* A whole non-negative integer without fraction or exponent. */
bool json_to_u64(struct slice raw, uint64_t *out);

#endif
