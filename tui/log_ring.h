/* The last log lines, taken apart for the Logs screen. One thread. */
#ifndef TUI_LOG_RING_H
#define TUI_LOG_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define LOG_RING_LINES 2000

struct log_entry {
	uint64_t number; /* from 1 on, of all lines ever */
	char id[24];	 /* the number as text: the row's identity */
	int64_t at_ms;
	int level;  /* 0 debug … 3 error */
	char *area; /* owned, as all texts */
	char *text; /* message and fields */
	char *trace_id;
};

struct log_ring {
	struct log_entry *entries; /* owned; a ring, made with the first line */
	size_t first;
	size_t count;
	uint64_t taken;
};

void log_ring_release(struct log_ring *r);
void log_ring_add(struct log_ring *r, struct slice json);

/* Newest first. */
const struct log_entry *log_ring_at(const struct log_ring *r, size_t index);

/* The dashboard's own messages stand there too. */
void log_ring_say(struct log_ring *r, int64_t at_ms, int level, const char *text);

#endif
