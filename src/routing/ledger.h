/*
 * The cooldowns of one upstream: what it is kept from, why, since when, until
 * when, and whether the end was measured (the upstream named it) or guessed.
 *
 * Rules (field lessons, 5.2): a guess never changes a measured end; one
 * escalation per window, however many requests fail together; a guess ends in
 * one leased probe, whose success closes it and whose failure doubles it; a
 * measured end just ends. Requests that began before a window cannot escalate
 * it, those that began before a success or a clearing cannot reopen it.
 *
 * Plain data without a lock; the owner serialises (router.h).
 */
#ifndef ROUTING_LEDGER_H
#define ROUTING_LEDGER_H

#include "base/buf.h"
#include "base/json_write.h"
#include "routing/classify.h"
#include "routing/moment.h"

#define COOLDOWN_ID_BYTES 16
#define COOLDOWN_MODEL_BYTES 128
#define PROBE_LEASE_MS 30000

struct cooldown {
	char id[COOLDOWN_ID_BYTES];
	char model[COOLDOWN_MODEL_BYTES];    /* "" = whole upstream */
	bool is_pattern;                /* of `model`; a client's odd name is none */
	enum failure_class class;
	int status;
	char header[VERDICT_HEADER_BYTES];
	char body[VERDICT_EXCERPT_BYTES];
	bool is_measured;
	bool is_open_ended;             /* until a person acts; `until` is moot */
	struct moment since;
	struct moment until;
	struct moment next_probe;
	unsigned streak;                /* failed probes so far */
	int64_t leased_until_mono_ms;   /* a probe is under way; 0: none */
	int64_t failed_probe_mono_ms;   /* the last that failed began then; 0: none */
	int64_t asked_wall_ms;          /* a free probe was sent then; 0: none yet */
};

struct ledger {
	struct cooldown *entries;       /* owned */
	size_t count;
	size_t capacity;
	uint64_t seed;                  /* makes ids differ between upstreams */
	int64_t cleared_mono_ms;        /* last success or clearing that closed one */
};

void ledger_release(struct ledger *l);

enum ledger_state {
	LEDGER_FREE,            /* nothing against the model */
	LEDGER_PROBE,           /* half open: one request may try */
	LEDGER_BLOCKED,
};

/* How things stand for a model, and the entry that decides (borrowed until
 * the next change; NULL when free). */
enum ledger_state ledger_look(const struct ledger *l, const char *model, struct moment now,
			      const struct cooldown **why);

/* Takes the right to probe whatever stands against the model, even before its
 * end; 0 when somebody else has it. The token gives it back. */
int64_t ledger_lease(struct ledger *l, const char *model, struct moment now);
void ledger_unlease(struct ledger *l, int64_t token);

struct ledger_failure {
	const struct verdict *verdict;
	const char *model;              /* as sent upstream */
	int64_t began_mono_ms;          /* when the failed attempt began */
	bool is_tripped;                /* the breaker opens (breaker.h) */
	int64_t fixed_ms;               /* fallback.cooldown_seconds; 0: by class */
};

/* True when an entry was opened, escalated or replaced. */
bool ledger_fail(struct ledger *l, const struct ledger_failure *f, struct moment now);

/* True when it closed something. */
bool ledger_succeed(struct ledger *l, const char *model, int64_t began_mono_ms,
		    struct moment now);

/* A free probe (models list, connect) went through: what it can tell becomes
 * half open, so that the next request decides. */
void ledger_probed(struct ledger *l, struct moment now);

/* Somebody renewed the credential: what hung on it is gone. */
void ledger_renewed(struct ledger *l, struct moment now);

/* By hand. `model` may be a pattern, "" is the whole upstream. */
const struct cooldown *ledger_set(struct ledger *l, const char *model, int64_t for_ms,
				  struct moment now);

/* `model` as in the entry; NULL clears all. */
size_t ledger_clear(struct ledger *l, const char *model, struct moment now);
bool ledger_clear_id(struct ledger *l, const char *id, struct moment now);

/* Puts back a stored entry unless its time has passed. */
void ledger_restore(struct ledger *l, const struct cooldown *saved, struct moment now);

/* Drops what is over. */
void ledger_tidy(struct ledger *l, struct moment now);

/* One JSON object, product section 11; `upstream` is the account's name. */
void cooldown_write(const struct cooldown *c, const char *upstream, struct json_writer *w,
		    struct moment now);

/* Why, until when and what ends it, in a sentence for the user. */
void cooldown_explain(const struct cooldown *c, struct moment now, struct buf *out);

#endif
