/*
 * What the built-in demo upstream says: a pure function from a request to an
 * answer in frames, which the event loop then sends at their pace. It speaks
 * every format that the gateway knows, in the shapes that the vendors' SDKs
 * accept, and says of itself that it is a demo.
 *
 * It calls a tool when the request has tools and the user's text says "tool"
 * (or a tool is demanded), all of them when it says "every tool", thinks when
 * thinking is asked for, tells what it got of an image, answers to a schema,
 * and stops at the token limit. Models that behave otherwise:
 *
 *	demo-400 demo-401 demo-429 demo-500 demo-529   refuse with that status
 *	demo-slow    takes its time
 *	demo-fast    takes none
 *	demo-cut     breaks off in the middle
 *	demo-usage   takes no time, and counts the DEMO_KNOWN_ tokens
 */
#ifndef DEMO_ANSWER_H
#define DEMO_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "providers/provider.h"

/* The usage that demo-usage reports, whatever it was asked. */
#define DEMO_KNOWN_IN 1200              /* those from the cache included */
#define DEMO_KNOWN_CACHED 200
#define DEMO_KNOWN_OUT 40               /* those of thinking included */
#define DEMO_KNOWN_THINKING 10

struct demo_request {
	const char *method;
	const char *url;                /* as provider_url made it */
	struct slice body;
	int64_t now_s;                  /* wall clock, for the dates in answers */
	uint64_t serial;                /* differs for each request: gives the ids */
};

struct demo_frame {
	struct slice bytes;
	int64_t delay_ms;               /* to wait before it is sent */
};

/* Everything in the arena. */
struct demo_answer {
	int status;
	struct header_list headers;
	const struct demo_frame *frames;
	size_t frame_count;
	bool is_cut;                    /* behind the last frame the connection breaks */
};

/* Always gives an answer. Any thread. */
void demo_answer(const struct demo_request *req, struct arena *a, struct demo_answer *out);

#endif
