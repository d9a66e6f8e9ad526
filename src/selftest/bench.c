#include "selftest/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "selftest/load.h"
#include "selftest/mock.h"
#include "selftest/sandbox.h"

#define BODY_TEXT_BYTES 1000
#define WARM_UP 6               /* turns that are not counted */

/* A way to the upstream, and what goes it. */
struct way {
	struct target target;
	struct buf whole;               /* the requests, with their heads */
	struct buf stream;
	struct samples times[4];        /* of answer, first, chunk, busy */
};

struct bench {
	struct bench_report *report;
	struct way ways[WAY_COUNT];
};

const char *bench_way_name(enum bench_way way)
{
	static const char *const names[WAY_COUNT] = {
		[WAY_DIRECT] = "direct", [WAY_PASSED] = "passed", [WAY_CONVERTED] = "converted",
	};

	return names[way];
}

/* ---- the machine ---- */

static void read_cpu(char *out, size_t size)
{
	struct buf text = BUF_INIT(MIB);
	struct slice rest;
	struct slice line;
	struct slice name;

	file_read("/proc/cpuinfo", &text, NULL);
	rest = buf_slice(&text);
	while (!*out && slice_next(&rest, '\n', &line)) {
		if (slice_starts(line, "model name") && slice_next(&line, ':', &name)) {
			line = slice_trim(line);
			snprintf(out, size, "%.*s", (int)line.len, line.ptr);
		}
	}
	buf_release(&text);
}

static void read_machine(struct bench_machine *m)
{
	struct utsname system;

	*m = (struct bench_machine){ .cpus = (int)sysconf(_SC_NPROCESSORS_ONLN) };
	getloadavg(&m->load, 1);
	read_cpu(m->cpu, sizeof m->cpu);
	if (uname(&system) == 0) {
		snprintf(m->kernel, sizeof m->kernel, "%.40s %.50s", system.sysname,
			 system.release);
	}
}

/* ---- the requests ---- */

static void write_body(bool is_converted, bool is_stream, struct buf *out)
{
	buf_addf(out, "{\"model\":\"%s\",\"stream\":%s,%s\"messages\":[{\"role\":\"user\","
		 "\"content\":\"", is_stream ? "stream" : "whole", is_stream ? "true" : "false",
		 is_converted ? "\"max_tokens\":100," : "");
	for (size_t begin = out->len; out->len < begin + BODY_TEXT_BYTES;) {
		buf_adds(out, "word and ");
	}
	buf_adds(out, "\"}]}");
}

static void write_request(const struct way *w, bool is_converted, bool is_stream,
			  struct buf *out)
{
	struct buf body = BUF_INIT(16 * KIB);

	write_body(is_converted, is_stream, &body);
	buf_init(out, 16 * KIB);
	client_write_post(&w->target, is_converted ? "/v1/messages" : "/v1/chat/completions",
			  buf_slice(&body), "keep-alive", out);
	buf_release(&body);
}

static void init_ways(struct bench *b, const struct target *through, int upstream_port)
{
	for (int i = 0; i < WAY_COUNT; i++) {
		struct way *w = &b->ways[i];

		w->target = *through;
		if (i == WAY_DIRECT) {
			w->target.port = upstream_port;
		}
		write_request(w, i == WAY_CONVERTED, false, &w->whole);
		write_request(w, i == WAY_CONVERTED, true, &w->stream);
	}
}

static void release_ways(struct bench *b)
{
	for (int i = 0; i < WAY_COUNT; i++) {
		struct way *w = &b->ways[i];

		buf_wipe(&w->whole);
		buf_wipe(&w->stream);
		for (size_t s = 0; s < ARRAY_LEN(w->times); s++) {
			samples_release(&w->times[s]);
		}
	}
}

/* ---- measuring ---- */

static bool take_turn(struct way *w, struct line *l, bool is_stream, bool counts)
{
	struct times times = { 0 };

	if (counts && is_stream) {
		times = (struct times){ .first = &w->times[1], .chunk = &w->times[2] };
	} else if (counts) {
		times = (struct times){ .whole = &w->times[0] };
	}
	return line_turn(l, &w->target, buf_slice(is_stream ? &w->stream : &w->whole), &times);
}

/* One request on each way in turn, so that the machine's moods hit all alike,
 * until the time is over. The order changes, because what came before decides
 * who is awake. */
static void take_turns(struct bench *b, bool is_stream)
{
	static const unsigned char orders[][WAY_COUNT] = {
		{ 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 2, 0, 1 }, { 0, 2, 1 }, { 1, 2, 0 },
	};
	uint64_t time_ms = (uint64_t)(b->report->options.seconds * 1000);
	uint64_t end_ms = UINT64_MAX;
	struct line lines[WAY_COUNT];
	bool ok = true;

	for (int i = 0; i < WAY_COUNT; i++) {
		ok = line_open(&lines[i], b->ways[i].target.port) && ok;
	}
	for (size_t turn = 0; ok && clock_mono_ms() < end_ms; turn++) {
		if (turn == WARM_UP) {
			end_ms = clock_mono_ms() + time_ms;
		}
		for (int i = 0; ok && i < WAY_COUNT; i++) {
			int way = orders[turn % ARRAY_LEN(orders)][i];

			ok = take_turn(&b->ways[way], &lines[way], is_stream, turn >= WARM_UP);
			b->report->ways[way].errors += !ok;
		}
	}
	for (int i = 0; i < WAY_COUNT; i++) {
		line_close(&lines[i]);
	}
}

static void rush(struct bench *b, int i)
{
	struct way *w = &b->ways[i];
	struct bench_result *result = &b->report->ways[i];
	struct rush r = {
		.target = &w->target, .request = buf_slice(&w->whole),
		.connections = b->report->options.connections,
		.seconds = b->report->options.seconds, .times = &w->times[3],
	};

	load_rush(&r);
	result->errors += r.errors;
	result->requests_per_s = r.took_s > 0 ? (double)w->times[3].count / r.took_s : 0;
}

static void measure(void *ctx, size_t index)
{
	struct bench *b = ctx;

	(void)index;
	take_turns(b, false);
	take_turns(b, true);
	for (int i = 0; i < WAY_COUNT; i++) {
		struct bench_result *result = &b->report->ways[i];
		struct way *w = &b->ways[i];

		rush(b, i);
		result->answer = samples_times(&w->times[0]);
		result->first = samples_times(&w->times[1]);
		result->chunk = samples_times(&w->times[2]);
		result->busy = samples_times(&w->times[3]);
	}
}

/* ---- the stage ---- */

static bool is_ending(const void *ctx)
{
	return sandbox_is_ending(ctx);
}

static bool measure_in(struct sandbox *box, struct bench_report *report, int upstream_port,
		       struct err *err)
{
	const struct target through = {
		.port = sandbox_port(box), .key = sandbox_key(box), .is_ending = is_ending,
		.ctx = box,
	};
	struct bench b = { .report = report };
	bool ok;

	init_ways(&b, &through, upstream_port);
	ok = sandbox_run(box, 1, measure, &b, err);
	release_ways(&b);
	return ok;
}

static bool run_on(int fd, int port, struct bench_report *report, struct err *err)
{
	struct buf config = BUF_INIT(4 * KIB);
	struct sandbox *box;
	struct mock *mock;
	bool ok;

	buf_addf(&config,
		 "upstream_accounts:\n"
		 "  - {id: upstream_bench, name: bench, type: none, provider: openai-compatible,"
		 " base_url: \"http://127.0.0.1:%d/v1\", models: [whole, stream]}\n", port);
	box = sandbox_start(buf_slice(&config), err);
	mock = box ? mock_start(fd, err) : NULL;
	ok = mock && measure_in(box, report, port, err);
	sandbox_stop(box);
	mock_stop(mock);
	if (!box) {
		close(fd);
	}
	buf_release(&config);
	return ok;
}

bool bench_run(const struct bench_options *options, struct bench_report *report,
	       struct err *err)
{
	int port;
	int fd = loopback_bind(&port, err);

	*report = (struct bench_report){ .options = *options };
	read_machine(&report->machine);
	return fd >= 0 && run_on(fd, port, report, err);
}
