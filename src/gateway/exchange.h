/*
 * One request from its head to its record: the state machine between a
 * client and its upstreams. Lives on one worker; freed when both sides are
 * through with it.
 *
 *   READING   the request's body arrives
 *   QUEUED    too many requests run at once; it waits for its turn
 *   TRYING    an attempt runs; nothing has been sent to the client
 *   SENDING   the answer's head is out: no way back
 *   OVER      answered, or the client has left
 *
 * The parts: exchange.c (life and record), admit.c (who may ask what),
 * local.c (answers of the gateway itself), attempt.c (one candidate after
 * the other), waiting.c (for a place, for a token), media_fetch.c (what the
 * request only names), upstream_request.c and upstream_body.c (what is sent
 * to it), call.c (what it answers), rounds.c (one answer of several calls),
 * inside.c (errors that say 200), pump.c (upstream to client), keepalive.c
 * (signs of life), pin.c (state that lives upstream), reply_head.c (headers),
 * reply.h (their way out), refuse.c and final_error.c (error answers),
 * sealed_exchange.c and sealed_reply.c (sealed transport). running.c tells what
 * is in progress.
 */
#ifndef GATEWAY_EXCHANGE_H
#define GATEWAY_EXCHANGE_H

#include "base/arena.h"
#include "base/id.h"
#include "config/prompts.h"
#include "formats/convert.h"
#include "formats/detect.h"
#include "formats/history.h"
#include "formats/sig_memory.h"
#include "formats/stream_end.h"
#include "formats/usage_scan.h"
#include "gateway/body.h"
#include "gateway/client.h"
#include "gateway/embedded_media.h"
#include "gateway/model_filter.h"
#include "gateway/scan.h"
#include "gateway/worker.h"
#include "routing/queue.h"
#include "routing/walk.h"
#include "transfer/transfer.h"

#define REQUEST_ID_BYTES 32

enum exchange_state {
	EXCHANGE_READING,
	EXCHANGE_QUEUED,
	EXCHANGE_TRYING,
	EXCHANGE_SENDING,
	EXCHANGE_OVER,
};

/* The request to an upstream that is under way. */
struct call {
	const struct candidate *candidate;   /* NULL: none */
	struct transfer *transfer;      /* NULL: it has ended */
	uint64_t started_ms;
	enum format_id format;          /* of the body sent */
	struct transfer_head head;
	bool has_head;
	bool is_error;                  /* status outside 2xx */
	bool is_stream;                 /* text/event-stream */
	bool is_converted;              /* the two sides speak different formats */
	bool has_content;               /* the first meaningful frame has come */
	bool is_understood;             /* a stream that passes: that was a frame of its format */
	bool is_complete;               /* the answer is whole */
	struct converted converted;     /* what was sent, when is_converted */
	unsigned round;                 /* which of converted.rounds */
	bool is_between;                /* one is over, the next has not begun */
	struct convert_stream *stream;  /* converts, or only looks for content */
	bool asked_usage;               /* the gateway asked for a chunk that the client did not */
	bool is_counting;               /* `usage` reads along */
	struct usage_scan usage;
	struct buf held;                /* for the client, not yet sent */
};

/* Of all failed calls the one worth showing; in the arena. */
struct shown_error {
	const struct candidate *candidate;   /* NULL: none yet */
	enum format_id format;
	struct transfer_head head;
	struct slice body;
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
	bool is_traced;                 /* the client sent a valid traceparent */
	char request_id[REQUEST_ID_BYTES];
	int64_t at_ms;                  /* wall clock */
	uint64_t started_ms;            /* monotonic */
	uint64_t started_ns;

	/* the way to an answer */
	struct key_pass key_pass;
	struct ticket place;            /* among those that run at once */
	struct plan plan;
	struct walk walk;
	bool is_walking;
	uint64_t renewal;               /* number of the question; 0: none is out */
	struct token_estimate estimated;
	struct embedded_media media;    /* in the body */
	const struct prompt_texts *prompts;     /* the user's system text; NULL: none */
	struct hub_request *hub;        /* decoded once, for conversions */
	struct arena hub_arena;         /* ... and all that belongs to it */
	struct warnings warnings;
	struct media_fetch *fetch;      /* media that the hub names by URL; NULL: none is
					 * being fetched */
	size_t fetched_bytes;           /* of the hub, taken from the budget */
	struct sig_scope signatures;    /* for the hub */
	enum history_scope history;     /* what goes from it */
	uint64_t session;               /* affinity; 0: none */
	bool is_background;             /* a count, a title, a probe */
	bool has_container;             /* code may run at the upstream */
	bool wants_base64;              /* embeddings, from an upstream that has numbers */
	struct call call;
	struct shown_error shown;
	const char *detail;             /* of the last failure below HTTP; NULL: none */
	const char *unfit;              /* why the last candidate could not be asked */
	int unfit_status;
	int64_t retry_after_ms;         /* for an error in our words; 0: none known */
	bool is_spent;                  /* the client's own repeats would be in vain */

	/* the answer */
	int status;
	struct model_filter filter;
	bool is_filtering;
	bool is_upstream_paused;
	uint64_t last_bytes_ms;
	uint64_t last_ping_ms;          /* keepalive.c */
	char tail[STREAM_END_BYTES];    /* what the client was sent last */
	int64_t ttft_ms;
	int64_t overhead_us;
	int64_t bytes_out;
	int64_t chunks;
	struct token_counts tokens;
	enum format_id format_out;      /* of the last request to an upstream */
	int64_t cost_pico_usd;          /* COST_UNKNOWN */
	const char *warnings_text;      /* of the conversion that was sent; NULL: none */
	const char *error;
	struct capture *capture;        /* NULL: nobody asked for one */
	bool is_sealed;                 /* so came the request */
	struct sealed_answering *sealed;    /* it has been opened; NULL: nothing to seal */

	struct timer phase_timer;       /* progress of what is awaited now */
	struct timer total_timer;       /* proxy.request_timeout */
	struct deferred resume;         /* attempt_failed_inside() */
	struct deferred again;          /* rounds_next() */
	struct deferred settle;
	struct deferred account;        /* exchange_over() */
	struct deferred free;
	bool is_settled;                /* the books are closed */
};

/* For the worker's listener; its ctx is the worker. */
const struct client_events *exchange_client_events(void);

/* Ends whatever is in progress; the worker stops. */
void exchange_end_all(struct worker *w);
/* Memory kept for the next ones; the worker is quiet, or over. */
void exchange_free_spare(struct worker *w);

/* What is to be told of it so far, all borrowed. */
void exchange_describe(const struct exchange *x, struct request_record *out);

/* ---- between the parts ---- */

/* Nobody will be asked any more: the request's memory is given back. */
void exchange_forget_request(struct exchange *x);

/* Answered or given up: timers and upstream are let go. */
void exchange_over(struct exchange *x);

/* refuse.c: an error answer in the client's format. `fmt` is the message. */
void refuse(struct exchange *x, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same while the request's body is still on its way and will not come. */
void refuse_slow_sender(struct exchange *x);

/* local.c: endpoints that need no upstream. */
void local_answer(struct exchange *x);

/* admit.c: may this request come in; answers it when not. */
bool admit_head(struct exchange *x);
bool admit_model(struct exchange *x);

/* The request is read and admitted: plans it and sends it on its way. */
void exchange_proceed(struct exchange *x);

/* waiting.c: proceeds now, later, or is refused. */
void waiting_enter(struct exchange *x);
/* Its place is free for the next; fine when it has none. */
void waiting_leave(struct exchange *x);
/* Asks for another token of this account, goes on when it is there (or not).
 * False: there is nobody to ask. */
bool waiting_renewal(struct exchange *x, const struct upstream_account *account);
/* Something has come for this worker's exchanges. */
void waiting_woken(struct worker *w);

/* attempt.c: the next step of the walk, or the final answer. */
void attempt_next(struct exchange *x);
/* The call failed before content reached the client. */
void attempt_failed(struct exchange *x, const struct outcome *outcome);
/* The same while the call's own bytes are being looked at: no other transfer
 * can begin inside one, so the next step comes at the end of the turn. */
void attempt_failed_inside(struct exchange *x, const struct outcome *outcome);
/* Asks the call's candidate once more. */
void attempt_again(struct exchange *x);
/* The call's candidate cannot be asked, and nobody is to blame: the next. */
void attempt_refuse(struct exchange *x, const struct err *err);
/* Lets the running call go without blame. */
void attempt_end_call(struct exchange *x);

/* call.c */
const struct transfer_events *call_events(void);
/* The answer's headers as the router reads them; in the arena. */
struct pair_list call_headers(struct exchange *x);
void call_wait(struct exchange *x, int64_t in_ms);      /* phase timer; 0: none */
void call_on_phase_timer(struct timer *t);
int64_t call_first_token_ms(const struct exchange *x);  /* proxy.first_token_timeout */
void call_on_total_timer(struct timer *t);

/* rounds.c: an answer that takes several calls (C58, C113). */
void rounds_next(struct exchange *x);
bool rounds_left(const struct exchange *x);

/* final_error.c: all candidates failed. */
void final_error(struct exchange *x, const struct step *step);

/* pump.c: from upstream to client. */
/* Sends the head before there is content, where the route has it so (C145). */
void pump_start_early(struct exchange *x);
void pump_bytes(struct exchange *x, struct slice bytes);
void pump_settle(struct exchange *x);           /* at the end of the turn */
void pump_end(struct exchange *x);              /* the upstream ended cleanly */
void pump_broken(struct exchange *x, const char *detail);
void pump_finish(struct exchange *x);           /* the whole answer has been sent */
/* Somebody here has ended the answer that is on its way. */
void pump_cancel(struct exchange *x, const char *why);
void pump_writable(struct exchange *x);
void pump_send(struct exchange *x, struct slice bytes);   /* to a client whose head is out */
/* pin.c: id of the account that holds what the request refers to, or NULL;
 * and the account that now holds what the answer, held so far, names. */
const char *pin_find(struct exchange *x);
void pin_answer(struct exchange *x);
/* The same for a container, which may be named anywhere in it. */
void pin_container(struct exchange *x, struct slice bytes);

/* copy.c: what came, what goes out, while logging.capture asks for it. */
void copy_request(struct exchange *x);
void copy_head(struct exchange *x, const struct header *headers, size_t count);
void copy_body(struct exchange *x, struct slice bytes);

/* Takes the token counts that have come so far. */
void pump_keep_usage(struct exchange *x);
/* The same without an end to them; leaves `out` as it is when none has come. */
void pump_usage_so_far(const struct exchange *x, struct token_counts *out);

/* inside.c: answers that say 200 and are none. A whole one of them, or a frame
 * of a stream: the attempt failed. */
void inside_fail(struct exchange *x, const struct api_error *error);
/* Must it be held to its end, because it may turn out to be one? */
bool inside_may_be_error(const struct exchange *x);
/* Do the first `len` bytes held, but for the content at their end, match a
 * configured pattern? Then the attempt failed. */
bool inside_is_detected(struct exchange *x, size_t len, bool ends_in_content);
/* At a clean end without content: was that no answer? Then the attempt failed. */
bool inside_is_no_answer(struct exchange *x);

/* keepalive.c: what was sent; a sign of life when it is time for one. Returns
 * when to look again, 0: the upstream was silent for longer than `limit_ms`. */
void keepalive_note(struct exchange *x, struct slice sent);
/* Was that the end of a stream, or an error in its place? */
bool keepalive_saw_end(const struct exchange *x);
int64_t keepalive_turn(struct exchange *x, int64_t limit_ms);

/* reply_head.c: headers of an answer; arena memory. `head` NULL: an answer
 * of the gateway itself, with `content_type`. */
struct reply_head {
	struct header *headers;
	size_t count;
};
struct reply_head reply_head_make(struct exchange *x, const struct transfer_head *head,
				    const char *content_type);

/* Header of an upstream's answer, or NULL. */
const char *head_get(const struct transfer_head *head, const char *name);
/* The headers as the router reads them; the list is in the arena. */
struct pair_list head_pairs(const struct transfer_head *head, struct arena *a);

#endif
