/*
 * bench: what the gateway adds to a request on this machine.
 */
#include "base/json_write.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/parse.h"
#include "selftest/bench.h"

#define SECONDS 3
#define CONNECTIONS 32

/* The measurements that have times. */
static const struct measure {
	const char *name;
	const char *what;
	size_t offset;
} measures[] = {
	{ "answer", "answer in one piece", offsetof(struct bench_result, answer) },
	{ "first_token", "stream: first token", offsetof(struct bench_result, first) },
	{ "chunk", "stream: each later chunk", offsetof(struct bench_result, chunk) },
	{ "busy", "all connections busy", offsetof(struct bench_result, busy) },
};

static const struct bench_times *times_of(const struct bench_result *r,
					  const struct measure *m)
{
	return (const struct bench_times *)(const void *)((const char *)r + m->offset);
}

/* "38", "38 (+12)": microseconds, and how many more than without a gateway. */
static void add_time(struct table *t, double us, double direct_us, bool is_direct)
{
	if (is_direct) {
		table_cellf(t, TINT_NONE, "%.0f", us);
	} else {
		table_cellf(t, TINT_NONE, "%.0f (%+.0f)", us, us - direct_us);
	}
}

static void print_times(const struct bench_report *r, const struct screen *screen)
{
	static const struct column columns[] = {
		{ .title = "MICROSECONDS" }, { .title = "WAY" },
		{ .title = "P50", .is_right = true }, { .title = "P90", .is_right = true },
		{ .title = "P99", .is_right = true },
		{ .title = "COUNT", .is_right = true, .drop = 1 }, { .title = NULL },
	};
	struct table *t = table_create(columns);

	for (size_t i = 0; i < ARRAY_LEN(measures) * WAY_COUNT; i++) {
		const struct measure *m = &measures[i / WAY_COUNT];
		size_t way = i % WAY_COUNT;
		const struct bench_times *direct = times_of(&r->ways[WAY_DIRECT], m);
		const struct bench_times *times = times_of(&r->ways[way], m);

		table_cell(t, TINT_NONE, way == 0 ? m->what : " ");
		table_cell(t, TINT_NONE, bench_way_name((enum bench_way)way));
		add_time(t, times->p50_us, direct->p50_us, way == WAY_DIRECT);
		add_time(t, times->p90_us, direct->p90_us, way == WAY_DIRECT);
		add_time(t, times->p99_us, direct->p99_us, way == WAY_DIRECT);
		table_cellf(t, TINT_NONE, "%zu", times->count);
	}
	out_table(t, screen, "");
	table_destroy(t);
}

static void print_rates(const struct bench_report *r, const struct screen *screen)
{
	static const struct column columns[] = {
		{ .title = "REQUESTS" }, { .title = "A SECOND", .is_right = true },
		{ .title = "OF DIRECT", .is_right = true },
		{ .title = "ERRORS", .is_right = true }, { .title = NULL },
	};
	struct table *t = table_create(columns);
	double direct = r->ways[WAY_DIRECT].requests_per_s;

	for (int i = 0; i < WAY_COUNT; i++) {
		const struct bench_result *way = &r->ways[i];

		table_cell(t, TINT_NONE, bench_way_name((enum bench_way)i));
		table_cellf(t, TINT_NONE, "%.0f", way->requests_per_s);
		table_cellf(t, TINT_NONE, "%.2f", direct > 0 ? way->requests_per_s / direct : 0);
		table_cellf(t, way->errors ? TINT_BAD : TINT_NONE, "%zu", way->errors);
	}
	out_line("%s", "");
	out_table(t, screen, "");
	table_destroy(t);
}

static void print(const struct bench_report *r, const struct screen *screen)
{
	const struct bench_machine *m = &r->machine;

	out_line("%d CPU%s%s%s, %s, load %.2f before", m->cpus, m->cpus == 1 ? "" : "s",
		 *m->cpu ? ", " : "", m->cpu, m->kernel, m->load);
	out_line("Clients, gateway and upstream share them; %zu connections, %.4g s each.",
		 r->options.connections, r->options.seconds);
	out_line("%s", "");
	print_times(r, screen);
	print_rates(r, screen);
}

static void write_times(struct json_writer *w, const char *name, const struct bench_times *t)
{
	json_key(w, name);
	json_object(w);
	json_kdouble(w, "p50_us", t->p50_us);
	json_kdouble(w, "p90_us", t->p90_us);
	json_kdouble(w, "p99_us", t->p99_us);
	json_kint(w, "count", (int64_t)t->count);
	json_end(w);
}

static void write_way(struct json_writer *w, const struct bench_report *r, enum bench_way way)
{
	const struct bench_result *result = &r->ways[way];

	json_key(w, bench_way_name(way));
	json_object(w);
	for (size_t i = 0; i < ARRAY_LEN(measures); i++) {
		write_times(w, measures[i].name, times_of(result, &measures[i]));
	}
	json_kdouble(w, "requests_per_s", result->requests_per_s);
	json_kint(w, "errors", (int64_t)result->errors);
	json_end(w);
}

/* What the gateway adds: the differences of the quantiles. */
static void write_added(struct json_writer *w, const struct bench_report *r, enum bench_way way)
{
	json_key(w, bench_way_name(way));
	json_object(w);
	for (size_t i = 0; i < ARRAY_LEN(measures); i++) {
		const struct bench_times *d = times_of(&r->ways[WAY_DIRECT], &measures[i]);
		const struct bench_times *t = times_of(&r->ways[way], &measures[i]);

		json_key(w, measures[i].name);
		json_object(w);
		json_kdouble(w, "p50_us", t->p50_us - d->p50_us);
		json_kdouble(w, "p90_us", t->p90_us - d->p90_us);
		json_kdouble(w, "p99_us", t->p99_us - d->p99_us);
		json_end(w);
	}
	json_end(w);
}

static void write_machine(struct json_writer *w, const struct bench_machine *m)
{
	json_key(w, "machine");
	json_object(w);
	json_kint(w, "cpus", m->cpus);
	json_kstr(w, "cpu", *m->cpu ? m->cpu : NULL);
	json_kstr(w, "kernel", m->kernel);
	json_kdouble(w, "load_before", m->load);
	json_end(w);
}

static void print_json(const struct bench_report *r)
{
	struct buf text = BUF_INIT(64 * KIB);
	struct json_writer w;

	json_open(&w, &text);
	json_object(&w);
	write_machine(&w, &r->machine);
	json_kdouble(&w, "seconds", r->options.seconds);
	json_kint(&w, "connections", (int64_t)r->options.connections);
	json_key(&w, "ways");
	json_object(&w);
	for (int i = 0; i < WAY_COUNT; i++) {
		write_way(&w, r, (enum bench_way)i);
	}
	json_end(&w);
	json_key(&w, "added");
	json_object(&w);
	write_added(&w, r, WAY_PASSED);
	write_added(&w, r, WAY_CONVERTED);
	json_end(&w);
	json_end(&w);
	out_raw_line(buf_slice(&text));
	buf_release(&text);
}

static bool read_options(const struct invocation *inv, struct bench_options *o,
			 struct err *err)
{
	int64_t connections = inv_int(inv, "connections", CONNECTIONS);

	o->seconds = inv_number(inv, "seconds", SECONDS);
	o->connections = (size_t)connections;
	if (o->seconds <= 0 || o->seconds > BENCH_MAX_SECONDS) {
		return err_setf(err, ERR_USAGE, "--seconds cannot be %s; expected more than 0, "
				"at most %d", inv_text(inv, "seconds"), BENCH_MAX_SECONDS);
	}
	if (connections < 1 || connections > BENCH_MAX_CONNECTIONS) {
		return err_setf(err, ERR_USAGE, "--connections cannot be %s; expected 1 to %d",
				inv_text(inv, "connections"), BENCH_MAX_CONNECTIONS);
	}
	return true;
}

static bool run(struct invocation *inv, struct err *err)
{
	struct bench_options options;
	struct bench_report report;

	if (!read_options(inv, &options, err) || !bench_run(&options, &report, err)) {
		return false;
	}
	if (inv_has(inv, "json")) {
		print_json(&report);
	} else {
		print(&report, &inv->screen);
	}
	for (int i = 0; i < WAY_COUNT; i++) {
		inv->exit_code = report.ways[i].errors ? 1 : inv->exit_code;
	}
	return true;
}

static const struct flag flags[] = {
	{ .name = "seconds", .argument = "N", .type = FLAG_NUMBER,
	  .help = "of each of the five measurements [3]" },
	{ .name = "connections", .argument = "N", .type = FLAG_COUNT,
	  .help = "busy at the same time [32]" },
	{ .name = NULL },
};

const struct command cmd_bench = {
	.name = "bench", .summary = "measure what the gateway adds to a request, offline",
	.flags = flags,
	.detail = "Sends the same requests to a built-in upstream directly, through a gateway of "
		  "its own, and through it with conversion. Clients, gateway and upstream share "
		  "this machine, so the differences mean more than the numbers.",
	.examples = "llm-gateway bench\nllm-gateway bench --seconds=10 --connections=64 --json\n",
	.wants_json = true, .run = run,
};
