/*
 * apikey: the keys with which clients use this gateway.
 */
#include "base/limits.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/facts.h"
#include "cli/out.h"
#include "cli/request.h"

static void write_budget(struct request *r)
{
	if (!inv_has(r->inv, "budget-day")) {
		return;
	}
	json_key(&r->json, "budget");
	json_object(&r->json);
	json_kdouble(&r->json, "usd_per_day", inv_number(r->inv, "budget-day", 0));
	json_end(&r->json);
}

static void write_sealed(struct request *r)
{
	if (inv_has(r->inv, "sealed")) {
		json_kbool(&r->json, "sealed", true);
	}
}

/* The key's text is the result, alone on stdout; the rest is said about it. */
static void print_key(const struct invocation *inv, const struct answer *a, const char *done)
{
	if (inv_has(inv, "quiet")) {
		out_line("%s", answer_text(a, "key"));
		return;
	}
	out_note("%s key %s (%s). It is shown this once:", done, answer_text(a, "name"),
		 answer_text(a, "id"));
	out_line("%s", answer_text(a, "key"));
	if (answer_bool(a, "sealed")) {
		out_note("It seals requests, and is never sent itself. On the other gateway:");
		out_note("  llm-gateway upstream add --provider=llm-gateway --name=%s "
			 "--base-url=URL --key=-", answer_text(a, "name"));
		return;
	}
	out_note("Next:");
	out_note("  %-42s %s", "llm-gateway connect claude-code --key=-",
		 "point a client at the gateway");
	out_note("  %-42s %s", "llm-gateway run --key=- -- claude",
		 "or run one with the right environment");
}

static bool run_add(struct invocation *inv, struct err *err)
{
	struct request r;
	struct answer *a;

	request_begin(&r, inv);
	request_text(&r, "name", "name");
	write_sealed(&r);
	request_list(&r, "permissions", "permissions");
	request_list(&r, "models", "models");
	request_limits(&r);
	write_budget(&r);
	request_time(&r, "expires", "expires_at");
	a = call_api(inv, "POST", "/v1/keys", request_end(&r), err);
	request_release(&r);
	if (a) {
		print_key(inv, a, "Added");
	}
	answer_destroy(a);
	return a != NULL;
}

static bool run_rotate(struct invocation *inv, struct err *err)
{
	struct answer *a = call_object(inv, "POST", "/v1/keys", inv_operand(inv, 0), "rotate",
				       err);

	if (a) {
		print_key(inv, a, "Renewed");
	}
	answer_destroy(a);
	return a != NULL;
}

static const struct column list_columns[] = {
	{ .title = "NAME" },
	{ .title = "STATE" },
	{ .title = "PERMISSIONS", .drop = 2 },
	{ .title = "MODELS", .drop = 1 },
	{ .title = "RPM", .is_sparse = true, .is_right = true, .drop = 5 },
	{ .title = "USD/DAY", .is_sparse = true, .is_right = true, .drop = 4 },
	{ .title = "EXPIRES", .is_sparse = true, .drop = 3 },
	{ .title = "ID", .drop = 6 },
	{ .title = NULL },
};

static void joined_cell(struct table *t, const struct answer *a, const char *path,
			const char *none)
{
	struct buf text = BUF_INIT(64 * KIB);

	answer_join(a, path, ",", &text);
	table_cell(t, TINT_NONE, text.len ? buf_text(&text) : none);
	buf_release(&text);
}

static void number_cell(struct table *t, const struct answer *a, const char *path)
{
	table_cell(t, TINT_NONE, answer_double(a, path) > 0 ? answer_text(a, path) : "");
}

static void print_list(const struct invocation *inv, const struct answer *keys)
{
	struct table *t = table_create(list_columns);

	for (size_t i = 0; i < answer_count(keys, ""); i++) {
		const struct answer *a = answer_item(keys, "", i);

		table_cell(t, TINT_NONE, answer_text(a, "name"));
		table_cell(t, tint_of_state(answer_text(a, "state")), answer_text(a, "state"));
		joined_cell(t, a, "permissions", "");
		joined_cell(t, a, "models", "all");
		number_cell(t, a, "limits.rpm");
		number_cell(t, a, "budget.usd_per_day");
		table_cell(t, TINT_NONE, answer_text(a, "expires_at"));
		table_cell(t, TINT_NONE, answer_text(a, "id"));
	}
	out_table(t, &inv->screen, "No gateway keys yet: llm-gateway apikey add --name=NAME");
	table_destroy(t);
}

static bool run_list(struct invocation *inv, struct err *err)
{
	return call_and_print(inv, "/v1/keys", print_list, err);
}

static void print_show(const struct invocation *inv, const struct answer *a)
{
	struct facts f = FACTS_INIT(&inv->screen);

	facts_from(&f, "name", a, "name");
	facts_from(&f, "id", a, "id");
	facts_add(&f, "state", tint_of_state(answer_text(a, "state")), answer_text(a, "state"));
	if (answer_bool(a, "sealed")) {
		facts_add(&f, "sealed", TINT_NONE, "yes: seals requests, is never sent");
	}
	facts_list(&f, "permissions", a, "permissions");
	facts_list(&f, "models", a, "models");
	facts_limits(&f, a);
	if (answer_double(a, "budget.usd_per_day") > 0) {
		facts_addf(&f, "budget", "$%.2f a day", answer_double(a, "budget.usd_per_day"));
	}
	facts_from(&f, "expires", a, "expires_at");
	facts_print(&f);
}

static bool run_show(struct invocation *inv, struct err *err)
{
	return call_and_print_object(inv, "/v1/keys", print_show, err);
}

static bool run_remove(struct invocation *inv, struct err *err)
{
	return ask_before(inv, err, "Remove key %s? Its clients are locked out at once.",
			  inv_operand(inv, 0)) &&
	       call_and_say(inv, "DELETE", "/v1/keys", NULL, "Removed key", err);
}

static bool run_enable(struct invocation *inv, struct err *err)
{
	return call_and_say(inv, "POST", "/v1/keys", "enable", "Enabled key", err);
}

static bool run_disable(struct invocation *inv, struct err *err)
{
	return call_and_say(inv, "POST", "/v1/keys", "disable", "Disabled key", err);
}

#define QUIET_FLAG { .name = "quiet", .letter = 'q', .help = "print the key and nothing else" }

static const struct flag add_flags[] = {
	{ .name = "name", .argument = "N", .type = FLAG_TEXT, .is_required = true,
	  .help = "whose key it is" },
	{ .name = "permissions", .argument = "read,write,admin", .type = FLAG_LIST,
	  .help = "read lists, write generates, admin controls [read,write]" },
	{ .name = "models", .argument = "PAT,...", .type = FLAG_LIST,
	  .help = "model names it may use, with * and ? [all]" },
	{ .name = "rpm", .argument = "N", .type = FLAG_COUNT, .help = "requests a minute" },
	{ .name = "tpm", .argument = "N", .type = FLAG_COUNT, .help = "tokens a minute" },
	{ .name = "rpd", .argument = "N", .type = FLAG_COUNT, .help = "requests a day" },
	{ .name = "concurrency", .argument = "N", .type = FLAG_COUNT,
	  .help = "requests at the same time" },
	{ .name = "budget-day", .argument = "USD", .type = FLAG_NUMBER,
	  .help = "cost a day, in US dollars" },
	{ .name = "sealed", .type = FLAG_SWITCH,
	  .help = "a key that seals requests (llm-gateway-api(7)) and is never sent" },
	{ .name = "expires", .argument = "WHEN", .type = FLAG_FUTURE,
	  .help = "a date, a time, or a duration from now: 2027-01-31, 30d" },
	QUIET_FLAG,
	{ .name = NULL },
};

static const struct flag rotate_flags[] = { QUIET_FLAG, { .name = NULL } };

#define KEY_OPERAND { { .name = "K", .kind = OPERAND_KEY } }

static const struct command add = {
	.name = "add", .summary = "make a key", .flags = add_flags,
	.detail = "The key is printed once; the gateway keeps only its hash, and of a sealed "
		  "one the text in the credential store.",
	.examples = "llm-gateway apikey add --name=laptop\n"
		    "# for another gateway, over a way that others can read\n"
		    "llm-gateway apikey add --name=office --sealed\n"
		    "# into a variable, for a script\n"
		    "KEY=$(llm-gateway apikey add --name=ci --expires=30d --budget-day=5 -q)\n",
	.run = run_add,
};

static const struct command list = {
	.name = "list", .summary = "list the keys", .wants_json = true, .run = run_list,
};

static const struct command show = {
	.name = "show", .summary = "show one key, without its text", .operands = KEY_OPERAND,
	.wants_json = true, .run = run_show,
};

static const struct command remove_ = {
	.name = "remove", .summary = "remove a key", .operands = KEY_OPERAND, .wants_yes = true,
	.run = run_remove,
};

static const struct command disable = {
	.name = "disable", .summary = "keep the key, refuse its requests",
	.operands = KEY_OPERAND, .run = run_disable,
};

static const struct command enable = {
	.name = "enable", .summary = "accept the key again", .operands = KEY_OPERAND,
	.run = run_enable,
};

static const struct command rotate = {
	.name = "rotate", .summary = "give a key a new text; the old one ends at once",
	.flags = rotate_flags, .operands = KEY_OPERAND, .run = run_rotate,
};

static const struct command *const subs[] = {
	&add, &list, &show, &remove_, &disable, &enable, &rotate, NULL,
};

const struct command cmd_apikey = {
	.name = "apikey", .summary = "the keys with which clients use this gateway",
	.detail = "K is a key's name, id, or the beginning of its id.", .subs = subs,
};
