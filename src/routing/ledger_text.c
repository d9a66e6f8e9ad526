/* The ledger in words and in JSON. */
#include "routing/ledger.h"

static void add_span(struct buf *out, int64_t ms)
{
	int64_t s = (ms + 999) / 1000;

	if (s >= 2 * 86400LL) {
		buf_addf(out, "%lld d %lld h", (long long)(s / 86400),
			 (long long)(s % 86400 / 3600));
	} else if (s >= 3600) {
		buf_addf(out, "%lld h %lld min", (long long)(s / 3600),
			 (long long)(s % 3600 / 60));
	} else if (s >= 60) {
		buf_addf(out, "%lld min %lld s", (long long)(s / 60), (long long)(s % 60));
	} else {
		buf_addf(out, "%lld s", (long long)s);
	}
}

static void explain_end(const struct cooldown *c, struct moment now, struct buf *out)
{
	int64_t left = moment_left(now, c->until);

	if (c->class == FAILURE_SET) {
		buf_adds(out, "; ends in ");
		add_span(out, left);
	} else if (c->is_open_ended) {
		buf_adds(out, "; lasts until the credential is renewed or a test succeeds");
	} else if (c->is_measured) {
		buf_addf(out, "; the upstream named the end itself (%s), in ",
			 c->header[0] ? c->header : "in its answer");
		add_span(out, left);
	} else if (left) {
		buf_adds(out, "; the upstream named no end, so the next try is in ");
		add_span(out, left);
		buf_adds(out, " (a guess, longer after each failed try)");
	} else {
		buf_adds(out, "; the time is up, the next request tries whether it is over");
	}
}

void cooldown_explain(const struct cooldown *c, struct moment now, struct buf *out)
{
	buf_adds(out, failure_rule(c->class)->words);
	if (c->status) {
		buf_addf(out, " (HTTP %d)", c->status);
	}
	if (c->model[0]) {
		buf_addf(out, ", for model %s only", c->model);
	}
	explain_end(c, now, out);
}

static void write_cause(const struct cooldown *c, struct json_writer *w)
{
	json_key(w, "cause");
	json_object(w);
	json_kstr(w, "class", failure_name(c->class));
	json_key(w, "status");
	if (c->status) {
		json_int(w, c->status);
	} else {
		json_null(w);
	}
	json_kstr(w, "header", c->header[0] ? c->header : NULL);
	json_kstr(w, "body", c->body[0] ? c->body : NULL);
	json_end(w);
}

void cooldown_write(const struct cooldown *c, const char *upstream, struct json_writer *w,
		    struct moment now)
{
	struct buf text = BUF_INIT(1024);

	cooldown_explain(c, now, &text);
	json_object(w);
	json_kstr(w, "id", c->id);
	json_kstr(w, "upstream", upstream);
	json_kstr(w, "model", c->model[0] ? c->model : NULL);
	write_cause(c, w);
	json_kstr(w, "source", c->is_measured ? "measured" : "guessed");
	json_ktime(w, "since", c->since.wall_ms);
	json_ktime(w, "until", c->is_open_ended ? 0 : c->until.wall_ms);
	json_key(w, "remaining_seconds");
	if (c->is_open_ended) {
		json_null(w);
	} else {
		json_int(w, (moment_left(now, c->until) + 999) / 1000);
	}
	json_ktime(w, "next_probe", c->next_probe.wall_ms);
	json_kstr(w, "explanation", buf_text(&text));
	json_end(w);
	buf_release(&text);
}
