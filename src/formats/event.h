/*
 * Hub events: what an answer is while it flows (conversion.md section 6). A
 * decoder pushes them into a sink, an encoder takes them out of it; filters
 * (stop scanner, name restorer) are sinks in front of a sink. Everything an
 * event points to is borrowed for the duration of the call.
 *
 * Grammar, per choice (C130):
 *	START { BLOCK_START(i) { DELTA(i) } BLOCK_STOP(i) | USAGE } STOP { USAGE } END
 * PING anywhere; ERROR ends everything at any time. Blocks count from 0
 * without gaps and never overlap. `struct emitter` keeps a decoder inside it,
 * whatever the upstream sends; `struct event_check` asserts it in debug builds.
 */
#ifndef FORMATS_EVENT_H
#define FORMATS_EVENT_H

#include "formats/hub.h"

enum event_kind {
	EVENT_START,
	EVENT_BLOCK_START,
	EVENT_DELTA,
	EVENT_BLOCK_STOP,
	EVENT_USAGE,
	EVENT_STOP,
	EVENT_END,
	EVENT_ERROR,
	EVENT_PING,
};

enum delta_kind {
	DELTA_TEXT,
	DELTA_THINKING,
	DELTA_ARGS,
	DELTA_SIG,
	DELTA_REFUSAL,
	DELTA_CITE,
	DELTA_LOGPROBS,                   /* before the text they belong to */
};

struct answer_head {
	struct slice id;                  /* absent: the encoder makes one (C8) */
	struct slice model;
	int64_t created;                  /* Unix seconds; 0: unknown (C128) */
	struct slice service_tier;        /* absent: unknown */
	enum format_id format;            /* of the upstream: same-family echoes only */
};

struct event {
	enum event_kind kind;
	unsigned choice;                  /* 0 unless n > 1 (C136) */
	unsigned index;                   /* of the block: BLOCK_START, DELTA, BLOCK_STOP */
	const struct answer_head *head;   /* START */
	/* BLOCK_START: kind, ids, names. Texts, arguments and the signature of
	 * a thinking or text block are empty and come as deltas; a tool call's
	 * signature is here (C65 needs it first); foreign blocks (redacted,
	 * server, opaque) are complete. */
	const struct hub_block *block;
	enum delta_kind delta;            /* DELTA, with one of the next four */
	struct slice text;                /* TEXT, THINKING, ARGS, REFUSAL: never empty */
	const struct hub_sig *sig;
	const struct hub_citation *citation;
	const struct hub_logprob *logprobs;
	const struct hub_usage *usage;    /* USAGE, and START when known */
	const struct hub_stop *stop;      /* STOP */
	const struct api_error *error;    /* ERROR */
	bool is_last;                     /* END: of the last open choice; convert.c sets it */
};

struct event_sink {
	void (*push)(void *ctx, const struct event *ev);
	void *ctx;
};

static inline void event_push(const struct event_sink *sink, const struct event *ev)
{
	sink->push(sink->ctx, ev);
}

/* Asserts C130 in debug builds (DEBUG defined) and nothing otherwise; one for
 * each choice. */
struct event_check {
	bool is_started;
	bool is_open;
	bool is_stopped;
	bool is_over;
	unsigned next_index;
};

void event_check(struct event_check *check, const struct event *ev);

/* A decoder's outlet: opens and closes blocks so that the grammar holds. What
 * comes after the end is swallowed. Zero-initialise, then set sink and choice. */
struct emitter {
	struct event_sink sink;
	unsigned choice;
	unsigned next_index;
	enum hub_block_kind open_kind;    /* while is_open */
	bool is_open;
	bool is_started;
	bool is_stopped;                  /* STOP was pushed */
	bool is_over;                     /* END or ERROR was pushed */
	bool has_tool_use;                /* for the stop reason (C125) */
	bool has_refusal;
	bool has_block;
};

void emit_start(struct emitter *e, const struct answer_head *head,
		const struct hub_usage *usage);           /* once; later calls do nothing */
/* Closes the open block, opens this one. */
void emit_open(struct emitter *e, const struct hub_block *block);
/* Opens an empty block of this kind (text, thinking, refusal) unless one is open. */
void emit_ensure(struct emitter *e, enum hub_block_kind kind);
/* A piece for the open block; an empty one, or one that does not fit the open
 * block's kind, does nothing. */
void emit_delta(struct emitter *e, enum delta_kind kind, struct slice text);
void emit_sig(struct emitter *e, const struct hub_sig *sig);
void emit_cite(struct emitter *e, const struct hub_citation *citation);
/* Of the open text or refusal; NULL does nothing. */
void emit_logprobs(struct emitter *e, const struct hub_logprob *logprobs);
void emit_close(struct emitter *e);                       /* nothing when none is open */
/* A block with its text, arguments, signature and citations in deltas. */
void emit_block(struct emitter *e, const struct hub_block *block);
void emit_usage(struct emitter *e, const struct hub_usage *usage);
void emit_stop(struct emitter *e, const struct hub_stop *stop);  /* closes; once */
void emit_end(struct emitter *e);                         /* STOP_END first when none came */
void emit_error(struct emitter *e, const struct api_error *error);
void emit_failure(struct emitter *e, enum error_class class, const char *message);
void emit_ping(struct emitter *e);

#endif
