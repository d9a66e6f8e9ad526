#include "routing/gate.h"

static bool check_ledger(const struct upstream_state *s, const struct gate_request *g,
			 struct moment now, struct gate *out)
{
	const struct cooldown *why;
	enum ledger_state state;

	if (!s->ledger.count) {
		return true;
	}
	state = ledger_look(&s->ledger, g->model, now, &why);
	if (state == LEDGER_FREE) {
		return true;
	}
	if (state == LEDGER_PROBE && !g->is_background) {
		out->kind = GATE_PROBE;
		return true;
	}
	*out = (struct gate){
		.kind = GATE_COOLING, .class = why->class, .is_measured = why->is_measured,
		.is_leased = why->leased_until_mono_ms > now.mono_ms,
		.is_open_ended = why->is_open_ended,
		.wait_ms = why->is_open_ended ? -1 : moment_left(now, why->until),
		.until_wall_ms = why->is_open_ended ? 0 : why->until.wall_ms,
	};
	return false;
}

static bool check_quota(const struct upstream_state *s, const struct gate_request *g,
			struct moment now, struct gate *out)
{
	const struct quota_window *spent = quota_spent(&s->quota, g->model, now);

	if (!spent) {
		return true;
	}
	*out = (struct gate){ .kind = GATE_QUOTA, .wait_ms = moment_left(now, spent->reset),
			      .until_wall_ms = spent->reset.wall_ms };
	return false;
}

static bool has_limits(const struct limits *l)
{
	return l->rpm || l->tpm || l->rpd || l->tpr || l->concurrency;
}

static bool check_limits(struct upstream_state *s, const struct gate_request *g,
			 struct moment now, struct gate *out)
{
	struct limit_check check;

	if (!has_limits(&s->limits)) {
		return true;
	}
	check = limits_check(&s->counters, &s->limits, g->tokens, g->is_background ? 1 : 0, now);
	if (check.kind == LIMIT_NONE) {
		return true;
	}
	*out = (struct gate){ .kind = GATE_LIMIT, .limit = check.kind, .wait_ms = check.wait_ms };
	if (check.wait_ms >= 0) {
		out->until_wall_ms = now.wall_ms + check.wait_ms;
	}
	return false;
}

struct gate gate_check(struct upstream_state *s, const struct gate_request *g,
		       struct moment now)
{
	struct gate out = { .kind = GATE_OPEN };

	if (!check_ledger(s, g, now, &out) || !check_quota(s, g, now, &out) ||
	    !check_limits(s, g, now, &out)) {
		return out;
	}
	if (g->is_moved && !ramp_admits(&s->ramp, now.mono_ms, &out.wait_ms)) {
		out.kind = GATE_RAMP;
	}
	return out;
}

bool gate_is_timed(const struct gate *g)
{
	return g->wait_ms >= 0 && (g->kind == GATE_QUOTA || g->kind == GATE_LIMIT ||
				   (g->kind == GATE_COOLING && g->is_measured));
}

static void add_wait(const struct gate *g, struct moment now, struct buf *out)
{
	int64_t left = g->until_wall_ms - now.wall_ms;

	if (g->until_wall_ms && left > 0) {
		buf_addf(out, " for %lld s", (long long)((left + 999) / 1000));
	}
}

void gate_explain(const struct gate *g, struct moment now, struct buf *out)
{
	switch (g->kind) {
	case GATE_OPEN:
	case GATE_PROBE:
		buf_adds(out, "ready");
		break;
	case GATE_COOLING:
		if (g->is_leased) {
			buf_adds(out, "being probed by another request: ");
		} else {
			buf_adds(out, "cooling down");
			add_wait(g, now, out);
			buf_adds(out, ": ");
		}
		buf_adds(out, failure_rule(g->class)->words);
		break;
	case GATE_QUOTA:
		buf_adds(out, "its reported quota is spent");
		add_wait(g, now, out);
		break;
	case GATE_LIMIT:
		buf_addf(out, "its limit %s is reached", limit_name(g->limit));
		add_wait(g, now, out);
		break;
	case GATE_RAMP:
		buf_adds(out, "is taking in others just now");
		break;
	case GATE_ATTEMPTS:
		buf_adds(out, "enough others were tried");
		break;
	}
}

enum failure_class gate_class(const struct gate *g)
{
	switch (g->kind) {
	case GATE_COOLING:
		return g->class == FAILURE_SET ? FAILURE_GATEWAY : g->class;
	case GATE_QUOTA:
		return FAILURE_QUOTA;
	case GATE_LIMIT:
		return FAILURE_RATE;
	case GATE_OPEN:
	case GATE_PROBE:
	case GATE_RAMP:
	case GATE_ATTEMPTS:
		break;
	}
	return FAILURE_NONE;
}
