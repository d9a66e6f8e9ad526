/*
 * Requests in progress: as a list, one by one, and how one is ended.
 */
#include "control/handlers.h"

#include "base/log.h"
#include "control/call.h"
#include "control/views.h"
#include "gateway/running.h"
#include "stats/history.h"

/* Models whose streams are measured for one list; others go without an
 * estimate. */
#define MOST_RATIOS 16

struct ratio {
	const char *model;              /* borrowed from a row */
	enum format_id format;
	double bytes;                   /* of a stream, for each token; 0: not known */
};

struct ratios {
	struct history *history;
	struct ratio all[MOST_RATIOS];
	size_t count;
};

static double bytes_per_token(struct ratios *ratios, const struct request_record *r)
{
	struct ratio *ratio;

	for (size_t i = 0; i < ratios->count; i++) {
		ratio = &ratios->all[i];
		if (ratio->format == r->format_in && str_eq(ratio->model, r->model_used)) {
			return ratio->bytes;
		}
	}
	if (ratios->count == MOST_RATIOS || !r->model_used) {
		return 0;
	}
	ratio = &ratios->all[ratios->count++];
	*ratio = (struct ratio){
		.model = r->model_used,
		.format = r->format_in,
		.bytes = history_stream_bytes(ratios->history, r->model_used, r->format_in),
	};
	return ratio->bytes;
}

/* Most upstreams tell the tokens at the end. Until then the stream's length
 * does, as long as earlier streams of the model have told how both compare. */
static int64_t tokens_so_far(struct ratios *ratios, const struct request_record *r,
			     bool *is_estimate)
{
	double bytes = r->is_stream && r->ttft_ms >= 0 ? bytes_per_token(ratios, r) : 0;
	int64_t estimate = bytes > 0 ? (int64_t)((double)r->bytes_out / bytes) : 0;

	*is_estimate = !r->tokens.is_known || r->tokens.out < estimate;
	return *is_estimate ? estimate : r->tokens.out;
}

static void write_pace(struct ratios *ratios, const struct request_record *r,
		       struct json_writer *w)
{
	bool is_estimate;
	int64_t tokens = tokens_so_far(ratios, r, &is_estimate);
	int64_t ms = r->total_ms - r->ttft_ms;

	if (r->ttft_ms < 0 || tokens <= 0) {
		return;
	}
	json_kint(w, "tokens_out", tokens);
	json_kbool(w, "tokens_estimated", is_estimate);
	if (ms >= 100) {
		json_kdouble(w, "tokens_per_second", (double)(tokens * 10000 / ms) / 10);
	}
}

static void write_row(const struct running_row *row, struct ratios *ratios,
		      struct json_writer *w)
{
	struct request_record r;

	record_unpack(row->record, &r);
	json_object(w);
	record_write_members(&r, row->id, w);
	json_kstr(w, "phase", row->phase);
	write_pace(ratios, &r, w);
	json_end(w);
}

void view_running(struct call *call, struct json_writer *w)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct ratios ratios = { .history = runtime->history };
	struct running_list list;

	runtime->running(runtime->ctx, &list);
	json_array(w);
	for (size_t i = 0; i < list.rows.len; i++) {
		write_row(list.rows.items[i], &ratios, w);
	}
	json_end(w);
	running_list_release(&list);
}

bool view_running_one(struct call *call, const char *id, struct json_writer *w)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct ratios ratios = { .history = runtime->history };
	struct running_list list;
	bool found = false;

	runtime->running(runtime->ctx, &list);
	for (size_t i = 0; i < list.rows.len && !found; i++) {
		const struct running_row *row = list.rows.items[i];

		found = str_eq(row->id, id);
		if (found) {
			write_row(row, &ratios, w);
		}
	}
	running_list_release(&list);
	return found;
}

bool handle_request_cancel(struct call *call, struct json_writer *w, struct err *err)
{
	const struct control_runtime *runtime = call->control->runtime;

	if (!runtime->cancel(runtime->ctx, call->param)) {
		return err_setf(err, ERR_NOT_FOUND, "no running request has the id %.100s",
				call->param);
	}
	log_info("control", "the request %.100s was cancelled", call->param);
	json_object(w);
	json_kstr(w, "id", call->param);
	json_kbool(w, "cancelled", true);
	json_end(w);
	return true;
}
