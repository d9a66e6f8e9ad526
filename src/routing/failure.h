/*
 * The classes of failure and what each one means for the request and for the
 * upstream: product, section 7, as one table. Pure data, any thread.
 */
#ifndef ROUTING_FAILURE_H
#define ROUTING_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

enum failure_class {
	FAILURE_NONE,           /* success */
	FAILURE_REQUEST,        /* the request's own fault: 400, 413, 422 … */
	FAILURE_CONTEXT,        /* … longer than the model's context */
	FAILURE_POLICY,         /* … refused for its content */
	FAILURE_CLIENT_GONE,
	FAILURE_UNFIT,          /* not servable here, maybe elsewhere; nobody's fault */
	FAILURE_AUTH,           /* 401 */
	FAILURE_RENEWAL,        /* 401, and a new token was not to be had just now */
	FAILURE_PERMISSION,     /* 403 */
	FAILURE_CREDIT,         /* 402, no credit */
	FAILURE_MODEL,          /* 404, model not found */
	FAILURE_NOT_FOUND,      /* 404 of anything else */
	FAILURE_RATE,           /* 429 that says when it ends */
	FAILURE_QUOTA,          /* 429, a paid window is spent */
	FAILURE_RATE_BLIND,     /* 429 without any hint */
	FAILURE_OVERLOADED,     /* 529 */
	FAILURE_SERVER,         /* 500 */
	FAILURE_GATEWAY,        /* 502, 503, 504 */
	FAILURE_NETWORK,        /* DNS, connect, TLS, reset */
	FAILURE_TIMEOUT,
	FAILURE_STALE,          /* an idle connection that had died */
	FAILURE_BROKEN,         /* the answer ended in the middle */
	FAILURE_CHALLENGE,      /* a bot check in front of the upstream */
	FAILURE_DETECTED,       /* matches detection.error_codes or error_patterns */
	FAILURE_SET,            /* no failure: somebody set the cooldown by hand */
	FAILURE_CLASSES
};

enum cooldown_kind {
	COOLDOWN_NONE,
	COOLDOWN_TIMED,         /* at once, for a guessed or measured time */
	COOLDOWN_BREAKER,       /* after several failures, then guessed */
	COOLDOWN_OPEN_ENDED,    /* until a person acts */
};

struct failure_rule {
	const char *name;       /* "rate-limit": metrics, logs, JSON */
	const char *words;      /* "rate limit": people */
	int64_t repeat_min_ms;  /* wait before a repeat: between these two */
	int64_t repeat_max_ms;
	int64_t guess_ms;       /* first guess; doubles up to the maximum */
	int64_t guess_max_ms;
	enum cooldown_kind cooldown;
	unsigned repeats;       /* on the same route, at most */
	int usefulness;         /* of several failures the highest is shown */
	bool goes_on;           /* the next route may be tried */
	bool is_transient;      /* worth trying early when nothing else is left */
	bool is_probed_free;    /* a models list or a connect tells when it is over */
};

const struct failure_rule *failure_rule(enum failure_class c);
const char *failure_name(enum failure_class c);

/* FAILURE_NONE when there is no such name. */
enum failure_class failure_by_name(const char *name);

#endif
