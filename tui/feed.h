/*
 * Where the dashboard's data comes from: a thread that follows the control
 * API's events and turns them into snapshots and log lines. The dashboard's
 * thread only ever looks; it never waits for the gateway.
 */
#ifndef TUI_FEED_H
#define TUI_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/snapshot.h"

enum feed_link {
	FEED_CONNECTING,
	FEED_LIVE,
	FEED_OFFLINE,
};

struct feed;

/* Follows the gateway of this home; begins at once. */
struct feed *feed_create(const char *home, const char *config_path, int64_t interval_ms);

/* Never waits: the thread ends by itself at its next event. NULL is fine. */
void feed_destroy(struct feed *f);

/* Readable whenever there is something new. */
int feed_fd(const struct feed *f);

/* The latest snapshot, a new reference; NULL before the first one. */
struct snapshot *feed_take(struct feed *f);

enum feed_link feed_link(struct feed *f);

/* When the gateway was last heard of, monotonic; 0: never. */
uint64_t feed_heard_ms(struct feed *f);

/* How long it may be silent: the interval, or as it has said. */
int64_t feed_pace_ms(struct feed *f);

/* The oldest log line (JSON, malloc'd, to be freed) not taken yet; NULL. */
char *feed_take_line(struct feed *f);

/* Lines thrown away because nobody took them. */
uint64_t feed_dropped(struct feed *f);

void feed_set_interval(struct feed *f, int64_t interval_ms);

#endif
