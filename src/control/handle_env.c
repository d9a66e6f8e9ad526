/*
 * environment.*: the proxies that upstream connections take.
 */
#include "control/handlers.h"

#include "control/call.h"
#include "control/fields.h"
#include "control/views.h"

static const char *const fields[] = { "http_proxy", "https_proxy", "no_proxy", NULL };

bool handle_env_show(struct call *call, struct json_writer *w, struct err *err)
{
	const struct environment_config *e = &call->config->environment;

	(void)err;
	json_object(w);
	view_masked(w, "http_proxy", e->http_proxy);
	view_masked(w, "https_proxy", e->https_proxy);
	json_kstr(w, "no_proxy", e->no_proxy);
	json_end(w);
	return true;
}

bool handle_env_set(struct call *call, struct json_writer *w, struct err *err)
{
	return fields_only(call->body, "the environment", fields, err) &&
	       call_merge(call, "environment", NULL, err) && handle_env_show(call, w, err);
}
