#include "selftest/drills.h"

#include "base/limits.h"
#include "selftest/check.h"

struct plan {
	const char *name;
	const char *what;
	const char *demo_model;         /* what the first account is asked for */
	const char *limits;             /* of the first account; "" = none */
	void (*run)(struct selftest_check *c, const struct plan *plan, const struct target *t);
};

/* Two clients of different formats, one of them with a stream. */
static const struct {
	enum format_id format;
	bool is_stream;
} askers[] = { { FORMAT_CHAT, false }, { FORMAT_ANTHROPIC, true } };

static void ask(struct question *q, size_t asker, const struct plan *plan,
		const struct target *t)
{
	*q = (struct question){
		.format = askers[asker].format, .is_stream = askers[asker].is_stream,
		.kind = ASK_TEXT, .model = plan->name,
	};
	question_ask(q, t);
}

static void check_served_by(struct selftest_check *c, const struct question *q,
			    const char *account)
{
	const char *served_by = reply_header(&q->reply, "x-llm-gateway-upstream");

	if (check_answer(c, q, SEEN_STOP_END) && !str_eq(served_by, account)) {
		check_fail(c, "%.60s answered, expected %s", served_by, account);
	}
}

static void check_attempts(struct selftest_check *c, const struct question *q, const char *count)
{
	const char *attempts = reply_header(&q->reply, "x-llm-gateway-attempts");

	if (!str_eq(attempts, count)) {
		check_fail(c, "it took %s attempts, expected %s", attempts, count);
	}
}

/* The first client is served by the spare after a failure it does not notice. */
static void fail_over(struct selftest_check *c, const struct plan *plan, const struct target *t)
{
	struct question q;

	for (size_t i = 0; i < ARRAY_LEN(askers); i++) {
		ask(&q, i, plan, t);
		check_served_by(c, &q, "spare");
		if (i == 0 && str_eq(reply_header(&q.reply, "x-llm-gateway-attempts"), "1")) {
			check_fail(c, "the failing upstream was not asked at all");
		}
		question_release(&q);
	}
}

/* The same, and the next client does not wait for the failing one again. */
static void fail_over_and_rest(struct selftest_check *c, const struct plan *plan,
			       const struct target *t)
{
	struct question q;

	fail_over(c, plan, t);
	ask(&q, 0, plan, t);
	check_served_by(c, &q, "spare");
	check_attempts(c, &q, "1");
	question_release(&q);
}

/* A client's own mistake is its own: no other upstream is asked. */
static void refuse(struct selftest_check *c, const struct plan *plan, const struct target *t)
{
	struct question q;

	for (size_t i = 0; i < ARRAY_LEN(askers); i++) {
		ask(&q, i, plan, t);
		check_error(c, &q, 400, "asked to find the request wrong");
		check_attempts(c, &q, "1");
		question_release(&q);
	}
}

/* Nobody is left: the client hears so in its own envelope. */
static void run_dry(struct selftest_check *c, const struct plan *plan, const struct target *t)
{
	struct question q;

	for (size_t i = 0; i < ARRAY_LEN(askers); i++) {
		ask(&q, i, plan, t);
		if (q.reply.head.status < 500) {
			check_fail(c, "status %d with no upstream left", q.reply.head.status);
		} else {
			check_error(c, &q, q.reply.head.status, "");
		}
		question_release(&q);
	}
}

/* One request fits the limit; the next goes elsewhere unasked. */
static void keep_limit(struct selftest_check *c, const struct plan *plan,
		       const struct target *t)
{
	struct question q;

	for (size_t i = 0; i < ARRAY_LEN(askers); i++) {
		ask(&q, i, plan, t);
		check_served_by(c, &q, i == 0 ? plan->name : "spare");
		check_attempts(c, &q, "1");
		question_release(&q);
	}
}

/* The account's name, and the model's, are the drill's. */
static const struct plan plans[] = {
	{ "overloaded", "a 529 is not seen; the upstream rests", "demo-529", "",
	  fail_over_and_rest },
	{ "rate-limited", "a 429 is not seen; the upstream rests", "demo-429", "",
	  fail_over_and_rest },
	{ "failing", "a 500 is not seen", "demo-500", "", fail_over },
	{ "refused", "a 401 is not seen; the upstream rests", "demo-401", "",
	  fail_over_and_rest },
	{ "slow", "no answer in time: another upstream is asked", "demo-slow", "", fail_over },
	{ "unreachable", "nobody listens: another upstream is asked", "", "", fail_over },
	{ "mistake", "a client's own 400 goes back, nobody else is asked", "demo-400", "",
	  refuse },
	{ "limit", "the second request in a minute goes elsewhere", "demo-fast", "rpm: 1",
	  keep_limit },
	{ "dry", "with no upstream left, an error in the client's format", "demo-529", "",
	  run_dry },
};

static bool has_spare(const struct plan *plan)
{
	return plan->run != run_dry;
}

size_t drills_count(void)
{
	return ARRAY_LEN(plans);
}

void drills_accounts(int dead_port, struct buf *out)
{
	buf_adds(out, "  - {id: upstream_spare, name: spare, type: none, provider: demo}\n");
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		buf_addf(out, "  - {id: upstream_%s, name: %s, type: none, limits: {%s}, ",
			 plans[i].name, plans[i].name, plans[i].limits);
		if (*plans[i].demo_model) {
			buf_adds(out, "provider: demo}\n");
		} else {
			buf_addf(out,
				 "provider: openai-compatible, models: [none],"
				 " base_url: \"http://127.0.0.1:%d/v1\"}\n", dead_port);
		}
	}
}

void drills_models(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		const char *model = plans[i].demo_model;

		buf_addf(out, "  %s: {routes: [{upstream: %s, model: %s, priority: 1}",
			 plans[i].name, plans[i].name, *model ? model : "none");
		buf_adds(out, has_spare(&plans[i])
				      ? ", {upstream: spare, model: demo-fast, priority: 2}]}\n"
				      : "]}\n");
	}
}

void drills_run(struct selftest_drill *drill, size_t index, const struct target *t)
{
	drill->name = plans[index].name;
	drill->what = plans[index].what;
	drill->check.has_passed = true;
	plans[index].run(&drill->check, &plans[index], t);
}
