/*
 * selftest: does this program do here what it should? The whole matrix of
 * conversions and the failover drills, on a gateway of their own.
 */
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/parse.h"
#include "selftest/selftest.h"

/* "openai-chat" is "chat" in a table this wide. */
static const char *short_name(enum format_id format)
{
	const char *name = format_name(format);

	return str_starts(name, "openai-") ? name + strlen("openai-") : name;
}

static void add_verdict(struct table *t, const struct selftest_check *c)
{
	table_cell(t, c->has_passed ? TINT_GOOD : TINT_BAD, c->has_passed ? "ok" : "FAIL");
}

static void print_matrix(const struct selftest_report *r, const struct screen *screen)
{
	static const struct column columns[] = {
		{ .title = "CLIENT" }, { .title = "UPSTREAM" }, { .title = "TEXT" },
		{ .title = "CALL" }, { .title = "CALLS" }, { .title = "RESULT" },
		{ .title = "IMAGE" }, { .title = "THINK" }, { .title = "USAGE" },
		{ .title = "ERROR" }, { .title = "CUT" }, { .title = NULL },
	};
	struct table *t = table_create(columns);

	for (size_t i = 0; i < SELFTEST_PAIRS; i++) {
		table_cell(t, TINT_NONE, short_name(r->pairs[i].client));
		table_cell(t, TINT_NONE, short_name(r->pairs[i].upstream));
		for (int c = 0; c < CASE_COUNT; c++) {
			add_verdict(t, &r->pairs[i].checks[c]);
		}
	}
	out_table(t, screen, "");
	table_destroy(t);
}

static void print_drills(const struct selftest_report *r, const struct screen *screen)
{
	static const struct column columns[] = {
		{ .title = "DRILL" }, { .title = "RESULT" }, { .title = "WHAT SHOULD HAPPEN" },
		{ .title = NULL },
	};
	struct table *t = table_create(columns);

	for (size_t i = 0; i < r->drill_count; i++) {
		table_cell(t, TINT_NONE, r->drills[i].name);
		add_verdict(t, &r->drills[i].check);
		table_cell(t, TINT_NONE, r->drills[i].what);
	}
	out_line("%s", "");
	out_table(t, screen, "");
	table_destroy(t);
}

/* Calls `visit` with each check and what it is about. */
static void each_check(const struct selftest_report *r,
		       void (*visit)(void *ctx, const char *client, const char *upstream,
				     const char *name, const struct selftest_check *c),
		       void *ctx)
{
	for (size_t i = 0; i < SELFTEST_PAIRS; i++) {
		for (int c = 0; c < CASE_COUNT; c++) {
			visit(ctx, format_name(r->pairs[i].client),
			      format_name(r->pairs[i].upstream),
			      selftest_case_name((enum selftest_case)c), &r->pairs[i].checks[c]);
		}
	}
	for (size_t i = 0; i < r->drill_count; i++) {
		visit(ctx, NULL, NULL, r->drills[i].name, &r->drills[i].check);
	}
}

static void print_failure(void *ctx, const char *client, const char *upstream,
			  const char *name, const struct selftest_check *c)
{
	char *where = client ? xasprintf("%s to %s, %s", client, upstream, name)
			     : xasprintf("drill %s", name);
	char *line = xasprintf("%s: %s", where, c->why);

	if (!c->has_passed) {
		if (!*(bool *)ctx) {
			out_line("%s", "");
		}
		*(bool *)ctx = true;
		out_text(line);
	}
	free(line);
	free(where);
}

static void print(const struct selftest_report *r, const struct screen *screen)
{
	bool has_failure = false;

	print_matrix(r, screen);
	print_drills(r, screen);
	each_check(r, print_failure, &has_failure);
	out_line("%s", "");
	out_line("%zu passed, %zu failed, %.1f s.", r->passed, r->failed,
		 (double)r->took_ms / 1000);
}

static void write_check(void *ctx, const char *client, const char *upstream, const char *name,
			const struct selftest_check *c)
{
	struct json_writer *w = ctx;

	json_object(w);
	if (client) {
		json_kstr(w, "client", client);
		json_kstr(w, "upstream", upstream);
	}
	json_kstr(w, client ? "case" : "drill", name);
	json_kbool(w, "passed", c->has_passed);
	if (!c->has_passed) {
		json_kstr(w, "why", c->why);
	}
	json_end(w);
}

static void print_json(const struct selftest_report *r)
{
	struct buf text = BUF_INIT(MIB);
	struct json_writer w;

	json_open(&w, &text);
	json_object(&w);
	json_kint(&w, "passed", (int64_t)r->passed);
	json_kint(&w, "failed", (int64_t)r->failed);
	json_kint(&w, "took_ms", r->took_ms);
	json_key(&w, "checks");
	json_array(&w);
	each_check(r, write_check, &w);
	json_end(&w);
	json_end(&w);
	out_raw_line(buf_slice(&text));
	buf_release(&text);
}

static bool run(struct invocation *inv, struct err *err)
{
	struct selftest_report *report = xcalloc(1, sizeof *report);
	bool ok = selftest_run(report, err);

	if (ok && inv_has(inv, "json")) {
		print_json(report);
	} else if (ok) {
		print(report, &inv->screen);
	}
	inv->exit_code = report->failed ? 1 : 0;
	free(report);
	return ok;
}

const struct command cmd_selftest = {
	.name = "selftest", .summary = "check every conversion and failover, offline",
	.detail = "Starts a gateway of its own with the built-in demo upstream on a temporary home "
		  "and a free port: a running gateway, the home and the keyring are not touched. "
		  "Each client format is asked with each upstream format, whole and streamed. "
		  "Exits 1 when something failed.",
	.examples = "llm-gateway selftest\nllm-gateway selftest --json\n",
	.wants_json = true, .run = run,
};
