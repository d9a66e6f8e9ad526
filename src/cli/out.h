/*
 * What commands say: results on stdout, everything said about them on
 * stderr. Foreign text is cleaned (cli/text.h).
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/table.h"

/* stdout, as it is. */
void out_put(const struct buf *text);
void out_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void out_text(const char *text);        /* cleaned line by line, ends with a line end */
void out_raw_line(struct slice text);   /* uncleaned: JSON */

/* stderr: chatter. */
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* stderr: "llm-gateway: what; what to do", one line. */
void out_error(const struct err *err);
void out_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The JSON form of an error on stdout, for --json. */
void out_error_json(const struct err *err);

/* A table, or `empty` on stderr when it has no rows. */
void out_table(const struct table *t, const struct screen *screen, const char *empty);

/* Short forms for people: "3d 4h", "1m 05s", "850ms"; "12.4k", "3.1M". */
#define HUMAN_BYTES 32
const char *human_duration(int64_t ms, char out[HUMAN_BYTES]);
const char *human_count(double value, char out[HUMAN_BYTES]);

#endif
