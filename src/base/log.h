/*
 * One event, one line. The only process-wide state of the program: every
 * thread may log, nobody has to be handed a logger.
 *
 * In a server a thread that logs copies the line into a buffer of its own and
 * goes on. log_flush(), which the keeper calls a few times a second, puts the
 * lines in order, masks them (base/mask.h), escapes foreign control bytes,
 * writes them, and keeps the last ones for the dashboard and `logs`. A command
 * writes at once.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR,
	LOG_OFF,                /* as a threshold only: nothing passes */
};

enum log_field_kind { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_COUNT };

struct log_field {
	const char *name;       /* lives as long as the program */
	enum log_field_kind kind;
	const char *str;        /* NULL: the field is left out */
	int64_t num;            /* a count below 0: the field is left out */
};

#define LOG_STR(n, v) { .name = (n), .kind = LOG_FIELD_STR, .str = (v) }
#define LOG_INT(n, v) { .name = (n), .kind = LOG_FIELD_INT, .num = (v) }
#define LOG_COUNT(n, v) { .name = (n), .kind = LOG_FIELD_COUNT, .num = (v) }

struct log_options {
	enum log_level level;           /* for sink and ring */
	enum log_level console_level;   /* for stderr */
	bool console_json;
	bool buffered;                  /* true: only log_flush writes */
	bool mask;
};

/* One line for a sink, as JSON (product: §10). Called by log_flush, from the
 * thread that calls it; is_request marks lines of the request log. Behind the
 * last line of a flush it is called once more with NULL: the time to write
 * what it has gathered. */
typedef void (*log_sink)(void *ctx, enum log_level level, bool is_request,
			 const char *json_line, size_t len);

void log_configure(const struct log_options *options);
void log_set_sink(log_sink sink, void *ctx);     /* NULL: none */
bool log_enabled(enum log_level level);

/* `area` lives as long as the program; at most 32 fields. */
void log_event(enum log_level level, const char *area, const char *msg,
	       const struct log_field *fields, size_t count);
/* The same for the line that ends an exchange. */
void log_request(enum log_level level, const char *msg,
		 const struct log_field *fields, size_t count);

void log_msg(enum log_level level, const char *area, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_debug(area, ...) \
	do { if (log_enabled(LOG_DEBUG)) { log_msg(LOG_DEBUG, area, __VA_ARGS__); } } while (0)
#define log_info(area, ...) log_msg(LOG_INFO, area, __VA_ARGS__)
#define log_warn(area, ...) log_msg(LOG_WARN, area, __VA_ARGS__)
#define log_error(area, ...) log_msg(LOG_ERROR, area, __VA_ARGS__)

/* Writes what was collected. Thread-safe. */
void log_flush(void);

/* From now on a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) appends the
 * lines that were collected, and one that names the signal, to this file
 * before the process ends as it would have. A new path replaces the old one;
 * NULL: none. */
void log_on_crash(const char *path);

/* The last lines of the ring whose sequence is above `after`, oldest first,
 * each as one JSON line; returns the newest sequence number. What was
 * collected is written before. */
uint64_t log_recent(uint64_t after, size_t max_lines, struct buf *out);

const char *log_level_name(enum log_level level);
bool log_level_by_name(const char *name, enum log_level *level);

#endif
