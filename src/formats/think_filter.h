/*
 * Reasoning that a server leaves inside its text, as <think>…</think> at the
 * very beginning: taken out and told as thinking (C134b). A sink in front of a
 * sink, used only where the route asks for it.
 */
#ifndef FORMATS_THINK_FILTER_H
#define FORMATS_THINK_FILTER_H

#include "formats/event.h"

struct think_filter;

struct think_filter *think_filter_create(const struct event_sink *next);
void think_filter_destroy(struct think_filter *f);            /* NULL-safe */

/* Takes events of every choice below MAX_CHOICES. */
struct event_sink think_filter_sink(struct think_filter *f);

#endif
