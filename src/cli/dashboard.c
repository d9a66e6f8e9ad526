#include "cli/dashboard.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/browser.h"
#include "cli/config_edit.h"
#include "cli/demo_traffic.h"
#include "cli/out.h"
#include "cli/run_line.h"
#include "control/client.h"
#include "server/server.h"
#include "tui/tui.h"

#define DRAIN_MS 30000

static bool has_terminal(struct err *err)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !str_eq(getenv("TERM"), "dumb")) {
		return true;
	}
	err_setf(err, ERR_USAGE, "the dashboard needs a terminal");
	return err_hintf(err, "without one: `llm-gateway status --watch` shows the state, "
			      "`llm-gateway server start` runs the gateway");
}

static bool edit_config(void *ctx, struct err *err)
{
	return config_edit_by_hand(ctx, err);
}

static bool run_command(void *ctx, const char *line, struct buf *out, struct err *err)
{
	return run_line(ctx, line, out, err);
}

static void complete(void *ctx, const char *line, struct buf *out)
{
	(void)ctx;
	run_line_complete(line, out);
}

/* The dashboard takes these itself; every thread started from here on
 * inherits that. */
static void block_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	pthread_sigmask(SIG_BLOCK, &set, before);
}

static struct tui_options options_of(struct invocation *inv)
{
	return (struct tui_options){
		.home = inv->home,
		.config_path = inv->config_path,
		.is_plain = inv_has(inv, "plain"),
		.is_demo = inv_has(inv, "demo"),
		.no_color = inv_has(inv, "no-color"),
		.theme = inv_text(inv, "theme"),
		.open_url = browser_open,
		.edit_config = edit_config,
		.run_command = run_command,
		.complete = complete,
		.ctx = inv,
	};
}

static bool attach(struct invocation *inv, struct err *err)
{
	const struct tui_options options = options_of(inv);
	sigset_t before;
	enum tui_end end;

	block_signals(&before);
	end = tui_main(&options, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return end != TUI_FAILED;
}

static bool go_on_in_background(const struct server_options *options, struct err *err)
{
	char listen[256];

	if (!server_detach(options, listen, sizeof listen, err)) {
		return false;
	}
	out_note(
		"The gateway goes on in the background: http://%s. `llm-gateway` shows it again, "
		"`llm-gateway server stop` ends it.",
		listen);
	return true;
}

/* The terminal is the person's again while the last requests finish; Ctrl-C
 * ends them. */
static void end_own(struct server *server, const sigset_t *before, bool is_demo)
{
	if (!is_demo) {
		pthread_sigmask(SIG_SETMASK, before, NULL);
	}
	server_stop_embedded(server, is_demo ? 0 : DRAIN_MS);
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

static bool run_own(struct invocation *inv, struct err *err)
{
	const struct server_options options = {
		.home = inv->home,
		.config_path = inv->config_path,
		.port = -1,
		.workers = -1,
		.is_demo = inv_has(inv, "demo"),
	};
	struct tui_options tui = options_of(inv);
	struct invocation own = *inv;
	struct demo_traffic *traffic = NULL;
	struct server *server;
	sigset_t before;
	enum tui_end end;

	block_signals(&before);
	server = server_start_embedded(&options, err);
	if (!server) {
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		return false;
	}
	/* A demo's are its own; edits and commands go there too. */
	tui.home = own.home = xstrdup(server_home(server));
	tui.config_path = own.config_path = xstrdup(server_config_path(server));
	tui.ctx = &own;
	tui.is_own = true;
	if (options.is_demo) {
		traffic = demo_traffic_start(server_listen(server), server_demo_key(server));
	}
	end = tui_main(&tui, err);
	demo_traffic_stop(traffic);
	end_own(server, &before, options.is_demo);
	free(own.home);
	free(own.config_path);
	return end == TUI_KEEP ? go_on_in_background(&options, err) : end != TUI_FAILED;
}

bool dashboard_open(struct invocation *inv, struct err *err)
{
	if (!has_terminal(err)) {
		return false;
	}
	if (!inv_has(inv, "demo") && control_client_is_running(inv->client)) {
		return attach(inv, err);
	}
	return run_own(inv, err);
}

bool dashboard_attach(struct invocation *inv, struct err *err)
{
	if (inv_has(inv, "demo")) {
		return dashboard_open(inv, err);
	}
	if (!control_client_is_running(inv->client)) {
		err_setf(err, ERR_NOT_RUNNING, "no gateway is running for %s", inv->home);
		return err_hintf(err, "start one with: llm-gateway server start --detach");
	}
	return has_terminal(err) && attach(inv, err);
}
