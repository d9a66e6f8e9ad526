/*
 * One request on its way through its candidates. The attempt loop of the
 * gateway is:
 *
 *	walk_begin(&walk, router, &options);
 *	for (;;) {
 *		step = walk_next(&walk, now);
 *		TRY:     send to step.candidate; then one of
 *		           walk_failed()    before any content reached the client
 *		           walk_answered()  the first content is there
 *		           walk_abandon()   the client left
 *		         after walk_failed(): go round
 *		         after walk_answered(): pump, then walk_finish(), or
 *		           walk_broke() and walk_finish(); done
 *		WAIT:    come back in step.wait_ms; walk_abandon() if the client leaves
 *		REFRESH: renew the OAuth token of step.candidate's account, then
 *		         walk_refreshed(); go round
 *		FAIL:    answer step.status; done
 *	}
 *
 * A walk belongs to its exchange and worker. Each call takes the router's
 * lock once, for about a microsecond; nothing allocates outside the arena,
 * and that only once something goes wrong.
 */
#ifndef ROUTING_WALK_H
#define ROUTING_WALK_H

#include "routing/classify.h"
#include "routing/plan.h"
#include "routing/router.h"

#define WALK_MAX_ATTEMPTS 24    /* 2 levels x 4 routes x 3 requests */

struct walk_options {
	const struct config *config;    /* the plan's */
	const struct plan *plan;        /* status PLAN_OK */
	struct arena *arena;            /* the exchange's */
	uint64_t session;               /* affinity_session(); 0: none */
	int64_t tokens;                 /* estimate of prompt and answer */
	bool is_background;             /* blames nobody, leaves the last place free */
	struct moment now;
};

/* One request that was sent, for records and messages. */
struct attempt {
	const struct candidate *candidate;
	struct verdict *verdict;        /* NULL: it answered */
	struct moment began;
	int64_t ms;
};

struct candidate_note;
struct upstream_state;

struct walk {
	struct router *router;
	struct walk_options o;
	struct candidate_note *notes;   /* by candidate; NULL while all is well */
	struct attempt *attempts;       /* in order */
	size_t attempt_count;
	size_t attempt_capacity;
	unsigned routes_tried[2];       /* by level */
	/* the attempt under way */
	size_t current;                 /* candidate; SIZE_MAX: none */
	struct upstream_state *state;
	struct reservation reservation;
	struct moment attempt_began;
	int64_t lease;
	bool is_answered;
	bool is_moved;                  /* the ramp counts it */
	bool was_stale;                 /* the one before died of an old connection */
	/* what comes next */
	size_t again;                   /* candidate to repeat; SIZE_MAX: none */
	struct moment again_at;
	bool is_stopped;                /* the last failure ends the walk */
	bool needs_refresh;
	const struct candidate *avoid;  /* its vendor is overloaded; NULL: nobody */
	bool keeps_binding;             /* its own upstream is back soon */
	bool ledger_changed;            /* to be logged */
};

enum step_kind { STEP_TRY, STEP_WAIT, STEP_REFRESH, STEP_FAIL };

struct step {
	enum step_kind kind;
	const struct candidate *candidate;   /* TRY, REFRESH */
	bool needs_fresh_connection;         /* TRY: the last one was stale */
	int64_t wait_ms;                     /* WAIT */
	int status;                          /* FAIL: for the client */
	enum failure_class class;            /* FAIL: of what decided */
	const struct attempt *attempt;       /* FAIL: whose answer to show; NULL: none
	                                      * was made or none had an answer */
	int64_t retry_after_ms;              /* FAIL: soonest chance; -1: unknown */
	bool is_spent;                       /* FAIL: nobody can answer soon, so the client
	                                      * need not ask again by itself */
};

void walk_begin(struct walk *w, struct router *r, const struct walk_options *o);
struct step walk_next(struct walk *w, struct moment now);

/* The attempt failed before content reached the client; maybe after
 * walk_answered, when the answer was still being collected. `headers` of the
 * answer, for quotas; NULL: none came. True: of all failures so far this is
 * the one to show, so keep its body. */
bool walk_failed(struct walk *w, const struct verdict *v, const struct pair_list *headers,
		 struct moment now);

/* The first content is there (or a whole good answer): the upstream works. */
void walk_answered(struct walk *w, const struct pair_list *headers, struct moment now);

/* The answer broke after content: recorded, never repeated. */
void walk_broke(struct walk *w, const struct verdict *v, struct moment now);

/* The exchange is over; `tokens` of prompt and answer, -1: unknown. */
void walk_finish(struct walk *w, int64_t tokens, struct moment now);

/* The client left, at any point: nobody is blamed. Idempotent. */
void walk_abandon(struct walk *w, struct moment now);

/* How the renewal of a token ended. */
enum renewal {
	RENEWAL_DONE,
	RENEWAL_PUT_OFF,        /* whoever renews it cannot at the moment */
	RENEWAL_LOST,           /* only a person can sign in again */
};

void walk_refreshed(struct walk *w, enum renewal how, struct moment now);

/* "tried a (429: rate limit), b (…); passed over c (…)", for the end of an
 * error message. */
void walk_explain(const struct walk *w, struct moment now, struct buf *out);

/* Did more happen than that the first choice answered? Only then a trace is
 * worth its time. Also of a zeroed walk with nothing but its plan. */
bool walk_is_eventful(const struct walk *w);

/* Array of {upstream model level outcome reason}: the candidates that were
 * tried or passed over and why, what the plan left out, then who was not
 * needed. Where the writer's buffer is full, the last element counts the rest. */
void walk_trace(const struct walk *w, struct json_writer *out, struct moment now);

#endif
