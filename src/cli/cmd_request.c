/*
 * request: the last requests and those in progress, one by one.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/out.h"

static const struct column columns[] = {
	{ .title = "ID" },
	{ .title = "TIME", .drop = 1 },
	{ .title = "KEY", .drop = 5 },
	{ .title = "MODEL" },
	{ .title = "UPSTREAM", .drop = 2 },
	{ .title = "STATUS" },
	{ .title = "TRIES", .is_right = true, .drop = 7 },
	{ .title = "TTFT", .is_right = true, .drop = 4 },
	{ .title = "TOTAL", .is_right = true },
	{ .title = "IN", .is_right = true, .drop = 6 },
	{ .title = "OUT", .is_right = true, .drop = 6 },
	{ .title = "TOK/S", .is_sparse = true, .is_right = true, .drop = 8 },
	{ .title = "ERROR", .is_sparse = true, .drop = 3 },
	{ .title = NULL },
};

static void cell_ms(struct table *t, const struct answer *a, const char *name)
{
	char human[HUMAN_BYTES];

	table_cell(t, TINT_NONE,
		   answer_has(a, name) ? human_duration(answer_int(a, name), human) : "");
}

static void cell_time(struct table *t, const char *at)
{
	int64_t wall_ms;
	time_t seconds;
	struct tm tm;

	if (!clock_parse(at, &wall_ms)) {
		table_cell(t, TINT_NONE, "");
		return;
	}
	seconds = (time_t)(wall_ms / 1000);
	localtime_r(&seconds, &tm);
	table_cellf(t, TINT_NONE, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The status, or the phase of what still runs. */
static void cell_status(struct table *t, const struct answer *a)
{
	int64_t status = answer_int(a, "status");

	if (answer_has(a, "phase")) {
		table_cell(t, TINT_GOOD, answer_text(a, "phase"));
	} else {
		table_cell(t, status >= 500 ? TINT_BAD : status >= 400 ? TINT_WARN : TINT_NONE,
			   answer_text(a, "status"));
	}
}

static void add_row(struct table *t, const struct answer *a)
{
	bool is_early = answer_has(a, "tokens_out");

	table_cell(t, TINT_NONE, answer_text(a, "id"));
	cell_time(t, answer_text(a, "at"));
	table_cell(t, TINT_NONE, answer_text(a, "key"));
	table_cell(t, TINT_NONE, answer_text(a, "model_asked"));
	table_cell(t, TINT_NONE, answer_text(a, "upstream"));
	cell_status(t, a);
	table_cellf(t, TINT_NONE, "%zu", answer_count(a, "attempts"));
	cell_ms(t, a, "ttft_ms");
	cell_ms(t, a, "total_ms");
	table_cell(t, TINT_NONE, answer_text(a, "tokens.in"));
	table_cellf(t, TINT_NONE, "%s%s", answer_bool(a, "tokens_estimated") ? "~" : "",
		    answer_text(a, is_early ? "tokens_out" : "tokens.out"));
	table_cell(t, TINT_NONE, answer_text(a, "tokens_per_second"));
	table_cell(t, TINT_BAD, answer_text(a, "error"));
}

static void print_list(const struct invocation *inv, const struct answer *requests)
{
	struct table *t = table_create(columns);

	for (size_t i = 0; i < answer_count(requests, ""); i++) {
		add_row(t, answer_item(requests, "", i));
	}
	out_table(t, &inv->screen,
		  inv_has(inv, "running") ? "Nothing runs." : "No requests yet.");
	table_destroy(t);
}

static bool run_list(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	bool ok;

	buf_addf(&path, "/v1/requests?limit=%lld", (long long)inv_int(inv, "limit", 20));
	call_path_query(&path, "running", inv_has(inv, "running") ? "1" : NULL);
	call_path_query(&path, "errors", inv_has(inv, "errors") ? "1" : NULL);
	call_path_query(&path, "upstream", inv_text(inv, "upstream"));
	call_path_query(&path, "model", inv_text(inv, "model"));
	call_path_query(&path, "key", inv_text(inv, "key"));
	ok = call_and_print(inv, buf_text(&path), print_list, err);
	buf_release(&path);
	return ok;
}

static void print_member(void *ctx, const char *name, const struct answer *value)
{
	const char *text = answer_text(value, "");

	(void)ctx;
	if (*text) {
		out_line("%-16s %s", name, text);
	}
}

static void print_attempts(const struct answer *a)
{
	for (size_t i = 0; i < answer_count(a, "attempts"); i++) {
		const struct answer *attempt = answer_item(a, "attempts", i);
		char human[HUMAN_BYTES];

		out_line("attempt %zu        %s %s  %s  %s  %s", i + 1,
			 answer_text(attempt, "upstream"), answer_text(attempt, "model"),
			 answer_text(attempt, "status"),
			 human_duration(answer_int(attempt, "ms"), human),
			 answer_text(attempt, "reason"));
	}
}

static void print_one(const struct invocation *inv, const struct answer *a)
{
	(void)inv;
	answer_each(a, "", print_member, NULL);
	print_attempts(a);
}

static bool run_show(struct invocation *inv, struct err *err)
{
	return call_and_print_object(inv, "/v1/requests", print_one, err);
}

static bool run_cancel(struct invocation *inv, struct err *err)
{
	return call_and_say(inv, "POST", "/v1/requests", "cancel", "Cancelled", err);
}

static const struct flag list_flags[] = {
	{ .name = "running", .help = "those in progress" },
	{ .name = "errors", .help = "those that failed" },
	{ .name = "upstream", .argument = "U", .type = FLAG_TEXT, .help = "only of this upstream" },
	{ .name = "model", .argument = "M", .type = FLAG_TEXT,
	  .help = "only of this model, asked or used" },
	{ .name = "key", .argument = "K", .type = FLAG_TEXT, .help = "only of this gateway key" },
	{ .name = "limit", .argument = "N", .type = FLAG_COUNT, .help = "at most so many [20]" },
	{ .name = NULL },
};

static const struct command list = {
	.name = "list", .summary = "list requests, newest first", .flags = list_flags,
	.wants_json = true,
	.examples = "llm-gateway request list --running\n"
		    "llm-gateway request list --errors --upstream=main\n",
	.run = run_list,
};

static const struct command show = {
	.name = "show", .summary = "one request: attempts, tokens, cost, route",
	.operands = { { .name = "ID", .kind = OPERAND_WORD } }, .wants_json = true,
	.run = run_show,
};

static const struct command cancel = {
	.name = "cancel", .summary = "end a request in progress; its client gets an error",
	.operands = { { .name = "ID", .kind = OPERAND_WORD } },
	.examples = "llm-gateway request cancel req_4fK2mB7sQ0aZx81LcR5tYw9e\n",
	.run = run_cancel,
};

static const struct command *const subs[] = { &list, &show, &cancel, NULL };

const struct command cmd_request = {
	.name = "request", .summary = "the last requests, and those in progress", .subs = subs,
};
