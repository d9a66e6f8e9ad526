/*
 * server: the gateway as a process.
 */
#include "base/limits.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/status_view.h"
#include "server/server.h"

static struct server_options options_of(const struct invocation *inv)
{
	return (struct server_options){
		.home = inv->home,
		.config_path = inv->config_path,
		.host = inv_text(inv, "host"),
		.port = (int)inv_int(inv, "port", -1),
		.workers = (int)inv_int(inv, "workers", -1),
		.is_demo = inv_has(inv, "demo"),
	};
}

static bool check_options(const struct invocation *inv, struct err *err)
{
	if (inv_has(inv, "demo") && inv_has(inv, "detach")) {
		err_setf(err, ERR_USAGE, "a demo does not run in the background: its key would be "
					 "shown to nobody");
		return err_hintf(err, "leave out --detach");
	}
	if (inv_int(inv, "port", 0) > 65535) {
		return err_setf(err, ERR_USAGE, "--port cannot be %s; expected 0 to 65535",
				inv_text(inv, "port"));
	}
	if (inv_int(inv, "workers", 0) > 1024) {
		return err_setf(err, ERR_USAGE, "--workers cannot be %s; expected 0 to 1024",
				inv_text(inv, "workers"));
	}
	return true;
}

static bool run_start(struct invocation *inv, struct err *err)
{
	struct server_options options = options_of(inv);
	char listen[256];

	if (!check_options(inv, err)) {
		return false;
	}
	if (!inv_has(inv, "detach")) {
		return server_run(&options, err);
	}
	if (!server_detach(&options, listen, sizeof listen, err)) {
		return false;
	}
	out_line("Running on %s.", listen);
	return true;
}

static bool run_stop(struct invocation *inv, struct err *err)
{
	if (!server_stop(inv->home, inv->config_path, err)) {
		return false;
	}
	out_line("Stopped.");
	return true;
}

static void print_status(const struct invocation *inv, const struct answer *a)
{
	struct buf text = BUF_INIT(MIB);

	status_head(a, &inv->screen, &text);
	status_reasons(a, &text);
	out_put(&text);
	buf_release(&text);
}

static bool run_status(struct invocation *inv, struct err *err)
{
	return call_and_print(inv, "/v1/status", print_status, err);
}

static bool run_reload(struct invocation *inv, struct err *err)
{
	struct answer *a = call_api(inv, "POST", "/v1/reload", NULL, err);

	if (a) {
		out_line("Reloaded %s.", answer_text(a, "path"));
		if (answer_bool(a, "needs_restart")) {
			out_note("A changed setting waits for a restart.");
		}
	}
	answer_destroy(a);
	return a != NULL;
}

static const struct flag start_flags[] = {
	{ .name = "detach", .help = "run in the background; returns when it is ready" },
	{ .name = "host", .argument = "ADDRESS", .type = FLAG_TEXT,
	  .help = "instead of server.host" },
	{ .name = "port", .argument = "N", .type = FLAG_COUNT, .help = "instead of server.port" },
	{ .name = "workers", .argument = "N", .type = FLAG_COUNT,
	  .help = "instead of server.workers" },
	{ .name = NULL },
};

static const struct command start = {
	.name = "start", .summary = "run the gateway, in the foreground", .flags = start_flags,
	.detail = "Logs to stderr. SIGTERM and Ctrl-C let running requests finish (30 s), a second "
		  "one ends at once; SIGHUP reloads the configuration.",
	.examples = "llm-gateway server start --detach\n"
		    "# try it without any account\n"
		    "llm-gateway server start --demo\n",
	.run = run_start, .takes_demo = true,
};

static const struct command stop = {
	.name = "stop", .summary = "stop it when running requests are done", .run = run_stop,
};

static const struct command status = {
	.name = "status", .summary = "is it running, where, on which configuration",
	.wants_json = true, .run = run_status,
};

static const struct command reload = {
	.name = "reload", .summary = "put the configuration file in force", .run = run_reload,
};

static const struct command *const subs[] = { &start, &stop, &status, &reload, NULL };

const struct command cmd_server = {
	.name = "server", .summary = "start, stop and look at the gateway", .subs = subs,
};
