#include "cli/out.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "cli/text.h"
#include "control/control.h"

void out_put(const struct buf *text)
{
	fwrite(buf_text(text), 1, text->len, stdout);
}

void out_raw_line(struct slice text)
{
	fwrite(text.ptr, 1, text.len, stdout);
	fputc('\n', stdout);
}

static void say(FILE *to, const char *prefix, const char *fmt, va_list ap)
{
	struct buf raw = BUF_INIT(MIB);
	struct buf clean = BUF_INIT(3 * MIB);

	buf_vaddf(&raw, fmt, ap);
	text_clean(&clean, buf_text(&raw));
	fprintf(to, "%s%s\n", prefix, buf_text(&clean));
	buf_release(&raw);
	buf_release(&clean);
}

void out_text(const char *text)
{
	struct slice rest = slice_of(text);
	struct slice line;

	while (slice_next(&rest, '\n', &line)) {
		if (line.len || rest.ptr) {
			out_line("%.*s", (int)line.len, line.ptr);
		}
	}
}

void out_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(stdout, "", fmt, ap);
	va_end(ap);
}

void out_note(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	say(stderr, "", fmt, ap);
	va_end(ap);
}

void out_warn(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	say(stderr, "llm-gateway: ", fmt, ap);
	va_end(ap);
}

void out_error(const struct err *err)
{
	out_warn("%s%s%s", err->msg, *err->hint ? "; " : "", err->hint);
}

void out_error_json(const struct err *err)
{
	struct buf text = BUF_INIT(16 * KIB);

	control_write_error(err, &text);
	buf_addc(&text, '\n');
	out_put(&text);
	buf_release(&text);
}

void out_table(const struct table *t, const struct screen *screen, const char *empty)
{
	struct buf text = BUF_INIT(64 * MIB);

	if (!table_rows(t)) {
		out_note("%s", empty);
		return;
	}
	table_render(t, screen, &text);
	out_put(&text);
	buf_release(&text);
}

const char *human_duration(int64_t ms, char out[HUMAN_BYTES])
{
	int64_t s = ms / 1000;

	if (ms == 0) {
		snprintf(out, HUMAN_BYTES, "0s");
	} else if (ms < 1000) {
		snprintf(out, HUMAN_BYTES, "%dms", (int)ms);
	} else if (s < 10) {
		snprintf(out, HUMAN_BYTES, "%.1fs", (double)ms / 1000);
	} else if (s < 60) {
		snprintf(out, HUMAN_BYTES, "%ds", (int)s);
	} else if (s < 3600) {
		snprintf(out, HUMAN_BYTES, "%dm %02ds", (int)(s / 60), (int)(s % 60));
	} else if (s < 86400) {
		snprintf(out, HUMAN_BYTES, "%dh %02dm", (int)(s / 3600), (int)(s / 60 % 60));
	} else {
		snprintf(out, HUMAN_BYTES, "%lldd %02dh", (long long)(s / 86400),
			 (int)(s / 3600 % 24));
	}
	return out;
}

const char *human_count(double value, char out[HUMAN_BYTES])
{
	static const char units[] = { 'k', 'M', 'G', 'T' };
	int unit = -1;

	while (value >= 1000 && unit + 1 < (int)sizeof units) {
		value /= 1000;
		unit++;
	}
	if (unit < 0) {
		snprintf(out, HUMAN_BYTES, "%.0f", value);
	} else {
		snprintf(out, HUMAN_BYTES, "%.*f%c", value < 10 ? 1 : 0, value, units[unit]);
	}
	return out;
}
