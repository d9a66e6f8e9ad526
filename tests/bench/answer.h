/*
 * Reads HTTP/1.1 answers as they come and hands their body on without its
 * framing. Only what the benchmark's servers send: length or chunks.
 */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define ANSWER_HEAD_BYTES 8192

enum answer_state {
	ANSWER_HEAD,
	ANSWER_LENGTH,
	ANSWER_CHUNK_SIZE,
	ANSWER_CHUNK_DATA,
	ANSWER_CHUNK_END,
};

struct answer {
	enum answer_state state;
	char line[ANSWER_HEAD_BYTES + 1];       /* head, or a chunk's size line */
	size_t line_len;
	size_t left;                            /* of the body or of the chunk */
	int status;
	bool is_last_chunk;
	/* Gets each piece of the body. */
	void (*on_body)(void *ctx, const char *ptr, size_t len);
	void *ctx;
};

static inline void answer_begin(struct answer *a)
{
	a->state = ANSWER_HEAD;
	a->line_len = 0;
	a->is_last_chunk = false;
	a->status = 0;
}

static inline bool answer_head_done(struct answer *a)
{
	size_t len = a->line_len;
	const char *length = str_ifind(a->line, len, "\r\ncontent-length:");

	a->status = len > 12 ? (int)strtol(a->line + 9, NULL, 10) : 0;
	if (length) {
		a->left = strtoul(strchr(length, ':') + 1, NULL, 10);
		a->state = ANSWER_LENGTH;
		return a->left == 0;
	}
	a->state = ANSWER_CHUNK_SIZE;
	a->line_len = 0;
	return false;
}

/* One byte of a head or of a line between chunks; true: the answer is over. */
static inline bool answer_line_byte(struct answer *a, char c)
{
	if (a->line_len < ANSWER_HEAD_BYTES) {
		a->line[a->line_len++] = c;
		a->line[a->line_len] = '\0';
	}
	if (c != '\n') {
		return false;
	}
	if (a->state == ANSWER_HEAD) {
		return str_ends(a->line, "\r\n\r\n") && answer_head_done(a);
	}
	if (a->state == ANSWER_CHUNK_END) {
		a->state = ANSWER_CHUNK_SIZE;
		a->line_len = 0;
		return a->is_last_chunk;
	}
	a->left = strtoul(a->line, NULL, 16);
	a->is_last_chunk = a->left == 0;
	a->state = a->is_last_chunk ? ANSWER_CHUNK_END : ANSWER_CHUNK_DATA;
	a->line_len = 0;
	return false;
}

/* Takes all of the bytes; true when the answer is complete with the last. */
static inline bool answer_feed(struct answer *a, const char *ptr, size_t len)
{
	bool is_done = false;

	while (len && !is_done) {
		size_t step = 1;

		if (a->state == ANSWER_LENGTH || a->state == ANSWER_CHUNK_DATA) {
			step = a->left < len ? a->left : len;
			a->on_body(a->ctx, ptr, step);
			a->left -= step;
			if (a->left == 0) {
				is_done = a->state == ANSWER_LENGTH;
				a->state = ANSWER_CHUNK_END;
				a->line_len = 0;
			}
		} else {
			is_done = answer_line_byte(a, *ptr);
		}
		ptr += step;
		len -= step;
	}
	return is_done;
}

#endif
