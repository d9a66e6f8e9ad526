#include "cli/command.h"

#include "base/str.h"
#include "cli/dashboard.h"

static const struct command *const verbs[] = {
	&cmd_server, &cmd_upstream, &cmd_apikey, &cmd_oauth, &cmd_cooldown, &cmd_model,
	&cmd_tui, &cmd_status, &cmd_health, &cmd_usage, &cmd_request, &cmd_logs, &cmd_env,
	&cmd_config, &cmd_connect, &cmd_run, &cmd_doctor, &cmd_selftest, &cmd_bench,
	&cmd_completion, NULL,
};

const struct flag command_global_flags[] = {
	{ .name = "home", .argument = "DIR", .type = FLAG_TEXT,
	  .help = "directory of this gateway's files [~/.llm-gateway]" },
	{ .name = "config", .argument = "FILE", .type = FLAG_TEXT,
	  .help = "configuration file [config.yaml in the home]" },
	{ .name = "no-color", .help = "no colours" },
	{ .name = "demo", .help = "a temporary home with a built-in demo provider" },
	{ .name = "version", .help = "print the version" },
	{ .name = "help", .letter = 'h', .help = "explain the command" },
	{ .name = NULL },
};

const struct flag command_json_flag = { .name = "json", .help = "print JSON" };
const struct flag command_yes_flag = { .name = "yes", .help = "do not ask" };

const struct command command_root = {
	.name = "llm-gateway",
	.summary = "one local endpoint for every LLM account you have",
	.detail = "Without a command it opens the dashboard.",
	.run = dashboard_open, .takes_demo = true,
	.subs = verbs,
	.examples = "# the first five minutes\n"
		    "llm-gateway upstream add --provider=anthropic --name=main --key=-\n"
		    "llm-gateway apikey add --name=laptop\n"
		    "llm-gateway server start --detach\n"
		    "llm-gateway status\n",
};

const struct command *command_find(const struct command *parent, const char *name)
{
	for (size_t i = 0; parent->subs && parent->subs[i]; i++) {
		if (str_eq(parent->subs[i]->name, name)) {
			return parent->subs[i];
		}
	}
	return NULL;
}

void command_each_flag(const struct command *c,
		       void (*visit)(void *ctx, const struct flag *flag), void *ctx)
{
	for (const struct flag *flag = c->flags; flag && flag->name; flag++) {
		visit(ctx, flag);
	}
	if (c->wants_json) {
		visit(ctx, &command_json_flag);
	}
	if (c->wants_yes) {
		visit(ctx, &command_yes_flag);
	}
}

struct search {
	const char *name;       /* NULL: by letter */
	char letter;
	const struct flag *found;
};

static void match_flag(void *ctx, const struct flag *flag)
{
	struct search *search = ctx;

	if (search->name ? str_eq(flag->name, search->name) : flag->letter == search->letter) {
		search->found = flag;
	}
}

static const struct flag *search_flag(const struct command *c, struct search search)
{
	for (const struct flag *flag = command_global_flags; flag->name; flag++) {
		match_flag(&search, flag);
	}
	command_each_flag(c, match_flag, &search);
	return search.found;
}

const struct flag *command_flag(const struct command *c, const char *name)
{
	return search_flag(c, (struct search){ .name = name });
}

const struct flag *command_letter(const struct command *c, char letter)
{
	return letter ? search_flag(c, (struct search){ .letter = letter }) : NULL;
}

bool flag_is_repeatable(const struct flag *flag)
{
	return flag->type == FLAG_PAIR || flag->type == FLAG_HEADER || flag->type == FLAG_ROUTE;
}
