/*
 * Requests, tokens and cost over time.
 */
#include "control/handlers.h"

#include "base/clock.h"
#include "control/call.h"
#include "stats/history.h"

#define DEFAULT_DAYS 7
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

bool handle_usage(struct call *call, struct json_writer *w, struct err *err)
{
	struct history *history = call->control->runtime->history;
	const char *by_text = call_query(call, "by");
	bool is_by_session = str_eq(by_text, "session");
	enum usage_by by = USAGE_BY_UPSTREAM;
	int64_t since_ms;

	if (by_text && !is_by_session && !usage_by_name(by_text, &by)) {
		return err_setf(err, ERR_USAGE,
				"by: one of upstream, model, key, session, day, hour");
	}
	if (!call_query_since(call, "since", clock_wall_ms() - DEFAULT_DAYS * DAY_MS, &since_ms,
			      err)) {
		return false;
	}
	if (is_by_session) {
		history_write_sessions(history, &call->config->usage, since_ms, w);
	} else {
		history_write_usage(history, by, since_ms, w);
	}
	return true;
}
