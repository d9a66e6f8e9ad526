#include "cli/status_view.h"

#include "base/limits.h"
#include "cli/facts.h"
#include "cli/out.h"
#include "cli/text.h"

static void totals(struct facts *f, const struct answer *a)
{
	double requests = answer_double(a, "totals.requests");
	double errors = answer_double(a, "totals.errors");
	char human[HUMAN_BYTES];

	facts_addf(f, "traffic", "%s in flight, %s requests, %.1f %% failed",
		   answer_text(a, "in_flight"), human_count(requests, human),
		   requests > 0 ? 100 * errors / requests : 0.0);
}

void status_head(const struct answer *a, const struct screen *screen, struct buf *out)
{
	struct facts f = FACTS_INIT(screen);
	char up[HUMAN_BYTES];

	facts_addf(&f, "gateway", "version %s, pid %s, up %s", answer_text(a, "version"),
		   answer_text(a, "pid"),
		   human_duration(answer_int(a, "uptime_seconds") * 1000, up));
	if (answer_bool(a, "demo")) {
		facts_add(&f, "mode", TINT_WARN, "DEMO: a built-in provider answers");
	}
	if (str_eq(answer_text(a, "state"), "draining")) {
		facts_add(&f, "mode", TINT_WARN, "stopping: no new connections");
	}
	facts_from(&f, "listening on", a, "listen");
	facts_from(&f, "home", a, "home");
	facts_from(&f, "configuration", a, "config.path");
	if (answer_has(a, "totals")) {
		totals(&f, a);
	} else {
		facts_from(&f, "in flight", a, "in_flight");
	}
	buf_add(out, buf_text(&f.text), f.text.len);
	buf_release(&f.text);
}

static const struct column columns[] = {
	{ .title = "UPSTREAM" },
	{ .title = "PROVIDER", .drop = 2 },
	{ .title = "STATE" },
	{ .title = "IN FLIGHT", .is_sparse = true, .is_right = true, .drop = 3 },
	{ .title = "REQUESTS", .is_sparse = true, .is_right = true, .drop = 4 },
	{ .title = "ERRORS", .is_sparse = true, .is_right = true, .drop = 5 },
	{ .title = "TTFT", .is_sparse = true, .is_right = true, .drop = 6 },
	{ .title = "PROBLEM", .is_sparse = true, .drop = 1 },
	{ .title = NULL },
};

static void add_problem(struct table *t, const struct answer *u)
{
	const struct answer *cooldown = answer_item(u, "cooldowns", 0);
	char human[HUMAN_BYTES];

	if (*answer_text(u, "problem") || !cooldown) {
		table_cell(t, TINT_NONE, answer_text(u, "problem"));
		return;
	}
	table_cellf(t, TINT_NONE, "%s, back in %s", answer_text(cooldown, "cause.class"),
		    human_duration(answer_int(cooldown, "remaining_seconds") * 1000, human));
}

void status_upstreams(const struct answer *a, const struct screen *screen, struct buf *out)
{
	struct table *t = table_create(columns);

	for (size_t i = 0; i < answer_count(a, "upstreams"); i++) {
		const struct answer *u = answer_item(a, "upstreams", i);
		const char *state = answer_text(u, "state");
		char human[HUMAN_BYTES];

		table_cell(t, TINT_NONE, answer_text(u, "name"));
		table_cell(t, TINT_NONE, answer_text(u, "provider"));
		table_cell(t, tint_of_state(state), state);
		table_cell(t, TINT_NONE, answer_text(u, "in_flight"));
		table_cell(t, TINT_NONE, answer_text(u, "requests"));
		table_cell(t, TINT_NONE, answer_text(u, "errors"));
		table_cell(t, TINT_NONE,
			   answer_has(u, "ttft_ms.p50")
				   ? human_duration(answer_int(u, "ttft_ms.p50"), human)
				   : "");
		add_problem(t, u);
	}
	if (table_rows(t)) {
		buf_addc(out, '\n');
		table_render(t, screen, out);
	}
	table_destroy(t);
}

void status_reasons(const struct answer *a, struct buf *out)
{
	size_t count = answer_count(a, "reasons");

	if (count) {
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < count; i++) {
		buf_adds(out, "! ");
		text_clean(out, answer_text(answer_item(a, "reasons", i), ""));
		buf_addc(out, '\n');
	}
	if (*answer_text(a, "config.error")) {
		buf_adds(out, "! ");
		text_clean(out, answer_text(a, "config.error"));
		buf_addc(out, '\n');
	}
	if (answer_bool(a, "config.needs_restart")) {
		buf_adds(out, "! a changed setting waits for a restart: llm-gateway server stop, "
			      "then start\n");
	}
}
