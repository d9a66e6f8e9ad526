#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/help.h"
#include "cli/out.h"
#include "cli/parse.h"
#include "cli/text.h"
#include "control/client.h"

static void show_help(const struct invocation *inv, FILE *to)
{
	struct buf text = BUF_INIT(MIB);
	struct screen screen = inv->screen;

	screen.color = screen.color && to == stdout;
	help_render(inv, &screen, &text);
	fwrite(buf_text(&text), 1, text.len, to);
	buf_release(&text);
}

static int fail(const struct invocation *inv, const struct err *err)
{
	if (inv->command->wants_json && inv_has(inv, "json")) {
		out_error_json(err);
	}
	out_error(err);
	return err_exit_code(err->kind);
}

/* Everything else would look at the real home and mean the demo's. */
static bool check_demo(const struct invocation *inv, struct err *err)
{
	if (!inv_has(inv, "demo") || inv->command->takes_demo) {
		return true;
	}
	err_setf(err, ERR_USAGE, "--demo starts a gateway on a home of its own");
	return err_hintf(err, "use it alone or with `server start`; to look at a demo that runs, "
			      "give the home that it named with --home");
}

static int run_command(struct invocation *inv)
{
	struct err err = ERR_INIT;
	bool ok;

	if (!check_demo(inv, &err) || !invocation_locate(inv, &err)) {
		return fail(inv, &err);
	}
	inv->client = control_client_create(inv->home, inv->config_path);
	ok = inv->command->run(inv, &err);
	control_client_destroy(inv->client);
	return ok ? inv->exit_code : fail(inv, &err);
}

/* A verb without its subcommand: its help is the answer, but not a success. */
static int incomplete(const struct invocation *inv)
{
	show_help(inv, stderr);
	return err_exit_code(ERR_USAGE);
}

static int dispatch(struct invocation *inv)
{
	if (inv_has(inv, "version")) {
		out_line("llm-gateway " VERSION);
		return 0;
	}
	if (inv_has(inv, "help")) {
		show_help(inv, stdout);
		return 0;
	}
	return inv->command->run ? run_command(inv) : incomplete(inv);
}

/* A full disk behind stdout must not look like success. */
static int finish_output(int exit_code)
{
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return exit_code;
	}
	out_warn("cannot write the output: %s", errno ? strerror(errno) : "write error");
	return exit_code ? exit_code : 1;
}

int cli_main(int argc, char **argv)
{
	struct invocation inv;
	struct err err = ERR_INIT;
	int exit_code;

	text_set_locale();
	if (parse_line(&inv, argc, argv, &err)) {
		screen_init(&inv.screen, inv_has(&inv, "no-color"));
		exit_code = dispatch(&inv);
	} else {
		exit_code = fail(&inv, &err);
	}
	invocation_release(&inv);
	return finish_output(exit_code);
}
