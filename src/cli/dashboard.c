#include "cli/dashboard.h"

#include <unistd.h>

#include "control/client.h"

static bool has_terminal(struct err *err)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		return true;
	}
	err_setf(err, ERR_USAGE, "the dashboard needs a terminal");
	return err_hintf(err, "without one: `llm-gateway status --watch` shows the state, "
			      "`llm-gateway server start` runs the gateway");
}

static bool not_built(struct err *err)
{
	err_setf(err, ERR_FAILED, "this build has no dashboard yet");
	return err_hintf(err, "`llm-gateway status --watch` shows the state, "
			      "`llm-gateway server start --detach` runs the gateway");
}

bool dashboard_open(struct invocation *inv, struct err *err)
{
	(void)inv;
	return has_terminal(err) && not_built(err);
}

bool dashboard_attach(struct invocation *inv, struct err *err)
{
	if (!control_client_is_running(inv->client)) {
		err_setf(err, ERR_NOT_RUNNING, "no gateway is running for %s", inv->home);
		return err_hintf(err, "start one with: llm-gateway server start --detach");
	}
	return has_terminal(err) && not_built(err);
}
