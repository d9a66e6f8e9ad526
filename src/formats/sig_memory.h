/*
 * Signatures for clients whose format has no place for them (C66): what an
 * answer thought before a tool call, and the call's own signature, are kept
 * under the call's id and put back when the conversation comes again with that
 * call. Forgetting is harmless: C60-C62 say what happens without.
 *
 * Bounded in entries, bytes and age; of one process. Any thread. Each owner
 * (a gateway key) finds its own calls only.
 */
#ifndef FORMATS_SIG_MEMORY_H
#define FORMATS_SIG_MEMORY_H

#include "formats/event.h"

struct sig_memory;

struct sig_memory_limits {
	size_t entries;
	size_t bytes;
	int64_t ttl_ms;
};

/* C66's own figures. */
extern const struct sig_memory_limits sig_memory_usual;

struct sig_memory *sig_memory_create(const struct sig_memory_limits *limits);
void sig_memory_destroy(struct sig_memory *m);

/* Whose part of the memory an exchange uses; a NULL memory: none. Borrowed. */
struct sig_scope {
	struct sig_memory *memory;
	const char *owner;
};

/* Puts back what is known of the calls in the request's history; `now_ms` is
 * monotonic. Copies into the request's arena. */
void sig_memory_restore(const struct sig_scope *scope, struct hub_request *req, int64_t now_ms);

/* Listens to one answer and keeps what belongs to its calls. */
struct sig_collector;

struct sig_collector *sig_collector_create(struct sig_memory *m, struct slice owner);
void sig_collector_destroy(struct sig_collector *c);
void sig_collector_event(struct sig_collector *c, const struct event *ev);

#endif
