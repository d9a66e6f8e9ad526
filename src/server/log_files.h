/*
 * The log files of a home (product: §4, logging): general.log, requests/ and
 * errors/ by local date; by size they are renamed, by age removed. The sink of
 * base/log.h; written once a flush, not once a line.
 */
#ifndef SERVER_LOG_FILES_H
#define SERVER_LOG_FILES_H

#include "base/log.h"
#include "config/config.h"

struct log_files;

struct log_files *log_files_create(void);
void log_files_destroy(struct log_files *f);   /* NULL is fine */

/* Puts new settings in force; a relative base_dir is below `home`. Any
 * thread. */
void log_files_configure(struct log_files *f, const char *home,
			 const struct logging_config *config);

/* The sink; ctx is the struct log_files. */
void log_files_write(void *ctx, enum log_level level, bool is_request,
		     const char *json_line, size_t len);

/* Removes files that are older than logging.max_age_days. */
void log_files_sweep(struct log_files *f, int64_t now_ms);

#endif
