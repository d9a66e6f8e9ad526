/*
 * model: names of your own for routes, and where a name leads.
 */
#include "base/limits.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/facts.h"
#include "cli/out.h"
#include "cli/request.h"

static const struct column list_columns[] = {
	{ .title = "NAME" },
	{ .title = "ROUTES" },
	{ .title = "FALLBACK", .is_sparse = true, .drop = 1 },
	{ .title = NULL },
};

static void routes_text(const struct answer *a, struct buf *out)
{
	for (size_t i = 0; i < answer_count(a, "routes"); i++) {
		const struct answer *route = answer_item(a, "routes", i);

		buf_addf(out, "%s%s:%s", i ? ", " : "", answer_text(route, "upstream"),
			 answer_text(route, "model"));
	}
}

static void print_list(const struct invocation *inv, const struct answer *models)
{
	struct table *t = table_create(list_columns);

	for (size_t i = 0; i < answer_count(models, ""); i++) {
		const struct answer *a = answer_item(models, "", i);
		struct buf text = BUF_INIT(64 * KIB);

		table_cell(t, TINT_NONE, answer_text(a, "name"));
		routes_text(a, &text);
		table_cell(t, TINT_NONE, buf_text(&text));
		buf_clear(&text);
		answer_join(a, "fallback", ", ", &text);
		table_cell(t, TINT_NONE, buf_text(&text));
		buf_release(&text);
	}
	out_table(t, &inv->screen,
		  "No aliases; upstreams are reached by the names of their models.");
	table_destroy(t);
}

static bool run_list(struct invocation *inv, struct err *err)
{
	return call_and_print(inv, "/v1/models", print_list, err);
}

static const struct column route_columns[] = {
	{ .title = "UPSTREAM" },
	{ .title = "MODEL" },
	{ .title = "PRIO", .is_right = true },
	{ .title = "WEIGHT", .is_right = true },
	{ .title = "ENABLED" },
	{ .title = NULL },
};

static void print_show(const struct invocation *inv, const struct answer *a)
{
	struct facts f = FACTS_INIT(&inv->screen);
	struct table *t = table_create(route_columns);

	facts_from(&f, "name", a, "name");
	facts_list(&f, "fallback", a, "fallback");
	facts_from(&f, "system prompt", a, "system_prompt");
	facts_addf(&f, "rules", "%zu", answer_count(a, "rules"));
	facts_print(&f);
	for (size_t i = 0; i < answer_count(a, "routes"); i++) {
		const struct answer *route = answer_item(a, "routes", i);

		table_cell(t, TINT_NONE, answer_text(route, "upstream"));
		table_cell(t, TINT_NONE, answer_text(route, "model"));
		table_cell(t, TINT_NONE, answer_text(route, "priority"));
		table_cell(t, TINT_NONE, answer_text(route, "weight"));
		table_cell(t, TINT_NONE, answer_bool(route, "enabled") ? "yes" : "no");
	}
	out_table(t, &inv->screen, "No routes.");
	table_destroy(t);
}

static bool run_show(struct invocation *inv, struct err *err)
{
	return call_and_print_object(inv, "/v1/models", print_show, err);
}

static bool run_add(struct invocation *inv, struct err *err)
{
	struct request r;
	struct answer *a;

	request_begin(&r, inv);
	json_kstr(&r.json, "name", inv_operand(inv, 0));
	request_routes(&r);
	request_list(&r, "fallback", "fallback");
	a = call_api(inv, "POST", "/v1/models", request_end(&r), err);
	request_release(&r);
	if (a) {
		out_line("Added model %s.", inv_operand(inv, 0));
		out_note("Next:");
		out_note("  llm-gateway model resolve %s     see where a request would go",
			 inv_operand(inv, 0));
	}
	answer_destroy(a);
	return a != NULL;
}

static bool run_edit(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct answer *a = NULL;
	struct request r;

	request_begin(&r, inv);
	request_routes(&r);
	request_list(&r, "fallback", "fallback");
	request_text(&r, "system-prompt", "system_prompt");
	buf_adds(&path, "/v1/models");
	call_path_part(&path, inv_operand(inv, 0));
	if (request_is_empty(&r)) {
		err_setf(err, ERR_USAGE, "nothing to change");
		err_hintf(err, "give --route, --fallback or --system-prompt");
	} else {
		a = call_api(inv, "PATCH", buf_text(&path), request_end(&r), err);
	}
	request_release(&r);
	buf_release(&path);
	if (a) {
		out_line("Changed model %s.", inv_operand(inv, 0));
	}
	answer_destroy(a);
	return a != NULL;
}

static bool run_remove(struct invocation *inv, struct err *err)
{
	return ask_before(inv, err, "Remove model %s?", inv_operand(inv, 0)) &&
	       call_and_say(inv, "DELETE", "/v1/models", NULL, "Removed model", err);
}

static const struct column candidate_columns[] = {
	{ .title = "#", .is_right = true },
	{ .title = "UPSTREAM" },
	{ .title = "MODEL" },
	{ .title = "PASSED OVER BECAUSE" },
	{ .title = NULL },
};

static void print_resolve(const struct invocation *inv, const struct answer *a)
{
	struct table *t = table_create(candidate_columns);

	for (size_t i = 0; i < answer_count(a, "candidates"); i++) {
		const struct answer *c = answer_item(a, "candidates", i);

		table_cellf(t, TINT_GOOD, "%zu", i + 1);
		table_cell(t, TINT_NONE, answer_text(c, "upstream"));
		table_cell(t, TINT_NONE, answer_text(c, "model"));
		table_cell(t, TINT_NONE, "");
	}
	for (size_t i = 0; i < answer_count(a, "skipped"); i++) {
		const struct answer *c = answer_item(a, "skipped", i);

		table_cell(t, TINT_NONE, "");
		table_cell(t, TINT_NONE, answer_text(c, "upstream"));
		table_cell(t, TINT_NONE, answer_text(c, "model"));
		table_cell(t, TINT_WARN, answer_text(c, "reason"));
	}
	out_table(t, &inv->screen, "No route serves this name.");
	table_destroy(t);
}

static bool run_resolve(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	bool ok;

	buf_adds(&path, "/v1/resolve");
	call_path_query(&path, "name", inv_operand(inv, 0));
	ok = call_and_print(inv, buf_text(&path), print_resolve, err);
	buf_release(&path);
	return ok;
}

#define FALLBACK_FLAG \
	{ .name = "fallback", .argument = "ALIAS,...", .type = FLAG_LIST, \
	  .help = "aliases to try when every route has failed" }
#define ROUTE_HELP "where requests go; lower priorities first"

static const struct flag add_flags[] = {
	{ .name = "route", .argument = "UPSTREAM:MODEL[:PRIORITY[:WEIGHT]]", .type = FLAG_ROUTE,
	  .is_required = true, .help = ROUTE_HELP },
	FALLBACK_FLAG,
	{ .name = NULL },
};

static const struct flag edit_flags[] = {
	{ .name = "route", .argument = "UPSTREAM:MODEL[:PRIORITY[:WEIGHT]]", .type = FLAG_ROUTE,
	  .help = ROUTE_HELP "; replaces all routes" },
	FALLBACK_FLAG,
	{ .name = "system-prompt", .argument = "TEXT", .type = FLAG_TEXT,
	  .help = "put before the request's own system text" },
	{ .name = NULL },
};

#define ALIAS_OPERAND { { .name = "A", .kind = OPERAND_ALIAS } }

static const struct command list = {
	.name = "list", .summary = "list the aliases", .wants_json = true, .run = run_list,
};

static const struct command add = {
	.name = "add", .summary = "make an alias", .flags = add_flags,
	.operands = { { .name = "ALIAS", .kind = OPERAND_WORD } },
	.examples = "# a subscription first, an API key behind it\n"
		    "llm-gateway model add smart --route=claude-max:claude-opus-4-6:1 "
		    "--route=openai-main:gpt-5.2:2\n",
	.run = run_add,
};

static const struct command show = {
	.name = "show", .summary = "show one alias", .operands = ALIAS_OPERAND,
	.wants_json = true, .run = run_show,
};

static const struct command edit = {
	.name = "edit", .summary = "change what the flags name", .flags = edit_flags,
	.operands = ALIAS_OPERAND, .run = run_edit,
};

static const struct command remove_ = {
	.name = "remove", .summary = "remove an alias", .operands = ALIAS_OPERAND,
	.wants_yes = true, .run = run_remove,
};

static const struct command resolve = {
	.name = "resolve",
	.summary = "which routes a request for NAME would try now, in order, and why the "
		   "others are passed over",
	.operands = { { .name = "NAME", .kind = OPERAND_ALIAS } }, .wants_json = true,
	.run = run_resolve,
};

static const struct command *const subs[] = {
	&list, &add, &show, &edit, &remove_, &resolve, NULL,
};

const struct command cmd_model = {
	.name = "model", .summary = "names of your own for routes, and where a name leads",
	.subs = subs,
};
