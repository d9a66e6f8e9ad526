/*
 * Writes JSON into a buffer, keeping track of commas. For log lines, error
 * bodies, snapshots: whatever is made here and not read back. Strings are
 * escaped; bytes that are not UTF-8 become U+FFFD.
 *
 *	struct json_writer w;
 *	json_open(&w, &out);
 *	json_object(&w);
 *	json_key(&w, "name"); json_str(&w, name);
 *	json_end(&w);
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_WRITE_DEPTH 64

struct json_writer {
	struct buf *out;              /* borrowed */
	int depth;
	bool has_member[JSON_WRITE_DEPTH];
	char closer[JSON_WRITE_DEPTH];
	bool after_key;
};

void json_open(struct json_writer *w, struct buf *out);
void json_object(struct json_writer *w);
void json_array(struct json_writer *w);
void json_end(struct json_writer *w);         /* closes the innermost one */

void json_key(struct json_writer *w, const char *name);
void json_str(struct json_writer *w, const char *text);       /* NULL gives null */
void json_strn(struct json_writer *w, struct slice text);
void json_int(struct json_writer *w, int64_t value);
void json_double(struct json_writer *w, double value);        /* shortest that reads back */
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct slice text);      /* a value, already JSON */

/* key and value in one line */
void json_kstr(struct json_writer *w, const char *name, const char *text);
void json_kint(struct json_writer *w, const char *name, int64_t value);
void json_kdouble(struct json_writer *w, const char *name, double value);
void json_kbool(struct json_writer *w, const char *name, bool value);
void json_ktime(struct json_writer *w, const char *name, int64_t wall_ms); /* 0 gives null */

/* Only the escaped text with its quotes. */
void json_quote(struct buf *out, struct slice text);

#endif
