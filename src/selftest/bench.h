/*
 * The benchmark: what a gateway of its own (sandbox.h) adds to requests, by
 * sending the same ones to a built-in upstream with and without it. Client,
 * gateway and upstream share the machine.
 */
#ifndef SELFTEST_BENCH_H
#define SELFTEST_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BENCH_MAX_CONNECTIONS 1000
#define BENCH_MAX_SECONDS 600

struct bench_options {
	double seconds;                 /* of each measurement; there are five */
	size_t connections;             /* at the same time, where it is about the rate */
};

/* Microseconds; half, nine tenths, 99 of a hundred were not slower. */
struct bench_times {
	double p50_us;
	double p90_us;
	double p99_us;
	size_t count;
};

enum bench_way {
	WAY_DIRECT,             /* to the upstream itself */
	WAY_PASSED,             /* through the gateway, in the upstream's format */
	WAY_CONVERTED,          /* through the gateway, from Anthropic's format */
	WAY_COUNT,
};

struct bench_result {
	struct bench_times answer;      /* an answer in one piece, one at a time */
	struct bench_times first;       /* a stream's first token */
	struct bench_times chunk;       /* from the sending of a later chunk to its arrival */
	struct bench_times busy;        /* an answer in one piece, all connections busy */
	double requests_per_s;          /* then */
	size_t errors;                  /* answers that were no 200, lost connections */
};

struct bench_machine {
	int cpus;
	double load;                    /* the average of the last minute, before */
	char cpu[96];                   /* "" = unknown */
	char kernel[96];
};

struct bench_report {
	struct bench_machine machine;
	struct bench_options options;
	struct bench_result ways[WAY_COUNT];
};

/* "direct", "passed", "converted" */
const char *bench_way_name(enum bench_way way);

/* False + err when it could not measure, or somebody interrupted. Main thread,
 * before any other exists. */
bool bench_run(const struct bench_options *options, struct bench_report *report,
	       struct err *err);

#endif
