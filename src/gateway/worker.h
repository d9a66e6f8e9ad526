/*
 * One worker: a thread with its own loop, listener, upstream connections and
 * exchanges. A request never leaves the worker that accepted it.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <pthread.h>

#include "base/vec.h"
#include "gateway/authorise.h"
#include "gateway/budget.h"
#include "gateway/gateway.h"
#include "gateway/listener.h"
#include "gateway/mailbox.h"
#include "gateway/running.h"
#include "routing/queue.h"
#include "routing/router.h"
#include "transfer/loop.h"
#include "transfer/transfer_curl.h"
#include "transfer/transfer_direct.h"

struct exchange;
struct worker;
struct oauth_renewer;

/* What all workers share. Snapshots are swapped under the lock; a worker
 * notices by the generation and takes its own references. */
struct gateway_shared {
	pthread_mutex_t lock;
	struct config *config;
	struct key_ring *keys;
	uint64_t generation;            /* atomic */
	struct budget budget;
	struct stats *stats;            /* borrowed */
	struct router *router;          /* borrowed */
	struct oauth_renewer *renewer;  /* atomic, borrowed; NULL: nobody signs in */
	struct sig_memory *signatures;  /* owned */
	struct sealed_memory *sealed;   /* owned */
	struct queue queue;
	struct worker *workers;         /* all of them */
};

enum worker_order { WORKER_RUN, WORKER_QUIESCE, WORKER_STOP };

struct worker {
	struct gateway_shared *shared;
	unsigned index;
	pthread_t thread;
	bool is_started;
	struct loop *loop;
	struct listener *listener;
	struct curl_pool *curl;
	struct direct_pool *direct;
	bool is_curl_only;              /* LLM_GATEWAY_TRANSPORT=curl: for comparisons */
	struct stats_shard *shard;
	struct config *config;          /* own references */
	struct key_ring *keys;
	uint64_t generation;
	struct key_memo key_memo;       /* of this configuration */
	struct watch wake;              /* eventfd */
	struct mailbox *mailbox;
	struct running_desk desk;       /* what others ask it */
	uint64_t renewals;              /* questions asked so far */
	enum worker_order order;        /* atomic; set by gateway.c */
	bool is_quiet;                  /* listens no more */
	unsigned in_flight;             /* atomic; exchanges in progress */
	uint64_t turns;                 /* round-robin counter of plans */
	struct exchange *exchanges;     /* all of them, doubly linked */
	struct exchange *spare_exchanges;   /* ended ones' memory */
	unsigned spare_exchange_count;
	uint64_t trim_at_ms;            /* when quiet: give memory back */
};

/* Prepares everything that can fail; listener options as listener.h. */
bool worker_init(struct worker *w, struct gateway_shared *shared, unsigned index,
		 const struct listener_options *options, struct err *err);
bool worker_start(struct worker *w, struct err *err);
/* From another thread: sets the order and wakes the loop. */
void worker_order(struct worker *w, enum worker_order order);
/* From any thread: its loop looks for news. */
void worker_wake(struct worker *w);
void worker_join(struct worker *w);
void worker_release(struct worker *w);

/* The i-th of a gateway; NULL behind the last. */
struct worker *gateway_worker(struct gateway *g, unsigned index);

/* Picks up newer snapshots; called when a request begins. */
void worker_refresh(struct worker *w);

#endif
