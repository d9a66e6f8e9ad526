/*
 * cooldown: why an upstream gets no requests, and until when.
 */
#include "base/limits.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/request.h"
#include "cli/text.h"

/* Of sentences where there is no terminal. */
#define FOLD_WIDTH 100

static const struct column list_columns[] = {
	{ .title = "UPSTREAM" },
	{ .title = "MODEL" },
	{ .title = "CAUSE" },
	{ .title = "STATUS", .is_sparse = true, .is_right = true, .drop = 3 },
	{ .title = "SOURCE", .drop = 2 },
	{ .title = "LEFT", .is_right = true },
	{ .title = "UNTIL", .drop = 4 },
	{ .title = "WHAT WAS SAID", .is_sparse = true, .drop = 1 },
	{ .title = NULL },
};

/* The same in a sentence each, for who does not know the words. */
static void explain(const struct invocation *inv, const struct answer *entries)
{
	size_t width = inv->screen.width ? inv->screen.width : FOLD_WIDTH;

	for (size_t i = 0; i < answer_count(entries, ""); i++) {
		const struct answer *a = answer_item(entries, "", i);
		struct buf sentence = BUF_INIT(4 * KIB);
		struct buf folded = BUF_INIT(8 * KIB);

		if (answer_has(a, "explanation")) {
			buf_addf(&sentence, "%s: %s.", answer_text(a, "upstream"),
				 answer_text(a, "explanation"));
			text_fold(&folded, buf_text(&sentence), 2, width - 2);
			out_line("%s%s", i ? "" : "\n", buf_text(&folded));
		}
		buf_release(&sentence);
		buf_release(&folded);
	}
}

static void print_list(const struct invocation *inv, const struct answer *entries)
{
	struct table *t = table_create(list_columns);

	for (size_t i = 0; i < answer_count(entries, ""); i++) {
		const struct answer *a = answer_item(entries, "", i);
		char human[HUMAN_BYTES];

		table_cell(t, TINT_NONE, answer_text(a, "upstream"));
		table_cell(t, TINT_NONE, answer_has(a, "model") ? answer_text(a, "model") : "all");
		table_cell(t, TINT_WARN, answer_text(a, "cause.class"));
		table_cell(t, TINT_NONE, answer_text(a, "cause.status"));
		table_cell(t, TINT_NONE, answer_text(a, "source"));
		table_cell(t, TINT_NONE,
			   human_duration(answer_int(a, "remaining_seconds") * 1000, human));
		table_cell(t, TINT_NONE, answer_text(a, "until"));
		table_cell(t, TINT_NONE, *answer_text(a, "cause.header")
						 ? answer_text(a, "cause.header")
						 : answer_text(a, "cause.body"));
	}
	out_table(t, &inv->screen, "No cooldowns.");
	table_destroy(t);
	explain(inv, entries);
}

static bool run_list(struct invocation *inv, struct err *err)
{
	return call_and_print(inv, "/v1/cooldowns", print_list, err);
}

static bool run_clear(struct invocation *inv, struct err *err)
{
	const char *upstream = inv_operand(inv, 0);
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct answer *a;

	if (!upstream == !inv_has(inv, "all")) {
		err_setf(err, ERR_USAGE, "cooldown clear needs an upstream or --all");
		return err_hintf(err, "llm-gateway cooldown list shows what there is");
	}
	buf_adds(&path, "/v1/cooldowns");
	call_path_query(&path, "upstream", upstream);
	call_path_query(&path, "model", inv_text(inv, "model"));
	a = call_api(inv, "DELETE", buf_text(&path), NULL, err);
	buf_release(&path);
	if (a) {
		out_line("Cleared %s of %s.", answer_text(a, "cleared"),
			 upstream ? upstream : "all upstreams");
	}
	answer_destroy(a);
	return a != NULL;
}

static bool run_set(struct invocation *inv, struct err *err)
{
	struct request r;
	struct answer *a;

	request_begin(&r, inv);
	json_kstr(&r.json, "upstream", inv_operand(inv, 0));
	json_kint(&r.json, "seconds", (inv_int(inv, "for", 0) + 999) / 1000);
	a = call_api(inv, "POST", "/v1/cooldowns", request_end(&r), err);
	request_release(&r);
	if (a) {
		out_line("%s gets no requests until %s.", inv_operand(inv, 0),
			 answer_text(a, "until"));
	}
	answer_destroy(a);
	return a != NULL;
}

static const struct flag clear_flags[] = {
	{ .name = "model", .argument = "M", .type = FLAG_TEXT, .help = "only for this model" },
	{ .name = "all", .help = "every cooldown there is" },
	{ .name = NULL },
};

static const struct flag set_flags[] = {
	{ .name = "for", .argument = "DURATION", .type = FLAG_DURATION, .is_required = true,
	  .help = "how long: 90, 10m, 2h" },
	{ .name = NULL },
};

static const struct command list = {
	.name = "list", .summary = "list the cooldowns with cause and end", .wants_json = true,
	.run = run_list,
};

static const struct command clear = {
	.name = "clear", .summary = "end cooldowns now", .flags = clear_flags,
	.operands = { { .name = "U", .kind = OPERAND_UPSTREAM, .is_optional = true } },
	.examples = "llm-gateway cooldown clear main\nllm-gateway cooldown clear --all\n",
	.run = run_clear,
};

static const struct command set = {
	.name = "set", .summary = "send an upstream nothing for a while", .flags = set_flags,
	.operands = { { .name = "U", .kind = OPERAND_UPSTREAM } },
	.examples = "llm-gateway cooldown set main --for=2h\n", .run = run_set,
};

static const struct command *const subs[] = { &list, &clear, &set, NULL };

const struct command cmd_cooldown = {
	.name = "cooldown", .summary = "upstreams that rest after a failure, and why",
	.subs = subs,
};
