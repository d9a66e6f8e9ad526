#include "cli/run_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/client_files.h"
#include "cli/out.h"

#define MAX_OWN_ARGUMENTS 4

struct run_client {
	const char *program;            /* NULL ends the table */
	const char *unset;              /* a variable that must not be there */
	const char *arguments[MAX_OWN_ARGUMENTS + 1];   /* {url} as in cli/clients.h */
	const char *client;             /* in cli/clients.h; NULL: no matter. Its last file */
	const char *advice;             /* must be as connect writes it, else this is said */
};

static const struct run_client run_clients[] = {
	/* With both of Anthropic's it asks which one to use; the token is enough. */
	{ .program = "claude", .unset = "ANTHROPIC_API_KEY" },

	/* Reads no address from the environment, only the key. */
	{ .program = "codex",
	  .arguments = {
		  "-c", "model_provider=\"llm-gateway\"",
		  "-c", "model_providers.llm-gateway={name=\"llm-gateway\", "
			"base_url=\"{url}/v1\", wire_api=\"responses\", "
			"env_key=\"OPENAI_API_KEY\"}" } },

	/* It takes the address for a kind of sign-in that it then does not know,
	 * or signs in to Google; only its settings file tells it otherwise. */
	{ .program = "gemini", .client = "gemini-cli",
	  .advice = "Gemini CLI looks up how to sign in nowhere but in its settings; if it "
		    "refuses: llm-gateway connect gemini-cli" },
	{ .program = NULL },
};

static const struct run_client *find(const char *program)
{
	const char *slash = strrchr(program, '/');

	for (const struct run_client *c = run_clients; c->program; c++) {
		if (str_eq(slash ? slash + 1 : program, c->program)) {
			return c;
		}
	}
	return NULL;
}

static void advise(const struct run_client *c, const char *url)
{
	const struct client *client = c->client ? client_find(c->client) : NULL;
	const struct client_file *file;

	if (!client) {
		return;
	}
	file = client->files;
	while (file[1].name) {
		file++;
	}
	if (!client_file_is_connected(file, url)) {
		out_warn("%s", c->advice);
	}
}

static char *filled(const char *text, const char *url, struct arena *a)
{
	const struct client_values values = { .url = url, .key = "" };
	struct buf out = BUF_INIT(8 * KIB);
	char *copy;

	client_fill(&out, text, &values);
	copy = arena_strdup(a, buf_text(&out));
	buf_release(&out);
	return copy;
}

static char **with_own_arguments(const struct run_client *c, char **command, const char *url,
				 struct arena *a)
{
	size_t own = 0;
	size_t given = 0;
	char **all;

	while (c->arguments[own]) {
		own++;
	}
	while (command[given]) {
		given++;
	}
	all = arena_alloc(a, (own + given + 1) * sizeof *all);
	all[0] = command[0];
	for (size_t i = 0; i < own; i++) {
		all[1 + i] = filled(c->arguments[i], url, a);
	}
	memcpy(all + 1 + own, command + 1, given * sizeof *all);
	return all;
}

char **run_client_prepare(char **command, const char *url, struct arena *a)
{
	const struct run_client *c = find(command[0]);

	if (!c) {
		return command;
	}
	if (c->unset) {
		unsetenv(c->unset);
	}
	advise(c, url);
	return with_own_arguments(c, command, url, a);
}
