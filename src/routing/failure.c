#include "routing/failure.h"

#include "base/str.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* Order of usefulness: 429, then 401/402/403, then what is unfit or not
 * found, then the rest. The request's own faults end the search anyway. */
static const struct failure_rule rules[FAILURE_CLASSES] = {
	[FAILURE_NONE] = { .name = "none", .words = "success" },
	[FAILURE_REQUEST] = {
		.name = "request", .words = "the request itself is wrong", .usefulness = 100,
	},
	[FAILURE_CONTEXT] = {
		.name = "context-length", .words = "the prompt is too long", .usefulness = 100,
	},
	[FAILURE_POLICY] = {
		.name = "policy", .words = "refused for its content", .usefulness = 100,
	},
	[FAILURE_CLIENT_GONE] = { .name = "client-gone", .words = "the client left" },
	[FAILURE_UNFIT] = {
		.name = "unfit", .words = "this upstream cannot serve this request",
		.goes_on = true, .usefulness = 35,
	},
	[FAILURE_AUTH] = {
		.name = "auth", .words = "the credential was refused; sign in or renew it",
		.goes_on = true, .repeats = 1, .cooldown = COOLDOWN_OPEN_ENDED,
		.guess_ms = 30 * MINUTE, .guess_max_ms = 30 * MINUTE,
		.is_probed_free = true, .usefulness = 40,
	},
	[FAILURE_RENEWAL] = {
		.name = "renewal", .words = "its token has ended and cannot be renewed just now",
		.goes_on = true, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.usefulness = 39,
	},
	[FAILURE_PERMISSION] = {
		.name = "permission", .words = "the account may not do this",
		.goes_on = true, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 30 * MINUTE, .guess_max_ms = 30 * MINUTE, .usefulness = 40,
	},
	[FAILURE_CREDIT] = {
		.name = "credit", .words = "the account has no credit left",
		.goes_on = true, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 30 * MINUTE, .guess_max_ms = 30 * MINUTE, .usefulness = 41,
	},
	[FAILURE_MODEL] = {
		.name = "model-not-found", .words = "the upstream does not know the model",
		.goes_on = true, .cooldown = COOLDOWN_TIMED,
		.guess_ms = HOUR, .guess_max_ms = HOUR, .usefulness = 30,
	},
	[FAILURE_NOT_FOUND] = {
		.name = "not-found", .words = "not found at the upstream",
		.goes_on = true, .usefulness = 29,
	},
	[FAILURE_RATE] = {
		.name = "rate-limit", .words = "rate limit",
		.goes_on = true, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .usefulness = 50,
	},
	[FAILURE_QUOTA] = {
		.name = "quota", .words = "the account's usage quota is spent",
		.goes_on = true, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 30 * MINUTE, .guess_max_ms = 30 * MINUTE, .usefulness = 51,
	},
	[FAILURE_RATE_BLIND] = {
		.name = "rate-limit-unknown", .words = "rate limit without a stated end",
		.goes_on = true, .repeats = 1, .repeat_min_ms = 1 * SECOND,
		.repeat_max_ms = 2 * SECOND, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.usefulness = 50,
	},
	[FAILURE_OVERLOADED] = {
		.name = "overloaded", .words = "the upstream is overloaded",
		.goes_on = true, .repeats = 2, .repeat_min_ms = 750,
		.repeat_max_ms = 3 * SECOND, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 10 * SECOND, .guess_max_ms = 10 * SECOND, .is_transient = true,
		.usefulness = 15,
	},
	[FAILURE_SERVER] = {
		.name = "server-error", .words = "the upstream fails",
		.goes_on = true, .cooldown = COOLDOWN_BREAKER,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.usefulness = 10,
	},
	[FAILURE_GATEWAY] = {
		.name = "unavailable", .words = "the upstream is unavailable",
		.goes_on = true, .repeats = 1, .repeat_min_ms = 100, .repeat_max_ms = 300,
		.cooldown = COOLDOWN_BREAKER, .guess_ms = 30 * SECOND,
		.guess_max_ms = 5 * MINUTE, .is_transient = true, .is_probed_free = true,
		.usefulness = 10,
	},
	[FAILURE_NETWORK] = {
		.name = "unreachable", .words = "the upstream cannot be reached",
		.goes_on = true, .cooldown = COOLDOWN_BREAKER,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.is_probed_free = true, .usefulness = 5,
	},
	[FAILURE_TIMEOUT] = {
		.name = "timeout", .words = "the upstream does not answer in time",
		.goes_on = true, .cooldown = COOLDOWN_BREAKER,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.is_probed_free = true, .usefulness = 6,
	},
	[FAILURE_STALE] = {
		.name = "stale-connection", .words = "an idle connection had been closed",
		.goes_on = true, .repeats = 2, .usefulness = 4,
	},
	[FAILURE_BROKEN] = {
		.name = "broken", .words = "the upstream breaks off its answers",
		.goes_on = true, .cooldown = COOLDOWN_BREAKER,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.usefulness = 5,
	},
	[FAILURE_CHALLENGE] = {
		.name = "challenge", .words = "a bot check stands before the upstream",
		.goes_on = true, .cooldown = COOLDOWN_TIMED,
		.guess_ms = 10 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.is_probed_free = true, .usefulness = 8,
	},
	[FAILURE_DETECTED] = {
		.name = "detected", .words = "the answer matches detection.*",
		.goes_on = true, .cooldown = COOLDOWN_BREAKER,
		.guess_ms = 30 * SECOND, .guess_max_ms = 5 * MINUTE, .is_transient = true,
		.usefulness = 28,
	},
	[FAILURE_SET] = { .name = "manual", .words = "set by hand" },
};

const struct failure_rule *failure_rule(enum failure_class c)
{
	return &rules[c];
}

const char *failure_name(enum failure_class c)
{
	return rules[c].name;
}

enum failure_class failure_by_name(const char *name)
{
	for (int i = 0; i < FAILURE_CLASSES; i++) {
		if (str_eq(rules[i].name, name)) {
			return (enum failure_class)i;
		}
	}
	return FAILURE_NONE;
}
