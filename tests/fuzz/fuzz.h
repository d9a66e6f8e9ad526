/*
 * What the fuzz targets share. A target is a libFuzzer entry point that feeds
 * one module bytes from outside and asserts what must hold for any of them;
 * the sanitizers see the rest.
 *
 * tests/fuzz/run builds the corpus (corpus/TARGET and the samples that fit)
 * and runs the targets.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct slice fuzz_text(const uint8_t *data, size_t size)
{
	return (struct slice){ size ? (const char *)data : "", size };
}

/* Cuts the text before the next line feed off `rest`, as a C string to be
 * freed: for modules that take several short strings. */
static inline char *fuzz_line(struct slice *rest)
{
	struct slice line = { "", 0 };
	char *text;

	slice_next(rest, '\n', &line);
	text = malloc(line.len + 1);
	assert(text);
	memcpy(text, line.ptr, line.len);
	text[line.len] = '\0';
	return text;
}

/* How many bytes the next piece of a stream has: any, but the same in each
 * run of an input. */
static inline size_t fuzz_piece(struct slice rest, uint32_t *state)
{
	size_t len;

	*state = *state * 1664525U + 1013904223U;
	len = 1 + (*state >> 24) % ((*state >> 16 & 1) ? 4 : 40);
	return len < rest.len ? len : rest.len;
}

#endif
