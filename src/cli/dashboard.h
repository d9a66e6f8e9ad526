/* The way from the command line to the dashboard (tui/). */
#ifndef CLI_DASHBOARD_H
#define CLI_DASHBOARD_H

#include "cli/parse.h"

/* `llm-gateway` alone: the dashboard, with a gateway of its own when none
 * runs. Without a terminal ERR_USAGE, naming what works without one. */
bool dashboard_open(struct invocation *inv, struct err *err);

/* `tui`: ERR_NOT_RUNNING when no gateway runs. */
bool dashboard_attach(struct invocation *inv, struct err *err);

#endif
