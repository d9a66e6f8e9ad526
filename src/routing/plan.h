/*
 * From the model name of a request to the routes that may serve it (product,
 * section 6). Static: it looks at the configuration and the request alone;
 * what is usable at this moment is decided attempt by attempt (walk.h).
 *
 * A name is looked up in this order: an alias; `upstream/model`; every
 * upstream whose `models` match; the built-in `auto`. Pure functions over
 * their arguments, any thread; everything returned lives in the given arena
 * or in the configuration.
 */
#ifndef ROUTING_PLAN_H
#define ROUTING_PLAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "config/config.h"

#define PLAN_NEAR_NAMES 3

/* What the rules of an alias look at. */
struct request_facts {
	int64_t tokens;                 /* estimate of the prompt */
	bool has_thinking;
	bool has_tools;
	bool has_images;
	bool has_web_search;
	bool is_background;             /* titles, probes, counting */

	/* The client's header `name` (any case), or NULL. May be NULL itself. */
	const char *(*header)(const void *ctx, const char *name);
	const void *header_ctx;
};

struct plan_input {
	const struct config *config;
	const char *name;               /* model asked for */
	const char *upstream;           /* asked for beside it: an account's name or
	                                 * id, or a provider's name; NULL: none */
	const char *pinned_account;     /* id of the account that holds the state the
	                                 * request refers to; NULL: none */
	bool has_client_credential;     /* the client brought one for the upstream */
	const struct request_facts *facts;   /* NULL: rules do not apply */
	bool (*serves)(const struct upstream_account *account, const char *model);
	/* Only because nobody says what it has: asked behind those that know
	 * the name. NULL: there is no such account. */
	bool (*is_catch_all)(const struct upstream_account *account);
	uint64_t turn;                  /* caller's count of requests: rotates equals */
};

/* One way to serve the request. */
struct candidate {
	const struct upstream_account *account;
	const char *model;              /* name for the upstream */
	const struct model_alias *alias;     /* whose route it is; NULL: by name */
	int priority;                   /* lower first, within level and group */
	int weight;                     /* at least 1 */
	uint16_t level;                 /* 1, or 2 for a fallback alias */
	uint16_t group;                 /* which alias of its level, in order */
};

/* Why a route does not take part, apart from the state of the moment. */
enum skip_reason {
	SKIP_ACCOUNT_DISABLED,
	SKIP_ALIAS_DISABLED,
	SKIP_ROUTE_DISABLED,
	SKIP_NOT_CHOSEN,                /* the request names another upstream */
	SKIP_PINNED,                    /* the request belongs to another upstream */
	SKIP_NO_CREDENTIAL,             /* passthrough without a client's credential */
};

struct skipped {
	const struct upstream_account *account;
	const char *model;
	enum skip_reason reason;
};

enum plan_status {
	PLAN_OK,                        /* at least one candidate */
	PLAN_UNKNOWN_MODEL,             /* see `near` */
	PLAN_UNKNOWN_UPSTREAM,          /* the upstream asked for does not exist */
	PLAN_NOTHING_LEFT,              /* the name is known; see `skipped` */
};

struct plan {
	enum plan_status status;
	const char *name;               /* as asked */
	struct candidate *candidates;   /* by level, group, priority, file order;
	                                 * equals rotated by `turn` */
	size_t count;
	struct skipped *skipped;
	size_t skipped_count;
	const char *near[PLAN_NEAR_NAMES];   /* nearest first; NULL behind the last */
};

void plan_make(const struct plan_input *in, struct arena *a, struct plan *out);

/* Fills `near` with configured names like the one asked for. */
void plan_find_near(struct plan *out, const struct config *config);

/* "switched off", "the request names another upstream": for people. */
const char *skip_text(enum skip_reason reason);

/* One sentence for the client when status is not PLAN_OK. */
void plan_explain(const struct plan *plan, struct buf *out);

#endif
