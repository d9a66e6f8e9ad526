/*
 * upstream: the accounts that requests go to.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/request.h"
#include "cli/upstream_show.h"
#include "control/client.h"
#include "credentials/prompt.h"

#define PROVIDERS "anthropic|openai|google|azure|openai-compatible|llm-gateway|demo"
#define TYPES "api-key|oauth|passthrough|none"

#define SETTING_FLAGS \
	{ .name = "type", .argument = TYPES, .type = FLAG_CHOICE, \
	  .help = "how it is authorised [api-key]" }, \
	{ .name = "key", .argument = "K", .type = FLAG_TEXT, \
	  .help = "the API key; - asks for it, or reads it from a pipe" }, \
	{ .name = "key-env", .argument = "VAR", .type = FLAG_TEXT, \
	  .help = "environment variable of the gateway that holds the key" }, \
	{ .name = "base-url", .argument = "U", .type = FLAG_TEXT, \
	  .help = "where it is, when not at the provider's own address" }, \
	{ .name = "format", .argument = "anthropic|openai-chat|openai-responses|gemini", \
	  .type = FLAG_CHOICE, .help = "the format it speaks [the provider's own]" }, \
	{ .name = "priority", .argument = "N", .type = FLAG_COUNT, \
	  .help = "lower ones are used first [1]" }, \
	{ .name = "weight", .argument = "N", .type = FLAG_COUNT, \
	  .help = "share among equal priorities [1]" }, \
	{ .name = "models", .argument = "PAT,...", .type = FLAG_LIST, \
	  .help = "model names it serves, with * and ? [the provider's usual ones]" }, \
	{ .name = "rpm", .argument = "N", .type = FLAG_COUNT, .help = "requests a minute" }, \
	{ .name = "tpm", .argument = "N", .type = FLAG_COUNT, .help = "tokens a minute" }, \
	{ .name = "rpd", .argument = "N", .type = FLAG_COUNT, .help = "requests a day" }, \
	{ .name = "tpr", .argument = "N", .type = FLAG_COUNT, .help = "tokens a request" }, \
	{ .name = "concurrency", .argument = "N", .type = FLAG_COUNT, \
	  .help = "requests at the same time" }, \
	{ .name = "header", .argument = "'K: V'", .type = FLAG_HEADER, \
	  .help = "extra header of every request" }, \
	{ .name = "proxy", .argument = "URL", .type = FLAG_TEXT, \
	  .help = "proxy for this upstream alone" }, \
	{ .name = "api-version", .argument = "V", .type = FLAG_TEXT, \
	  .help = "Azure: api-version of the resource" }, \
	{ .name = "deployment", .argument = "MODEL=NAME", .type = FLAG_PAIR, \
	  .help = "Azure: deployment that serves a model" }, \
	{ .name = NULL }

static void write_azure(struct request *r)
{
	static const char *const names[] = { "api-version", "deployment", NULL };

	if (!request_any(r->inv, names)) {
		return;
	}
	json_key(&r->json, "azure");
	json_object(&r->json);
	request_text(r, "api-version", "api_version");
	request_pairs(r, "deployment", "deployments");
	json_end(&r->json);
}

static void write_settings(struct request *r, const struct secret *key)
{
	request_text(r, "name", "name");
	request_text(r, "provider", "provider");
	request_text(r, "type", "type");
	request_text(r, "base-url", "base_url");
	request_text(r, "format", "format");
	request_int(r, "priority", "priority");
	request_int(r, "weight", "weight");
	request_list(r, "models", "models");
	request_limits(r);
	request_pairs(r, "header", "headers");
	request_text(r, "proxy", "proxy");
	write_azure(r);
	request_text(r, "key-env", "key_env");
	if (!secret_is_empty(key)) {
		json_key(&r->json, "api_key");
		json_strn(&r->json, secret_peek(key));
	}
}

static bool needs_key(const struct invocation *inv)
{
	const char *type = inv_text(inv, "type");

	return (!type || str_eq(type, "api-key")) && !str_eq(inv_text(inv, "provider"), "demo") &&
	       !inv_has(inv, "key") && !inv_has(inv, "key-env");
}

static bool read_key(const struct invocation *inv, const char *name, bool is_missing,
		     struct secret *key, struct err *err)
{
	char *question = xasprintf("Key for %s", name);
	bool ok = is_missing ? secret_read_stdin(question, key, err)
			     : ask_key(inv, question, key, err);

	free(question);
	return ok;
}

/* Without any word about the key it is asked for, where somebody can answer. */
static bool read_new_key(const struct invocation *inv, struct secret *key, struct err *err)
{
	const char *name = inv_text(inv, "name");

	if (needs_key(inv) && !ask_is_possible()) {
		err_setf(err, ERR_USAGE, "no key for %s", name);
		return err_hintf(err, "give one with --key=- or --key-env=VAR, or say --type=none");
	}
	return read_key(inv, name, needs_key(inv), key, err);
}

/* Subscriptions come with terms about which programs may use them; the
 * decision is the owner's, so it is asked for once and plainly. */
static bool accept_terms(const struct invocation *inv, struct err *err)
{
	if (!str_eq(inv_text(inv, "type"), "oauth")) {
		return true;
	}
	out_note("A subscription account is meant for the vendor's own programs. Using it through "
		 "another one may be against the vendor's terms of service, and the vendor may "
		 "limit or close the account. An API key has no such risk.");
	if (inv_has(inv, "yes")) {
		return true;
	}
	if (!ask_is_possible()) {
		err_setf(err, ERR_USAGE, "adding a subscription account needs your consent");
		return err_hintf(err, "add --yes after reading the vendor's terms");
	}
	if (ask_yes("Add the account on your own responsibility?")) {
		return true;
	}
	return err_setf(err, ERR_FAILED, "nothing was added");
}

static void next_step(const char *command, const char *name, const char *why)
{
	char *line = xasprintf("llm-gateway %s%s", command, name);

	out_note("  %-42s %s", line, why);
	free(line);
}

static void print_next_steps(const struct invocation *inv, const char *name)
{
	out_note("Next:");
	if (str_eq(inv_text(inv, "type"), "oauth")) {
		next_step("oauth start ", name, "sign in");
	}
	next_step("upstream test ", name, "see that it answers");
	next_step("apikey add --name=laptop", "", "a key for your clients");
	if (!control_client_is_running(inv->client)) {
		next_step("server start --detach", "", "run the gateway");
	}
}

static struct answer *send_settings(const struct invocation *inv, const char *method,
				    const char *path, const struct secret *key,
				    struct err *err)
{
	struct request r;
	struct answer *answer = NULL;

	request_begin(&r, inv);
	write_settings(&r, key);
	if (request_is_empty(&r)) {
		err_setf(err, ERR_USAGE, "nothing to change");
		err_hintf(err, "see `llm-gateway upstream edit --help`");
	} else {
		answer = call_api(inv, method, path, request_end(&r), err);
	}
	request_release(&r);
	return answer;
}

static bool run_add(struct invocation *inv, struct err *err)
{
	struct secret key = SECRET_INIT;
	struct answer *answer = NULL;

	if (accept_terms(inv, err) && read_new_key(inv, &key, err)) {
		answer = send_settings(inv, "POST", "/v1/upstreams", &key, err);
	}
	secret_release(&key);
	if (!answer) {
		return false;
	}
	out_line("Added upstream %s (%s).", answer_text(answer, "name"),
		 answer_text(answer, "id"));
	print_next_steps(inv, answer_text(answer, "name"));
	answer_destroy(answer);
	return true;
}

static bool run_edit(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct secret key = SECRET_INIT;
	struct answer *answer = NULL;

	buf_adds(&path, "/v1/upstreams");
	call_path_part(&path, inv_operand(inv, 0));
	if (accept_terms(inv, err) && read_key(inv, inv_operand(inv, 0), false, &key, err)) {
		answer = send_settings(inv, "PATCH", buf_text(&path), &key, err);
	}
	secret_release(&key);
	buf_release(&path);
	if (!answer) {
		return false;
	}
	out_line("Changed upstream %s.", answer_text(answer, "name"));
	answer_destroy(answer);
	return true;
}

static const char *state_of(const struct answer *a)
{
	const char *state = answer_text(a, "state");

	return *state ? state : answer_text(a, "status");
}

static void add_rate(struct table *t, const struct answer *a)
{
	int64_t requests = answer_int(a, "requests");
	int64_t errors = answer_int(a, "errors");

	if (!requests) {
		table_cell(t, TINT_NONE, "");
		return;
	}
	table_cellf(t, errors ? TINT_WARN : TINT_NONE, "%.1f",
		    100.0 * (double)errors / (double)requests);
}

static void add_ms(struct table *t, const struct answer *a, const char *path)
{
	char text[HUMAN_BYTES];

	table_cell(t, TINT_NONE,
		   answer_has(a, path) ? human_duration(answer_int(a, path), text) : "");
}

static void add_row(struct table *t, const struct answer *a)
{
	struct buf models = BUF_INIT(64 * KIB);
	char count[HUMAN_BYTES];

	answer_join(a, "models", ",", &models);
	table_cell(t, TINT_NONE, answer_text(a, "name"));
	table_cell(t, TINT_NONE, answer_text(a, "provider"));
	table_cell(t, TINT_NONE, answer_text(a, "type"));
	table_cell(t, tint_of_state(state_of(a)), state_of(a));
	table_cell(t, TINT_NONE, answer_text(a, "priority"));
	table_cell(t, TINT_NONE, models.len ? buf_text(&models) : "usual");
	table_cell(t, TINT_NONE, answer_text(a, "in_flight"));
	table_cell(t, TINT_NONE,
		   answer_has(a, "requests") ? human_count(answer_double(a, "requests"), count)
					     : "");
	add_rate(t, a);
	add_ms(t, a, "ttft_ms.p50");
	table_cell(t, TINT_NONE, answer_text(a, "id"));
	buf_release(&models);
}

static const struct column list_columns[] = {
	{ .title = "NAME" },
	{ .title = "PROVIDER" },
	{ .title = "TYPE", .drop = 3 },
	{ .title = "STATE" },
	{ .title = "PRIO", .is_right = true, .drop = 2 },
	{ .title = "MODELS", .drop = 1 },
	{ .title = "IN FLIGHT", .is_sparse = true, .is_right = true, .drop = 4 },
	{ .title = "REQUESTS", .is_sparse = true, .is_right = true, .drop = 5 },
	{ .title = "ERR%", .is_sparse = true, .is_right = true, .drop = 6 },
	{ .title = "TTFT", .is_sparse = true, .is_right = true, .drop = 7 },
	{ .title = "ID", .drop = 8 },
	{ .title = NULL },
};

static void print_list(const struct invocation *inv, const struct answer *a)
{
	struct table *t = table_create(list_columns);

	for (size_t i = 0; i < answer_count(a, ""); i++) {
		add_row(t, answer_item(a, "", i));
	}
	out_table(t, &inv->screen,
		  "No upstreams yet: llm-gateway upstream add --provider=P --name=N --key=-");
	table_destroy(t);
}

static bool run_list(struct invocation *inv, struct err *err)
{
	return call_and_print(inv, "/v1/upstreams", print_list, err);
}

static bool run_show(struct invocation *inv, struct err *err)
{
	return call_and_print_object(inv, "/v1/upstreams", upstream_print, err);
}

static bool run_remove(struct invocation *inv, struct err *err)
{
	return ask_before(inv, err, "Remove upstream %s and its stored key?",
			  inv_operand(inv, 0)) &&
	       call_and_say(inv, "DELETE", "/v1/upstreams", NULL, "Removed upstream", err);
}

static bool run_enable(struct invocation *inv, struct err *err)
{
	return call_and_say(inv, "POST", "/v1/upstreams", "enable", "Enabled upstream", err);
}

static bool run_disable(struct invocation *inv, struct err *err)
{
	return call_and_say(inv, "POST", "/v1/upstreams", "disable", "Disabled upstream", err);
}

static bool run_test(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct request r;
	struct answer *a;
	char human[HUMAN_BYTES];

	buf_adds(&path, "/v1/upstreams");
	call_path_part(&path, inv_operand(inv, 0));
	buf_adds(&path, "/test");
	request_begin(&r, inv);
	request_text(&r, "model", "model");
	a = call_api(inv, "POST", buf_text(&path), request_end(&r), err);
	request_release(&r);
	buf_release(&path);
	if (!a) {
		return false;
	}
	if (inv_has(inv, "json")) {
		call_print_json(a);
	} else {
		out_line("%s: %s, %s in %s", inv_operand(inv, 0),
			 answer_bool(a, "ok") ? "ok" : "failed", answer_text(a, "message"),
			 human_duration(answer_int(a, "ms"), human));
	}
	inv->exit_code = answer_bool(a, "ok") ? 0 : 1;
	answer_destroy(a);
	return true;
}

static const struct flag add_flags[] = {
	{ .name = "provider", .argument = PROVIDERS, .type = FLAG_CHOICE, .is_required = true,
	  .help = "who answers" },
	{ .name = "name", .argument = "N", .type = FLAG_TEXT, .is_required = true,
	  .help = "a name of your choice" },
	SETTING_FLAGS,
};

static const struct flag edit_flags[] = {
	{ .name = "name", .argument = "N", .type = FLAG_TEXT, .help = "another name" },
	SETTING_FLAGS,
};

static const struct flag test_flags[] = {
	{ .name = "model", .argument = "M", .type = FLAG_TEXT,
	  .help = "send one small request for this model; it may cost" },
	{ .name = NULL },
};

#define UPSTREAM_OPERAND { { .name = "U", .kind = OPERAND_UPSTREAM } }

static const struct command add = {
	.name = "add", .summary = "add an account", .flags = add_flags, .wants_yes = true,
	.detail = "The key goes into the credential store (the keyring, or a sealed file), never "
		  "into the configuration. Without --key and --key-env it is asked for.",
	.examples = "# an Anthropic API key; the key is asked for without echo\n"
		    "llm-gateway upstream add --provider=anthropic --name=main --key=-\n"
		    "# a local server that wants no key\n"
		    "llm-gateway upstream add --provider=openai-compatible --name=local "
		    "--type=none --base-url=http://127.0.0.1:11434/v1 --models='llama*'\n",
	.run = run_add,
};

static const struct command list = {
	.name = "list", .summary = "list the accounts", .wants_json = true, .run = run_list,
};

static const struct command show = {
	.name = "show", .summary = "show one account", .operands = UPSTREAM_OPERAND,
	.wants_json = true, .run = run_show,
};

static const struct command edit = {
	.name = "edit", .summary = "change what the flags name", .flags = edit_flags,
	.operands = UPSTREAM_OPERAND, .wants_yes = true,
	.detail = "Everything that is not named stays. An empty value (--header='X-Team:') "
		  "removes an entry.",
	.examples = "llm-gateway upstream edit main --priority=2 --rpm=50\n", .run = run_edit,
};

static const struct command remove_ = {
	.name = "remove", .summary = "remove an account and its stored key",
	.operands = UPSTREAM_OPERAND, .wants_yes = true, .run = run_remove,
};

static const struct command enable = {
	.name = "enable", .summary = "use the account again", .operands = UPSTREAM_OPERAND,
	.run = run_enable,
};

static const struct command disable = {
	.name = "disable", .summary = "keep the account, send it nothing",
	.operands = UPSTREAM_OPERAND, .run = run_disable,
};

static const struct command test = {
	.name = "test", .summary = "ask the account whether it answers", .flags = test_flags,
	.operands = UPSTREAM_OPERAND, .wants_json = true,
	.detail = "Without --model only free calls are made.",
	.examples = "llm-gateway upstream test main\n", .run = run_test,
};

static const struct command *const subs[] = {
	&add, &list, &show, &edit, &remove_, &enable, &disable, &test, NULL,
};

const struct command cmd_upstream = {
	.name = "upstream", .summary = "the accounts that requests go to", .subs = subs,
	.detail = "U is an account's name, id, or the beginning of its id.",
};
