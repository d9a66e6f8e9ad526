/* A walk in words, for error messages and request records. */
#include <stdio.h>

#include "routing/select.h"
#include "routing/walk.h"

#define MOST_NAMED 8

#define MOST_REASON_BYTES 256

/* Of the element that counts the others, and the brackets. */
#define MOST_CLOSING_BYTES 96

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

static void write_route(struct json_writer *out, const char *upstream, const char *model)
{
	json_kstr(out, "upstream", upstream);
	json_kstr(out, "model", model);
}

static void write_outcome(struct json_writer *out, const char *outcome, const char *reason)
{
	json_kstr(out, "outcome", outcome);
	json_kstr(out, "reason", reason);
}

static bool is_passed(const struct walk *w, size_t i)
{
	return w->notes && w->notes[i].is_passed;
}

static void write_candidate(const struct walk *w, size_t i, struct json_writer *out,
			    struct moment now)
{
	const struct candidate *c = &w->o.plan->candidates[i];
	const struct attempt *a = last_attempt(w, c);
	char storage[MOST_REASON_BYTES];
	struct buf reason;

	json_object(out);
	write_route(out, c->account->name, c->model);
	json_kint(out, "level", c->level);
	if (a && a->verdict) {
		write_outcome(out, "failed", failure_rule(a->verdict->class)->words);
	} else if (a) {
		write_outcome(out, w->is_answered ? "answered" : "unfinished", NULL);
	} else if (is_passed(w, i)) {
		buf_init_fixed(&reason, storage, sizeof storage);
		gate_explain(&w->notes[i].gate, now, &reason);
		write_outcome(out, "passed over", buf_text(&reason));
	} else {
		write_outcome(out, "not needed", NULL);
	}
	json_end(out);
}

static void write_skipped(const struct skipped *s, struct json_writer *out)
{
	json_object(out);
	write_route(out, s->account->name, s->model);
	write_outcome(out, "left out", skip_text(s->reason));
	json_end(out);
}

/* What a trace says, the telling first: place `i` in that order. */
struct trace {
	const struct walk *walk;
	struct json_writer *out;
	struct moment now;
	size_t told;
};

/* Keeps the last place for the number of those that found none. */
static bool fits(const struct trace *t)
{
	const struct buf *text = t->out->out;

	return !text->failed && text->max - text->len >= MOST_CLOSING_BYTES;
}

static void take_back(struct trace *t, const struct json_writer *before, size_t len)
{
	struct buf *text = before->out;

	*t->out = *before;
	text->failed = false;
	text->len = len;
	text->ptr[len] = '\0';
}

static void tell(struct trace *t, size_t i)
{
	const struct plan *plan = t->walk->o.plan;
	struct json_writer before = *t->out;
	size_t len = before.out->len;

	if (!fits(t)) {
		return;
	}
	if (i < plan->count) {
		write_candidate(t->walk, i, t->out, t->now);
	} else {
		write_skipped(&plan->skipped[i - plan->count], t->out);
	}
	if (fits(t)) {
		t->told++;
	} else {
		take_back(t, &before, len);
	}
}

static bool has_story(const struct walk *w, size_t i)
{
	return last_attempt(w, &w->o.plan->candidates[i]) || is_passed(w, i);
}

static void tell_rest(const struct trace *t, size_t left)
{
	char reason[48];

	snprintf(reason, sizeof reason, "%zu more routes", left);
	json_object(t->out);
	write_route(t->out, NULL, NULL);
	write_outcome(t->out, "not listed", reason);
	json_end(t->out);
}

bool walk_is_eventful(const struct walk *w)
{
	return w->notes || (w->o.plan && w->o.plan->skipped_count);
}

void walk_trace(const struct walk *w, struct json_writer *out, struct moment now)
{
	const struct plan *plan = w->o.plan;
	struct trace t = { .walk = w, .out = out, .now = now };
	size_t all = plan->count + plan->skipped_count;

	json_array(out);
	for (size_t i = 0; i < plan->count; i++) {
		if (has_story(w, i)) {
			tell(&t, i);
		}
	}
	for (size_t i = plan->count; i < all; i++) {
		tell(&t, i);
	}
	for (size_t i = 0; i < plan->count; i++) {
		if (!has_story(w, i)) {
			tell(&t, i);
		}
	}
	if (t.told < all) {
		tell_rest(&t, all - t.told);
	}
	json_end(out);
}
