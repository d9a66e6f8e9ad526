/*
 * What a conversion could not carry over, for the header
 * x-llm-gateway-warnings: "code:path, code:path" (C9), and `strict` (C10).
 */
#ifndef FORMATS_WARNINGS_H
#define FORMATS_WARNINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum warning_code {
	WARN_DROPPED,
	WARN_CLAMPED,
	WARN_REWRITTEN,
	WARN_EMULATED,
	WARN_UNKNOWN,
};

/* C9: at most 16 entries and 1024 bytes. */
#define MAX_WARNINGS 16
#define MAX_WARNINGS_BYTES 1024

struct warning {
	enum warning_code code;
	const char *path;                 /* static or in the arena: "tools[2]" */
};

struct warnings {
	struct arena *arena;
	struct warning items[MAX_WARNINGS];
	size_t count;
	bool overflow;
	const char *lossy;                /* first dropped or emulated path; NULL: none */
};

void warnings_init(struct warnings *w, struct arena *arena);

/* The same code and path twice counts once. The path is copied; bytes outside
 * of printable ASCII, commas and blanks become '_', for it goes in a header. */
void warn(struct warnings *w, enum warning_code code, const char *path_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The header's value; nothing is added when there are none. */
void warnings_text(const struct warnings *w, struct buf *out);

#endif
