/*
 * The gateway as a whole: status, everything at once for the dashboard, the
 * stream of both, reload and stop.
 */
#include "control/handlers.h"

#include <stdio.h>
#include <string.h>
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

/* While nothing changes a reader hears this often that the gateway lives. */
#define ALIVE_MS 5000

/* … and what it is told may be so late. */
#define REST_LOOK_MS 500

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
		struct buf memory = BUF_INIT(2UL * MAX_ERR_MSG);

		buf_addf(&memory, "requests are kept in memory only: %s", facts->state_problem);
		json_str(w, buf_text(&memory));
		buf_release(&memory);
		troubled++;
	}
	if (!c->account_count) {
		json_str(w, "no upstream account is configured");
		troubled++;
	}
	json_end(w);
	return troubled == 0;
}

static void write_uptime(const struct call *call, struct json_writer *w)
{
	struct runtime_facts facts;

	read_facts(call, &facts);
	json_kint(w, "uptime_seconds", (clock_wall_ms() - facts.started_ms) / 1000);
}

/* All that does not change by itself. */
static void write_status(struct call *call, struct json_writer *w)
{
	struct runtime_facts facts;

	read_facts(call, &facts);
	json_kstr(w, "version", VERSION);
	json_kint(w, "pid", getpid());
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
	write_uptime(call, w);
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

static void write_clock(const struct call *call, struct json_writer *w)
{
	json_ktime(w, "at", clock_wall_ms());
	write_uptime(call, w);
}

/* [[upper end, count], …] of all requests' time since the start, so that a
 * reader who looks again can tell what came between. */
static void write_buckets(const struct histogram *h, struct json_writer *w)
{
	json_key(w, "total_ms_buckets");
	json_array(w);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (h->buckets[i]) {
			json_array(w);
			json_int(w, (int64_t)histogram_upper_end(i));
			json_int(w, h->buckets[i]);
			json_end(w);
		}
	}
	json_end(w);
}

static void write_snapshot(struct call *call, struct json_writer *w)
{
	json_kint(w, "generation", (int64_t)call->config->generation);
	write_status(call, w);
	json_key(w, "keys");
	view_keys(call, w);
	json_key(w, "models");
	view_models(call, w);
	write_served(call_report(call), w);
	write_buckets(&call_report(call)->total.total_ms, w);
	json_key(w, "running");
	view_running(call, w);
}

bool handle_snapshot(struct call *call, struct json_writer *w, struct err *err)
{
	(void)err;
	json_object(w);
	write_clock(call, w);
	write_snapshot(call, w);
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

/* One reader of the stream. */
struct follower {
	const struct control_sink *sink;
	int64_t interval_ms;
	uint64_t due_ms;                /* of the next look */
	uint64_t alive_ms;              /* when it last heard anything */
	bool is_resting;                /* and knows when it will hear again */
	uint64_t generation;            /* of the configuration it knows */
	struct buf last;                /* what it knows, without the clock */
};

static bool send_event(struct follower *f, const char *name, struct slice data)
{
	struct buf event = BUF_INIT(MAX_CONTROL_BYTES + KIB);
	bool ok;

	buf_addf(&event, "event: %s\ndata: ", name);
	buf_add(&event, data.ptr, data.len);
	buf_adds(&event, "\n\n");
	ok = !event.failed && f->sink->send(f->sink->ctx, buf_slice(&event));
	buf_release(&event);
	f->alive_ms = clock_mono_ms();
	return ok;
}

/* Is there more than a later time of day? */
static bool is_news(struct follower *f, struct slice facts)
{
	bool is_same = f->last.len == facts.len && facts.len &&
		       memcmp(f->last.ptr, facts.ptr, facts.len) == 0;

	if (!is_same) {
		buf_clear(&f->last);
		buf_add(&f->last, facts.ptr, facts.len);
	}
	return !is_same;
}

/* The snapshot when it says something new, otherwise now and then that all is
 * as it was, and when the reader will hear again at the latest. */
static bool send_look(struct call *call, struct follower *f)
{
	struct buf json = BUF_INIT(MAX_CONTROL_BYTES);
	struct json_writer w;
	size_t clock_end;
	bool ok = true;
	char next[48];

	json_open(&w, &json);
	json_object(&w);
	write_clock(call, &w);
	clock_end = json.len;
	write_snapshot(call, &w);
	json_end(&w);
	if (json.failed) {
		ok = false;
	} else if (is_news(f, (struct slice){ json.ptr + clock_end, json.len - clock_end })) {
		f->is_resting = false;
		ok = send_event(f, "snapshot", buf_slice(&json));
	} else if (!f->is_resting || clock_mono_ms() >= f->alive_ms + ALIVE_MS) {
		f->is_resting = true;
		snprintf(next, sizeof next, "{\"next_ms\":%d}", ALIVE_MS);
		ok = send_event(f, "alive", slice_of(next));
	}
	buf_release(&json);
	return ok;
}

static bool look(struct call *call, struct follower *f)
{
	uint64_t now_ms = clock_mono_ms();

	call_load_config(call, NULL);
	call_forget_report(call);
	if (now_ms < f->due_ms && call->config->generation == f->generation) {
		return true;
	}
	f->generation = call->config->generation;
	f->due_ms = now_ms + (uint64_t)f->interval_ms;
	return send_look(call, f);
}

/* Snapshots at the reader's pace where they differ, at once when the
 * configuration changed, and log lines as they come. */
bool follow_events(struct call *call, const struct control_sink *sink, struct err *err)
{
	struct follower f = { .sink = sink, .last = BUF_INIT(MAX_CONTROL_BYTES) };
	struct log_filter filter = { 0 };
	int64_t tail;
	uint64_t sequence;

	if (!call_query_int(call, "interval_ms", 1000, &f.interval_ms, err) ||
	    !call_query_int(call, "tail", 0, &tail, err) ||
	    !log_filter_read(call, &filter, err)) {
		return false;
	}
	f.interval_ms = f.interval_ms < LEAST_INTERVAL_MS ? LEAST_INTERVAL_MS : f.interval_ms;
	f.interval_ms = f.interval_ms > MOST_INTERVAL_MS ? MOST_INTERVAL_MS : f.interval_ms;
	sequence = log_follow_from((size_t)tail);
	while (look(call, &f) && log_send_new(&filter, &sequence, sink) &&
	       sink->wait(sink->ctx, f.is_resting ? REST_LOOK_MS : FOLLOW_LOOK_MS)) {
	}
	buf_release(&f.last);
	return true;
}
