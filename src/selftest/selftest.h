/*
 * The self-test: a gateway of its own (sandbox.h) in front of the built-in
 * demo upstream is asked in every format for every format, and led into
 * trouble; what its clients see is compared with what they should.
 */
#ifndef SELFTEST_SELFTEST_H
#define SELFTEST_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

#define SELFTEST_WHY_BYTES 256

/* What is asked of each pair of formats, whole and as a stream. */
enum selftest_case {
	CASE_TEXT,              /* arrives unchanged, in the right format and model */
	CASE_CALL,              /* a tool with its input */
	CASE_CALLS,             /* two at once */
	CASE_RESULT,            /* a tool's result goes back */
	CASE_IMAGE,             /* byte for byte */
	CASE_THINKING,
	CASE_USAGE,             /* known token counts */
	CASE_ERROR,             /* in the client's own envelope */
	CASE_CUT,               /* a broken answer is no whole one */
	CASE_COUNT,
};

struct selftest_check {
	bool has_passed;
	char why[SELFTEST_WHY_BYTES];   /* what was wrong; "" when it passed */
};

struct selftest_pair {
	enum format_id client;
	enum format_id upstream;
	struct selftest_check checks[CASE_COUNT];
};

struct selftest_drill {
	const char *name;               /* one word */
	const char *what;               /* what should happen */
	struct selftest_check check;
};

#define SELFTEST_FORMATS 4
#define SELFTEST_PAIRS (SELFTEST_FORMATS * SELFTEST_FORMATS)
#define SELFTEST_MAX_DRILLS 16

struct selftest_report {
	struct selftest_pair pairs[SELFTEST_PAIRS];
	struct selftest_drill drills[SELFTEST_MAX_DRILLS];
	size_t drill_count;
	size_t passed;                  /* checks of both kinds */
	size_t failed;
	int64_t took_ms;
};

/* "text", "call", … */
const char *selftest_case_name(enum selftest_case c);

/* True when it ran, whatever it found; false + err when there was no gateway
 * to test, or somebody interrupted. Main thread, before any other exists. */
bool selftest_run(struct selftest_report *report, struct err *err);

#endif
