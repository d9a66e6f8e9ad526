/*
 * The gateway as a whole: status, everything at once for the dashboard, the
 * stream of both, reload and stop.
 */
#include "control/handlers.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "control/call.h"
#include "control/fields.h"
#include "control/log_lines.h"
#include "control/views.h"
#include "stats/stats.h"

/* Bounds of the time between two snapshots. */
#define LEAST_INTERVAL_MS 200
#define MOST_INTERVAL_MS 60000

static void read_facts(const struct call *call, struct runtime_facts *facts)
{
	const struct control_runtime *runtime = call->control->runtime;

	*facts = (struct runtime_facts){ 0 };
	if (runtime) {
		runtime->facts(runtime->ctx, facts);
	}
}

void view_config_state(const struct call *call, struct json_writer *w)
{
	struct runtime_facts facts;
	const char *error = call->config_err.msg;

	read_facts(call, &facts);
	if (*facts.config_error) {
		error = facts.config_error;
	}
	json_kstr(w, "path", call->control->config_path);
	json_kbool(w, "valid", !*error);
	json_kstr(w, "error", *error ? error : NULL);
	json_kbool(w, "needs_restart", facts.needs_restart);
}

/* What keeps the gateway from being healthy, each in words. */
static bool view_reasons(const struct call *call, const struct runtime_facts *facts,
			 struct json_writer *w)
{
	const struct config *c = call->config;
	size_t troubled = 0;

	json_key(w, "reasons");
	json_array(w);
	if (*facts->config_error) {
		json_str(w, "the configuration file has an error; the last valid one is in force");
		troubled++;
	}
	for (size_t i = 0; i < c->account_count; i++) {
		struct buf text = BUF_INIT(2UL * MAX_ERR_MSG);
		struct buf why = BUF_INIT(MAX_ERR_MSG);
		const char *state = upstream_state(call->control->runtime, &c->accounts[i], &why);

		if (!str_eq(state, "ready") && !str_eq(state, "disabled")) {
			buf_addf(&text, "%s: %s", c->accounts[i].name,
				 why.len ? buf_text(&why) : state);
			json_str(w, buf_text(&text));
			troubled++;
		}
		buf_release(&text);
		buf_release(&why);
	}
	if (*facts->state_problem) {
		json_str(w, facts->state_problem);
		troubled++;
	}
	if (!c->account_count) {
		json_str(w, "no upstream account is configured");
		troubled++;
	}
	json_end(w);
	return troubled == 0;
}

static void write_status(struct call *call, struct json_writer *w)
{
	struct runtime_facts facts;

	read_facts(call, &facts);
	json_kstr(w, "version", VERSION);
	json_kint(w, "pid", getpid());
	json_kint(w, "uptime_seconds", (clock_wall_ms() - facts.started_ms) / 1000);
	json_ktime(w, "started_at", facts.started_ms);
	json_kstr(w, "listen", facts.listen);
	json_kint(w, "workers", facts.workers);
	json_kstr(w, "home", call->control->home);
	json_kstr(w, "state", facts.is_draining ? "draining" : "running");
	json_kbool(w, "demo", facts.is_demo);
	json_key(w, "config");
	json_object(w);
	view_config_state(call, w);
	json_end(w);
	json_kstr(w, "health", view_reasons(call, &facts, w) ? "healthy" : "degraded");
	json_kint(w, "in_flight", facts.in_flight);
	json_key(w, "totals");
	json_object(w);
	tally_write(&call_report(call)->total, w);
	json_end(w);
	json_key(w, "upstreams");
	view_upstreams(call, w);
}

bool handle_status(struct call *call, struct json_writer *w, struct err *err)
{
	(void)err;
	json_object(w);
	write_status(call, w);
	json_end(w);
	return true;
}

/* Of every model that was used, by its name upstream. */
static void write_served(const struct stats_report *report, struct json_writer *w)
{
	json_key(w, "served");
	json_array(w);
	for (size_t i = 0; i < report->models.list.len; i++) {
		const struct series *s = series_at(&report->models, i);

		json_object(w);
		json_kstr(w, "name", s->group);
		tally_write(&s->tally, w);
		json_end(w);
	}
	json_end(w);
}

bool handle_snapshot(struct call *call, struct json_writer *w, struct err *err)
{
	(void)err;
	json_object(w);
	json_ktime(w, "at", clock_wall_ms());
	json_kint(w, "generation", (int64_t)call->config->generation);
	write_status(call, w);
	json_key(w, "keys");
	view_keys(call, w);
	json_key(w, "models");
	view_models(call, w);
	write_served(call_report(call), w);
	json_key(w, "running");
	view_running(call, w);
	json_end(w);
	return true;
}

bool handle_reload(struct call *call, struct json_writer *w, struct err *err)
{
	const struct control_runtime *runtime = call->control->runtime;

	if (!runtime->reload(runtime->ctx, err) || !call_load_config(call, err)) {
		return false;
	}
	json_object(w);
	view_config_state(call, w);
	json_end(w);
	return true;
}

bool handle_stop(struct call *call, struct json_writer *w, struct err *err)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct runtime_facts facts;

	(void)err;
	read_facts(call, &facts);
	json_object(w);
	json_kbool(w, "stopping", true);
	json_kint(w, "pid", getpid());
	json_kint(w, "in_flight", facts.in_flight);
	json_end(w);
	runtime->stop(runtime->ctx, field_flag(call->body, "now", false));
	return true;
}

static bool send_snapshot(struct call *call, const struct control_sink *sink)
{
	struct buf json = BUF_INIT(MAX_CONTROL_BYTES);
	struct buf event = BUF_INIT(MAX_CONTROL_BYTES + KIB);
	struct json_writer w;
	bool ok;

	json_open(&w, &json);
	handle_snapshot(call, &w, NULL);
	buf_addf(&event, "event: snapshot\ndata: %s\n\n", buf_text(&json));
	ok = !json.failed && !event.failed && sink->send(sink->ctx, buf_slice(&event));
	buf_release(&json);
	buf_release(&event);
	return ok;
}

/* Snapshots at the reader's pace, at once when the configuration changed, and
 * log lines as they come. */
bool follow_events(struct call *call, const struct control_sink *sink, struct err *err)
{
	struct log_filter filter = { 0 };
	int64_t interval_ms;
	int64_t tail;
	uint64_t sent_generation = 0;
	uint64_t due_ms = 0;
	uint64_t sequence;

	if (!call_query_int(call, "interval_ms", 1000, &interval_ms, err) ||
	    !call_query_int(call, "tail", 0, &tail, err) ||
	    !log_filter_read(call, &filter, err)) {
		return false;
	}
	interval_ms = interval_ms < LEAST_INTERVAL_MS ? LEAST_INTERVAL_MS : interval_ms;
	interval_ms = interval_ms > MOST_INTERVAL_MS ? MOST_INTERVAL_MS : interval_ms;
	sequence = log_follow_from((size_t)tail);
	do {
		uint64_t now_ms = clock_mono_ms();

		call_load_config(call, NULL);
		call_forget_report(call);
		if (now_ms >= due_ms || call->config->generation != sent_generation) {
			sent_generation = call->config->generation;
			due_ms = now_ms + (uint64_t)interval_ms;
			if (!send_snapshot(call, sink)) {
				break;
			}
		}
		if (!log_send_new(&filter, &sequence, sink)) {
			break;
		}
	} while (sink->wait(sink->ctx, FOLLOW_LOOK_MS));
	return true;
}
