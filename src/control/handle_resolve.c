/*
 * Which routes a request for a name would try, in order, and why the others
 * are passed over.
 */
#include "control/handlers.h"

#include "base/limits.h"
#include "control/call.h"
#include "providers/provider.h"
#include "routing/plan.h"
#include "routing/router.h"

static bool explain(const struct plan *plan, struct err *err)
{
	struct buf why = BUF_INIT(4 * KIB);

	plan_explain(plan, &why);
	err_setf(err, ERR_NOT_FOUND, "%s", buf_text(&why));
	buf_release(&why);
	return false;
}

/* Where no gateway runs, nothing stands against anybody. */
static void write_plan(const struct call *call, const struct plan *plan, struct json_writer *w)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct router *fresh = NULL;

	if (!runtime) {
		fresh = router_create(0);
		router_configure(fresh, call->config);
	}
	router_write_resolve(runtime ? runtime->router : fresh, call->config, plan, w,
			     clock_moment());
	router_destroy(fresh);
}

bool handle_resolve(struct call *call, struct json_writer *w, struct err *err)
{
	struct plan plan;
	const struct plan_input input = {
		.config = call->config,
		.name = call_query(call, "name"),
		.has_client_credential = true,
		.serves = provider_serves,
		.is_catch_all = provider_is_catch_all,
	};

	if (str_empty(input.name)) {
		return err_setf(err, ERR_USAGE, "the query has no name");
	}
	plan_make(&input, &call->arena, &plan);
	if (plan.status != PLAN_OK && plan.status != PLAN_NOTHING_LEFT) {
		return explain(&plan, err);
	}
	write_plan(call, &plan, w);
	return true;
}
