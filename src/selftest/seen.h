/*
 * What a client of each format sees in an answer. Written against the formats'
 * own pages and with nothing of src/formats/, so that a mistake there is not
 * made here again.
 */
#ifndef SELFTEST_SEEN_H
#define SELFTEST_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/config.h"

#define SEEN_MAX_CALLS 8

struct seen_call {
	const char *id;                 /* "" where the format gives none */
	const char *name;
	struct buf input;               /* JSON */
};

enum seen_stop { SEEN_STOP_NONE, SEEN_STOP_END, SEEN_STOP_TOOL, SEEN_STOP_OTHER };

/* Strings are never NULL. */
struct seen {
	struct arena *arena;            /* the caller's */
	const char *model;
	struct buf text;
	struct buf thinking;
	struct seen_call calls[SEEN_MAX_CALLS];
	size_t call_count;
	enum seen_stop stop;
	bool is_over;                   /* the answer came to the end its format wants */
	int64_t tokens_in;              /* those from the cache included */
	int64_t tokens_cached;
	int64_t tokens_out;             /* those of thinking included */
	int64_t tokens_thinking;
	const char *error;              /* its message; "" = none */
	const char *problem;            /* what is against the format; "" = nothing */
};

/* Reads an answer's body. Any thread. */
void seen_read(enum format_id format, bool is_stream, struct slice body, struct arena *a,
	       struct seen *out);
void seen_release(struct seen *s);

/* ---- for the formats' readers ---- */

/* The call at `index`, which comes into being when it is the next one. NULL
 * for any other, which is a problem. */
struct seen_call *seen_call_at(struct seen *s, size_t index);

/* Appends the text at a path. */
void seen_add(struct seen *s, struct buf *out, struct slice value, const char *path);

/* A number at a path; 0 when there is none. */
int64_t seen_number(struct slice value, const char *path);

/* The first problem stays. */
void seen_complain(struct seen *s, const char *problem);

/* Is the text at a path this one? */
bool seen_is(struct seen *s, struct slice value, const char *path, const char *text);

struct seen_reader {
	void (*whole)(struct seen *s, struct slice body);
	/* `name` is the SSE event's, "" without one. */
	void (*event)(struct seen *s, const char *name, struct slice data);
};

extern const struct seen_reader seen_anthropic;
extern const struct seen_reader seen_chat;
extern const struct seen_reader seen_responses;
extern const struct seen_reader seen_gemini;

#endif
