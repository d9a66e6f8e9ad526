/*
 * Reads the token counts out of an answer that passes through untouched:
 * stream or JSON text, cut anywhere. Nothing is parsed but the one object
 * that carries them; of everything else only the ends of lines are found.
 *
 * Counts are cumulative: what comes later replaces what came before, null is
 * nothing (C127, C131). Any thread, one answer at a time.
 */
#ifndef FORMATS_USAGE_SCAN_H
#define FORMATS_USAGE_SCAN_H

#include "base/buf.h"
#include "config/config.h"
#include "formats/hub.h"

enum usage_slot {
	USAGE_IN,               /* includes cached */
	USAGE_UNCACHED,
	USAGE_TOOL_PROMPT,
	USAGE_CACHED,
	USAGE_CACHE_WRITE,
	USAGE_CACHE_WRITE_1H,
	USAGE_OUT,
	USAGE_REASONING,
	USAGE_SLOTS
};

struct usage_scan {
	enum format_id format;  /* FORMAT_NONE: the OpenAI families' names */
	bool is_stream;         /* text/event-stream */
	bool is_skipping;       /* inside a line that is too long to be kept */
	bool has_end;           /* see usage_scan_may_end() */
	char first;             /* of a JSON text: '{' or '[' */
	struct buf kept;        /* a stream's started line, a JSON text's end */
	int64_t counts[USAGE_SLOTS];    /* -1: not told */
};

void usage_scan_init(struct usage_scan *s, enum format_id format, bool is_stream);
void usage_scan_release(struct usage_scan *s);

void usage_scan_feed(struct usage_scan *s, struct slice bytes);

/* No more will come. */
void usage_scan_finish(struct usage_scan *s);

/* A stream ends here: is it whole, as far as can be told? False where the
 * format has a last event and it has not come (C132). */
bool usage_scan_may_end(const struct usage_scan *s);

/* So far. False: the upstream told nothing. */
bool usage_scan_result(const struct usage_scan *s, struct hub_usage *out);

#endif
