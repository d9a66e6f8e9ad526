/*
 * One line of the log. The thread that logs packs it, which costs it some
 * copying and no memory; the one that writes unpacks, masks and renders it.
 * Inside base/log only.
 */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include "base/arena.h"
#include "base/log.h"

/* Fields of a line: those of a request are some fifteen. */
#define MAX_LOG_FIELDS 32

struct log_line {
	int64_t at_ms;          /* wall clock */
	enum log_level level;
	bool is_request;
	const char *area;
	const char *msg;
	const struct log_field *fields;
	size_t count;
};

/* Appends it to a buffer of such lines. False: it does not fit. Texts are cut
 * to half of MAX_LOG_LINE_BYTES. */
bool log_line_pack(struct buf *packed, const struct log_line *line);

/* When the first of the packed lines was logged. */
int64_t log_line_time(struct slice packed);

/* Takes the first of them off; its pointers are into `packed`, its fields into
 * `fields`. False: none is left. */
bool log_line_next(struct slice *packed, struct log_line *line,
		   struct log_field fields[MAX_LOG_FIELDS]);

/* Masks what looks like a credential; new texts are in the arena. */
void log_line_mask(struct log_line *line, struct log_field *fields, struct arena *a);

/* As JSON (product: section 10) and as people read it, with the newline. */
void log_line_json(const struct log_line *line, struct buf *out);
void log_line_text(const struct log_line *line, struct buf *out);

#endif
