/*
 * Which upstream a session was served by last, so that its next request finds
 * the prompt cache warm; and, with a longer memory, which upstream holds the
 * state that a request refers to (answers, files).
 *
 * Bounded (lru.h), sliding, without a lock. Owners are numbers that the
 * caller gives meaning (router.h: places in its list of upstreams).
 */
#ifndef ROUTING_AFFINITY_H
#define ROUTING_AFFINITY_H

#include "routing/lru.h"
#include "routing/moment.h"

#define AFFINITY_SESSION_MS (60LL * 60 * 1000)

struct binding {
	uint32_t owner;
	struct moment used;
};

struct affinity {
	struct lru lru;
	struct binding *bindings;    /* owned, parallel to the places */
	int64_t ttl_ms;
};

void affinity_init(struct affinity *a, size_t count, int64_t ttl_ms);
void affinity_release(struct affinity *a);

/* False when the key is unknown or unused for too long. */
bool affinity_get(const struct affinity *a, uint64_t key, struct moment now, uint32_t *owner);

/* Binds, or refreshes. Key 0 is nobody. */
void affinity_put(struct affinity *a, uint64_t key, uint32_t owner, struct moment now);

/* What identifies a session, as found in a request; each may be empty. */
struct session_facts {
	struct slice session_header;    /* x-claude-code-session-id */
	struct slice user_id;           /* Anthropic metadata.user_id, decoded */
	struct slice cache_key;         /* prompt_cache_key, session_id */
	struct slice system_text;       /* first system text */
	struct slice user_text;         /* first user text */
	const char *model;              /* asked for: models are bound one by one,
	                                 * as their caches are their own */
};

/* 0 when there is nothing to tell sessions apart by. */
uint64_t affinity_session(const struct session_facts *f);

/* Key of an id that an upstream gave out: resp_…, file-…. The key alone tells
 * whether it was a file's. */
uint64_t affinity_id(struct slice id);
bool affinity_is_file(uint64_t key);

#endif
