/*
 * Log lines for readers: filtered, from the ring of a running gateway or from
 * the files of the home. Inside control/ only.
 */
#ifndef CONTROL_LOG_LINES_H
#define CONTROL_LOG_LINES_H

#include "base/err.h"
#include "base/json_write.h"
#include "base/log.h"

struct call;
struct control_sink;

/* How often a stream looks for something new. */
#define FOLLOW_LOOK_MS 200

/* What a reader wants; zero: everything. */
struct log_filter {
	enum log_level level;           /* at least */
	int64_t since_ms;               /* wall clock */
	char trace_id[72];              /* "" = any */
	size_t limit;                   /* newest lines; set by log_filter_read() */
};

/* From the query: level, since (RFC 3339 or a duration such as 10m), trace,
 * limit. ERR_USAGE when one does not parse. */
bool log_filter_read(struct call *call, struct log_filter *filter, struct err *err);

/* Does a JSON line pass? */
bool log_filter_takes(const struct log_filter *filter, struct slice line);

/* The ring's sequence number that leaves the last `tail` lines to be sent. */
uint64_t log_follow_from(size_t tail);

/* Sends what is new as events "log"; false: the reader is gone. */
bool log_send_new(const struct log_filter *filter, uint64_t *sequence,
		  const struct control_sink *sink);

/* Writes an array of the lines in the log files below `dir`, oldest first. */
void log_read_files(const char *dir, const struct log_filter *filter, struct json_writer *w);

#endif
