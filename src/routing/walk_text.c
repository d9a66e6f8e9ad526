/* A walk in words, for error messages and request records. */
#include "routing/select.h"
#include "routing/walk.h"

#define MOST_NAMED 8

static void explain_attempt(const struct attempt *a, struct buf *out)
{
	buf_addf(out, "%s (", a->candidate->account->name);
	if (a->verdict && a->verdict->status >= 400) {
		buf_addf(out, "%d: ", a->verdict->status);
	}
	buf_addf(out, "%s)", a->verdict ? failure_rule(a->verdict->class)->words : "answered");
}

static bool is_repeat(const struct walk *w, size_t i)
{
	return i && w->attempts[i - 1].candidate == w->attempts[i].candidate;
}

static void explain_passed(const struct walk *w, struct moment now, struct buf *out)
{
	size_t named = 0;

	for (size_t i = 0; w->notes && i < w->o.plan->count && named < MOST_NAMED; i++) {
		const struct candidate_note *note = &w->notes[i];

		if (note->is_passed && !note->requests) {
			buf_adds(out, named++ ? ", " : "; passed over ");
			buf_addf(out, "%s (", w->o.plan->candidates[i].account->name);
			gate_explain(&note->gate, now, out);
			buf_addc(out, ')');
		}
	}
}

void walk_explain(const struct walk *w, struct moment now, struct buf *out)
{
	size_t named = 0;

	for (size_t i = 0; i < w->attempt_count && named < MOST_NAMED; i++) {
		bool is_last_of_route = i + 1 == w->attempt_count || !is_repeat(w, i + 1);

		if (is_last_of_route) {
			buf_adds(out, named++ ? ", " : "tried ");
			explain_attempt(&w->attempts[i], out);
		}
	}
	if (!named) {
		buf_adds(out, "no upstream could be tried");
	}
	explain_passed(w, now, out);
}

static const struct attempt *last_attempt(const struct walk *w, const struct candidate *c)
{
	for (size_t i = w->attempt_count; i--;) {
		if (w->attempts[i].candidate == c) {
			return &w->attempts[i];
		}
	}
	return NULL;
}

static void write_outcome(const struct walk *w, size_t i, struct json_writer *out,
			  struct moment now)
{
	const struct attempt *a = last_attempt(w, &w->o.plan->candidates[i]);
	struct buf reason = BUF_INIT(512);
	const char *outcome = "not needed";

	if (a) {
		outcome = a->verdict ? "failed" : "answered";
		if (a->verdict) {
			buf_adds(&reason, failure_rule(a->verdict->class)->words);
		}
	} else if (w->notes && w->notes[i].is_passed) {
		outcome = "passed over";
		gate_explain(&w->notes[i].gate, now, &reason);
	}
	json_kstr(out, "outcome", outcome);
	json_kstr(out, "reason", reason.len ? buf_text(&reason) : NULL);
	buf_release(&reason);
}

static void write_route(struct json_writer *out, const char *upstream, const char *model)
{
	json_kstr(out, "upstream", upstream);
	json_kstr(out, "model", model);
}

void walk_trace(const struct walk *w, struct json_writer *out, struct moment now)
{
	const struct plan *plan = w->o.plan;

	json_array(out);
	for (size_t i = 0; i < plan->count; i++) {
		json_object(out);
		write_route(out, plan->candidates[i].account->name, plan->candidates[i].model);
		json_kint(out, "level", plan->candidates[i].level);
		write_outcome(w, i, out, now);
		json_end(out);
	}
	for (size_t i = 0; i < plan->skipped_count; i++) {
		json_object(out);
		write_route(out, plan->skipped[i].account->name, plan->skipped[i].model);
		json_kstr(out, "outcome", "left out");
		json_kstr(out, "reason", skip_text(plan->skipped[i].reason));
		json_end(out);
	}
	json_end(out);
}
