/*
 * Stands between a decoder and an encoder and undoes what the request's
 * encoder had to do: the asked model's name (C7), tool names (C89), custom
 * tools (C48), emulated structured output (C97), stop texts the upstream does
 * not know (C106); and keeps thinking text from a client that asked for none
 * (C67).
 */
#ifndef FORMATS_ANSWER_FILTER_H
#define FORMATS_ANSWER_FILTER_H

#include "formats/answer_plan.h"
#include "formats/event.h"
#include "formats/fold.h"
#include "formats/stop_scan.h"

#define MAX_UPSTREAM_MODEL 128

struct answer_filter {
	const struct answer_plan *plan;
	struct event_sink next;
	struct stop_scan scans[MAX_CHOICES];
	bool is_text[MAX_CHOICES];        /* the open block goes out as text (C97) */
	bool is_cut[MAX_CHOICES];         /* a stop text ended this choice */
	char upstream_model[MAX_UPSTREAM_MODEL];
};

void answer_filter_init(struct answer_filter *f, const struct answer_plan *plan,
			const struct event_sink *next);
void answer_filter_release(struct answer_filter *f);
void answer_filter_event(struct answer_filter *f, const struct event *ev);

#endif
