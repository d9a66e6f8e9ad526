/*
 * Log lines: what the files have, or the stream of what is logged now.
 */
#include "control/handlers.h"

#include "base/limits.h"
#include "control/call.h"
#include "control/log_lines.h"

static void log_dir(const struct call *call, struct buf *out)
{
	const char *base = call->config->logging.base_dir;

	if (base[0] != '/') {
		buf_addf(out, "%s/", call->control->home);
	}
	buf_adds(out, base);
}

bool handle_logs(struct call *call, struct json_writer *w, struct err *err)
{
	struct log_filter filter;
	struct buf dir = BUF_INIT(8 * KIB);

	if (!log_filter_read(call, &filter, err)) {
		return false;
	}
	if (call_is_running(call)) {
		log_flush();
	}
	log_dir(call, &dir);
	log_read_files(buf_text(&dir), &filter, w);
	buf_release(&dir);
	return true;
}

bool follow_logs(struct call *call, const struct control_sink *sink, struct err *err)
{
	struct log_filter filter;
	int64_t tail;
	uint64_t sequence;

	if (!log_filter_read(call, &filter, err) ||
	    !call_query_int(call, "tail", 0, &tail, err)) {
		return false;
	}
	sequence = log_follow_from((size_t)tail);
	/* A comment, so that the reader knows at once that it follows. */
	if (!sink->send(sink->ctx, slice_of(":\n\n"))) {
		return true;
	}
	while (log_send_new(&filter, &sequence, sink) && sink->wait(sink->ctx, FOLLOW_LOOK_MS)) {
	}
	return true;
}
