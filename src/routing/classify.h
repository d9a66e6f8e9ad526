/*
 * What a failed exchange with an upstream means. Body and headers are asked
 * before the status, because statuses lie: overload inside a 200, spent quota
 * as a 400, HTML as anything (field lessons, 5.2 rule 1).
 *
 * Pure function, any thread, no allocation.
 */
#ifndef ROUTING_CLASSIFY_H
#define ROUTING_CLASSIFY_H

#include "config/config.h"
#include "routing/failure.h"

/* What went wrong below HTTP. */
enum transport_failure {
	TRANSPORT_OK,           /* an answer came, whatever it says */
	TRANSPORT_CLIENT_GONE,
	TRANSPORT_STALE,        /* reset on a reused connection before any byte */
	TRANSPORT_DNS,
	TRANSPORT_CONNECT,
	TRANSPORT_TLS,
	TRANSPORT_RESET,        /* closed before the head, on a fresh connection */
	TRANSPORT_TIMEOUT,
	TRANSPORT_BROKEN,       /* closed or unreadable inside the answer */
};

struct outcome {
	enum transport_failure transport;
	int status;                     /* 0: no answer */
	const struct pair_list *headers;     /* of the answer; NULL: none */
	struct slice body;              /* error body, or error frame inside a 200 */
	bool is_background;             /* counting, titles, probes: blames nobody */
	const struct detection_config *detection;   /* NULL: none */
	int64_t now_wall_ms;
};

enum failure_scope {
	SCOPE_NONE,             /* nothing is held against the upstream */
	SCOPE_MODEL,            /* upstream + model */
	SCOPE_UPSTREAM,
};

#define VERDICT_HEADER_BYTES 128
#define VERDICT_EXCERPT_BYTES 200
#define VERDICT_FAMILY_BYTES 24

struct verdict {
	enum failure_class class;
	int status;                     /* as received; 0: none */
	enum failure_scope scope;
	char family[VERDICT_FAMILY_BYTES];   /* "*opus*": models the scope means
	                                      * instead of the one that was asked */
	int64_t reset_ms;               /* measured end, from now; -1: not said */
	int64_t retry_after_ms;         /* hint for the client; -1: none */
	bool may_repeat;                /* false: x-should-retry forbids it */
	char header[VERDICT_HEADER_BYTES];   /* "name: value" that decided; "" = none */
	char excerpt[VERDICT_EXCERPT_BYTES]; /* of the message, masked */
};

void classify(const struct outcome *o, struct verdict *v);

#endif
