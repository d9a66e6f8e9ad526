/*
 * usage: requests, tokens and cost over time.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/out.h"

static const struct column columns[] = {
	{ .title = "NAME" },
	{ .title = "REQUESTS", .is_right = true },
	{ .title = "ERRORS", .is_right = true, .drop = 4 },
	{ .title = "IN", .is_right = true },
	{ .title = "OUT", .is_right = true },
	{ .title = "CACHE READ", .is_right = true, .drop = 1 },
	{ .title = "CACHE WRITE", .is_right = true, .drop = 2 },
	{ .title = "REASONING", .is_right = true, .drop = 3 },
	{ .title = "COST USD", .is_right = true },
	{ .title = NULL },
};

static const struct column session_columns[] = {
	{ .title = "SESSION" },
	{ .title = "CLIENT", .drop = 2 },
	{ .title = "UPSTREAM" },
	{ .title = "MODEL", .drop = 1 },
	{ .title = "REQUESTS", .is_right = true },
	{ .title = "IN", .is_right = true },
	{ .title = "OUT", .is_right = true, .drop = 3 },
	{ .title = "CACHED", .is_right = true },
	{ .title = "SWITCHES", .is_right = true },
	{ .title = "LOST", .is_right = true },
	{ .title = "LOST USD", .is_right = true },
	{ .title = "COST USD", .is_right = true },
	{ .title = NULL },
};

static void count_cell(struct table *t, enum tint tint, const struct answer *a,
		       const char *path)
{
	char human[HUMAN_BYTES];

	table_cell(t, tint, human_count(answer_double(a, path), human));
}

/* What nobody has a price for is not free. */
static void cost_cell(struct table *t, enum tint tint, const struct answer *a,
		      const char *path)
{
	if (!answer_has(a, path)) {
		table_cell(t, tint, "?");
	} else if (answer_double(a, "unpriced_requests") > 0) {
		table_cellf(t, tint, "%.2f+?", answer_double(a, path));
	} else {
		table_cellf(t, tint, "%.2f", answer_double(a, path));
	}
}

static void add_row(struct table *t, enum tint tint, const char *name, const struct answer *a)
{
	static const char *const counts[] = {
		"requests", "errors", "tokens_in", "tokens_out", "cache_read", "cache_write",
		"reasoning",
	};

	table_cell(t, tint, name);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		count_cell(t, tint, a, counts[i]);
	}
	cost_cell(t, tint, a, "cost_usd");
}

static void add_session(struct table *t, const struct answer *row)
{
	static const char *const texts[] = { "name", "client", "upstream", "model" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		table_cell(t, TINT_NONE, answer_text(row, texts[i]));
	}
	count_cell(t, TINT_NONE, row, "requests");
	count_cell(t, TINT_NONE, row, "tokens_in");
	count_cell(t, TINT_NONE, row, "tokens_out");
	table_cellf(t, TINT_NONE, "%.0f%%", 100 * answer_double(row, "cache_read_ratio"));
	count_cell(t, TINT_NONE, row, "switches");
	count_cell(t, TINT_NONE, row, "lost_tokens");
	if (answer_has(row, "lost_usd")) {
		table_cellf(t, TINT_NONE, "%.2f", answer_double(row, "lost_usd"));
	} else {
		table_cell(t, TINT_NONE, "?");
	}
	cost_cell(t, TINT_NONE, row, "cost_usd");
}

static void print_sessions(const struct invocation *inv, const struct answer *a)
{
	struct table *t = table_create(session_columns);

	for (size_t i = 0; i < answer_count(a, "rows"); i++) {
		add_session(t, answer_item(a, "rows", i));
	}
	out_table(t, &inv->screen, "No sessions since the gateway started.");
	table_destroy(t);
}

static void print(const struct invocation *inv, const struct answer *a)
{
	struct table *t = table_create(columns);

	for (size_t i = 0; i < answer_count(a, "rows"); i++) {
		const struct answer *row = answer_item(a, "rows", i);

		add_row(t, TINT_NONE, answer_text(row, "name"), row);
	}
	if (table_rows(t)) {
		add_row(t, TINT_TITLE, "total", answer_get(a, "total"));
	}
	out_table(t, &inv->screen, "No requests in this time.");
	table_destroy(t);
}

static bool run(struct invocation *inv, struct err *err)
{
	const char *by = inv_text(inv, "by");
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	char since[CLOCK_TEXT_BYTES];
	bool ok;

	clock_format(inv_int(inv, "since", clock_wall_ms() - 7 * INT64_C(86400000)), since);
	buf_adds(&path, "/v1/usage");
	call_path_query(&path, "by", by ? by : "upstream");
	call_path_query(&path, "since", since);
	ok = call_and_print(inv, buf_text(&path),
			    str_eq(by, "session") ? print_sessions : print, err);
	buf_release(&path);
	return ok;
}

static const struct flag flags[] = {
	{ .name = "by", .argument = "upstream|model|key|session|day|hour", .type = FLAG_CHOICE,
	  .help = "one row for each [upstream]" },
	{ .name = "since", .argument = "WHEN", .type = FLAG_PAST,
	  .help = "a duration ago, a date or a time [7d]" },
	{ .name = NULL },
};

const struct command cmd_usage = {
	.name = "usage", .summary = "requests, tokens and cost over time", .flags = flags,
	.wants_json = true, .run = run,
	.examples = "llm-gateway usage --by=model --since=30d\n"
		    "llm-gateway usage --by=day --json\n",
};
