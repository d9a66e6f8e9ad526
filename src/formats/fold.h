/*
 * Collects hub events into whole answers, for a client that does not stream:
 * a non-streaming answer is the fold of the stream (C120).
 */
#ifndef FORMATS_FOLD_H
#define FORMATS_FOLD_H

#include "formats/event.h"

/* C113: as many prompts in one request, or answers to one (C58). */
#define MAX_CHOICES 16

struct answer {
	struct hub_blocks blocks;
	struct hub_stop stop;
	bool is_started;
	bool is_complete;                 /* END came */
};

struct fold {
	struct arena arena;               /* owns what the answers point to */
	struct answer answers[MAX_CHOICES];
	unsigned count;                   /* choices seen */
	struct answer_head head;
	struct hub_usage usage;
	struct hub_block *open[MAX_CHOICES];
	struct buf text[MAX_CHOICES];     /* of the open block */
};

void fold_init(struct fold *f);
void fold_release(struct fold *f);

/* Events of any choice below MAX_CHOICES; ERROR and PING are ignored. */
void fold_event(struct fold *f, const struct event *ev);

/* Have all choices ended? */
bool fold_is_complete(const struct fold *f);

/* Deep copies into an arena. */
struct hub_block *hub_block_copy(struct arena *a, const struct hub_block *block);
struct hub_citation *hub_citation_copy(struct arena *a, const struct hub_citation *citation);

#endif
