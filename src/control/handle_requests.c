/*
 * The last requests, one by one.
 */
#include "control/handlers.h"

#include "control/call.h"
#include "control/views.h"
#include "stats/history.h"

#define DEFAULT_REQUESTS 100

/* Some ten megabytes of JSON, the most that an answer may have. */
#define MOST_REQUESTS 10000

static bool read_filter(struct call *call, struct record_filter *f, struct err *err)
{
	int64_t limit;
	int64_t status;
	int64_t only_errors;

	*f = (struct record_filter){
		.upstream = call_query(call, "upstream"),
		.model = call_query(call, "model"),
		.key = call_query(call, "key"),
		.trace_id = call_query(call, "trace"),
	};
	if (!call_query_int(call, "limit", DEFAULT_REQUESTS, &limit, err) ||
	    !call_query_int(call, "status", 0, &status, err) ||
	    !call_query_int(call, "errors", 0, &only_errors, err) ||
	    !call_query_int(call, "before", 0, &f->before_id, err) ||
	    !call_query_since(call, "since", 0, &f->since_ms, err)) {
		return false;
	}
	f->limit = limit < 0 ? 0 : limit > MOST_REQUESTS ? MOST_REQUESTS : (size_t)limit;
	f->status = (int)status;
	f->only_errors = only_errors != 0;
	return true;
}

bool handle_requests_list(struct call *call, struct json_writer *w, struct err *err)
{
	struct record_filter filter;
	int64_t only_running;

	if (!read_filter(call, &filter, err) ||
	    !call_query_int(call, "running", 0, &only_running, err)) {
		return false;
	}
	if (only_running) {
		view_running(call, w);
		return true;
	}
	history_write_requests(call->control->runtime->history, &filter, w);
	return true;
}

bool handle_request_show(struct call *call, struct json_writer *w, struct err *err)
{
	return history_write_request(call->control->runtime->history, call->param, w) ||
	       view_running_one(call, call->param, w) ||
	       err_setf(err, ERR_NOT_FOUND, "no request has the id %.100s", call->param);
}
