/*
 * Prints one upstream account.
 */
#include "cli/upstream_show.h"

#include "base/limits.h"
#include "cli/facts.h"
#include "cli/out.h"

static void show_times(struct facts *f, const char *name, const struct answer *a,
		       const char *path)
{
	static const char *const points[] = { "p50", "p90", "p95", "p99" };
	struct buf text = BUF_INIT(KIB);
	const struct answer *times = answer_get(a, path);

	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		char human[HUMAN_BYTES];

		if (answer_has(times, points[i])) {
			buf_addf(&text, "%s%s %s", text.len ? ", " : "", points[i],
				 human_duration(answer_int(times, points[i]), human));
		}
	}
	facts_add(f, name, TINT_NONE, buf_text(&text));
	buf_release(&text);
}

static void show_traffic(struct facts *f, const struct answer *a)
{
	if (!answer_has(a, "requests")) {
		return;
	}
	facts_addf(f, "requests", "%s, %s failed, %s in flight", answer_text(a, "requests"),
		   answer_text(a, "errors"), answer_text(a, "in_flight"));
	show_times(f, "to first token", a, "ttft_ms");
	show_times(f, "in all", a, "total_ms");
	facts_members(f, "tokens", a, "tokens", " ");
	if (answer_double(a, "cost_usd") > 0) {
		facts_addf(f, "cost", "$%.2f", answer_double(a, "cost_usd"));
	}
}

static void show_cooldowns(struct facts *f, const struct answer *a)
{
	for (size_t i = 0; i < answer_count(a, "cooldowns"); i++) {
		const struct answer *c = answer_item(a, "cooldowns", i);
		const char *model = answer_text(c, "model");
		char human[HUMAN_BYTES];

		facts_addf(f, "cooldown", "%s%s%s, %s left (%s)", answer_text(c, "cause.class"),
			   *model ? " on " : "", model,
			   human_duration(answer_int(c, "remaining_seconds") * 1000, human),
			   answer_text(c, "source"));
	}
}

void upstream_print(const struct invocation *inv, const struct answer *a)
{
	struct facts f = FACTS_INIT(&inv->screen);

	facts_from(&f, "name", a, "name");
	facts_from(&f, "id", a, "id");
	facts_from(&f, "provider", a, "provider");
	facts_from(&f, "type", a, "type");
	facts_from(&f, "status", a, "status");
	facts_add(&f, "state", tint_of_state(answer_text(a, "state")), answer_text(a, "state"));
	facts_from(&f, "problem", a, "problem");
	facts_from(&f, "format", a, "format");
	facts_from(&f, "address", a, "base_url");
	facts_from(&f, "proxy", a, "proxy");
	facts_addf(&f, "order", "priority %s, weight %s", answer_text(a, "priority"),
		   answer_text(a, "weight"));
	facts_list(&f, "models", a, "models");
	facts_limits(&f, a);
	facts_members(&f, "headers", a, "headers", ": ");
	facts_from(&f, "api version", a, "azure.api_version");
	facts_members(&f, "deployments", a, "azure.deployments", " = ");
	facts_from(&f, "key from", a, "key_env");
	show_traffic(&f, a);
	show_cooldowns(&f, a);
	facts_print(&f);
}
