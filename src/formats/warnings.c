#include "formats/warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_PATH_BYTES 96

static const char *const code_names[] = {
	[WARN_DROPPED] = "dropped",
	[WARN_CLAMPED] = "clamped",
	[WARN_REWRITTEN] = "rewritten",
	[WARN_EMULATED] = "emulated",
	[WARN_UNKNOWN] = "unknown",
};

void warnings_init(struct warnings *w, struct arena *arena)
{
	*w = (struct warnings){ .arena = arena };
}

static bool is_known(const struct warnings *w, enum warning_code code, const char *path)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->items[i].code == code && str_eq(w->items[i].path, path)) {
			return true;
		}
	}
	return false;
}

/* Parts of a path may be the client's own text. */
static void make_header_safe(char *path)
{
	for (; *path; path++) {
		if (*path <= ' ' || *path > '~' || *path == ',') {
			*path = '_';
		}
	}
}

void warn(struct warnings *w, enum warning_code code, const char *path_fmt, ...)
{
	char path[MAX_PATH_BYTES];
	va_list ap;

	va_start(ap, path_fmt);
	vsnprintf(path, sizeof path, path_fmt, ap);
	va_end(ap);
	make_header_safe(path);
	if (is_known(w, code, path)) {
		return;
	}
	if (!w->lossy && (code == WARN_DROPPED || code == WARN_EMULATED)) {
		w->lossy = arena_strdup(w->arena, path);
	}
	if (w->count == MAX_WARNINGS) {
		w->overflow = true;
		return;
	}
	w->items[w->count++] = (struct warning){ code, arena_strdup(w->arena, path) };
}

void warnings_text(const struct warnings *w, struct buf *out)
{
	/* With an overflow the last of the sixteen entries is `more`. */
	size_t shown = w->overflow ? MAX_WARNINGS - 1 : w->count;
	const size_t room = MAX_WARNINGS_BYTES - strlen(", more");
	size_t from = out->len;
	bool more = w->overflow;

	for (size_t i = 0; i < shown; i++) {
		const char *code = code_names[w->items[i].code];

		if (out->len - from + strlen(code) + strlen(w->items[i].path) + 3 > room) {
			more = true;
			break;
		}
		buf_addf(out, "%s%s:%s", i ? ", " : "", code, w->items[i].path);
	}
	if (more) {
		buf_adds(out, out->len > from ? ", more" : "more");
	}
}
