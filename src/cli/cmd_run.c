/*
 * run: a command whose LLM clients find this gateway through the environment
 * variables that they read anyway (and the few that do not, as run_client.h
 * says). The command takes this process's place.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/endpoint.h"
#include "cli/out.h"
#include "cli/parse.h"
#include "cli/run_client.h"
#include "control/client.h"

/* Variable and what is put behind the gateway's address. Vendors' SDKs, and
 * the clients that are made with them, read these. */
static const struct {
	const char *name;
	const char *path;
} addresses[] = {
	{ "ANTHROPIC_BASE_URL", "" },
	{ "OPENAI_BASE_URL", "/v1" },
	{ "OPENAI_API_BASE", "/v1" },   /* LiteLLM and what builds on it */
	{ "GOOGLE_GEMINI_BASE_URL", "" },
};

static const char *const keys[] = {
	"ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY",
};

static void set_environment(const struct buf *url, const struct secret *key)
{
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		struct buf value = BUF_INIT(4 * KIB);

		buf_addf(&value, "%s%s", buf_text(url), addresses[i].path);
		setenv(addresses[i].name, buf_text(&value), 1);
		buf_release(&value);
	}
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		setenv(keys[i], secret_peek(key).ptr, 1);
	}
	/* Google's SDKs prefer it to GEMINI_API_KEY, and it is not for us. */
	unsetenv("GOOGLE_API_KEY");
}

static bool execute(char **command, struct err *err)
{
	execvp(command[0], command);
	if (errno == ENOENT) {
		err_setf(err, ERR_NOT_FOUND, "there is no program %s", command[0]);
		return err_hintf(err, "is it installed and in PATH?");
	}
	return err_errno(err, "cannot run %s", command[0]);
}

static bool run_with(struct invocation *inv, const struct buf *url, const struct secret *key,
		     struct err *err)
{
	struct arena a;
	bool ok;

	if (!control_client_is_running(inv->client)) {
		out_warn("no gateway is running yet; start one with: "
			 "llm-gateway server start --detach");
	}
	set_environment(url, key);
	arena_init(&a, 4 * KIB);
	ok = execute(run_client_prepare(inv->rest, buf_text(url), &a), err);
	arena_release(&a);
	return ok;
}

static bool run(struct invocation *inv, struct err *err)
{
	struct buf url = BUF_INIT(4 * KIB);
	struct secret key = SECRET_INIT;
	bool ok = inv->rest && inv->rest[0];

	if (!ok) {
		err_setf(err, ERR_USAGE, "COMMAND is missing");
		err_hintf(err, "write it behind --: llm-gateway run -- claude");
	}
	ok = ok && endpoint_key(inv, &key, err) && endpoint_url(inv, &url, err) &&
	     run_with(inv, &url, &key, err);
	secret_release(&key);
	buf_release(&url);
	return ok;
}

static const struct flag flags[] = {
	{ .name = "key", .argument = "K", .type = FLAG_TEXT,
	  .help = "gateway key for the command; - asks for it [$LLM_GATEWAY_KEY]" },
	{ .name = NULL },
};

const struct command cmd_run = {
	.name = "run", .summary = "run a command whose LLM clients use this gateway",
	.flags = flags, .rest = "COMMAND ...", .run = run,
	.detail = "Sets ANTHROPIC_BASE_URL, OPENAI_BASE_URL, OPENAI_API_BASE, "
		  "GOOGLE_GEMINI_BASE_URL and the key variables beside them, and becomes COMMAND. "
		  "Codex gets arguments instead.",
	.examples = "llm-gateway run -- claude\n"
		    "llm-gateway run --key=- -- python3 script.py\n",
};
