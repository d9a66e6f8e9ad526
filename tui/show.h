/*
 * Numbers and times as short text: what is not known (NAN, 0 for times) shows
 * as "-". All return `out`.
 */
#ifndef TUI_SHOW_H
#define TUI_SHOW_H

#include <stddef.h>
#include <stdint.h>

#include "tui/style.h"

#define SHOW_BYTES 32

const char *show_ms(double ms, char out[SHOW_BYTES]);			   /* 0.8s 22.3s 3m05 */
const char *show_count(double n, char out[SHOW_BYTES]);			   /* 640 3.2k 31k 2.4M */
const char *show_number(double n, char out[SHOW_BYTES]);		   /* 1,204 */
const char *show_rate(double n, char out[SHOW_BYTES]);			   /* 2.4 */
const char *show_percent(double part, double whole, char out[SHOW_BYTES]); /* 9.1 */
const char *show_usd(double usd, char out[SHOW_BYTES]);			   /* 18.40 */
const char *show_left(int64_t ms, char out[SHOW_BYTES]);	  /* 0:41 1:02:03 3d04h */
const char *show_up(int64_t ms, char out[SHOW_BYTES]);		  /* 5m 2h05m 3d04h */
const char *show_clock(int64_t wall_ms, char out[SHOW_BYTES]);	  /* 14:02:31, local */
const char *show_clock_ms(int64_t wall_ms, char out[SHOW_BYTES]); /* with .123 */
const char *show_date(int64_t wall_ms, char out[SHOW_BYTES]);	  /* 2026-09-02, local */

/* "+ ready", "~ cooldown", "x down", "- disabled", "! login": the sign says the
 * same as the colour. */
const char *show_state(const char *state, char out[SHOW_BYTES]);
enum style state_style(const char *state);
enum style status_style(double status);

/* A bar of `width` columns: [####----]. */
const char *show_bar(double fraction, int width, char *out, size_t size);

#endif
