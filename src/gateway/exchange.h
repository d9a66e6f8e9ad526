/*
 * One request from its head to its record: the state machine between a
 * client and its upstreams. Lives on one worker; freed when both sides are
 * through with it.
 *
 *   READING   the request's body arrives
 *   TRYING    an attempt runs; nothing has been sent to the client
 *   SENDING   the answer's head is out: no way back
 *   OVER      answered, or the client has left
 *
 * The parts: exchange.c (life), local.c (answers of the gateway itself),
 * attempt.c (one candidate after the other), pump.c (upstream to client),
 * answer_head.c (headers), refuse.c (error answers).
 */
#ifndef GATEWAY_EXCHANGE_H
#define GATEWAY_EXCHANGE_H

#include "base/arena.h"
#include "base/id.h"
#include "formats/detect.h"
#include "gateway/body.h"
#include "gateway/client.h"
#include "gateway/model_filter.h"
#include "gateway/scan.h"
#include "gateway/transfer.h"
#include "gateway/worker.h"
#include "routing/plan.h"

#define REQUEST_ID_BYTES 32

enum exchange_state {
	EXCHANGE_READING,
	EXCHANGE_TRYING,
	EXCHANGE_SENDING,
	EXCHANGE_OVER,
};

/* The candidate that is being tried now. */
struct attempt {
	const struct candidate *candidate;
	struct transfer *transfer;      /* NULL: none runs */
	uint64_t started_ms;
	enum format_id format;          /* of the body sent */
	struct transfer_head head;
	bool has_head;
	bool is_error;                  /* status outside 2xx */
	bool is_stream;                 /* text/event-stream */
	bool is_complete;               /* the upstream has ended cleanly */
	struct buf held;                /* body bytes not yet sent on */
};

struct exchange {
	struct worker *worker;
	struct client *client;          /* NULL once the client is done */
	struct exchange *next;          /* worker's list */
	struct exchange *prev;
	struct config *config;          /* own references */
	struct key_ring *keys;
	struct arena arena;
	enum exchange_state state;
	bool is_freed;

	/* the request */
	struct endpoint endpoint;
	enum format_id format;          /* of the body that came */
	const struct gateway_key *key;
	struct body body;
	struct scan scan;
	const char *model;              /* asked for; NULL: none named */
	const char *client_credential;  /* for passthrough accounts */
	char trace_id[ID_TRACE_BYTES + 32];
	char request_id[REQUEST_ID_BYTES];
	int64_t at_ms;                  /* wall clock */
	uint64_t started_ms;            /* monotonic */
	uint64_t started_ns;
	size_t head_bytes;

	/* the way to an answer */
	struct plan plan;
	size_t next_candidate;
	struct attempt attempt;
	struct attempt_record attempts[RECORD_MAX_ATTEMPTS];
	int attempt_count;
	const char *problem;            /* of the last attempt that failed */
	int problem_status;

	/* the answer */
	int status;
	struct model_filter filter;
	bool is_filtering;
	bool is_upstream_paused;
	uint64_t last_bytes_ms;
	int64_t ttft_ms;
	int64_t overhead_us;
	int64_t bytes_out;
	int64_t chunks;
	const char *error;

	struct timer phase_timer;       /* progress of what is awaited now */
	struct timer total_timer;       /* proxy.request_timeout */
	struct deferred settle;
	struct deferred free;
};

/* For the worker's listener; its ctx is the worker. */
const struct client_events *exchange_client_events(void);

/* Ends whatever is in progress; the worker stops. */
void exchange_end_all(struct worker *w);

/* ---- between the parts ---- */

/* Answered or given up: timers and upstream are let go. */
void exchange_over(struct exchange *x);

/* refuse.c: an error answer in the client's format. `fmt` is the message. */
void refuse(struct exchange *x, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same while the request's body is still on its way and will not come. */
void refuse_slow_sender(struct exchange *x);

/* local.c: endpoints that need no upstream. */
void local_answer(struct exchange *x);

/* attempt.c: starts the next candidate, or answers with what went wrong. */
void attempt_next(struct exchange *x);
/* Gives up the running attempt without blame. */
void attempt_abort(struct exchange *x);

/* pump.c */
void pump_settle(struct exchange *x);           /* end of a turn with held bytes */
void pump_bytes(struct exchange *x, struct slice bytes);
void pump_end(struct exchange *x);              /* the upstream ended cleanly */
void pump_broken(struct exchange *x, const char *detail);
void pump_writable(struct exchange *x);

/* answer_head.c: headers of an answer; arena memory. `head` NULL: an answer
 * of the gateway itself, with `content_type`. */
struct answer_head {
	struct header *headers;
	size_t count;
};
struct answer_head answer_head_make(struct exchange *x, const struct transfer_head *head,
				    const char *content_type);

/* Header of an upstream's answer, or NULL. */
const char *head_get(const struct transfer_head *head, const char *name);

#endif
