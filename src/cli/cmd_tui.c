/*
 * tui: the dashboard by name. Attaches to a gateway; never starts one.
 */
#include "cli/command.h"
#include "cli/dashboard.h"

static bool run(struct invocation *inv, struct err *err)
{
	return dashboard_attach(inv, err);
}

static const struct flag flags[] = {
	{ .name = "plain", .help = "lines instead of a full screen, for screen readers" },
	{ .name = "theme", .argument = "default|mono|high-contrast|blue-orange|light",
	  .type = FLAG_CHOICE, .help = "colours [tui.theme]" },
	{ .name = NULL },
};

const struct command cmd_tui = {
	.name = "tui", .summary = "the dashboard of a running gateway", .flags = flags,
	.detail = "Never starts a gateway; llm-gateway without a command does.", .run = run,
	.takes_demo = true,
};
