/*
 * The many spellings of "wait until" in headers and bodies of upstreams, all
 * turned into milliseconds from now. False means: not understood, in the
 * past, or nonsense; the caller then behaves as if nothing had been said.
 */
#ifndef ROUTING_RESET_TIME_H
#define ROUTING_RESET_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Nobody resets later than a weekly window and an hour of slack: beyond that
 * it is a mistake of the sender (field lessons, 5.1). */
#define RESET_MAX_MS ((7LL * 24 + 1) * 3600 * 1000)

/* "1m12s", "20ms", "6m0s", "1h2m3.5s", "12.5" (seconds). */
bool reset_parse_duration(struct slice text, int64_t *ms);

/* retry-after: seconds, also fractions, or an HTTP date. */
bool reset_parse_retry_after(const char *text, int64_t now_wall_ms, int64_t *ms);

/* A reset header: a duration, a plain number of seconds, Unix time in seconds
 * or milliseconds, RFC 3339. */
bool reset_parse(const char *text, int64_t now_wall_ms, int64_t *ms);

/* "Please try again in 1.2s", "retry after 12 seconds", in free text. */
bool reset_find_in_text(struct slice text, int64_t *ms);

#endif
