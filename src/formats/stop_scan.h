/*
 * Looks for stop texts in an answer that flows, for upstreams that cannot
 * (C106): passes on what can be no part of a match, holds back the rest.
 */
#ifndef FORMATS_STOP_SCAN_H
#define FORMATS_STOP_SCAN_H

#include "formats/hub.h"

struct stop_scan {
	const struct hub_name *stops;     /* borrowed; none empty */
	struct buf held;
	size_t ready;                     /* bytes at the front of `held` that may go out */
};

void stop_scan_init(struct stop_scan *s, const struct hub_name *stops);
void stop_scan_release(struct stop_scan *s);

/* Takes more text. Returns the stop text that was found, or NULL; afterwards
 * stop_scan_ready() is what may be passed on (all before the match). */
const struct hub_name *stop_scan_feed(struct stop_scan *s, struct slice text);

/* Borrowed until the next call; stop_scan_drop forgets it. */
struct slice stop_scan_ready(const struct stop_scan *s);
void stop_scan_drop(struct stop_scan *s);

/* The end of the text: everything held is ready (C146). */
void stop_scan_flush(struct stop_scan *s);

#endif
