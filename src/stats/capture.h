/*
 * Copies of what a client sent and got, for the detail view of a request
 * (logging.capture; product: section 4): headers and the beginnings of bodies,
 * with what looks like a credential masked. Never on the disk. Plain data
 * without a lock.
 */
#ifndef STATS_CAPTURE_H
#define STATS_CAPTURE_H

#include "base/buf.h"
#include "base/json_write.h"

/* Both bound the memory, whichever is reached first. */
#define CAPTURES_KEPT 200
#define CAPTURES_KEPT_BYTES (16 * MIB)

enum capture_side { CAPTURE_REQUEST, CAPTURE_RESPONSE, CAPTURE_SIDES };

struct capture;

/* `at_ms` and `trace_id` are those of its record. */
struct capture *capture_create(int64_t at_ms, const char *trace_id, bool has_bodies);
void capture_destroy(struct capture *c);        /* NULL is fine */

/* Copies a header, masked. */
void capture_header(struct capture *c, enum capture_side side, const char *name,
		    const char *value);

/* Copies what comes next of a body, up to MAX_CAPTURE_BYTES in all; cheap: it
 * is masked by capture_mask(), later and elsewhere. */
void capture_body(struct capture *c, enum capture_side side, struct slice bytes);

void capture_mask(struct capture *c);

/* Members request_headers{}, response_headers{}, request_body, response_body
 * of an open object; bodies that were not captured are left out. */
void capture_write(const struct capture *c, struct json_writer *w);

/* The last ones. */
struct capture_ring {
	struct capture *items[CAPTURES_KEPT];
	size_t first;
	size_t count;
	size_t bytes;
};

void capture_ring_release(struct capture_ring *ring);

/* Takes it over. */
void capture_ring_add(struct capture_ring *ring, struct capture *c);

/* NULL: there is none, or it is forgotten. */
const struct capture *capture_ring_find(const struct capture_ring *ring, int64_t at_ms,
					const char *trace_id);

#endif
