/*
 * Everything that routing remembers between requests, behind one lock that is
 * held for a microsecond at a time and never over I/O. One router serves all
 * workers. A request walks through it with walk.h; what is here is for the
 * keeper and the control API, and the gates before a plan is made.
 *
 * Every function may be called by any thread. Times are arguments.
 */
#ifndef ROUTING_ROUTER_H
#define ROUTING_ROUTER_H

#include "base/json_write.h"
#include "config/config.h"
#include "routing/affinity.h"
#include "routing/ledger.h"
#include "routing/limits.h"
#include "routing/plan.h"
#include "routing/quota.h"
#include "routing/throttle.h"

struct router;

/* `seed`: random, for strategies that draw lots; any number in a test. */
struct router *router_create(uint64_t seed);
void router_destroy(struct router *r);          /* NULL is fine */

/* Before the first request and after each reload. Takes a reference. Requests
 * planned with an older snapshot go on. */
void router_configure(struct router *r, struct config *config);

/* --- gates before planning; a request passes them in this order --- */

enum refusal_kind {
	REFUSED_NOT,
	REFUSED_THROTTLE,       /* rate_limit.* */
	REFUSED_EXPIRED,        /* the key's time is over */
	REFUSED_MODEL,          /* not among the key's models */
	REFUSED_LIMIT,          /* a limit of the key */
	REFUSED_BUDGET,         /* budget_exceeded */
};

struct refusal {
	enum refusal_kind kind;
	int status;                     /* 429, 403 or 401 */
	int64_t retry_after_ms;         /* at least 1000; -1: waiting does not help */
	char text[160];                 /* for the client */
};

/* False: refused. `model` NULL when the request has none. */
bool router_throttle(struct router *r, const struct config *config, const char *address,
		     const char *model, struct moment now, struct refusal *out);

/* What a gateway key's request holds until router_leave_key. */
struct key_pass {
	void *key;
	struct reservation reservation;
};

/* `tokens`: estimate of prompt and answer. */
bool router_enter_key(struct router *r, const struct gateway_key *key, const char *model,
		      int64_t tokens, struct moment now, struct key_pass *pass,
		      struct refusal *out);

/* `tokens` really used; `usd` 0 when the price is unknown. */
void router_leave_key(struct router *r, struct key_pass *pass, int64_t tokens, double usd,
		      struct moment now);

/* --- estimates --- */

struct token_estimate {
	int64_t prompt;
	int64_t answer;
};

/* `max_tokens` of the answer; 0: not given. */
struct token_estimate router_estimate(struct router *r, const char *model, size_t text_bytes,
				      int64_t max_tokens);

/* What it really was, under the same name; zeros teach nothing. */
void router_learn(struct router *r, const char *model, size_t text_bytes,
		  int64_t prompt_tokens, int64_t answer_tokens);

/* --- state that lives upstream: resp_…, file-… --- */

void router_pin(struct router *r, struct slice id, const char *account_id, struct moment now);

/* Is any file among them? Only then a request is worth searching for one. */
bool router_has_files(const struct router *r);

/* Id of the account that holds it (valid as long as the router), or NULL. */
const char *router_pinned(struct router *r, struct slice id, struct moment now);

/* --- cooldowns, for the control API --- */

/* An array of all cooldowns of the configured accounts; `account_id` NULL: of
 * all. */
void router_write_cooldowns(struct router *r, const char *account_id, struct json_writer *w,
			    struct moment now);

/* Number of entries cleared; `model` NULL clears all of the account,
 * `account_id` NULL all there are. */
size_t router_clear(struct router *r, const char *account_id, const char *model,
		    struct moment now);

/* By id or unique prefix of one. */
bool router_clear_id(struct router *r, const char *id, struct moment now);

/* `model` "" = whole upstream. False: no such account configured. */
bool router_set(struct router *r, const char *account_id, const char *model, int64_t for_ms,
		struct moment now);

/* The credential of an account was renewed (keeper). */
void router_renewed(struct router *r, const char *account_id, struct moment now);

/* `upstream test` and its outcome: success frees the model, failure is noted
 * as that of any request. */
void router_tested(struct router *r, const char *account_id, const char *model,
		   const struct verdict *v, int64_t began_mono_ms, struct moment now);

/* --- free probes (keeper) --- */

#define PROBE_BATCH 16

/* Ids of the accounts whose cooldown a free request could end early and whose
 * turn it is; asks for each at most once per health_check.interval. Returns
 * how many. */
size_t router_due_probes(struct router *r, const char *account_ids[PROBE_BATCH],
			 struct moment now);

/* It went through: the next real request decides. A failure needs no call. */
void router_probed(struct router *r, const char *account_id, struct moment now);

/* --- for screens --- */

enum upstream_condition {
	UPSTREAM_READY,
	UPSTREAM_COOLING,       /* wholly, until a known time */
	UPSTREAM_PARTLY,        /* for some models only */
	UPSTREAM_NEEDS_ATTENTION,
	UPSTREAM_DISABLED,
};

enum upstream_condition router_condition(struct router *r, const char *account_id,
					 struct moment now);
/* How long all of the account is still kept from requests, by a cooldown or a
 * spent window; 0: it is not, or only a person ends it. */
int64_t router_cooling_ms(struct router *r, const char *account_id, struct moment now);
const char *condition_name(enum upstream_condition c);  /* "ready", "cooldown" … */

/* Members of an upstream's object: in_flight, cooldowns, quota, limits_used.
 * The object is open; its state is router_condition() and what the caller
 * knows beside that. */
void router_write_upstream(struct router *r, const struct upstream_account *account,
			   struct json_writer *w, struct moment now);

/* Member limits_used of a key's object, with spent_usd_today. */
void router_write_key(struct router *r, const struct gateway_key *key, struct json_writer *w,
		      struct moment now);

/* {name candidates[{upstream model position}] skipped[{upstream model reason}]}
 * as a request would find it now. */
void router_write_resolve(struct router *r, const struct config *config,
			  const struct plan *plan, struct json_writer *w, struct moment now);

/* --- what survives a restart --- */

struct saved_cooldown {
	const char *account_id;
	struct cooldown cooldown;
};

struct saved_window {
	const char *account_id;
	struct quota_window window;
};

struct saved_day {
	const char *id;                 /* of an account or a gateway key */
	bool is_key;
	int64_t requests;
	double usd;
	int64_t ends_wall_ms;
};

struct saved_binding {
	uint64_t key;
	const char *account_id;
	bool is_pin;                    /* state upstream, not a session */
	int64_t used_wall_ms;
};

struct routing_state {
	struct saved_cooldown *cooldowns;
	size_t cooldown_count;
	struct saved_window *windows;
	size_t window_count;
	struct saved_day *days;
	size_t day_count;
	struct saved_binding *bindings;
	size_t binding_count;
};

/* Everything still in force: arrays in the arena, ids valid as long as the
 * router. */
void router_export(struct router *r, struct arena *a, struct moment now,
		   struct routing_state *out);

/* Before the first request. What is over is left out; texts are copied. */
void router_import(struct router *r, const struct routing_state *state, struct moment now);

#endif
