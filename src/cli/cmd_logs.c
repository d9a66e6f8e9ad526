/*
 * logs: what the gateway did, for people; --json gives the lines as they are.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/text.h"
#include "control/client.h"

#define DEFAULT_LINES 200
#define DEFAULT_TAIL 20

struct line {
	const struct invocation *inv;
	struct buf text;
};

static bool is_head(const char *name)
{
	return str_eq(name, "ts") || str_eq(name, "level") || str_eq(name, "msg") ||
	       str_eq(name, "area");
}

static void add_member(void *ctx, const char *name, const struct answer *value)
{
	struct line *line = ctx;
	const char *text = answer_text(value, "");

	if (is_head(name) || !*text) {
		return;
	}
	buf_addc(&line->text, ' ');
	text_clean(&line->text, name);
	buf_addc(&line->text, '=');
	if (strpbrk(text, " \"=")) {
		buf_addc(&line->text, '"');
		text_clean(&line->text, text);
		buf_addc(&line->text, '"');
	} else {
		text_clean(&line->text, text);
	}
}

/* Local time of day: the date is rarely the question, and --json has it. */
static void add_time(struct buf *out, const char *ts)
{
	int64_t wall_ms;
	time_t seconds;
	struct tm tm;

	if (!clock_parse(ts, &wall_ms)) {
		buf_addf(out, "%-12s", "-");
		return;
	}
	seconds = (time_t)(wall_ms / 1000);
	localtime_r(&seconds, &tm);
	buf_addf(out, "%02d-%02d %02d:%02d:%02d", tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec);
}

static void add_level(const struct invocation *inv, struct buf *out, const char *level)
{
	struct buf clean = BUF_INIT(MIB);
	struct buf word = BUF_INIT(KIB);
	size_t used;

	text_clean(&clean, level);
	used = text_cut(&word, buf_text(&clean), 5);
	buf_addc(out, ' ');
	tint_add(out, inv->screen.color, tint_of_state(level), buf_text(&word));
	buf_addf(out, "%*s", (int)(6 - used), "");
	buf_release(&clean);
	buf_release(&word);
}

static void print_line(const struct invocation *inv, const struct answer *a)
{
	struct line line = { inv, BUF_INIT(MIB) };

	add_time(&line.text, answer_text(a, "ts"));
	add_level(inv, &line.text, answer_text(a, "level"));
	if (*answer_text(a, "area")) {
		text_clean(&line.text, answer_text(a, "area"));
		buf_adds(&line.text, ": ");
	}
	text_clean(&line.text, answer_text(a, "msg"));
	answer_each(a, "", add_member, &line);
	buf_addc(&line.text, '\n');
	out_put(&line.text);
	buf_release(&line.text);
}

static void print_all(const struct invocation *inv, const struct answer *a)
{
	for (size_t i = 0; i < answer_count(a, ""); i++) {
		print_line(inv, answer_item(a, "", i));
	}
	if (!answer_count(a, "")) {
		out_note("No log lines.");
	}
}

static bool on_event(void *ctx, const char *event, struct slice data)
{
	const struct invocation *inv = ctx;
	struct answer *a;

	if (!str_eq(event, "log")) {
		return true;
	}
	if (inv_has(inv, "json")) {
		out_raw_line(data);
	} else {
		a = answer_parse(data, NULL);
		print_line(inv, a);
		answer_destroy(a);
	}
	return fflush(stdout) == 0;
}

static const char *level_of(const struct invocation *inv)
{
	const char *level = inv_text(inv, "level");

	return !level && inv_has(inv, "errors") ? "error" : level;
}

static void add_filters(const struct invocation *inv, struct buf *path)
{
	char since[CLOCK_TEXT_BYTES];

	call_path_query(path, "level", level_of(inv));
	call_path_query(path, "trace", inv_text(inv, "trace"));
	if (inv_has(inv, "since")) {
		clock_format(inv_int(inv, "since", 0), since);
		call_path_query(path, "since", since);
	}
}

static void add_count(const struct invocation *inv, struct buf *path, const char *name,
		      int64_t fallback)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)inv_int(inv, "lines", fallback));
	call_path_query(path, name, text);
}

static bool run(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	bool ok;

	buf_adds(&path, "/v1/logs");
	add_filters(inv, &path);
	if (inv_has(inv, "follow")) {
		call_path_query(&path, "follow", "1");
		add_count(inv, &path, "tail", DEFAULT_TAIL);
		ok = control_stream(inv->client, buf_text(&path), on_event, inv, err);
	} else {
		add_count(inv, &path, "limit", DEFAULT_LINES);
		ok = call_and_print(inv, buf_text(&path), print_all, err);
	}
	buf_release(&path);
	return ok;
}

static const struct flag flags[] = {
	{ .name = "follow", .letter = 'f', .help = "stay, and print what comes" },
	{ .name = "errors", .help = "errors only" },
	{ .name = "since", .argument = "WHEN", .type = FLAG_PAST,
	  .help = "a duration ago, a date or a time" },
	{ .name = "trace", .argument = "ID", .type = FLAG_TEXT,
	  .help = "one request: the x-trace-id of its answer" },
	{ .name = "level", .argument = "debug|info|warn|error", .type = FLAG_CHOICE,
	  .help = "at least this level" },
	{ .name = "lines", .letter = 'n', .argument = "N", .type = FLAG_COUNT,
	  .help = "at most so many lines, the newest [200; 20 with -f]" },
	{ .name = NULL },
};

const struct command cmd_logs = {
	.name = "logs", .summary = "what the gateway did", .flags = flags, .wants_json = true,
	.run = run,
	.examples = "llm-gateway logs -f\n"
		    "llm-gateway logs --errors --since=1h\n"
		    "llm-gateway logs --trace=0af7651916cd43dd8448eb211c80319c\n",
};
