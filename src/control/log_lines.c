#include "control/log_lines.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "control/call.h"

#define DEFAULT_LINES 500
#define MOST_LINES 20000

bool log_filter_read(struct call *call, struct log_filter *filter, struct err *err)
{
	const char *level = call_query(call, "level");
	const char *trace = call_query(call, "trace");
	int64_t limit;

	*filter = (struct log_filter){ .level = LOG_DEBUG };
	if (!call_query_int(call, "limit", DEFAULT_LINES, &limit, err)) {
		return false;
	}
	if (level && !log_level_by_name(level, &filter->level)) {
		return err_setf(err, ERR_USAGE, "level: one of debug, info, warn, error");
	}
	if (!call_query_since(call, "since", 0, &filter->since_ms, err)) {
		return false;
	}
	str_copy(filter->trace_id, sizeof filter->trace_id, trace ? trace : "");
	filter->limit = (size_t)(limit < MOST_LINES ? limit : MOST_LINES);
	return true;
}

bool log_filter_takes(const struct log_filter *filter, struct slice line)
{
	struct arena arena;
	enum log_level level = LOG_ERROR;
	int64_t at_ms = INT64_MAX;
	bool takes;

	arena_init(&arena, KIB);
	log_level_by_name(json_find_text(line, "level", &arena), &level);
	takes = level >= filter->level;
	if (takes && filter->since_ms) {
		clock_parse(json_find_text(line, "ts", &arena), &at_ms);
		takes = at_ms >= filter->since_ms;
	}
	if (takes && *filter->trace_id) {
		takes = str_eq(json_find_text(line, "trace_id", &arena), filter->trace_id);
	}
	arena_release(&arena);
	return takes;
}

uint64_t log_follow_from(size_t tail)
{
	struct buf none = BUF_INIT(1);
	uint64_t newest = log_recent(0, 0, &none);

	buf_release(&none);
	return newest > tail ? newest - tail : 0;
}

bool log_send_new(const struct log_filter *filter, uint64_t *sequence,
		  const struct control_sink *sink)
{
	struct buf lines = BUF_INIT(64 * MIB);
	struct buf events = BUF_INIT(64 * MIB);
	struct slice rest;
	struct slice line;
	bool ok = true;

	*sequence = log_recent(*sequence, MOST_LINES, &lines);
	rest = buf_slice(&lines);
	while (slice_next(&rest, '\n', &line)) {
		if (line.len && log_filter_takes(filter, line)) {
			buf_adds(&events, "event: log\ndata: ");
			buf_add(&events, line.ptr, line.len);
			buf_adds(&events, "\n\n");
		}
	}
	if (events.len) {
		ok = sink->send(sink->ctx, buf_slice(&events));
	}
	buf_release(&lines);
	buf_release(&events);
	return ok;
}
