#include "routing/attempt_policy.h"

#include "base/str.h"

/* No route gets more requests than this, whatever it says. */
#define MOST_REQUESTS 6

static bool may_repeat(const struct policy_facts *f)
{
	const struct verdict *v = f->verdict;
	const struct failure_rule *rule = failure_rule(v->class);

	if (f->requests > rule->repeats || v->class == FAILURE_AUTH) {
		return false;
	}
	/* Asked to stay away for longer than a pause takes: so be it. */
	if (v->reset_ms > rule->repeat_max_ms && v->class != FAILURE_STALE) {
		return false;
	}
	return v->may_repeat || v->class == FAILURE_STALE;
}

enum policy policy_after(const struct policy_facts *f, int64_t *pause_ms)
{
	const struct verdict *v = f->verdict;
	const struct failure_rule *rule = failure_rule(v->class);

	if (!rule->goes_on) {
		return POLICY_STOP;
	}
	if (v->class == FAILURE_AUTH && f->is_oauth && !f->is_refreshed) {
		return POLICY_REFRESH;
	}
	if (may_repeat(f)) {
		*pause_ms = rule->repeat_min_ms +
			    (int64_t)(f->lot * (double)(rule->repeat_max_ms - rule->repeat_min_ms));
		return POLICY_REPEAT;
	}
	if (v->reset_ms > 0 && f->requests < MOST_REQUESTS &&
	    (v->class == FAILURE_RATE || v->class == FAILURE_QUOTA)) {
		return POLICY_KEEP;
	}
	return POLICY_NEXT;
}

bool policy_blames(const struct policy_facts *f, enum policy p)
{
	if (p == POLICY_REFRESH) {
		return false;
	}
	return p != POLICY_REPEAT ||
	       failure_rule(f->verdict->class)->cooldown == COOLDOWN_BREAKER;
}

bool policy_prefers(const struct verdict *a, const struct verdict *b)
{
	return !a || failure_rule(b->class)->usefulness >= failure_rule(a->class)->usefulness;
}

int policy_status(enum failure_class c)
{
	static const int statuses[FAILURE_CLASSES] = {
		[FAILURE_REQUEST] = 400, [FAILURE_CONTEXT] = 400, [FAILURE_POLICY] = 400,
		[FAILURE_CLIENT_GONE] = 499, [FAILURE_UNFIT] = 400, [FAILURE_AUTH] = 401,
		[FAILURE_RENEWAL] = 503,
		[FAILURE_PERMISSION] = 403, [FAILURE_CREDIT] = 402, [FAILURE_MODEL] = 404,
		[FAILURE_NOT_FOUND] = 404, [FAILURE_RATE] = 429, [FAILURE_QUOTA] = 429,
		[FAILURE_RATE_BLIND] = 429, [FAILURE_OVERLOADED] = 529, [FAILURE_SERVER] = 500,
		[FAILURE_GATEWAY] = 503, [FAILURE_TIMEOUT] = 504,
	};

	return statuses[c] ? statuses[c] : 502;
}
