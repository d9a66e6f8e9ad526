/*
 * The two clocks: monotonic for waits and measurements, wall for what people
 * and other machines read. Decisions take `now` as an argument; only loops
 * and recorders call these.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_BYTES 32

uint64_t clock_mono_ns(void);
uint64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);           /* Unix time in milliseconds */

/* One instant on both clocks, for decisions that wait (monotonic) and name
 * the end of the wait to others (wall). */
struct moment {
	int64_t mono_ms;
	int64_t wall_ms;
};

struct moment clock_moment(void);

/* RFC 3339 UTC with milliseconds: 2026-11-21T07:08:25.123Z */
void clock_format(int64_t wall_ms, char out[CLOCK_TEXT_BYTES]);

/* RFC 3339 with any offset, or a date alone (midnight UTC). */
bool clock_parse(const char *text, int64_t *wall_ms);

/* Milliseconds since the Unix epoch of the next local midnight. */
int64_t clock_next_local_midnight(int64_t wall_ms);

/* The local day as YYYY-MM-DD, for log file names. */
void clock_local_date(int64_t wall_ms, char out[CLOCK_TEXT_BYTES]);

/* The local time of day as HH:MM:SS. */
void clock_local_time(int64_t wall_ms, char out[CLOCK_TEXT_BYTES]);

#endif
